/*
 * caller: calls the function of --worker for every task of a batch, in a worker process. Layer: work.
 *
 * In: batches in shared memory; out: through the writer, what the function emits, returns and prints. The owner's steps: caller_begin,
 * callee_open and callee_begin, caller_ready, then writer_await_batch and caller_run_batch until one of them says no.
 */
#ifndef SMAP_CALLER_H
#define SMAP_CALLER_H

#include "base/buf.h"
#include "work/callee.h"
#include "work/writer.h"

struct caller {
    struct writer writer; /* first: its context is what the function hands back */
    struct callee callee; /* the owner's, who opens and ends it */
    int file;             /* of the shared memory */
    uint32_t cut_told;    /* share.cut as it was told of last */
    uint32_t slow;        /* reasons to leave the fast path that last */
    struct buf big;       /* the result of the current task when it does not fit into a segment... */
    char *left;           /* ... and where in the segment it began */
    struct buf error;     /* what the function said with smap_error */
};

/* SHARE is FILE, mapped; both are lent, and zeroed but for what smap has set. */
void caller_begin(struct caller *c, struct share *share, int file, int bell);
void caller_release(struct caller *c);
/* Once for this process: from here on it is noticed what is printed (see caller.c), and that the function has forked. */
void caller_watch(void);
/* _init has run. */
void caller_ready(struct caller *c);
/* The next batch. True: on to the one after it; false: this process has done its share (--max-tasks-per-worker). */
bool caller_run_batch(struct caller *c);

#endif
