/*
 * policy: what follows from how tasks end: try again, stop, how long may the next one take. Part of the corridor; pure: no clock, no
 * process, no message; times come in as numbers.
 *
 * In: the outcome of every attempt. Out: decisions. State: a few counts and a histogram of durations, whatever the number of tasks.
 */
#ifndef SMAP_POLICY_H
#define SMAP_POLICY_H

#include "base/limits.h"
#include "base/piece.h"

struct policy_spec {
    uint32_t retries;    /* further attempts of a failed task */
    int64_t retry_delay; /* us before the first of them, doubling */
    struct limits_timeout timeout;
    struct limits_halt halt;
    int64_t deadline; /* monotonic us: tasks shall have ended by then; 0: no limit */
    uint32_t max_crashes; /* of worker processes, in the whole run */
};

struct policy;

struct policy *policy_new(const struct policy_spec *spec);
void policy_free(struct policy *p);

/* Shall the task be tried again? Then *DELAY us from now. */
bool policy_retry(const struct policy *p, const struct outcome *o, int64_t *delay);
/* An attempt has ended. False: worker processes have crashed too often now, the run shall be given up (said once). */
bool policy_attempt(struct policy *p, const struct outcome *o);
/* COUNT tasks have ended for good, in O.elapsed us together. What was cancelled does not count. */
void policy_note(struct policy *p, const struct outcome *o, uint32_t count);
/* HALT_...: whether the run goes on, by what has been noted. TOTAL: how many tasks there are in all, UINT64_MAX while nobody knows: then percentages
 * are of those that have ended so far. */
int policy_halt(const struct policy *p, uint64_t total);
/* us that an attempt started now may take; 0: any (also while there is no median yet). */
int64_t policy_timeout(const struct policy *p);
/* The moment after which a task would not end before the deadline, were it an average one; CLOCK_NEVER. */
int64_t policy_last_start(const struct policy *p);
/* us; 0: too few tasks have succeeded to tell. Off by 2% at most. */
int64_t policy_median(const struct policy *p);

#endif
