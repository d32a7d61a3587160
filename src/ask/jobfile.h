/*
 * jobfile: reads a job file: --job FILE; smap.yaml(5). Room: ask.
 *
 * A key is the name of a row of the option table, or one of the few that say what is done to which tasks (jobtasks.h). The value of an option
 * is given as text to the row's own type, as the command line's is: YAML's ideas about numbers and booleans play no part.
 */
#ifndef SMAP_JOBFILE_H
#define SMAP_JOBFILE_H

#include "base/buf.h"

struct job;

/* Gives a job; NULL: WHY (empty before) says "FILE:LINE:COLUMN: what is wrong". May block on the disk. */
struct job *jobfile_read(const char *file, struct buf *why);

#endif
