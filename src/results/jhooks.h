/*
 * jhooks: where the results lie of tasks whose hook is still to be called. Room: results.
 *
 * Some bytes for every task between its submission and its hook, and for those behind a task whose hook is the last to come.
 */
#ifndef SMAP_JHOOKS_H
#define SMAP_JHOOKS_H

#include "results/jentry.h"

#include <stddef.h>

struct jhook {
    struct jentry_hook result; /* at 0: no result yet */
    bool was_done; /* in an earlier session */
    bool done;
};

/* Zeroed it is empty. */
struct jhooks {
    struct jhook *hook; /* of task FIRST + i at [from + i] */
    uint64_t first;     /* less 1, so that zero means task 1 */
    size_t from, to, cap;
};

void jhooks_release(struct jhooks *h);
/* The COUNT tasks that follow the last ones put. */
void jhooks_put(struct jhooks *h, uint32_t count);
/* Lent until the next call; the task must have been put, and not be done. */
struct jhook *jhooks_get(const struct jhooks *h, uint64_t task);
void jhooks_done(struct jhooks *h, uint64_t task);

#endif
