/*
 * function: the worker that calls a function of a shared library in a process of its own
 * (WORK_FUNCTION). Layer: work. Contract: worker.h.
 */
#ifndef SMAP_FUNCTION_H
#define SMAP_FUNCTION_H

#include "work/worker.h"

extern const struct worker_ops function_ops;

#endif
