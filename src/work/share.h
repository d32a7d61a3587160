/*
 * share: what smap (link, reader) and one of its function workers (writer) say to each other, through memory they share.
 * Layer: work.
 *
 *      smap                            one file, mapped by both                       worker process
 *      ----                            -----------------------                        --------------
 *      copies a batch into  ------>    input of batch 0, 1      ------------------>   cuts it, calls the function
 *      given++                         given                                          waits for given
 *                                      segment 0, 1, 2, 3       <------------------   results, one after another
 *                                      progress                 <------------------   after every task: how many, how far
 *      hands results on     <------    event[]                  <------------------   "tasks up to here are in the segment"
 *      released++           ------>    released                 ------------------>   may fill that segment again
 *
 * No byte of a result is sent: an event says where it lies. The socket pair (descriptor 3 of the
 * worker) carries bells only: a byte means "look again", and who is about to sleep says so first
 * (worker_waits, bell_rung), so that in full flow nobody makes a system call but once a batch. Its
 * end of file tells the worker that it is done.
 *
 * Why a crash costs one task: `progress` is one word, stored after each task. What it counts is
 * finished and whole in the segment, whatever the next task did to the process.
 *
 * Why nobody waits for ever: the worker sleeps only after setting worker_waits and looking once
 * more at what it waits for; smap changes that first and looks at worker_waits then. Both are
 * sequentially consistent, so one of the two sees the other. The same holds for bell_rung the other
 * way round. A dead worker is seen by its pidfd, a dead smap by the end of file.
 *
 * A batch that is held up by a long task is cut: smap sets `cut`, at which the worker looks before
 * every task. Once it is seen, SHARE_CUT tells. It need not have been seen yet: while `progress`
 * stays as it was for some ms after `cut` was set, the worker is in the very task it was in then (the
 * end of that one would have become visible by now), and will see it before the next.
 *
 * smap trusts nothing it reads here: a function may write anywhere. Events are copied first, then
 * checked.
 */
#ifndef SMAP_SHARE_H
#define SMAP_SHARE_H

#include <stdatomic.h>
#include <stdint.h>

enum {
    SHARE_SEGMENTS = 4,
    SHARE_SEGMENT = 256 << 10, /* bytes of results */
    SHARE_TASKS = 32 << 10,    /* lengths a segment has room for */
    SHARE_EVENTS = 128,
    SHARE_BATCHES = 2,         /* one is worked on, one waits */
    SHARE_INPUT = 256 << 10,   /* bytes of a batch; a larger one lies behind the end of struct share in the file */
    SHARE_SLACK = 64,          /* the worker may read so far behind the input */
};

enum share_kind {
    SHARE_READY = 1, /* the library is open, _init has run */
    SHARE_RUN,       /* tasks up to DONE of the batch have succeeded; their results end at END of the segment */
    SHARE_PART,      /* a part of the next task's result ends at END */
    SHARE_ENDED,     /* the next task has ended alone, with STATUS. 0: the bytes up to END are the rest
                        of its result, else they say why it failed */
    SHARE_TEXT,      /* the next task has printed something: take it from the pipe, then acknowledge */
    SHARE_FATAL,     /* the worker cannot work: the bytes up to END say why */
    SHARE_CUT,       /* batch number STATUS (from 1 on) has ended with DONE tasks, being cut; so have those behind it */
};

#define SHARE_FULL 1 /* flag: the segment is done with, the next byte comes at the start of the next one */

struct share_event {
    uint32_t kind, flags;
    uint32_t done;
    uint32_t end;
    uint32_t status;
    uint32_t pad;
    int64_t from, at; /* monotonic us: the work that the event tells of */
};

struct share_batch {
    uint64_t first;
    uint32_t count, attempt;
    int32_t separator;
    uint32_t limit; /* the worker renews itself after so many tasks of this batch; 0: no */
    uint64_t length;
    uint64_t offset; /* in the file, when it is larger than SHARE_INPUT */
};

struct share {
    /* smap writes */
    _Atomic uint32_t given;    /* batches so far; batch n lies in batch[n % SHARE_BATCHES] */
    _Atomic uint32_t taken;    /* events */
    _Atomic uint32_t released; /* segments */
    _Atomic uint32_t heard;    /* texts acknowledged */
    int32_t separator;         /* put behind every result */
    uint32_t lengths;          /* 1: lengths are wanted */
    uint32_t singly;           /* 1: an event for every task, for its times */
    _Atomic uint32_t cut;      /* of the first so many batches no further task is begun */
    struct share_batch batch[SHARE_BATCHES];
    /* the worker writes; a cache line of their own */
    _Alignas(128) _Atomic uint64_t progress; /* share_progress */
    _Atomic uint32_t begun;        /* batches */
    _Atomic uint32_t events;       /* so far; event n lies in event[n % SHARE_EVENTS] */
    _Atomic uint32_t worker_waits; /* 1: ring when something has changed */
    _Atomic uint32_t bell_rung;    /* 1: smap has been told to look */
    struct share_event event[SHARE_EVENTS];
    uint32_t length[SHARE_SEGMENTS][SHARE_TASKS];
    _Alignas(4096) char segment[SHARE_SEGMENTS][SHARE_SEGMENT];
    char input[SHARE_BATCHES][SHARE_INPUT + SHARE_SLACK];
};

/* Of the batch now worked on: its number (mod 4), tasks finished, bytes of the segment that hold
 * their results. */
static inline uint64_t share_progress(uint32_t batch, uint32_t done, uint32_t end)
{
    return (uint64_t)(batch & 3) << 62 | (uint64_t)done << 30 | end;
}

static inline uint32_t share_progress_batch(uint64_t p)
{
    return (uint32_t)(p >> 62);
}

static inline uint32_t share_progress_done(uint64_t p)
{
    return (uint32_t)(p >> 30);
}

static inline uint32_t share_progress_end(uint64_t p)
{
    return (uint32_t)p & ((1u << 30) - 1);
}

#endif
