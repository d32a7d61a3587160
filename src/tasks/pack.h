/*
 * pack: N consecutive tasks as one (-n, -N). Room: tasks; reshapes another source (source.h).
 *
 * A pack's text is the texts of its tasks joined by the separator, its fields are these texts. At a slow producer a pack waits
 * until it is full or the input ends; only the last may be short.
 */
#ifndef SMAP_PACK_H
#define SMAP_PACK_H

#include "tasks/source.h"

/* Takes INNER; SIZE is at least 1. */
struct source *pack_new(struct source *inner, uint32_t size, int separator);

#endif
