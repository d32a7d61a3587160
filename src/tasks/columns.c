/* Splits records into fields at a string. */
#include "tasks/columns.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

struct columns_source {
    struct source source;
    struct span sep;
    struct columns columns;  /* of the record at hand */
    struct batch_cursor cursor;
};

static void columns_add(struct columns *c, struct span field)
{
    if (c->count == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 16;
        c->field = xreallocarray(c->field, c->cap, sizeof *c->field);
    }
    c->field[c->count++] = field;
}

void columns_split(struct columns *c, struct span text, struct span sep)
{
    const char *end;

    while (sep.len && (end = memmem(text.ptr, text.len, sep.ptr, sep.len))) {
        size_t len = (size_t)(end - text.ptr);

        columns_add(c, (struct span){text.ptr, len});
        text.ptr += len + sep.len;
        text.len -= len + sep.len;
    }
    columns_add(c, text);
}

void columns_of(struct columns *c, const struct task *t, struct span sep)
{
    if (!t->fields)
        columns_split(c, t->text, sep);
    for (uint32_t i = 0; i < t->fields; i++)
        columns_split(c, t->field[i], sep);
}

static enum source_state columns_take(struct source *s, uint32_t max, size_t bytes, struct batch **out)
{
    struct columns_source *c = (struct columns_source *)s;
    struct batch *whole;
    enum source_state state = source_take(s->inner, max, bytes, &whole);
    struct task t;

    if (state != SOURCE_BATCH)
        return state;
    *out = batch_new(0, BATCH_STRUCTURED);
    batch_walk(&c->cursor, whole);
    while (batch_next(&c->cursor, &t)) {
        c->columns.count = 0;
        columns_of(&c->columns, &t, c->sep);
        batch_add(*out, t.text, c->columns.field, c->columns.count);
    }
    batch_free(whole);
    return SOURCE_BATCH;
}

static void columns_free(struct source *s)
{
    struct columns_source *c = (struct columns_source *)s;

    batch_walk_end(&c->cursor);
    free(c->columns.field);
    free(c);
}

static const struct source_ops columns_ops = {
    .take = columns_take,
    .free = columns_free,
};

struct source *columns_new(struct source *inner, struct span sep)
{
    struct columns_source *c = xcalloc(1, sizeof *c);

    source_init(&c->source, &columns_ops, inner);
    c->sep = sep;
    return &c->source;
}
