/*
 * inplace: the worker that calls a function in the smap process itself: --serial (WORK_FUNCTION).
 * Layer: work. Contract: worker.h.
 *
 * For debuggers, and where there is one CPU: no process is started, so a function that crashes
 * takes smap with it. Records and messages are those of function.h. Tasks are run in slices of some
 * milliseconds from a timer of the loop, so that results go out and signals come in meanwhile.
 */
#ifndef SMAP_INPLACE_H
#define SMAP_INPLACE_H

#include "work/worker.h"

extern const struct worker_ops inplace_ops;

#endif
