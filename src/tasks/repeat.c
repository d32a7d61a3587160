/* The same task again and again, then the next. */
#include "tasks/repeat.h"

#include "base/xalloc.h"

#include <stdlib.h>

struct repeat {
    struct source source;
    uint32_t times;
    uint32_t left;        /* copies of the task at hand that are still to be given */
    struct batch *batch;  /* it lies in here; NULL: there is none */
    struct batch_cursor cursor;
    struct task task;
};

/* The next task of the batch at hand, or of a new one. */
static enum source_state next_task(struct repeat *r, size_t bytes)
{
    if (r->batch && batch_next(&r->cursor, &r->task)) {
        r->left = r->times;
        return SOURCE_BATCH;
    }
    batch_free(r->batch);
    r->batch = NULL;
    enum source_state state = source_take(r->source.inner, 64, bytes, &r->batch);

    if (state != SOURCE_BATCH)
        return state;
    batch_walk(&r->cursor, r->batch);
    return next_task(r, bytes);
}

static enum source_state repeat_take(struct source *s, uint32_t max, size_t bytes, struct batch **out)
{
    struct repeat *r = (struct repeat *)s;
    struct batch *b = NULL;

    while (!b || (b->count < max && b->data.len < bytes)) {
        enum source_state state = r->left ? SOURCE_BATCH : next_task(r, bytes);

        if (state != SOURCE_BATCH) {
            if (!b)
                return state;
            break; /* what there is goes first; the state comes again */
        }
        if (!b)
            b = batch_new(0, BATCH_STRUCTURED);
        batch_add(b, r->task.text, r->task.field, r->task.fields);
        r->left--;
    }
    *out = b;
    return SOURCE_BATCH;
}

static uint64_t repeat_total(const struct source *s)
{
    uint64_t total = source_total(s->inner);

    if (total == SOURCE_UNKNOWN || __builtin_mul_overflow(total, ((const struct repeat *)s)->times, &total))
        return SOURCE_UNKNOWN;
    return total;
}

static void repeat_free(struct source *s)
{
    struct repeat *r = (struct repeat *)s;

    batch_walk_end(&r->cursor);
    batch_free(r->batch);
    free(r);
}

static const struct source_ops repeat_ops = {
    .take = repeat_take,
    .total = repeat_total,
    .free = repeat_free,
};

struct source *repeat_new(struct source *inner, uint32_t times)
{
    struct repeat *r = xcalloc(1, sizeof *r);

    source_init(&r->source, &repeat_ops, inner);
    r->times = times;
    return &r->source;
}
