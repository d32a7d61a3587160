/*
 * filter: the worker that is one long-lived process, which reads a record per task and writes one
 * (WORK_FILTER). Layer: work. Contract: worker.h.
 */
#ifndef SMAP_FILTER_H
#define SMAP_FILTER_H

#include "work/worker.h"

extern const struct worker_ops filter_ops;

#endif
