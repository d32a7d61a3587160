/*
 * numbers: a table from task numbers to what is known of them. Room: results.
 *
 * A zeroed struct is an empty table. It holds what is in flight, never one entry per finished task. Values
 * are the caller's and never NULL; a number is there at most once. Nothing can fail but memory.
 */
#ifndef SMAP_NUMBERS_H
#define SMAP_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

struct numbers_slot {
    uint64_t number;
    void *value; /* NULL: empty */
};

struct numbers {
    struct numbers_slot *slot;
    size_t count, cap; /* cap: a power of two, or 0 */
};

void numbers_release(struct numbers *t);
/* NULL: not there. */
void *numbers_get(const struct numbers *t, uint64_t number);
/* NUMBER must not be there yet. */
void numbers_put(struct numbers *t, uint64_t number, void *value);
/* Removes and gives the value; NULL: it was not there. */
void *numbers_take(struct numbers *t, uint64_t number);
/* Walks all values in no order: *AT starts at 0; NULL at the end. The table must not change meanwhile. */
void *numbers_walk(const struct numbers *t, size_t *at);

#endif
