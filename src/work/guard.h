/*
 * guard: a process that outlives this one for a moment and takes its tasks with it. Layer: work.
 *
 *     smap  ---- pipe, held open ---->  guard          the pipe ends when smap does, however that happens (KILL, a crash);
 *       '------ list of groups ----------'             then the guard ends all that is listed in the shared memory
 *
 * It ends the process groups of the list, whoever carries the mark of this run in his environment, and all descendants of these, again and again for up to
 * GUARD_US. Only a descendant that has left its group, cleared its environment and lost its parent gets away. Where smap ends in order there is nothing
 * left to do: the guard is ended first.
 *
 * It is started only when tasks have run for GUARD_AFTER us; until then the kernel's own means must do (spawn.c: die_with). Its own death is noticed, and another is
 * started.
 */
#ifndef SMAP_GUARD_H
#define SMAP_GUARD_H

#include <stdint.h>

#define GUARD_WORD "--internal-guard"
#define GUARD_VARIABLE "SMAP_GUARD=1" /* in its environment: guards do not end each other, and have none themselves */
#define GUARD_AFTER 50000
#define GUARD_US 2000000

struct guard;
struct loop;

/*
 * This program, started again with GUARD_WORD, calls guard_main. Without that promise guard_open does nothing: any other program that links this
 * would be started over and over.
 */
void guard_allow(void);
/* Never fails: a run without a guard is still a run. */
struct guard *guard_open(struct loop *l);
/* Something is about to run: to be called again and again, it costs nothing. NULL is fine. */
void guard_watch(struct guard *g);
/* Its services are not needed any more: everything that was started has been collected. NULL is fine. */
void guard_close(struct guard *g);

/* The guard itself: what `smap --internal-guard MARK` runs: the pipe is its standard input, the list descriptor 3. The exit status. */
int guard_main(const char *mark);

#endif
