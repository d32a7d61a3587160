/*
 * summary: the last lines on stderr: why the run was stopped, and how it went. Room: watch.
 */
#ifndef SMAP_SUMMARY_H
#define SMAP_SUMMARY_H

#include <stdbool.h>
#include <stdint.h>

struct summary {
    uint64_t succeeded, failed, cancelled;
    uint64_t replayed; /* of them: taken from the journal */
    int64_t wall, task_time; /* us */
    uint32_t slots;
};

/* Why a run ended before its tasks were done, and how to go on. */
struct summary_stop {
    int signal;          /* by this one; 0: not by a signal */
    bool halted, late;   /* by --halt, by --time-limit; neither: by an outlet's wish */
    uint64_t left;       /* tasks not done; UINT64_MAX: nobody knows */
    const char *journal; /* NULL: none */
};

void summary_print_stop(const struct summary_stop *s);
void summary_print(const struct summary *s);

#endif
