/*
 * jscan: an existing journal read into the index. Room: results.
 *
 * A key may have several results: as many equal tasks were done. The first stands under the key itself, the n-th under identity_again of it and n. A result
 * replaces a failure of an earlier session: that task was run again. What a record costs here is what a restart costs.
 */
#ifndef SMAP_JSCAN_H
#define SMAP_JSCAN_H

#include "base/hash.h"
#include "results/jfile.h"
#include "results/jindex.h"

struct identity;
#define JSCAN_WAITING 128

struct jhosts;

struct jscan {
    struct jindex *index;
    struct jindex *hooked; /* results whose hook has finished: jscan_hooked, how often as AT; NULL: not wanted */
    struct jhosts *hosts;
    struct identity *identity; /* results of this worker only */
    bool failures; /* count failures as usable */
    /* Private. */
    bool mine; /* the session is this worker's */
    uint64_t session; /* where it begins */
    uint64_t others;
    struct jscan_waiting {
        struct hash128 key;
        uint64_t at;
        unsigned flags;
    } waiting[JSCAN_WAITING]; /* single results not yet put into the index */
    uint32_t waits;
    struct hash128 again_key; /* of the last key that came more than once, */
    uint64_t again;           /* so often */
};

struct jscan_counts {
    uint64_t usable; /* results that can be used */
    uint64_t failed; /* that cannot since they are failures */
    uint64_t others; /* results of other workers */
};

/* The key in `hooked` of the result of the record at AT, of a RUN's task NTH. */
struct hash128 jscan_hooked(uint64_t at, uint32_t nth);

/* How many results of KEY are there for which CLAIM holds: those have the first numbers, so halving finds it. At least the first one. */
typedef bool (*jscan_claim_fn)(const struct jindex *x, struct hash128 key);
uint64_t jscan_count(const struct jindex *x, struct hash128 key, jscan_claim_fn claim);

/* jfile_scan into the index. -1: reported. */
int jscan(struct jfile *f, struct jscan *scan, struct jscan_counts *counts);

#endif
