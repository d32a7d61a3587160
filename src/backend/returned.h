/*
 * returned: tasks that a slot, or a rank, had been given and gave back, since others could do them sooner. Room: backend; pure.
 *
 * In: tasks of a batch, copied. Out: batches for others, kept here until their last task has ended or has come back once more.
 */
#ifndef SMAP_RETURNED_H
#define SMAP_RETURNED_H

#include "base/task.h"

#include <stdbool.h>

/* A batch handed out once more. */
struct lent {
    struct batch *batch;
    uint32_t count, left; /* its first tasks, the others have left it again; of them */
    struct lent *next;
};

/* Zeroed it is empty. */
struct returned {
    struct batch *waiting, *last;
    struct batch_cursor cursor; /* at the first task of WAITING that is not handed out */
    uint64_t tasks;             /* that wait */
    struct lent *lent;
};

/* Takes copies of the tasks of B from its FROM-th on (0: all), COUNT at most. */
void returned_put(struct returned *r, const struct batch *b, uint32_t from, uint32_t count);
bool returned_any(const struct returned *r);
/* The next tasks, MOST at most, lent until their last has ended; there must be some. */
const struct batch *returned_take(struct returned *r, uint32_t most);
/* Two ways to say that tasks handed out have ended, each for users who see them end so. By numbers: COUNT tasks from TASK on have, in this attempt,
 * whoever had them; and those of B from the FROM-th on, if it was one of these batches, have left it again. */
void returned_land(struct returned *r, uint64_t task, uint32_t count, uint32_t attempt);
void returned_trim(struct returned *r, const struct batch *b, uint32_t from);
/* By batches: nothing is left of B, if it was one of these. */
void returned_end(struct returned *r, const struct batch *b);
/* Forgets what waits of the first batch: how many tasks, from *FIRST on; 0: nothing waits. */
uint32_t returned_shed(struct returned *r, uint64_t *first);
/* Takes the first of those not handed out: its number and attempt; 0: there is none. */
uint64_t returned_drop(struct returned *r, uint32_t *attempt);
void returned_release(struct returned *r);

#endif
