/*
 * tree: the outlet that keeps each result as files (--results DIR). Room: results.
 *
 * Task N has its directory with the files stdout, stderr and status (a number and a newline): DIR/N below 1000, DIR/<N/1000>k/N from there on,
 * DIR/<N/1000000>M/<N/1000>k/N from a million on, so that no directory has much more than 1000 entries. The status is written last: where there is
 * one the result is whole. What an earlier run left there is written over. Blocks on the disk. Every -1 has been reported.
 */
#ifndef SMAP_TREE_H
#define SMAP_TREE_H

#include "results/outlet.h"

/* Makes DIR where it is not there; DIR is kept, not copied. */
int tree_open(struct outlet **o, const char *dir);

#endif
