/*
 * joblog: the outlet that writes one line per task in the columns of GNU parallel's --joblog, for the tools that read them. Room: results.
 *
 *     Seq Host Starttime JobRuntime Send Receive Exitval Signal Command        tabs between, a header line
 *
 * In the order in which results are delivered. A task that was cancelled has no line. Tabs and newlines of a command are written as \t and \n: a task
 * cannot forge a line.
 */
#ifndef SMAP_JOBLOG_H
#define SMAP_JOBLOG_H

#include "results/outlet.h"

struct work;

/* FILE is written anew. WORK is what is done with each task, or NULL: joblog_describe says it before the first. -1: reported. */
int joblog_open(struct outlet **o, const char *file, const struct work *work);
/* What follows was done by WORK (lent until the next call, or close). */
void joblog_describe(struct outlet *o, const struct work *work);

#endif
