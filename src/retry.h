/*
 * retry: further attempts of failed tasks: they wait for their time, then go to the backend ahead of new tasks. Part of the corridor.
 *
 * In: a batch of one task each. It is owned here from retry_add until retry_end or retry_drop, also while the backend has it. The task's entry in
 * `flight` stays meanwhile. No clock: NOW comes in.
 */
#ifndef SMAP_RETRY_H
#define SMAP_RETRY_H

#include "base/task.h"

struct retry;

struct retry *retry_new(void);
void retry_free(struct retry *r);

/* Takes B, to be submitted at DUE (monotonic us). */
void retry_add(struct retry *r, struct batch *b, int64_t due);
/* When the next is due; CLOCK_NEVER: nothing waits. */
int64_t retry_due(const struct retry *r);
/* Lends the one that is due first, whatever the time; it counts as submitted from now on. Only when one waits. */
struct batch *retry_take(struct retry *r);
/* An attempt of TASK has ended: frees its batch, if it was one of ours. */
void retry_end(struct retry *r, uint64_t task);
/* Number of a task whose further attempt waits, now forgotten: the run is stopping; 0: none. */
uint64_t retry_drop(struct retry *r);
/* So many wait that no new tasks should be begun. */
bool retry_full(const struct retry *r);

#endif
