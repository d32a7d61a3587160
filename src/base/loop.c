/*
 * The poll set. Descriptors are found by number in a table, so that add, change and remove are O(1); the
 * array given to ppoll(2) is kept dense by moving its last entry into a hole. While callbacks run, a removed entry
 * only loses its registration (fd -1) and the hole is closed afterwards, so nobody is called for what is gone.
 * Timers are a binary heap by time; each knows its place, so that re-arming needs no search.
 */
#include "base/loop.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/xalloc.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

struct entry {
    loop_fn fn;
    void *ctx;
};

struct loop {
    struct pollfd *poll; /* dense; fd is ~fd while paused, -1 - INT_MAX never occurs */
    struct entry *entry; /* beside poll */
    uint32_t count, cap;
    uint32_t *place; /* by descriptor: place in poll + 1, 0: not watched */
    uint32_t places;
    bool dispatching;
    bool holes; /* entries with fn NULL wait to be removed */
    struct loop_timer **heap;
    uint32_t timers, timer_cap;
};

struct loop *loop_new(void)
{
    return xcalloc(1, sizeof(struct loop));
}

void loop_free(struct loop *l)
{
    if (!l)
        return;
    free(l->poll);
    free(l->entry);
    free(l->place);
    free(l->heap);
    free(l);
}

static void grow_places(struct loop *l, uint32_t fd)
{
    if (fd < l->places)
        return;
    uint32_t n = fd + 64;

    l->place = xreallocarray(l->place, n, sizeof *l->place);
    for (uint32_t i = l->places; i < n; i++)
        l->place[i] = 0;
    l->places = n;
}

void loop_add(struct loop *l, int fd, short events, loop_fn fn, void *ctx)
{
    assert(fd >= 0 && fn);
    grow_places(l, (uint32_t)fd);
    assert(!l->place[fd]);
    if (l->count == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 16;
        l->poll = xreallocarray(l->poll, l->cap, sizeof *l->poll);
        l->entry = xreallocarray(l->entry, l->cap, sizeof *l->entry);
    }
    l->poll[l->count] = (struct pollfd){.fd = fd};
    l->entry[l->count] = (struct entry){fn, ctx};
    l->place[fd] = ++l->count;
    loop_change(l, fd, events);
}

/* poll(2) passes over negative descriptors: a paused one is kept as its complement. */
void loop_change(struct loop *l, int fd, short events)
{
    assert(loop_has(l, fd));
    struct pollfd *p = &l->poll[l->place[fd] - 1];

    p->fd = events == -1 ? ~fd : fd;
    p->events = events == -1 ? 0 : events;
}

static void remove_at(struct loop *l, uint32_t i)
{
    uint32_t last = --l->count;

    if (i == last)
        return;
    l->poll[i] = l->poll[last];
    l->entry[i] = l->entry[last];
    if (l->entry[i].fn) {
        int fd = l->poll[i].fd < 0 ? ~l->poll[i].fd : l->poll[i].fd;

        l->place[fd] = i + 1;
    }
}

void loop_remove(struct loop *l, int fd)
{
    assert(loop_has(l, fd));
    uint32_t i = l->place[fd] - 1;

    l->place[fd] = 0;
    if (l->dispatching) {
        l->entry[i].fn = NULL;
        l->poll[i].fd = -1;
        l->poll[i].revents = 0;
        l->holes = true;
    } else {
        remove_at(l, i);
    }
}

bool loop_has(const struct loop *l, int fd)
{
    return fd >= 0 && (uint32_t)fd < l->places && l->place[fd];
}

/* Entries added by a callback lie behind COUNT as it was and are asked in the next round. */
static int dispatch(struct loop *l, int ready)
{
    int ran = 0;
    uint32_t n = l->count;

    l->dispatching = true;
    for (uint32_t i = 0; i < n && ready > 0; i++) {
        short events = l->poll[i].revents;

        if (!events)
            continue;
        ready--;
        if (l->entry[i].fn && l->poll[i].fd >= 0) {
            l->entry[i].fn(l->entry[i].ctx, events);
            ran++;
        }
    }
    l->dispatching = false;
    for (uint32_t i = l->count; l->holes && i-- > 0;)
        if (!l->entry[i].fn)
            remove_at(l, i);
    l->holes = false;
    return ran;
}

static bool sooner(const struct loop *l, uint32_t a, uint32_t b)
{
    return l->heap[a]->at < l->heap[b]->at;
}

static void swap(struct loop *l, uint32_t a, uint32_t b)
{
    struct loop_timer *t = l->heap[a];

    l->heap[a] = l->heap[b];
    l->heap[b] = t;
    l->heap[a]->place = a + 1;
    l->heap[b]->place = b + 1;
}

/* Restores the heap around place I, whichever way its timer has to go. */
static void settle(struct loop *l, uint32_t i)
{
    while (i > 0 && sooner(l, i, (i - 1) / 2)) {
        swap(l, i, (i - 1) / 2);
        i = (i - 1) / 2;
    }
    for (;;) {
        uint32_t least = i;

        for (uint32_t child = 2 * i + 1; child <= 2 * i + 2 && child < l->timers; child++)
            if (sooner(l, child, least))
                least = child;
        if (least == i)
            return;
        swap(l, i, least);
        i = least;
    }
}

void loop_timer_init(struct loop_timer *t, loop_timer_fn fn, void *ctx)
{
    *t = (struct loop_timer){.fn = fn, .ctx = ctx};
}

void loop_timer_set(struct loop *l, struct loop_timer *t, int64_t at)
{
    assert(t->fn);
    t->at = at;
    if (!t->place) {
        if (l->timers == l->timer_cap) {
            l->timer_cap = l->timer_cap ? l->timer_cap * 2 : 16;
            l->heap = xreallocarray(l->heap, l->timer_cap, sizeof *l->heap);
        }
        l->heap[l->timers] = t;
        t->place = ++l->timers;
    }
    settle(l, t->place - 1);
}

void loop_timer_clear(struct loop *l, struct loop_timer *t)
{
    if (!t->place)
        return;
    uint32_t i = t->place - 1;

    t->place = 0;
    if (i != --l->timers) {
        l->heap[i] = l->heap[l->timers];
        l->heap[i]->place = i + 1;
        settle(l, i);
    }
}

/* All by the same time: the heap stays one. */
void loop_delay(struct loop *l, int64_t us)
{
    for (uint32_t i = 0; i < l->timers; i++)
        l->heap[i]->at += us;
}

int64_t loop_next_timer(const struct loop *l)
{
    return l->timers ? l->heap[0]->at : CLOCK_NEVER;
}

static int run_timers(struct loop *l)
{
    if (!l->timers)
        return 0;
    int ran = 0;
    int64_t now = clock_now();

    while (l->timers && l->heap[0]->at <= now) {
        struct loop_timer *t = l->heap[0];

        loop_timer_clear(l, t);
        t->fn(t->ctx);
        ran++;
    }
    return ran;
}

int loop_wait(struct loop *l, int64_t until)
{
    if (loop_next_timer(l) < until)
        until = loop_next_timer(l);
    struct timespec ts = {0, 0}, *limit = &ts;

    if (until == CLOCK_NEVER) {
        limit = NULL;
    } else if (until > 0) {
        int64_t left = until - clock_now();

        if (left > 0)
            ts = (struct timespec){.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
    }
    int ready = ppoll(l->poll, l->count, limit, NULL);

    if (ready < 0 && errno != EINTR && errno != EAGAIN)
        return diag_errno("poll");
    int ran = ready > 0 ? dispatch(l, ready) : 0;

    return ran + run_timers(l);
}
