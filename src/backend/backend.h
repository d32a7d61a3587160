/*
 * backend: where tasks run: contract and table. Room: backend.
 *
 * In: batches. Out: pieces, through ON_PIECE, from inside `submit` and `wait`; in any order, each task's in sequence, exactly one END
 * (or one place in a RUN) for every task submitted, but for those given back. No backend knows about order, retry, halt, hook or journal: those live
 * above, once, which is why all backends behave the same. A failing task is data; -1 means that smap itself failed.
 */
#ifndef SMAP_BACKEND_H
#define SMAP_BACKEND_H

#include "base/piece.h"
#include "base/task.h"

#include <stddef.h>

struct loop;
struct work;

struct backend_spec {
    struct loop *loop;
    const struct work *work;
    uint32_t slots;      /* of this process */
    uint32_t first_slot; /* number of its first slot, 1 but for MPI ranks */
    uint32_t rank;
    uint32_t chunk;      /* --chunk; 0: by measured task time */
    piece_fn on_piece;
    /* Where others work on the same job: true when they have nothing to do, so that tasks which have not begun here would be welcome. NULL: there
     * are none. */
    bool (*wanted)(void *ctx);
    /* COUNT tasks from FIRST on, submitted in one batch, are given back: none has begun, and they are none of this backend's any more. Only after
     * WANTED said yes, at the end of `wait`. */
    void (*give_back)(void *ctx, uint64_t first, uint32_t count);
    void *ctx;
};

/* A task that runs now. */
struct running {
    uint64_t task;
    int64_t since; /* monotonic us; of tasks elsewhere: when they were sent */
    int pid;       /* 0: not known */
    uint32_t slot, rank;
};

typedef void (*running_fn)(void *ctx, const struct running *r);

/* What the next batch should be like. */
struct backend_room {
    uint32_t tasks; /* 0: no room now */
    size_t bytes;
};

struct backend {
    const struct backend_ops *ops;
};

struct backend_ops {
    const char *name;
    /* -1: reported. */
    int (*open)(struct backend **b, const struct backend_spec *spec);
    /* Never blocks. LEFT: tasks still to come where known (else UINT64_MAX), so that the last batches are small. */
    struct backend_room (*room)(struct backend *b, uint64_t left);
    /* Lends BATCH until its last task has ended. Only after room said yes. Never blocks. */
    int (*submit)(struct backend *b, const struct batch *batch);
    /* Nothing follows for now: batches submitted so far end without waiting for others. More may come all the same (another
     * attempt). May be NULL. */
    void (*finish)(struct backend *b);
    /* The one blocking point: runs the loop until something happened or UNTIL (monotonic us). 0; -1: reported. */
    int (*wait)(struct backend *b, int64_t until);
    /* Sends SIG to every running task; 0: to none, but what waits somewhere and has not begun is cancelled. STOP and CONT pass by, any other means that the run is being stopped: see worker.h. Not from
     * inside ON_PIECE. */
    void (*signal)(struct backend *b, int sig);
    /* Tells of every task that runs, as far as it is known here. May be NULL. */
    void (*running)(const struct backend *b, running_fn tell, void *ctx);
    /* How many slots work in all (over all ranks), and how many of them are busy. */
    uint32_t (*slots)(const struct backend *b);
    /* Name of the host of RANK, for people. */
    const char *(*host)(const struct backend *b, uint32_t rank);
    /* Ends what still runs (KILL), waits for it, frees. -1: results cannot be trusted after all (reported). */
    int (*close)(struct backend *b);
};

/* By name: "serial", "procs", "dry", "mpi" (rank 0 of a world that was entered, world.h); NULL: unknown. */
const struct backend_ops *backend_find(const char *name);

#endif
