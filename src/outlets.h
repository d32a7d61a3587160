/*
 * outlets: all outlets of a run as one. Part of the corridor. Contract of each: results/outlet.h.
 */
#ifndef SMAP_OUTLETS_H
#define SMAP_OUTLETS_H

#include "results/outlet.h"

struct outlets {
    struct outlet *first;
    bool per_task, wants_input; /* some outlet does */
};

void outlets_init(struct outlets *o, struct outlet *first);
bool outlets_ready(const struct outlets *o);
/* To each in turn: 0, OUTLET_STOP when one has enough; -1: one has failed, those behind it did not get the piece. */
int outlets_put(const struct outlets *o, const struct piece *p);
int outlets_flush(const struct outlets *o);
bool outlets_busy(const struct outlets *o);

#endif
