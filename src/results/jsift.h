/*
 * jsift: which tasks of a batch have been done: the journal's question to its index. Room: results.
 *
 * Tasks of one key take its results one after another; with `share` one result serves all. A result is taken only when it is all there and its task is
 * the same, byte for byte.
 */
#ifndef SMAP_JSIFT_H
#define SMAP_JSIFT_H

#include "results/jindex.h"
#include "results/journal.h"
#include "results/jread.h"

/* Zeroed, then the first ones set. */
struct jsift {
    struct jindex *index;
    struct identity *identity;
    struct jread check; /* of its own: its file, identity and hosts are set, too */
    bool share;         /* --memoize: places are added for tasks that are not there */
    bool failures;      /* are results like others */
    /* After jsift_batch, for each task of the batch: */
    uint8_t *kind;      /* enum journal_kind */
    uint32_t *place;    /* FOUND, or share; else JINDEX_NONE */
    /* The rest is private. */
    struct hash128 *key;
    uint32_t cap;
    struct batch_cursor cursor;
    struct task task; /* the one before the cursor */
    struct hash128 again_key; /* of the last key that came more than once: */
    uint64_t again;           /* so many of its results have been seen */
};

void jsift_release(struct jsift *s);
/* True when nothing can be found. */
bool jsift_idle(const struct jsift *s);
/* -1: the journal could not be read (reported). */
int jsift_batch(struct jsift *s, const struct batch *b);

#endif
