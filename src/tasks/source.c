/* Puts the chain of sources together, reads the header, numbers the tasks. */
#include "tasks/source.h"

#include "base/xalloc.h"
#include "tasks/block.h"
#include "tasks/columns.h"
#include "tasks/lines.h"
#include "tasks/pack.h"
#include "tasks/repeat.h"
#include "tasks/sweep.h"
#include "tasks/values.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>

void source_init(struct source *s, const struct source_ops *ops, struct source *inner)
{
    *s = (struct source){.ops = ops, .inner = inner, .next = 1};
}

/* A single list of one file is read as it comes, like -a: it may be endless. */
static int open_records(struct source **s, const struct source_spec *spec)
{
    const struct source_list *list = spec->list;

    if (spec->axes)
        return sweep_new(s, spec->axis, spec->axes);
    if (!spec->lists)
        return lines_new(s, spec->file, spec->files, spec->separator);
    if (spec->lists == 1 && list->from_file && list->words == 1)
        return lines_new(s, list->word, 1, spec->separator);
    return values_new(s, list, spec->lists, spec->separator, spec->header);
}

/* The one place where a source waits: nothing can start before the names are known. */
static enum source_state take_first(struct source *s, struct batch **b)
{
    enum source_state state;

    while ((state = source_take(s, 1, SIZE_MAX, b)) == SOURCE_WAIT)
        poll(&(struct pollfd){.fd = source_fd(s), .events = POLLIN}, 1, -1);
    return state;
}

static void set_names(struct source *s, const struct batch *b, struct span colsep)
{
    struct columns columns = {0};
    struct batch_cursor c = {0};
    struct task t;

    batch_walk(&c, b);
    batch_next(&c, &t);
    columns_of(&columns, &t, colsep);
    s->column = xcalloc(columns.count, sizeof *s->column);
    s->columns = columns.count;
    for (uint32_t i = 0; i < columns.count; i++)
        s->column[i] = xmemdup(columns.field[i].ptr, columns.field[i].len);
    batch_walk_end(&c);
    free(columns.field);
}

static int read_header(struct source *s, struct span colsep)
{
    struct batch *b = NULL;
    enum source_state state = take_first(s, &b);

    if (state == SOURCE_BATCH)
        set_names(s, b, colsep);
    batch_free(b);
    s->next = 1;
    return state == SOURCE_FAILED ? -1 : 0;
}

/* OUTER wraps the source that has the names so far. */
static struct source *pass_names(struct source *outer)
{
    outer->column = outer->inner->column;
    outer->columns = outer->inner->columns;
    outer->inner->column = NULL;
    outer->inner->columns = 0;
    return outer;
}

int source_open(struct source **s, const struct source_spec *spec)
{
    assert(!spec->block || !(spec->max_args || spec->lists || spec->colsep.len));
    assert(!spec->axes || !(spec->max_args || spec->block || spec->colsep.len || spec->header));
    struct source *made;

    if (open_records(&made, spec) < 0)
        return -1;
    if (spec->header && read_header(made, spec->colsep) < 0) {
        source_close(made);
        return -1;
    }
    if (spec->colsep.len && !spec->max_args)
        made = pass_names(columns_new(made, spec->colsep));
    if (spec->max_args)
        made = pass_names(pack_new(made, spec->max_args, spec->separator));
    if (spec->block)
        made = pass_names(block_new(made, spec->block));
    if (spec->repeat > 1)
        made = pass_names(repeat_new(made, spec->repeat));
    *s = made;
    return 0;
}

void source_close(struct source *s)
{
    while (s) {
        struct source *inner = s->inner;

        for (uint32_t i = 0; i < s->columns; i++)
            free(s->column[i]);
        free(s->column);
        s->ops->free(s);
        s = inner;
    }
}

enum source_state source_take(struct source *s, uint32_t max, size_t bytes, struct batch **out)
{
    assert(max > 0);
    *out = NULL;
    enum source_state state = s->ops->take(s, max, bytes, out);

    if (state == SOURCE_BATCH) {
        (*out)->first = s->next;
        s->next += (*out)->count;
    }
    return state;
}

int source_fd(const struct source *s)
{
    return s->ops->fd ? s->ops->fd(s) : source_fd(s->inner);
}

uint64_t source_total(const struct source *s)
{
    return s->ops->total ? s->ops->total(s) : source_total(s->inner);
}

char **source_names(const struct source *s, uint32_t *count)
{
    *count = s->columns;
    return s->column;
}

const char *source_name(const struct source *s)
{
    return s->ops->name ? s->ops->name(s) : source_name(s->inner);
}
