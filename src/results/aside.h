/*
 * aside: a thread that does one thing after another for its owner, who goes on meanwhile. Room:
 * results; its user is hook_function.c, for functions that may take long.
 *
 *     aside_run(job) -- the job takes a moment --> done, aside_busy says no
 *          '--------- it takes longer ---------> busy; the loop is woken when it is done
 *
 * The thread has all signals blocked and touches nothing but the job and this struct; everything
 * else is the owner's, who must not touch what the job uses while aside_busy.
 */
#ifndef SMAP_ASIDE_H
#define SMAP_ASIDE_H

#include <stdbool.h>
#include <stdint.h>

struct aside;
struct loop;

typedef void aside_fn(void *ctx);

/* -1: reported. */
int aside_new(struct aside **a, struct loop *l);
/* Begins a job; it must not be busy. Blocks for a tenth of a millisecond at most. */
void aside_run(struct aside *a, aside_fn *job, void *ctx);
bool aside_busy(const struct aside *a);
/* Blocks until the job is done, or UNTIL (clock.h): false. */
bool aside_wait(struct aside *a, int64_t until);
/* Ends the thread. False: it is busy, and is left alone with all that its job uses until the
 * process ends. */
bool aside_free(struct aside *a);

#endif
