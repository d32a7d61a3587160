/*
 * piece: what travels up the corridor. Layer: base, since every room sees it.
 *
 * The result of a task arrives as any number of OUT and ERR pieces (bytes of its stdout and stderr, as they come) and
 * then one END with the outcome. Pieces of different tasks interleave below `order`; above it each task's pieces are together.
 * A RUN is the short form for many: COUNT consecutive tasks that all succeeded and printed nothing but BYTES, whole
 * results one after another (record separators included), as function and filter workers produce by the million; LENGTHS tells them
 * apart where the run was asked for it (work.lengths), else it is NULL. A failing task is never part of a run.
 * Every pointer is lent for the call that hands the piece over.
 */
#ifndef SMAP_PIECE_H
#define SMAP_PIECE_H

#include "base/buf.h"

#include <stdint.h>

enum piece_kind { PIECE_OUT, PIECE_ERR, PIECE_END, PIECE_RUN };

/* How a task ended. Only END_EXIT with status 0 is success. */
enum end_cause {
    END_EXIT,      /* the process or function returned STATUS */
    END_SIGNAL,    /* ended by signal SIGNAL */
    END_TIMEOUT,   /* smap ended it: the time limit of the attempt */
    END_NOT_RUN,   /* could not be started or given; REASON says why (STATUS 126 or 127 like a shell's) */
    END_CANCELLED, /* smap is stopping: was not started, or was ended for that reason */
};

struct outcome {
    uint8_t cause;   /* enum end_cause */
    uint8_t status;  /* exit status */
    uint8_t signal;  /* END_SIGNAL, END_TIMEOUT: by which */
    uint8_t flags;   /* OUTCOME_... */
    uint32_t attempt;
    uint32_t slot;   /* 1..N over all ranks */
    uint32_t rank;
    int64_t start;   /* wall clock, us since 1970; 0: not measured */
    int64_t elapsed; /* us */
    int64_t maxrss;  /* KiB, 0: not known */
    const char *host;   /* set by the corridor (backend_ops.host), lent until the backend is closed; NULL below */
    struct span reason; /* words for people: END_NOT_RUN, or the error text of a function; may be empty */
};

#define OUTCOME_CUT 1 /* something outlived the task and held its output: it was cut off after --linger */
#define OUTCOME_FROM_JOURNAL 2
#define OUTCOME_CRASH 4 /* the process of a function or filter has ended in the middle of the task, by itself */

struct piece {
    enum piece_kind kind;
    uint64_t task;  /* RUN: the first */
    uint32_t count; /* RUN: how many; else 1 */
    struct span bytes;         /* OUT, ERR, RUN */
    const uint32_t *lengths;   /* RUN: COUNT lengths, or NULL */
    struct outcome end;        /* END; RUN: attempt, slot, rank, start and elapsed of the whole run */
    struct span input;         /* the task's text, added by the corridor: on the END of every failed task, on every piece
                                  when an outlet wants inputs; ptr NULL: not known */
    struct span fields;        /* with input: where its fields lie (task_get_fields); empty: it has none */
};

typedef void (*piece_fn)(void *ctx, const struct piece *p);

static inline bool outcome_ok(const struct outcome *o)
{
    return o->cause == END_EXIT && o->status == 0;
}

#endif
