/*
 * jindex: where the result of a key lies in the journal: the one thing kept in memory per finished task. Room: results.
 *
 * A place is 24 bytes, and 5 to 11 more in the table that finds it. Places are numbered 0, 1... and stay; a place once added is never
 * removed. Nothing can fail but memory.
 */
#ifndef SMAP_JINDEX_H
#define SMAP_JINDEX_H

#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum jindex_flag {
    JINDEX_SEEN = 1,    /* a task of this run has this key */
    JINDEX_RUNNING = 2, /* and has not ended */
    JINDEX_FAILED = 4,  /* the result at the place is a failure */
    JINDEX_HOOKED = 8,  /* the hook has finished with it */
    JINDEX_TWIN = 16,   /* another task waits for it */
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
    uint32_t *table; /* number of the place + 1; 0: free */
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
