/* Two lists: what waits, and what has been handed out once more, which is as long as there are slots at most. */
#include "backend/returned.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

struct lent {
    struct batch *batch;
    uint32_t left;
    struct lent *next;
};

static void pass_over(struct batch_cursor *c, uint32_t count)
{
    struct task t;

    while (count && batch_next(c, &t))
        count--;
}

void returned_put(struct returned *r, const struct batch *b, uint32_t from)
{
    struct batch_cursor c = {0};

    batch_walk(&c, b);
    pass_over(&c, from);
    struct batch *rest = batch_cut(&c, UINT32_MAX);

    batch_walk_end(&c);
    if (!rest)
        return;
    if (r->waiting) {
        r->last->next = rest;
    } else {
        r->waiting = rest;
        batch_walk(&r->cursor, rest);
    }
    r->last = rest;
}

bool returned_any(const struct returned *r)
{
    return r->waiting;
}

static void drop_finished(struct returned *r)
{
    struct batch *b = r->waiting;

    if (r->cursor.index < b->count)
        return;
    r->waiting = b->next;
    batch_free(b);
    if (r->waiting)
        batch_walk(&r->cursor, r->waiting);
}

const struct batch *returned_take(struct returned *r, uint32_t most)
{
    struct lent *l = xmalloc(sizeof *l);

    *l = (struct lent){.batch = batch_cut(&r->cursor, most), .next = r->lent};
    assert(l->batch);
    l->left = l->batch->count;
    r->lent = l;
    drop_finished(r);
    return l->batch;
}

void returned_land(struct returned *r, uint64_t task, uint32_t count)
{
    for (struct lent **at = &r->lent, *l; (l = *at); at = &l->next) {
        if (task < l->batch->first || task - l->batch->first >= l->batch->count)
            continue;
        l->left -= count;
        if (l->left)
            return;
        *at = l->next;
        batch_free(l->batch);
        free(l);
        return;
    }
}

uint64_t returned_drop(struct returned *r)
{
    if (!r->waiting)
        return 0;
    uint64_t task = r->waiting->first + r->cursor.index;

    pass_over(&r->cursor, 1);
    drop_finished(r);
    return task;
}

void returned_release(struct returned *r)
{
    while (returned_drop(r))
        ;
    while (r->lent) {
        struct lent *l = r->lent;

        r->lent = l->next;
        batch_free(l->batch);
        free(l);
    }
    batch_walk_end(&r->cursor);
}
