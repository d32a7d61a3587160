/*
 * counts: what a run has come to. Part of the corridor; pure.
 */
#ifndef SMAP_COUNTS_H
#define SMAP_COUNTS_H

#include "base/piece.h"

struct counts {
    uint64_t tasks, succeeded, failed, cancelled;
    uint64_t replayed; /* of the succeeded and failed: taken from the journal */
    uint64_t failed_255, failed_signal, failed_start; /* of the failed: how */
    int64_t task_time; /* us, summed over attempts made now */
    bool broken;       /* smap itself failed */
    bool stopped;      /* ended early, tasks not run */
    bool halted, late; /* by --halt, by --time-limit */
    bool sigpipe;      /* the reader of stdout has gone */
    int signal;        /* stopped by this signal */
    uint32_t slots;    /* that there were */
    uint64_t total;    /* tasks there are in all; UINT64_MAX: nobody knows */
};

/* COUNT tasks have ended so, for good. */
void counts_end(struct counts *c, const struct outcome *o, uint32_t count);
/* All tasks have ended and smap did all it should: what was written is whole. */
bool counts_complete(const struct counts *c);

#endif
