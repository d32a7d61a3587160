/*
 * loop: the one poll set of a process, and its timers. Layer: base.
 *
 * Everything that may wait (children, pipes, input, output, signals) registers its descriptor here with a
 * callback; a backend's `wait` is the only caller of loop_wait, so a process has one blocking point. Callbacks
 * run inside loop_wait, may add and remove descriptors and timers (their own too), and must not block.
 * A callback is told of its descriptor only while it is registered: after loop_remove no stale event arrives.
 */
#ifndef SMAP_LOOP_H
#define SMAP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

/* EVENTS are poll(2)'s revents. */
typedef void (*loop_fn)(void *ctx, short events);
typedef void (*loop_timer_fn)(void *ctx);

/* Storage is the owner's; zeroed it is an unset timer. FN and CTX are set once by loop_timer_init. */
struct loop_timer {
    int64_t at; /* monotonic, microseconds (clock.h) */
    loop_timer_fn fn;
    void *ctx;
    uint32_t place; /* place in the heap + 1, 0: not set */
};

struct loop *loop_new(void);
void loop_free(struct loop *l);

/* Watches FD (one registration a descriptor) for EVENTS; 0 still reports POLLERR and POLLHUP. */
void loop_add(struct loop *l, int fd, short events, loop_fn fn, void *ctx);
/* Changes what is waited for. -1 as EVENTS: nothing at all, not even POLLHUP (paused). */
void loop_change(struct loop *l, int fd, short events);
void loop_remove(struct loop *l, int fd);
bool loop_has(const struct loop *l, int fd);

void loop_timer_init(struct loop_timer *t, loop_timer_fn fn, void *ctx);
/* Arms or re-arms; fires once, at or after AT. */
void loop_timer_set(struct loop *l, struct loop_timer *t, int64_t at);
void loop_timer_clear(struct loop *l, struct loop_timer *t);

/*
 * Waits until something is ready, a timer is due or UNTIL (monotonic; CLOCK_NEVER: for ever; the past: only looks) and
 * runs the callbacks. Returns how many ran, 0 at the time limit or when a signal came, -1 (reported) when poll failed.
 */
int loop_wait(struct loop *l, int64_t until);

/* Moves all timers by US: they were not to run meanwhile. */
void loop_delay(struct loop *l, int64_t us);

/* For a wait of another kind (MPI's): the time of the next timer, CLOCK_NEVER without one. */
int64_t loop_next_timer(const struct loop *l);

#endif
