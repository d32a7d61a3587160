/*
 * command: the worker that starts a process for every task (WORK_COMMAND, WORK_SHELL, WORK_LINES). Layer: work. Contract: worker.h.
 */
#ifndef SMAP_COMMAND_H
#define SMAP_COMMAND_H

#include "work/worker.h"

extern const struct worker_ops command_ops;

#endif
