/*
 * jwrite: results as they come, written to the journal. Room: results.
 *
 * A small result is one record. What a task prints beyond GATHER_MAX goes out as DATA while it runs, so that memory stays bounded; its RESULT then
 * completes it. A run of the corridor stays a RUN. Every function gives -1 when the journal can no longer be written (reported).
 */
#ifndef SMAP_JWRITE_H
#define SMAP_JWRITE_H

#include "results/jentry.h"
#include "results/jfile.h"
#include "results/jindex.h"

struct jhosts;

/* Zeroed, then .file, .index, .hosts, .session set. */
struct jwrite {
    struct jfile *file;
    struct jindex *index;
    struct jhosts *hosts;
    struct jentry_session session; /* written before the first result */
    /* The rest is private. */
    bool begun;
    struct jentry_run run;
    uint32_t *run_place;
    uint64_t run_first;
};

/* What an unfinished attempt has printed. Zeroed it is empty. */
struct jgather {
    struct buf out, err; /* not yet written */
    uint64_t out_len, err_len;
    uint64_t last; /* DATA; 0: none yet */
};

void jwrite_release(struct jwrite *w);
void jgather_free(struct jgather *g);

int jwrite_part(struct jwrite *w, struct jgather *g, const struct piece *p);
/* END, whose result goes to PLACE. G may be NULL. */
int jwrite_result(struct jwrite *w, uint32_t place, const struct task *t, struct jgather *g, const struct piece *p);
/* A RUN with lengths: its tasks are next under CURSOR, their places begin at PLACE. */
int jwrite_run(struct jwrite *w, const uint32_t *place, struct batch_cursor *cursor, const struct piece *p);
int jwrite_hook(struct jwrite *w, uint32_t place);

#endif
