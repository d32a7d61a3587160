/*
 * map: the corridor: the only file through which tasks and results pass.
 *
 * In: a source, an opened backend's table, outlets. Out: the counts from which main takes the exit status. Runs in the smap
 * process (rank 0); one loop, one blocking point, no threads.
 */
#ifndef SMAP_MAP_H
#define SMAP_MAP_H

#include "base/piece.h"

struct backend_ops;
struct batch;
struct journal;
struct loop;
struct outlet;
struct source;
struct work;

struct map_spec {
    struct loop *loop;
    struct source *source;
    const struct backend_ops *backend;
    const struct work *work;
    uint32_t slots, chunk;
    int order;        /* enum order_mode */
    size_t buffer;    /* --buffer */
    struct journal *journal; /* NULL: none; the caller closes it */
    struct outlet *outlets; /* in the order in which they are called; the caller closes them */
    struct outlet *sink;    /* the one that may find its reader gone */
    void (*on_start)(void *ctx, const struct batch *b); /* -v, -t: called as tasks are submitted; may be NULL */
    void *ctx;
};

struct map_counts {
    uint64_t tasks, succeeded, failed, cancelled;
    uint64_t replayed; /* of the succeeded and failed: taken from the journal */
    int64_t task_time; /* us, summed over tasks that ran */
    bool broken;       /* smap itself failed: status 3 */
    bool stopped;      /* ended early, tasks not run: status 124 */
    bool sigpipe;      /* the reader of stdout has gone */
    int signal;        /* stopped by this signal */
    uint32_t slots;    /* that worked, over all ranks */
};

/* Runs the whole job. 0; -1: could not begin (reported). */
int map_run(const struct map_spec *spec, struct map_counts *counts);

#endif
