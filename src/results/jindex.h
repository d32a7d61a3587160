/*
 * jindex: where the result of a key lies in the journal: the one thing kept in memory per result. Room: results.
 *
 * A place is 24 bytes, and 7 to 14 more in the table that finds it. Places are numbered 0, 1... and stay; a place once added is never
 * removed. Nothing can fail but memory.
 */
#ifndef SMAP_JINDEX_H
#define SMAP_JINDEX_H

#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum jindex_flag {
    JINDEX_FAILED = 1,  /* the result is a failure */
    JINDEX_SEEN = 2,    /* a task of this run has it, or had a look and could not use it */
    JINDEX_RUNNING = 4, /* --memoize: the task that will have it has not ended */
    JINDEX_TWIN = 8,    /* and another task waits for it */
};

#define JINDEX_FLAG_BITS 6
#define JINDEX_AT_BITS 48
#define JINDEX_NONE UINT32_MAX

struct jindex_place {
    struct hash128 key;
    uint64_t at : JINDEX_AT_BITS; /* of the record in the file; 0: no result yet */
    uint64_t nth : 64 - JINDEX_AT_BITS - JINDEX_FLAG_BITS; /* which task of a RUN */
    uint64_t flags : JINDEX_FLAG_BITS;
};

/* Zeroed it is empty. */
struct jindex {
    struct jindex_place *place;
    uint32_t places, place_cap;
    uint32_t *table; /* numbers of places */
    uint8_t *tag;    /* a few bits of the key of each; 0: the slot is free */
    size_t table_cap; /* a power of two */
};

void jindex_release(struct jindex *x);
/* The place of KEY, JINDEX_NONE if it has none. */
uint32_t jindex_find(const struct jindex *x, struct hash128 key);
/* The same, but adds what is not there. */
uint32_t jindex_add(struct jindex *x, struct hash128 key);
/* Brings what jindex_add will look at into the cache. */
void jindex_expect(const struct jindex *x, struct hash128 key);
/* Bytes in use. */
size_t jindex_memory(const struct jindex *x);

#endif
