/* A heap by time of those that wait, a table by number of those that run. */
#include "retry.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "results/numbers.h"

#include <stdlib.h>

enum { MOST_WAITING = 4096 }; /* with their texts, in memory */

struct item {
    struct batch *batch;
    int64_t due;
};

struct retry {
    struct item *heap;
    size_t waiting, cap;
    struct numbers running;
};

struct retry *retry_new(void)
{
    return xcalloc(1, sizeof(struct retry));
}

void retry_free(struct retry *r)
{
    size_t at = 0;
    struct batch *b;

    if (!r)
        return;
    for (size_t i = 0; i < r->waiting; i++)
        batch_free(r->heap[i].batch);
    while ((b = numbers_walk(&r->running, &at)))
        batch_free(b);
    numbers_release(&r->running);
    free(r->heap);
    free(r);
}

/* Equal times: the lower number first, so that the order of attempts does not depend on the shape of the heap. */
static bool sooner(const struct item *a, const struct item *b)
{
    return a->due < b->due || (a->due == b->due && a->batch->first < b->batch->first);
}

static void swap(struct retry *r, size_t a, size_t b)
{
    struct item x = r->heap[a];

    r->heap[a] = r->heap[b];
    r->heap[b] = x;
}

void retry_add(struct retry *r, struct batch *b, int64_t due)
{
    size_t i = r->waiting++;

    if (i == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 16;
        r->heap = xreallocarray(r->heap, r->cap, sizeof *r->heap);
    }
    r->heap[i] = (struct item){b, due};
    for (; i && sooner(&r->heap[i], &r->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(r, i, (i - 1) / 2);
}

int64_t retry_due(const struct retry *r)
{
    return r->waiting ? r->heap[0].due : CLOCK_NEVER;
}

static struct batch *pop(struct retry *r)
{
    struct batch *b = r->heap[0].batch;
    size_t i = 0;

    r->heap[0] = r->heap[--r->waiting];
    for (;;) {
        size_t least = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < r->waiting; child++)
            if (sooner(&r->heap[child], &r->heap[least]))
                least = child;
        if (least == i)
            return b;
        swap(r, i, least);
        i = least;
    }
}

struct batch *retry_take(struct retry *r)
{
    struct batch *b = pop(r);

    numbers_put(&r->running, b->first, b);
    return b;
}

void retry_end(struct retry *r, uint64_t task)
{
    if (r->running.count)
        batch_free(numbers_take(&r->running, task));
}

uint64_t retry_drop(struct retry *r)
{
    if (!r->waiting)
        return 0;
    struct batch *b = pop(r);
    uint64_t task = b->first;

    batch_free(b);
    return task;
}

bool retry_full(const struct retry *r)
{
    return r->waiting >= MOST_WAITING;
}
