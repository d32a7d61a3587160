/*
 * limits: when to stop a task or a run, as it is asked for. Layer: base; pure.
 *
 * Plain data between the options and the policy of the corridor. Each limits_parse_... returns 0, or -1 for a text that is no such limit.
 */
#ifndef SMAP_LIMITS_H
#define SMAP_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

/* --timeout: a time, or a multiple of the median time of the tasks that have succeeded so far. */
struct limits_timeout {
    int64_t us;
    uint64_t percent; /* in hundredths; 0: US counts. Both 0: no limit */
};

/* "2.5", "30s", "5m" or "300%"; more than nothing. */
int limits_parse_timeout(const char *text, struct limits_timeout *t);

/* --halt: after so many tasks that failed, succeeded or are done. */
struct limits_halt {
    enum { HALT_NEVER, HALT_SOON, HALT_NOW } when; /* SOON: nothing more starts; NOW: what runs is ended too */
    enum { HALT_FAIL, HALT_SUCCESS, HALT_DONE } what;
    uint64_t count;   /* so many ... */
    uint64_t percent; /* ... or, if not 0, so many hundredths of a percent of all tasks */
};

/* "never", "soon,fail=1", "now,success=3", "now,done=10%"; and GNU parallel's old "0", "1", "2", "-1", "-2", "N%". */
int limits_parse_halt(const char *text, struct limits_halt *h);

/* --load: runnable processes, in hundredths. */
struct limits_load {
    uint64_t hundredths; /* 0: no limit */
    bool of_cpus;        /* HUNDREDTHS times the number of CPUs */
};

/* "4", "1.5", "80%". */
int limits_parse_load(const char *text, struct limits_load *l);

/* --exit: what the exit status tells of failed tasks: that there are, how many, or what xargs would say. */
enum limits_exit { LIMITS_EXIT_PLAIN, LIMITS_EXIT_COUNT, LIMITS_EXIT_XARGS };

#endif
