/*
 * reaper: collects a process when it has ended. Layer: work.
 *
 * The owner starts the process (spawn.h) and has it watched; ENDED is called once, from inside loop_wait or reaper_look, when it has been
 * collected: another one may be started in its place then and there. By its pidfd, or where the kernel has none by looking every few ms.
 */
#ifndef SMAP_REAPER_H
#define SMAP_REAPER_H

#include "base/loop.h"
#include "work/spawn.h"

/* STATUS as waitpid gives it. */
typedef void (*reaper_fn)(void *ctx, int status, const struct rusage *usage);

struct reaper {
    struct loop *loop;
    struct process *process; /* the owner's */
    struct loop_timer timer; /* the next look, without a pidfd */
    reaper_fn ended;
    void *ctx;
};

void reaper_init(struct reaper *r, struct loop *l, struct process *p, reaper_fn ended, void *ctx);
/* The process has been started. */
void reaper_watch(struct reaper *r);
/* Watches it no more: the loop is nobody's any longer. */
void reaper_leave(struct reaper *r);
/* Collects it if it has ended (BLOCK: waits for that), and watches it on if not. True when there is none any more. */
bool reaper_look(struct reaper *r, bool block);
/* It has to end now: if it has not, its group is KILLed. ENDED is not called. */
void reaper_end(struct reaper *r);

#endif
