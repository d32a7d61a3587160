/*
 * Batches in flight: an array ordered by task number. New ones are appended; ended ones are marked and squeezed out when they are half of
 * the array, so that each costs a constant number of moves. Each remembers where the last look-up stopped: results of a batch come
 * mostly in sequence, and a look-up then is one step.
 */
#include "flight.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

struct entry {
    struct batch *batch; /* NULL: all landed */
    uint64_t first;
    uint32_t count, left;
    struct batch_cursor cursor;
};

struct flight {
    struct entry *entry;
    size_t used, cap, dead;
};

struct flight *flight_new(void)
{
    return xcalloc(1, sizeof(struct flight));
}

static void drop(struct entry *e)
{
    batch_walk_end(&e->cursor);
    batch_free(e->batch);
    e->batch = NULL;
}

void flight_free(struct flight *f)
{
    if (!f)
        return;
    for (size_t i = 0; i < f->used; i++)
        drop(&f->entry[i]);
    free(f->entry);
    free(f);
}

void flight_start(struct flight *f, struct batch *b)
{
    assert(!f->used || f->entry[f->used - 1].first + f->entry[f->used - 1].count <= b->first);
    if (f->used == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 16;
        f->entry = xreallocarray(f->entry, f->cap, sizeof *f->entry);
    }
    f->entry[f->used++] = (struct entry){.batch = b, .first = b->first, .count = b->count, .left = b->count};
}

static struct entry *find(const struct flight *f, uint64_t task)
{
    size_t low = 0, high = f->used;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        struct entry *e = &f->entry[mid];

        if (task < e->first)
            high = mid;
        else if (task >= e->first + e->count)
            low = mid + 1;
        else
            return e->batch ? e : NULL;
    }
    return NULL;
}

static void squeeze(struct flight *f)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->used; i++)
        if (f->entry[i].batch)
            f->entry[kept++] = f->entry[i];
    f->used = kept;
    f->dead = 0;
}

void flight_land(struct flight *f, uint64_t task, uint32_t count)
{
    struct entry *e = find(f, task);

    assert(e && e->left >= count);
    e->left -= count;
    if (e->left)
        return;
    drop(e);
    if (++f->dead * 2 >= f->used)
        squeeze(f);
}

bool flight_task(struct flight *f, uint64_t number, struct task *t)
{
    struct entry *e = find(f, number);

    if (!e)
        return false;
    if (!e->cursor.batch || e->first + e->cursor.index > number)
        return batch_seek(&e->cursor, e->batch, number, t);
    while (batch_next(&e->cursor, t))
        if (t->number == number)
            return true;
    return false;
}

bool flight_empty(const struct flight *f)
{
    return f->used == f->dead;
}
