/*
 * summary: the one line on stderr that tells how the run went. Room: watch.
 */
#ifndef SMAP_SUMMARY_H
#define SMAP_SUMMARY_H

#include <stdint.h>

struct summary {
    uint64_t succeeded, failed, cancelled;
    uint64_t replayed; /* of them: taken from the journal */
    int64_t wall, task_time; /* us */
    uint32_t slots;
};

void summary_print(const struct summary *s);

#endif
