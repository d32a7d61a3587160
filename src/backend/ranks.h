/*
 * ranks: the backend "mpi" on rank 0: batches to the executors of all ranks, pieces back. Room: backend.
 *
 * Rank 0 has an executor like everybody else, joined by a socket; the others are reached through messages. Both carry the same frames. The
 * world stands before this backend is opened and outlives it (world.h).
 */
#ifndef SMAP_RANKS_H
#define SMAP_RANKS_H

#include "backend/backend.h"
#include "backend/transport.h"
#include "base/cpus.h"

struct executor;

struct ranks_spec {
    const struct transport_ops *transport; /* NULL when there is only this rank */
    uint32_t size;
    struct executor *executor; /* rank 0's; fd -1: rank 0 does no work */
    struct cpus_wish slots;    /* of each rank */
    int64_t lost_after;        /* us; 0: for ever */
    const char *launcher;      /* its name, for advice */
};

/* For world.c and tests, which know the spec; backend_find("mpi") uses the one of the world that was entered. */
int ranks_open(struct backend **b, const struct backend_spec *spec, const struct ranks_spec *ranks);
/* True when every rank ended as it should: MPI can be left in good order. Valid after close. */
bool ranks_whole(void);

extern const struct backend_ops ranks_ops;

#endif
