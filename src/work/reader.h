/*
 * reader: smap's side of the memory it shares with a function worker: events in, pieces out. Layer:
 * work; no process here.
 *
 * The owner tells which batch is being worked on (reader_batch), asks for news when the bell has
 * rung (reader_take, until READER_NONE), and gives its verdict on the task in which a process died
 * (reader_fail). Results are handed on where they lie in the shared memory, without a copy. The
 * worker may have written anything there: what does not fit is READER_CORRUPT, and nothing outside
 * of segments is ever read.
 */
#ifndef SMAP_READER_H
#define SMAP_READER_H

#include "base/piece.h"

struct share;

struct reader_spec {
    int separator;     /* behind every record */
    struct span fill;  /* the record of a failed task */
    bool lengths;      /* runs come with lengths */
    uint32_t slot, rank;
    piece_fn on_piece;
    void *ctx;
};

struct reader {
    struct reader_spec spec;
    struct share *share; /* NULL: no process */
    uint32_t taken;      /* events */
    uint32_t segment, start, in_segment; /* where the next result begins */
    uint32_t batches;    /* of this process: number of the current one */
    uint64_t first;      /* the current batch */
    uint32_t count, attempt, done;
    uint64_t touched;    /* the task of which pieces have been handed on already; 0: none */
    int64_t told;        /* monotonic time of the last task that is known to have ended */
    uint32_t *length;    /* a copy nobody can change meanwhile */
    struct span fatal;   /* READER_FATAL: the words */
};

enum reader_news {
    READER_NONE,    /* all events are taken */
    READER_BATCH,   /* all tasks of the batch have ended: tell of the next one */
    READER_TEXT,    /* the running task has printed: hand on what is in the pipe (reader_text), then reader_heard */
    READER_READY,
    READER_FATAL,   /* it cannot work; its end follows */
    READER_CUT,     /* the batch ends with the tasks that have ended, and the worker has begun none of those behind it that were cut, too */
    READER_CORRUPT, /* what stands there makes no sense: end the process */
};

void reader_init(struct reader *r, const struct reader_spec *spec);
void reader_release(struct reader *r);
/* A fresh process, in fresh memory (lent; NULL: none). */
void reader_begin(struct reader *r, struct share *share);
/* The current batch is now tasks FIRST.. as given to the process. */
void reader_batch(struct reader *r, uint64_t first, uint32_t count, uint32_t attempt);

/* The process had nothing to do until now: what it does next begins now. */
void reader_resume(struct reader *r);

/* Of the current batch only the first COUNT tasks are left to this process. */
void reader_shorten(struct reader *r, uint32_t count);
/* The next batch that the process was given is void. */
void reader_skip(struct reader *r);

enum reader_news reader_take(struct reader *r);
void reader_heard(struct reader *r);
/*
 * Hands on the finished tasks that no event has told of yet. DEAD: the process is, and nothing
 * moves any more. True when all tasks of the batch have ended by it.
 */
bool reader_peek(struct reader *r, bool dead);
/* The task that runs now: number, or 0 when the process has not begun the batch. */
uint64_t reader_running(const struct reader *r);
/* Since when it does (monotonic us), or 0: others have ended since the last news, and nobody knows when. */
int64_t reader_since(const struct reader *r);
/* Text printed by the running task. */
void reader_text(struct reader *r, struct span text);
/* The next task of the batch has ended like that: the fill record, then END. */
void reader_fail(struct reader *r, const struct outcome *end);
/* An outcome with all filled in but cause, status, signal and reason. */
struct outcome reader_outcome(const struct reader *r, int64_t from, int64_t at);

#endif
