/*
 * jread: a result read back from the journal, as the pieces it once was. Room: results.
 *
 * jread_open checks the whole result, bytes included; then jread_next gives OUT and ERR pieces of moderate size and the END, its
 * flags with OUTCOME_FROM_JOURNAL. Memory is bounded by one record, whatever the size of the result.
 */
#ifndef SMAP_JREAD_H
#define SMAP_JREAD_H

#include "results/jentry.h"
#include "results/jfile.h"

struct identity;
struct jhosts;

/* Zeroed, then .file, .identity and .hosts set. */
struct jread {
    struct jfile *file;
    struct identity *identity;
    const struct jhosts *hosts;
    struct jentry_result result; /* after jread_open: lent until the next */
    /* The rest is private. */
    struct buf body; /* of the record at AT */
    uint64_t at;
    bool is_run;
    struct jentry_walk walk;
    uint64_t *link;  /* places of the DATA, last first */
    uint32_t links, link_cap;
    unsigned state;
};

void jread_release(struct jread *r);
/* The result at AT, of a RUN's task NTH. JFILE_BAD: there is none, or it is not whole. */
enum jfile_read jread_open(struct jread *r, uint64_t at, uint32_t nth);
/* 1: *P, lent until the next call; 0: END has been given; -1: could not be read any more (reported). */
int jread_next(struct jread *r, struct piece *p);

#endif
