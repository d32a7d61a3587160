/*
 * map: the corridor: all that tasks and results pass through.
 *
 * In: a source, an opened backend's table, outlets. Out: the counts from which main takes the exit status. Runs in the smap
 * process (rank 0); one loop, one blocking point, no threads.
 */
#ifndef SMAP_MAP_H
#define SMAP_MAP_H

#include "counts.h"
#include "pace.h"
#include "policy.h"

struct backend_ops;
struct batch;
struct journal;
struct loop;
struct outlet;
struct source;
struct work;

struct map_spec {
    struct policy_spec policy;
    struct pace_spec pace;
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

/* Runs the whole job. 0; -1: could not begin (reported). */
int map_run(const struct map_spec *spec, struct counts *counts);

#endif
