/* A window of task numbers: filled at its end, emptied in any order, cut at its front. */
#include "results/jhooks.h"

#include "base/xalloc.h"
#include "results/jindex.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void jhooks_release(struct jhooks *h)
{
    free(h->place);
}

/* What lies before the window is reused; the array grows when that was less than half. */
static void make_room(struct jhooks *h, uint32_t count)
{
    size_t left = h->to - h->from;

    if (h->from)
        memmove(h->place, h->place + h->from, left * sizeof *h->place);
    h->from = 0;
    h->to = left;
    if (left + count > h->cap / 2) {
        h->cap = (left + count) * 2;
        h->place = xreallocarray(h->place, h->cap, sizeof *h->place);
    }
}

void jhooks_put(struct jhooks *h, const uint32_t *place, uint32_t count)
{
    if (h->to + count > h->cap)
        make_room(h, count);
    memcpy(h->place + h->to, place, count * sizeof *place);
    h->to += count;
}

static size_t at(const struct jhooks *h, uint64_t task)
{
    size_t i = h->from + (size_t)(task - 1 - h->first);

    assert(task > h->first && i < h->to);
    return i;
}

uint32_t jhooks_get(const struct jhooks *h, uint64_t task)
{
    return h->place[at(h, task)];
}

uint32_t jhooks_take(struct jhooks *h, uint64_t task)
{
    uint32_t *slot = &h->place[at(h, task)], place = *slot;

    *slot = JINDEX_NONE;
    while (h->from < h->to && h->place[h->from] == JINDEX_NONE) {
        h->from++;
        h->first++;
    }
    return place;
}
