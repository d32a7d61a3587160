/*
 * What runs is an array sorted by task number; ended parts are squeezed out when they are half of it.
 */
#include "results/jpart.h"

#include "base/xalloc.h"
#include "results/jwrite.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct jpart *jpart_new(enum journal_kind kind, struct batch *b, const uint32_t *place)
{
    struct jpart *p = xcalloc(1, sizeof *p);

    p->kind = kind;
    p->batch = b;
    p->first = b->first;
    p->count = p->left = b->count;
    if (!place)
        return p;
    p->place = xreallocarray(NULL, p->count, sizeof *p->place);
    memcpy(p->place, place, p->count * sizeof *p->place);
    return p;
}

void jpart_free(struct jpart *p)
{
    for (uint32_t i = 0; p->gather && i < p->count; i++)
        jgather_free(p->gather[i]);
    free(p->gather);
    free(p->place);
    batch_walk_end(&p->cursor);
    free(p);
}

struct jgather **jpart_gather(struct jpart *p, uint64_t task)
{
    if (!p->gather)
        p->gather = xcalloc(p->count, sizeof *p->gather);
    return &p->gather[task - p->first];
}

void jpart_drop_gather(struct jpart *p, uint64_t task)
{
    if (!p->gather)
        return;
    jgather_free(p->gather[task - p->first]);
    p->gather[task - p->first] = NULL;
}

void jpart_seek(struct jpart *p, uint64_t task)
{
    struct task t;

    if (!p->cursor.batch || p->first + p->cursor.index > task)
        batch_walk(&p->cursor, p->batch);
    while (p->first + p->cursor.index < task && batch_next(&p->cursor, &t))
        continue;
}

void jqueue_init(struct jqueue *q)
{
    q->head = NULL;
    q->tail = &q->head;
}

void jqueue_put(struct jqueue *q, struct jpart *p)
{
    p->next = NULL;
    *q->tail = p;
    q->tail = &p->next;
}

struct jpart *jqueue_take(struct jqueue *q)
{
    struct jpart *p = q->head;

    if (!p)
        return NULL;
    q->head = p->next;
    if (!q->head)
        q->tail = &q->head;
    return p;
}

void jqueue_release(struct jqueue *q, bool with_batches)
{
    struct jpart *p;

    while ((p = jqueue_take(q))) {
        if (with_batches)
            batch_free(p->batch);
        jpart_free(p);
    }
}

void jrunning_put(struct jrunning *r, struct jpart *p)
{
    assert(!r->count || r->part[r->count - 1]->first < p->first);
    if (r->count == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 16;
        r->part = xreallocarray(r->part, r->cap, sizeof *r->part);
    }
    r->part[r->count++] = p;
}

struct jpart *jrunning_find(const struct jrunning *r, uint64_t task)
{
    size_t low = 0, high = r->count;

    while (high - low > 1) {
        size_t mid = low + (high - low) / 2;

        if (task < r->part[mid]->first)
            high = mid;
        else
            low = mid;
    }
    assert(low < r->count && task - r->part[low]->first < r->part[low]->count && r->part[low]->left);
    return r->part[low];
}

static void squeeze(struct jrunning *r)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->count; i++) {
        if (r->part[i]->left)
            r->part[kept++] = r->part[i];
        else
            jpart_free(r->part[i]);
    }
    r->count = kept;
    r->dead = 0;
}

void jrunning_land(struct jrunning *r, struct jpart *p, uint32_t count)
{
    p->left -= count;
    if (!p->left && ++r->dead * 2 >= r->count)
        squeeze(r);
}

void jrunning_release(struct jrunning *r)
{
    for (size_t i = 0; i < r->count; i++)
        jpart_free(r->part[i]);
    free(r->part);
}
