/*
 * failed: the outlet that writes the tasks that failed, as they were given, to a file that can be the next -a. Room: results.
 *
 * Each is followed by the separator. The file appears when the run ends, by whatever reason but a kill: it may be the one that the tasks are read from.
 */
#ifndef SMAP_FAILED_H
#define SMAP_FAILED_H

#include "results/outlet.h"

/* -1: reported. */
int failed_open(struct outlet **o, const char *file, char separator);

#endif
