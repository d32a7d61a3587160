/*
 * worker: the contract of what does the work, one per slot, and the table of kinds. Layer: work.
 *
 * A worker belongs to the process that runs the local backend (smap itself, or a rank's executor). It registers what it waits for with
 * the loop and hands pieces to ON_PIECE from inside loop_wait or give. A failing task is an END piece, never -1. For every task given
 * exactly one END comes (or it is counted in exactly one RUN), whatever happens to processes.
 */
#ifndef SMAP_WORKER_H
#define SMAP_WORKER_H

#include "base/piece.h"
#include "base/task.h"

struct loop;
struct work;
struct worker;

struct worker_spec {
    struct loop *loop;
    const struct work *work;
    uint32_t slot; /* 1..N, global over ranks */
    uint32_t rank;
    piece_fn on_piece;
    /* The worker has found no process or descriptor for its task (ERROR), and will try again; 0: it has one now. True when no slot of
     * this process works: waiting for one to end its task would be in vain. */
    bool (*starved)(void *ctx, int error);
    /* True when some slot, here or elsewhere, has nothing to do: tasks that have not begun would be welcome. */
    bool (*wanted)(void *ctx);
    /* The worker gives back the tasks of B, which it was given, from the FROM-th on (0: all of them): it has begun none and will not, nor looks at them any
     * more. Only after WANTED said yes, from inside loop_wait. */
    void (*give_back)(void *ctx, const struct batch *b, uint32_t from);
    void *ctx; /* for all */
};

struct worker_ops {
    const char *name;
    bool batched; /* a task may be so short that many should come at a time (functions, filters); else one */
    /* Once before the first worker: what is wrong with the work for every task (no such command, library, symbol)? 0, or
     * the exit status 126 or 127 (reported). May be NULL. */
    int (*check)(const struct work *work);
    /* -1: reported. No process need be started before the first give. */
    int (*open)(struct worker **w, const struct worker_spec *spec);
    /* How many more batches it would take now; while it has some already, 1: it can queue one, more: it asks for them, for it may not answer before. */
    uint32_t (*room)(const struct worker *w);
    /* Starts on the tasks of B, in order. B is lent until its last task has ended. Where no process is to be had just now (EAGAIN) the
     * worker itself tries again until one is. -1: smap failed (reported). */
    int (*give)(struct worker *w, const struct batch *b);
    /* Nothing follows for now: what collects its output until the end of its input may have that end. More may be given all the
     * same (another attempt). May be NULL. */
    void (*finish)(struct worker *w);
    /* Sends SIG to the process groups of what runs. STOP and CONT pass by; after any other the run is being stopped: nothing is started any more,
     * what has not begun ends as cancelled. Not from inside ON_PIECE. */
    void (*signal)(struct worker *w, int sig);
    /* Tells of each task running now: number, since when (monotonic us), pid. May be NULL. */
    void (*running)(const struct worker *w, void (*tell)(void *ctx, uint64_t task, int64_t since, int pid), void *ctx);
    /* Kills what runs (no pieces any more), lets end what is idle, closes and frees. -1: its results cannot be trusted after all (reported). */
    int (*close)(struct worker *w);
};

/* The kinds, in worker.c: one row per enum work_kind. */
const struct worker_ops *worker_ops_for(const struct work *work);

/* True for the signals after which a worker starts nothing again. */
bool worker_ends_by(int sig);

/* First member of each kind's own struct. */
struct worker {
    const struct worker_ops *ops;
};

#endif
