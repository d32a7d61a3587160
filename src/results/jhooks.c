/* A window of task numbers: filled at its end, done in any order, cut at its front. */
#include "results/jhooks.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void jhooks_release(struct jhooks *h)
{
    free(h->hook);
}

/* What lies before the window is reused; the array grows when that was less than half. */
static void make_room(struct jhooks *h, uint32_t count)
{
    size_t left = h->to - h->from;

    if (h->from)
        memmove(h->hook, h->hook + h->from, left * sizeof *h->hook);
    h->from = 0;
    h->to = left;
    if (left + count > h->cap / 2) {
        h->cap = (left + count) * 2;
        h->hook = xreallocarray(h->hook, h->cap, sizeof *h->hook);
    }
}

void jhooks_put(struct jhooks *h, uint32_t count)
{
    if (h->to + count > h->cap)
        make_room(h, count);
    memset(h->hook + h->to, 0, count * sizeof *h->hook);
    h->to += count;
}

struct jhook *jhooks_get(const struct jhooks *h, uint64_t task)
{
    size_t i = h->from + (size_t)(task - 1 - h->first);

    assert(task > h->first && i < h->to);
    return &h->hook[i];
}

void jhooks_done(struct jhooks *h, uint64_t task)
{
    jhooks_get(h, task)->done = true;
    while (h->from < h->to && h->hook[h->from].done) {
        h->from++;
        h->first++;
    }
}
