/*
 * rooms: everything one run needs, opened from the options. Between main and the corridor.
 *
 * In: the conf, const. Out: a loop, a source, the description of the work, the outlets in their order: what map_run takes. Each room gets plain arguments,
 * never the conf. A room is opened here, closed here, and known to nobody else.
 */
#ifndef SMAP_ROOMS_H
#define SMAP_ROOMS_H

#include "map.h"
#include "results/identity.h"
#include "work/work.h"

struct conf;
struct starts;

struct rooms {
    struct loop *loop;
    struct source *source;
    struct work work;
    struct outlet *outlets, **last; /* a list in the order of their calls, and where the next one goes */
    struct outlet *sink;
    struct starts *starts;
    struct identity identity; /* of the worker, for the journal */
    struct journal *journal;
    uint32_t slots, cpus;
};

/* 0, or the exit status (reported) of a run that cannot begin; rooms_close all the same. */
int rooms_open(struct rooms *r, const struct conf *c);
int rooms_run(struct rooms *r, const struct conf *c, struct counts *counts);
/* Closes the journal and the outlets; COMPLETE: the run is whole. -1: what one of them wrote is not (reported). */
int rooms_finish(struct rooms *r, bool complete);
void rooms_close(struct rooms *r);

#endif
