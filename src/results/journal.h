/*
 * journal: what has been done is never done again. Room: results.
 *
 * A file of finished tasks with their results, keyed by their content. The corridor asks it before a task is submitted, and tells it of every piece that
 * comes up, before order sees it: a result that waits behind a straggler is as safe as one that was delivered. What smap was told is in the file,
 * safe against a kill, when journal_flush returns; against power loss after `sync` at the latest.
 *
 *     source -> journal_sift -> journal_next, journal_take --- FRESH -> backend -> journal_put ---> order
 *                                                          '-- FOUND, TWIN -----> journal_replay --'
 *
 * Runs in the smap process (rank 0) only. Every -1 has been reported and means that the run cannot go on: status 3.
 */
#ifndef SMAP_JOURNAL_H
#define SMAP_JOURNAL_H

#include "base/piece.h"
#include "base/task.h"

#include <stdbool.h>

struct identity;
struct journal;
struct loop;

struct journal_spec {
    struct loop *loop; /* for the timer of sync; NULL: only at flushes */
    const char *path;
    struct identity *identity; /* sealed; lent for the journal's life */
    int64_t sync;       /* us between two fdatasync at least; 0: at every flush */
    bool memoize;       /* equal tasks are done once */
    bool keep_failures; /* recorded failures are results like any other */
    bool hooks;         /* journal_hook_... will be called */
};

/* Says in one line on stderr what of an existing journal can be used. */
int journal_open(struct journal **j, const struct journal_spec *spec);
/* Flushes, syncs, frees. */
int journal_close(struct journal *j);

enum journal_kind {
    JOURNAL_FRESH, /* to be done */
    JOURNAL_FOUND, /* has been done: to be replayed */
    JOURNAL_TWIN,  /* --memoize: equal to a task that is being done; replayed when that one has ended */
};

/* Takes B, looks its tasks up, and queues them cut into batches of one kind each. */
int journal_sift(struct journal *j, struct batch *b);
/* The batch that is next in the queue, lent; NULL: none. */
const struct batch *journal_next(const struct journal *j, enum journal_kind *kind);
/*
 * Gives that batch. FRESH: must live until its last task has been told by journal_put; FOUND and TWIN: their pieces come by journal_replay.
 */
struct batch *journal_take(struct journal *j);
/* True while so many twins wait that no more tasks should be read. */
bool journal_full(const struct journal *j);

/* A piece of a FRESH task; runs with lengths. */
int journal_put(struct journal *j, const struct piece *p);
/* Forgets what TASK has printed so far: another attempt follows. */
void journal_discard(struct journal *j, uint64_t task);
int journal_flush(struct journal *j);

/*
 * Hands over the next piece of what can be replayed now: 1; 0: nothing at the moment; -1. A twin of a task that was cancelled is cancelled, too.
 */
int journal_replay(struct journal *j, piece_fn fn, void *ctx);

/* The hook has finished with the result of TASK; the next session will know. With `hooks`, in any order. */
int journal_hook_done(struct journal *j, uint64_t task);
/* True when TASK's result was found and its hook had finished. Only before journal_hook_done of that task. */
bool journal_hook_was_done(const struct journal *j, uint64_t task);

/* Tasks recorded here of this worker; of others. */
uint64_t journal_usable(const struct journal *j);

/*
 * Reads the journal at PATH without a run: BEGIN is given the items of the last worker's identity (identity.h; not when there is none); then come all results of that
 * worker, in the order of their tasks' numbers, as pieces with input and fields. -1 from either ends it. -1: reported.
 */
struct journal_reader {
    int (*begin)(void *ctx, struct span items);
    int (*piece)(void *ctx, const struct piece *p);
    void *ctx;
};

int journal_read(const char *path, const struct journal_reader *reader);

#endif
