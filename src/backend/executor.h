/*
 * executor: the process that does a rank's work, seen from the rank that starts it. Room: backend.
 *
 * It is smap itself, started again before MPI is: an MPI process should not start processes, must not run user code and must not die of a
 * task. The two are joined by a socket pair that carries frames (base/wire.h), and nothing else: when the rank is gone, the executor
 * reads an end and takes every descendant with it (backend/serve.h).
 */
#ifndef SMAP_EXECUTOR_H
#define SMAP_EXECUTOR_H

#include "work/spawn.h"

#define EXECUTOR_OPTION "--internal-executor"
#define EXECUTOR_FD 3

struct executor {
    int fd; /* our end, non-blocking; -1: none */
    struct process process;
};

/* -1: reported. */
int executor_start(struct executor *e);
/* Closes our end and waits for it to leave (killing it when it does not within moments); where it was killed, ends what it left behind. */
void executor_end(struct executor *e);

#endif
