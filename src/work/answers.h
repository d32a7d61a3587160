/*
 * answers: matches what a filter answers to the tasks it was given: the k-th record to the k-th
 * task. Layer: work; no process here.
 *
 * In: batches, then bytes as the filter writes them. Out: bytes for the filter to read, and pieces.
 * What was given is remembered until it is answered, so that another process can be given it again.
 */
#ifndef SMAP_ANSWERS_H
#define SMAP_ANSWERS_H

#include "base/piece.h"
#include "base/task.h"

#include <stdbool.h>
#include <sys/uio.h>

struct answers_spec {
    int separator;    /* of records, both ways */
    struct span fill; /* the record of a failed task */
    bool lengths;     /* runs come with lengths */
    uint32_t slot, rank;
    piece_fn on_piece;
    void *ctx;
};

/* Tasks of one batch that follow each other, and their records as the filter gets them. */
struct portion {
    uint64_t first;
    uint32_t count, attempt;
    uint32_t answered; /* tasks that have ended */
    uint32_t asked;    /* tasks whose records have been written whole */
    const char *data;  /* in the batch, which is lent, or in `own` */
    size_t length, written;
    int64_t timeout;   /* us for each of its tasks; 0: any */
    struct buf own;
};

struct answers {
    struct answers_spec spec;
    struct portion *portion; /* a ring; head first */
    uint32_t head, used, cap;
    uint32_t writing;        /* portions before this one are written whole */
    uint64_t tasks;          /* given and not ended */
    size_t bytes;            /* of all portions */
    struct buf in;           /* what has been read of a record not yet complete */
    uint64_t last;           /* number of the task that ended last */
    bool hold;               /* set by the owner: the very last answer is kept back, since another record may follow */
    bool touched;            /* pieces of the head task have been handed on already */
    bool streamed;           /* ... of its stdout */
    int64_t since;           /* monotonic: the head task has been waited for since then */
    uint32_t *length;
    uint32_t length_cap;
};

void answers_init(struct answers *a, const struct answers_spec *spec);
void answers_release(struct answers *a);
/* Lends the batch until its last task has ended. A task whose text holds the separator fails at once. */
void answers_add(struct answers *a, const struct batch *b);

/* What is to be written next: up to MAX spans; how many. */
int answers_pending(const struct answers *a, struct iovec *iov, int max);
/* N bytes of that have been written. */
void answers_wrote(struct answers *a, size_t n);

/* Where to read to; N: how much fits. */
char *answers_space(struct answers *a, size_t *n);
/* N bytes have been read. -1: more records than tasks were asked; those that fit have been handed
 * on but the last. */
int answers_got(struct answers *a, size_t n);
/* Nothing follows: the answer kept back counts. -1 as above. */
int answers_end(struct answers *a);
/* Text from the filter's stderr, credited to the task that is waited for; false: there is none. */
bool answers_text(struct answers *a, struct span text);

/* The task that is waited for has ended like that: the fill record, then END. What was read of its
 * record is forgotten. */
void answers_fail(struct answers *a, const struct outcome *end);
/* All others end as cancelled. */
void answers_cancel(struct answers *a);
/* Everything unanswered is to be written again, to a fresh process. */
void answers_restart(struct answers *a);
/* An outcome with all filled in but cause, status, signal and reason. */
struct outcome answers_outcome(const struct answers *a);
/* The task that is waited for; 0: none. */
uint64_t answers_waiting(const struct answers *a);
/* The process has been written that task, or a part of it. */
bool answers_asked(const struct answers *a);
/* us that task may take; 0: any, or there is none. */
int64_t answers_timeout(const struct answers *a);

#endif
