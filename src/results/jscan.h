/*
 * jscan: an existing journal read into the index. Room: results.
 *
 * The last result of a key counts. Runs once, when a journal is opened; what it costs per record is what a restart costs.
 */
#ifndef SMAP_JSCAN_H
#define SMAP_JSCAN_H

#include "base/hash.h"
#include "results/jfile.h"
#include "results/jindex.h"

struct jhosts;

struct jscan {
    struct jindex *index;
    struct jhosts *hosts;
    const struct hash128 *identity; /* results of this worker only; NULL: all */
    bool failures; /* count failures as usable */
    /* Private. */
    bool mine; /* the session is this worker's */
    uint64_t others;
};

struct jscan_counts {
    uint64_t usable; /* keys with a result that can be used */
    uint64_t failed; /* keys that have only a failure */
    uint64_t others; /* results of other workers */
};

/* jfile_scan into the index. -1: reported. */
int jscan(struct jfile *f, struct jscan *scan, struct jscan_counts *counts);

#endif
