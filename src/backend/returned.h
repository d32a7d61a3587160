/*
 * returned: tasks that a slot had been given and gave back, since others could do them sooner. Room: backend; pure.
 *
 * In: the tail of a batch, copied. Out: batches for other slots, kept here until their last task has ended.
 */
#ifndef SMAP_RETURNED_H
#define SMAP_RETURNED_H

#include "base/task.h"

#include <stdbool.h>

/* Zeroed it is empty. */
struct returned {
    struct batch *waiting, *last;
    struct batch_cursor cursor; /* at the first task of WAITING that is not handed out */
    struct lent *lent;
};

/* Takes copies of the tasks of B from its FROM-th on (0: all). */
void returned_put(struct returned *r, const struct batch *b, uint32_t from);
bool returned_any(const struct returned *r);
/* The next tasks, MOST at most, lent until their last has ended; there must be some. */
const struct batch *returned_take(struct returned *r, uint32_t most);
/* COUNT tasks from TASK on have ended, whoever had them. */
void returned_land(struct returned *r, uint64_t task, uint32_t count);
/* Takes the first of those not handed out: its number; 0: there is none. */
uint64_t returned_drop(struct returned *r);
void returned_release(struct returned *r);

#endif
