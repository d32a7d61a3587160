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

struct identity;
struct jhosts;

/* Zeroed, then the first ones set. */
struct jwrite {
    struct jfile *file;
    struct jhosts *hosts;
    struct identity *identity;
    struct jentry_session session; /* written before the first result */
    /* The results of COUNT tasks from FIRST on, all failures or all not, lie at AT, one or as a RUN. May be NULL. */
    void (*written)(void *ctx, uint64_t first, uint32_t count, uint64_t at, bool failed);
    void *ctx;
    /* The rest is private. */
    bool begun;
    struct jentry_run run;
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
/* END. G may be NULL. */
int jwrite_result(struct jwrite *w, const struct task *t, struct jgather *g, const struct piece *p);
/* A RUN with lengths: its tasks are next under CURSOR. */
int jwrite_run(struct jwrite *w, struct batch_cursor *cursor, const struct piece *p);
int jwrite_hook(struct jwrite *w, const struct jentry_hook *h);

#endif
