/*
 * ending: the end of a process group that shall end. Layer: work.
 *
 * A signal that can be refused first, with CONT so that a stopped process hears it; KILL when the grace is over. The leader may go
 * before its children do: who has collected it asks ending_left, and hears through GONE when the last of the group has
 * gone. Zeroed and unused it costs nothing; ending_begin may come again with a sterner signal or a shorter grace.
 */
#ifndef SMAP_ENDING_H
#define SMAP_ENDING_H

#include "base/loop.h"

#include <sys/types.h>

struct ending {
    struct loop *loop;
    struct loop_timer timer;
    pid_t group;     /* 0: nothing is being ended */
    int64_t kill_at; /* monotonic us; CLOCK_NEVER: somebody else decides */
    int64_t look_at; /* when to ask /proc who they are */
    bool waiting;    /* the leader has been collected */
    bool killed;
    void (*gone)(void *ctx);
    void *ctx;
};

/* GONE is called from inside loop_wait, at most once for each time ending_left said true. */
void ending_init(struct ending *e, struct loop *l, void (*gone)(void *ctx), void *ctx);
/* Sends SIG to GROUP now, and KILL after GRACE us (CLOCK_NEVER: no). */
void ending_begin(struct ending *e, pid_t group, int sig, int64_t grace);
/* The leader has been collected: true if some of its group is left; GONE will say when that is over. */
bool ending_left(struct ending *e);
/* Forgets the group, or KILLs what is left of it first. */
void ending_clear(struct ending *e, bool kill);

#endif
