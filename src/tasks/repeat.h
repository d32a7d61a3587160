/*
 * repeat: each task several times in a row (--repeat). Room: tasks; reshapes another source (source.h).
 *
 * The copies differ in nothing but their numbers. They are made when they are asked for; one batch of the inner source is held.
 */
#ifndef SMAP_REPEAT_H
#define SMAP_REPEAT_H

#include "tasks/source.h"

/* Takes INNER. TIMES from 1 on. */
struct source *repeat_new(struct source *inner, uint32_t times);

#endif
