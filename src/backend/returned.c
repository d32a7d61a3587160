/* Two lists: what waits, and what has been handed out once more, which is about as long as there are slots. */
#include "backend/returned.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

static void pass_over(struct batch_cursor *c, uint32_t count)
{
    struct task t;

    while (count && batch_next(c, &t))
        count--;
}

void returned_put(struct returned *r, const struct batch *b, uint32_t from, uint32_t count)
{
    struct batch_cursor c = {0};

    batch_walk(&c, b);
    pass_over(&c, from);
    struct batch *rest = batch_cut(&c, count);

    batch_walk_end(&c);
    if (!rest)
        return;
    r->tasks += rest->count;
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

static void drop_first(struct returned *r)
{
    struct batch *b = r->waiting;

    r->waiting = b->next;
    batch_free(b);
    if (r->waiting)
        batch_walk(&r->cursor, r->waiting);
}

static void drop_finished(struct returned *r)
{
    if (r->cursor.index == r->waiting->count)
        drop_first(r);
}

const struct batch *returned_take(struct returned *r, uint32_t most)
{
    struct lent *l = xmalloc(sizeof *l);

    *l = (struct lent){.batch = batch_cut(&r->cursor, most), .next = r->lent};
    assert(l->batch);
    l->count = l->left = l->batch->count;
    r->tasks -= l->count;
    r->lent = l;
    drop_finished(r);
    return l->batch;
}

static void end(struct lent **at)
{
    struct lent *l = *at;

    *at = l->next;
    batch_free(l->batch);
    free(l);
}

/* A task can be in one of them only: where it came back from it is no longer, and of another attempt there is another batch. */
void returned_land(struct returned *r, uint64_t task, uint32_t count, uint32_t attempt)
{
    for (struct lent **at = &r->lent, *l; (l = *at); at = &l->next) {
        if (task < l->batch->first || task - l->batch->first >= l->count || attempt != l->batch->attempt)
            continue;
        l->left -= count;
        if (!l->left)
            end(at);
        return;
    }
}

static struct lent **find(struct returned *r, const struct batch *b)
{
    struct lent **at = &r->lent;

    while (*at && (*at)->batch != b)
        at = &(*at)->next;
    return at;
}

void returned_trim(struct returned *r, const struct batch *b, uint32_t from)
{
    struct lent **at = find(r, b), *l = *at;

    if (!l)
        return;
    l->left -= l->count - from;
    l->count = from;
    if (!l->left)
        end(at);
}

void returned_end(struct returned *r, const struct batch *b)
{
    struct lent **at = find(r, b);

    if (*at)
        end(at);
}

uint32_t returned_shed(struct returned *r, uint64_t *first)
{
    if (!r->waiting)
        return 0;
    uint32_t count = r->waiting->count - r->cursor.index;

    *first = r->waiting->first + r->cursor.index;
    r->tasks -= count;
    drop_first(r);
    return count;
}

uint64_t returned_drop(struct returned *r, uint32_t *attempt)
{
    if (!r->waiting)
        return 0;
    uint64_t task = r->waiting->first + r->cursor.index;

    *attempt = r->waiting->attempt;
    pass_over(&r->cursor, 1);
    r->tasks--;
    drop_finished(r);
    return task;
}

void returned_release(struct returned *r)
{
    while (r->waiting)
        drop_first(r);
    while (r->lent)
        end(&r->lent);
    batch_walk_end(&r->cursor);
}
