/*
 * flight: the batches between submission and their last result: who owns their bytes meanwhile. Part of the corridor.
 *
 * In: batches as they are submitted, in ascending order of their tasks. Backends are lent the bytes until the last task has landed; results find the text
 * of their task here. Lookup is a binary search: O(log of the batches in flight).
 */
#ifndef SMAP_FLIGHT_H
#define SMAP_FLIGHT_H

#include "base/task.h"

struct flight;

struct flight *flight_new(void);
void flight_free(struct flight *f);
/* Takes B. */
void flight_start(struct flight *f, struct batch *b);
/* COUNT tasks from TASK on have ended (all of one batch); the last of a batch frees it. */
void flight_land(struct flight *f, uint64_t task, uint32_t count);
/* Lends the task's text and fields, until the next call; false: not in flight. */
bool flight_task(struct flight *f, uint64_t number, struct task *t);
bool flight_empty(const struct flight *f);

#endif
