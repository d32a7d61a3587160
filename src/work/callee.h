/*
 * callee: the function of --worker, ready to be called: from a library, directly or through a
 * signature. Layer: work.
 *
 * Runs in worker processes, and in smap itself for --serial. The caller's steps: callee_open,
 * callee_begin, then callee->run(context with callee->state, task) for every task, callee_end.
 */
#ifndef SMAP_CALLEE_H
#define SMAP_CALLEE_H

#include "smap.h"

struct buf;
struct signature;

struct callee {
    smap_worker_fn *run;
    void *state;
    smap_init_fn *init;
    smap_fini_fn *fini;
    struct signature *signature; /* NULL: the function is a worker */
};

/* SIGNATURE may be NULL. 0, or the exit status 2 (signature), 126 or 127, ERROR saying why. */
int callee_open(struct callee *c, const char *library, const char *symbol, const char *signature, struct buf *error);
/* Calls _init where there is one; -1: it said no, ERROR has the words. */
int callee_begin(struct callee *c, const char *config, struct buf *error);
/* Calls _fini and frees; the library stays open. */
void callee_end(struct callee *c);

/* The status of a task from what the function returned: 0..255. */
static inline int callee_status(int returned)
{
    return returned >= 0 && returned <= 255 ? returned : 255;
}

#endif
