/*
 * jhooks: which places of the index belong to tasks whose hook is still to be called. Room: results.
 *
 * Four bytes for every task between its submission and its hook, and for those behind a task whose hook is the last to come.
 */
#ifndef SMAP_JHOOKS_H
#define SMAP_JHOOKS_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed it is empty. */
struct jhooks {
    uint32_t *place; /* of task FIRST + i at [from + i]; JINDEX_NONE: its hook was called */
    uint64_t first;  /* less 1, so that zero means task 1 */
    size_t from, to, cap;
};

void jhooks_release(struct jhooks *h);
/* The places of the COUNT tasks that follow the last ones put. */
void jhooks_put(struct jhooks *h, const uint32_t *place, uint32_t count);
uint32_t jhooks_get(const struct jhooks *h, uint64_t task);
/* The same, for the last time. */
uint32_t jhooks_take(struct jhooks *h, uint64_t task);

#endif
