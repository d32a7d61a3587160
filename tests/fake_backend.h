/*
 * fake_backend: a backend without processes that answers late, in reverse and with failures: what the corridor makes of it must look
 * as if it had come in order.
 */
#ifndef SMAP_FAKE_BACKEND_H
#define SMAP_FAKE_BACKEND_H

#include "backend/backend.h"

struct fake_script {
    uint32_t slots;      /* batches it holds before it has no room */
    uint32_t batch;      /* tasks of a batch */
    uint64_t fail_every; /* every n-th task fails with status n % 256; 0: none */
    uint64_t drop_from;  /* tasks from this one on are cancelled by the backend itself; 0: none */
    bool runs;           /* successes come as runs */
    bool halves;         /* each result in two pieces, those of all tasks held interleaved */
    int break_after;     /* wait returns -1 after that many rounds; 0: never */
    /* What it saw. */
    uint64_t submitted;
    uint32_t most_held;
    bool closed;
};

/* The script of the backend opened next. */
extern struct fake_script fake_script;
extern const struct backend_ops fake_ops;

#endif
