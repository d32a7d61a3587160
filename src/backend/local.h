/*
 * local: the backends of one machine: --serial (one slot) and --procs N. Room: backend. Contract: backend.h.
 *
 * One worker per slot; the lowest idle slot gets the next batch. MPI executors use it too, with slots numbered from first_slot.
 */
#ifndef SMAP_LOCAL_H
#define SMAP_LOCAL_H

#include "backend/backend.h"

extern const struct backend_ops serial_ops, procs_ops;

#endif
