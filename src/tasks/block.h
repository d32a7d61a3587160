/*
 * block: tasks of whole lines, separators included (--block). Room: tasks; reshapes lines (lines.h).
 *
 * A block ends with the line that brings it to SIZE bytes, so it has one line at least and depends on nothing but the input. The
 * blocks one after another are the input, byte for byte (with several files: each but the last ended by a separator).
 */
#ifndef SMAP_BLOCK_H
#define SMAP_BLOCK_H

#include "tasks/source.h"

/* Takes INNER, which lines_new made. */
struct source *block_new(struct source *inner, uint64_t size);

#endif
