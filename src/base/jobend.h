/*
 * jobend: when a batch system will end the job smap runs in. Layer: base.
 */
#ifndef SMAP_JOBEND_H
#define SMAP_JOBEND_H

#include <stdint.h>

typedef const char *(*jobend_get_fn)(const char *name);

/*
 * us that the job has left at WALL_NOW (us since 1970); -1: it is not known, or over already. GET looks up a variable (getenv): SLURM_JOB_END_TIME is the end,
 * PBS_WALLTIME is the whole length: there the job began when the session leader of this process did. ROOT stands before /proc ("" but for tests).
 */
int64_t jobend_left(jobend_get_fn get, int64_t wall_now, const char *root);

#endif
