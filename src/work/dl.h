/*
 * dl: functions of shared libraries: found, checked, refused with a reason. Layer: work.
 *
 * Runs in worker processes, and in smap itself only for --serial and for hooks: opening a library runs code of its own.
 */
#ifndef SMAP_DL_H
#define SMAP_DL_H

#include "smap.h"

struct buf;

enum dl_kind {
    DL_WORKER, /* a smap_worker_fn; SYMBOL_abi must be ours */
    DL_HOOK,   /* a smap_hook_fn; the same */
    DL_PLAIN,  /* any C function, for --signature */
};

struct dl {
    void *run;           /* the symbol */
    smap_init_fn *init;  /* NULL: none */
    smap_fini_fn *fini;
    const char *file;    /* where the library was found; NULL: not known */
};

/*
 * The absolute path of LIBRARY where it has a slash (so that a worker may run in another
 * directory), else the name itself, which dlopen looks up. Malloced.
 */
char *dl_resolve(const char *library);

/*
 * Opens LIBRARY and finds SYMBOL. The library stays open until the process ends. 0, or the exit status 127
 * (no such library or symbol) or 126 (not usable), ERROR saying why.
 */
int dl_open(struct dl *d, const char *library, const char *symbol, enum dl_kind kind, struct buf *error);

#endif
