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
/* False: nothing new shall start. WAITING results could not be delivered yet, MOST may. */
bool outlets_open(const struct outlets *o, uint64_t waiting, uint64_t most);
/* To each in turn: 0, or votes; -1: one has failed, those behind it did not get the piece. */
int outlets_put(const struct outlets *o, const struct piece *p);
int outlets_flush(const struct outlets *o);
void outlets_finish(const struct outlets *o);
void outlets_hurry(const struct outlets *o, int64_t grace);
bool outlets_busy(const struct outlets *o);

#endif
