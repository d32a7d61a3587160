/*
 * launcher: who started this process, as its environment tells. Room: backend; pure: no MPI, no process.
 *
 * mpirun, mpiexec and srun say in variables how many copies of a program they started and which one this is. smap has to know it before
 * (and without) any MPI: N copies that each ran the whole job would be a disaster, and which MPI module fits is decided by it.
 */
#ifndef SMAP_LAUNCHER_H
#define SMAP_LAUNCHER_H

#include <stdbool.h>
#include <stdint.h>

enum launcher_kind {
    LAUNCHER_NONE,    /* started by hand, or by a batch script */
    LAUNCHER_OPENMPI, /* Open MPI's mpirun */
    LAUNCHER_HYDRA,   /* mpiexec of MPICH and its relatives */
    LAUNCHER_PMIX,    /* srun --mpi=pmix */
    LAUNCHER_PMI2,    /* srun --mpi=pmi2 */
    LAUNCHER_SRUN,    /* srun without an MPI */
};

struct launcher {
    enum launcher_kind kind;
    uint32_t size; /* copies started; 1 without a launcher */
    uint32_t rank; /* which one this is, from 0 */
    uint32_t local; /* copies on this machine; 0: not known */
    bool step;     /* in a Slurm step: standard input is sent to every copy */
};

typedef const char *(*launcher_get_fn)(const char *name);

/* GET looks up a variable (getenv). Variables that make no sense count as not there. */
void launcher_detect(struct launcher *l, launcher_get_fn get);
/* "mpirun", "mpiexec", "srun" */
const char *launcher_name(const struct launcher *l);
/* The MPI that understands this launcher, "openmpi" or "mpich"; NULL: any may, or none. */
const char *launcher_library(const struct launcher *l);
/* What to do when LIBRARY, started by this launcher, finds itself alone. */
const char *launcher_advice(const struct launcher *l, const char *library);

#endif
