/*
 * world: smap's place among the ranks of an MPI job: entering it, and leaving it. Room: backend.
 *
 * Entered before anything else is opened: on every rank but 0 world_enter does this rank's whole part and says WORLD_DONE. Under a launcher nobody may
 * leave the program without having been in MPI (mpirun hangs then), nor return another status than 0 but rank 0: so usage errors, too, are
 * told between world_enter and world_leave.
 */
#ifndef SMAP_WORLD_H
#define SMAP_WORLD_H

#include "base/cpus.h"

#include <stdbool.h>

struct launcher;
struct ranks_spec;

struct world_spec {
    const struct launcher *launcher;
    const char *library;    /* --mpi=...: "openmpi", "mpich"; NULL: by the launcher */
    bool dedicated;         /* rank 0 does no work */
    struct cpus_wish slots; /* of each rank */
    int64_t lost_after;     /* us; 0: for ever */
};

enum world_role {
    WORLD_FAILED = -1, /* reported, by rank 0 alone; leave with 3, or 0 on other ranks */
    WORLD_ALONE,       /* one process: use the backend procs; nothing to leave */
    WORLD_MASTER,      /* rank 0 of many: use the backend mpi; call world_leave at the very end */
    WORLD_DONE,        /* another rank, whose part is over: leave with 0 */
};

enum world_role world_enter(const struct world_spec *spec);
/* Last of all, when everything is written. Returns STATUS, or ends all ranks with it where MPI cannot be left in good order. Does
 * nothing in a process that is no master. */
int world_leave(int status);
/* True in rank 0 of several, also after world_leave: its status, not the way it dies, is what a launcher hands on. */
bool world_is_shared(void);
/* Before leaving without MPI under a launcher: gives it the moment it needs to have started everything. */
void world_linger(const struct launcher *l);

/* What the backend mpi works with. */
const struct ranks_spec *world_ranks(void);

#endif
