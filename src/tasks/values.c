/*
 * The product of lists, as an odometer: the last list turns fastest; a linked list turns with the one before it and is as long
 * (both are cut to the shorter), so all of a group come round together.
 */
#include "tasks/values.h"

#include "base/diag.h"
#include "base/xalloc.h"
#include "tasks/lines.h"

#include <stdlib.h>
#include <string.h>

struct list {
    struct span *value;
    size_t count, cap;
    size_t at;           /* the value of the next task */
    bool linked;
    struct source *file; /* still to be read; NULL: loaded */
    struct batch *kept;  /* where the values of a file lie */
};

struct values {
    struct source source;
    struct list *list;
    uint32_t lists;
    uint32_t loaded; /* lists */
    bool ready, failed;
    bool header;     /* the task of the names is still to be given */
    uint64_t total, given;
    struct buf text;     /* of the task in the making */
    struct span *field;  /* lists of them */
};

static struct values *values_of(struct source *s)
{
    return (struct values *)s;
}

/* Down the group every list is cut to the shortest so far, then back up to the shortest of all. */
static void cut_groups(struct values *v)
{
    for (uint32_t i = 1; i < v->lists; i++)
        if (v->list[i].linked && v->list[i].count > v->list[i - 1].count)
            v->list[i].count = v->list[i - 1].count;
    for (uint32_t i = v->lists; i-- > 1;)
        if (v->list[i].linked)
            v->list[i - 1].count = v->list[i].count;
}

static int count_product(struct values *v)
{
    v->total = v->lists > 0;
    for (uint32_t i = 0; i < v->lists; i++)
        if (v->list[i].count == 0)
            v->total = 0;
    for (uint32_t i = 0; i < v->lists && v->total; i++)
        if (!v->list[i].linked && (__builtin_mul_overflow(v->total, v->list[i].count, &v->total) ||
                                   v->total == SOURCE_UNKNOWN))
            return diag("the lists make more tasks than can be numbered");
    return 0;
}

static int make_ready(struct values *v)
{
    cut_groups(v);
    v->failed = count_product(v) < 0;
    v->ready = true;
    return v->failed ? -1 : 0;
}

static void list_put(struct list *l, struct span value)
{
    if (l->count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 16;
        l->value = xreallocarray(l->value, l->cap, sizeof *l->value);
    }
    l->value[l->count++] = value;
}

/* Takes B. */
static void list_keep(struct list *l, struct batch *b)
{
    struct batch_cursor c = {0};
    struct task t;

    batch_walk(&c, b);
    while (batch_next(&c, &t))
        list_put(l, t.text);
    batch_walk_end(&c);
    b->next = l->kept;
    l->kept = b;
}

static enum source_state load_file(struct list *l)
{
    enum source_state state;
    struct batch *b;

    while ((state = source_take(l->file, UINT32_MAX, SIZE_MAX, &b)) == SOURCE_BATCH)
        list_keep(l, b);
    if (state == SOURCE_END) {
        source_close(l->file);
        l->file = NULL;
    }
    return state;
}

/* BATCH: all lists are there. */
static enum source_state load(struct values *v)
{
    for (; v->loaded < v->lists; v->loaded++) {
        struct list *l = &v->list[v->loaded];
        enum source_state state = l->file ? load_file(l) : SOURCE_END;

        if (state != SOURCE_END)
            return state;
    }
    if (!v->header && make_ready(v) < 0)
        return SOURCE_FAILED;
    return SOURCE_BATCH;
}

/* An empty list has no value: only a header can meet one. */
static struct span value_of(const struct list *l)
{
    return l->count ? l->value[l->at] : span_of("");
}

static void add_task(struct values *v, struct batch *b)
{
    if (v->lists == 1) {
        batch_add(b, value_of(&v->list[0]), NULL, 0);
        return;
    }
    size_t from = 0;

    buf_clear(&v->text);
    for (uint32_t i = 0; i < v->lists; i++) {
        struct span value = value_of(&v->list[i]);

        if (i)
            buf_putc(&v->text, ' ');
        buf_put(&v->text, value.ptr, value.len);
        v->field[i].len = value.len;
    }
    for (uint32_t i = 0; i < v->lists; from += v->field[i].len + 1, i++)
        v->field[i].ptr = v->text.ptr + from;
    batch_add(b, (struct span){v->text.ptr, v->text.len}, v->field, v->lists);
}

static void turn(struct values *v)
{
    for (uint32_t i = v->lists; i-- > 0;) {
        struct list *l = &v->list[i];

        l->at = l->at + 1 < l->count ? l->at + 1 : 0;
        if (!l->linked && l->at)
            return;
    }
}

static enum source_state take_header(struct values *v, struct batch **out)
{
    v->header = false;
    *out = batch_new(0, BATCH_STRUCTURED);
    add_task(v, *out);
    for (uint32_t i = 0; i < v->lists; i++) {
        struct list *l = &v->list[i];

        if (l->count)
            memmove(l->value, l->value + 1, --l->count * sizeof *l->value);
    }
    make_ready(v);
    return SOURCE_BATCH;
}

static enum source_state values_take(struct source *s, uint32_t max, size_t bytes, struct batch **out)
{
    struct values *v = values_of(s);
    enum source_state state = v->failed ? SOURCE_FAILED : v->ready ? SOURCE_BATCH : load(v);

    if (state != SOURCE_BATCH)
        return state;
    if (v->header)
        return take_header(v, out);
    if (v->given == v->total)
        return SOURCE_END;
    struct batch *b = batch_new(0, BATCH_STRUCTURED);

    do {
        add_task(v, b);
        turn(v);
        v->given++;
    } while (v->given < v->total && b->count < max && b->data.len < bytes);
    *out = b;
    return SOURCE_BATCH;
}

static int values_fd(const struct source *s)
{
    const struct values *v = (const struct values *)s;

    return v->loaded < v->lists ? source_fd(v->list[v->loaded].file) : -1;
}

static uint64_t values_total(const struct source *s)
{
    const struct values *v = (const struct values *)s;

    return v->ready && !v->failed ? v->total : SOURCE_UNKNOWN;
}

static const char *values_name(const struct source *s)
{
    const struct values *v = (const struct values *)s;

    return v->loaded < v->lists ? source_name(v->list[v->loaded].file) : "the command line";
}

static void values_free(struct source *s)
{
    struct values *v = values_of(s);

    for (uint32_t i = 0; i < v->lists; i++) {
        struct list *l = &v->list[i];

        source_close(l->file);
        while (l->kept) {
            struct batch *next = l->kept->next;

            batch_free(l->kept);
            l->kept = next;
        }
        free(l->value);
    }
    free(v->list);
    free(v->field);
    buf_release(&v->text);
    free(v);
}

static const struct source_ops values_ops = {
    .take = values_take,
    .fd = values_fd,
    .total = values_total,
    .name = values_name,
    .free = values_free,
};

static void words_list(struct list *l, const struct source_list *from)
{
    l->linked = from->linked;
    l->cap = from->words;
    l->value = xreallocarray(NULL, l->cap, sizeof *l->value);
    for (uint32_t i = 0; i < from->words; i++)
        list_put(l, span_of(from->word[i]));
}

/* Two readers of one stream would share it out between them. */
static int check_stdin(const struct source_list *list, uint32_t lists)
{
    uint32_t uses = 0;

    for (uint32_t i = 0; i < lists; i++)
        for (uint32_t k = 0; list[i].from_file && k < list[i].words; k++)
            uses += strcmp(list[i].word[k], "-") == 0;
    return uses > 1 ? diag("standard input can be one list only") : 0;
}

static uint32_t count_lists(const struct source_list *list, uint32_t lists)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < lists; i++)
        n += list[i].from_file ? list[i].words : 1;
    return n;
}

static bool any_file(const struct source_list *list, uint32_t lists)
{
    for (uint32_t i = 0; i < lists; i++)
        if (list[i].from_file)
            return true;
    return false;
}

int values_new(struct source **s, const struct source_list *list, uint32_t lists, int separator, bool header)
{
    struct values *v = xcalloc(1, sizeof *v);

    source_init(&v->source, &values_ops, NULL);
    v->list = xcalloc(count_lists(list, lists), sizeof *v->list);
    v->header = header;
    if (check_stdin(list, lists) < 0)
        goto free_values;
    for (uint32_t i = 0; i < lists; i++) {
        if (!list[i].from_file)
            words_list(&v->list[v->lists++], &list[i]);
        for (uint32_t k = 0; list[i].from_file && k < list[i].words; k++) {
            v->list[v->lists].linked = list[i].linked;
            if (lines_new(&v->list[v->lists++].file, &list[i].word[k], 1, separator) < 0)
                goto free_values;
        }
    }
    v->field = xcalloc(v->lists, sizeof *v->field);
    if (v->lists)
        v->list[0].linked = false;
    if (!any_file(list, lists) && load(v) == SOURCE_FAILED)
        goto free_values;
    *s = &v->source;
    return 0;
free_values:
    source_close(&v->source);
    return -1;
}
