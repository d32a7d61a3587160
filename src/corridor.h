/*
 * corridor: what the parts of the corridor share: map.c (the loop), down.c (tasks), up.c (pieces). For these three alone.
 */
#ifndef SMAP_CORRIDOR_H
#define SMAP_CORRIDOR_H

#include "map.h"
#include "outlets.h"
#include "stop.h"

struct map {
    const struct map_spec *spec;
    struct counts *counts;
    struct backend *backend;
    struct order *order;
    struct flight *flight;
    struct retry *retry;
    struct policy *policy;
    struct pace pace;
    struct stop stop;
    struct outlets outlets;
    struct counts delivered; /* of counts, what the outlets have been given */
    struct buf fields;       /* of the piece being put */
    bool enough;  /* an outlet has: nothing is delivered any more */
    bool told;    /* the backend: nothing more shall begin */
    bool hurried; /* the outlets: a signal is ending the run */
    bool source_ended, source_waits, finishing;
    uint64_t taken;
};

/* Smap itself failed (reported): the run ends at once. */
static inline void map_fail(struct map *m)
{
    m->counts->broken = true;
    stop_leave(&m->stop);
}

/* down.c: one step towards the backend; false when there is no room, no input now, or an end of either. */
bool down_step(struct map *m);
/* Tells the backend when nothing follows for now. */
void down_finish(struct map *m);
/* No task is left that has not been started, or found in the journal. */
bool down_all_taken(const struct map *m);
/* Something may yet be started: tasks, or further attempts. */
bool down_waits(const struct map *m);
/* How many tasks there are in all; UINT64_MAX: nobody knows. */
uint64_t down_total(const struct map *m);
/* The run is over: have tasks been left over? Where the last one started was the last of the input, the input knows by now, or can say at once. */
bool down_left_over(struct map *m);
void down_close(struct map *m);

/* up.c: a piece from the backend (CTX: struct map). */
void up_piece(void *ctx, const struct piece *p);
/* A piece that the journal had. */
void up_replayed(void *ctx, const struct piece *p);
/* What is next in order goes out. True: an outlet that was not ready is now, so that there may be more to do at once. */
bool up_deliver(struct map *m);
/* True while something new may start. */
bool up_open(const struct map *m);

#endif
