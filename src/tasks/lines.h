/*
 * lines: records cut from files and stdin. Room: tasks; a maker of records (source.h).
 *
 * The block that was read becomes the batch: nothing is copied but the unfinished record at its end, nothing allocated per
 * task. Files are opened one at a time, when their turn comes, and a missing last separator is added to each, so that two
 * files never run together. Reads what can make others wait (pipes, FIFOs, sockets, terminals) only when poll says so.
 */
#ifndef SMAP_LINES_H
#define SMAP_LINES_H

#include "tasks/source.h"

/* Looks at every file, opens none. FILE is lent; none: stdin. -1: reported. */
int lines_new(struct source **s, char *const *file, uint32_t files, int separator);
/* True when the record given last was the end of all input and had no separator of its own. */
bool lines_unfinished(const struct source *s);

#endif
