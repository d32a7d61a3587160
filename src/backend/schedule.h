/*
 * schedule: how many tasks the next batch holds. Room: backend; pure: no clock, no process.
 *
 * In: what finished batches took, as the backend measured it. Out: a size such that a batch takes
 * about 10 ms: long enough that handing it over costs nothing beside the work, short enough that
 * all slots end together. It begins with single tasks, doubles while tasks prove short, falls at
 * once when they prove long, and shrinks towards the end of an input whose length is known.
 */
#ifndef SMAP_SCHEDULE_H
#define SMAP_SCHEDULE_H

#include <stdint.h>

struct schedule {
    uint32_t chunk;   /* fixed size (--chunk); 0: by measurement */
    uint32_t size;    /* what the measurements so far allow */
    int64_t target_us; /* what a batch shall take; set it higher for very many slots */
    double task_us;   /* estimate of one task; below 0: nothing measured yet */
};

void schedule_init(struct schedule *s, uint32_t chunk);
/* TASKS tasks (not 0) have taken ELAPSED_US of one slot's time. */
void schedule_note(struct schedule *s, uint32_t tasks, int64_t elapsed_us);
/* Tasks of the next batch, 1 or more. LEFT: tasks still to come, UINT64_MAX when nobody knows;
 * SLOTS that share them. */
uint32_t schedule_next(const struct schedule *s, uint64_t left, uint32_t slots);
/* How many batches a slot shall have at a time: 2 once tasks are known to be short, so that no slot
 * waits for its next one. A task that may be long is never queued behind another: a free slot could
 * have it. */
uint32_t schedule_depth(const struct schedule *s);

#endif
