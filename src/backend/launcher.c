/*
 * Launchers by their variables, as seen in real launches:
 *
 *   mpirun (Open MPI)     OMPI_COMM_WORLD_SIZE, OMPI_COMM_WORLD_RANK, PMIX_RANK
 *   mpiexec (Hydra)       PMI_SIZE, PMI_RANK, PMI_FD
 *   srun --mpi=pmix       PMIX_RANK; SLURM_PROCID, SLURM_STEP_NUM_TASKS
 *   srun --mpi=pmi2       PMI_SIZE, PMI_RANK, PMI_FD; SLURM_PROCID
 *   srun --mpi=none       SLURM_PROCID, SLURM_STEP_ID, SLURM_STEP_NUM_TASKS only
 *   sbatch script         SLURM_PROCID=0 and SLURM_NTASKS, but no SLURM_STEP_ID
 *
 * The order below matters: mpirun inside a Slurm job has SLURM_... too, and on other nodes even those of the step that
 * carries its daemons.
 */
#include "backend/launcher.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define RANKS_MAX 100000000ul

/* A plain number below LIMIT in the variable NAME. */
static bool number(launcher_get_fn get, const char *name, unsigned long limit, uint32_t *n)
{
    const char *text = get(name);
    char *end;

    if (!text || *text < '0' || *text > '9')
        return false;
    unsigned long value = strtoul(text, &end, 10);

    if (*end || value >= limit)
        return false;
    *n = (uint32_t)value;
    return true;
}

static bool try(struct launcher *l, launcher_get_fn get, enum launcher_kind kind, const char *size,
                const char *rank)
{
    uint32_t n, r;

    if (!number(get, size, RANKS_MAX, &n) || !n || !number(get, rank, n, &r))
        return false;
    l->kind = kind;
    l->size = n;
    l->rank = r;
    return true;
}

/* How many of the copies share this machine: there is a variable for it, or a list such as "2(x3),1". */
static void count_local(struct launcher *l, launcher_get_fn get)
{
    const char *list = get("SLURM_STEP_TASKS_PER_NODE");

    if (number(get, "OMPI_COMM_WORLD_LOCAL_SIZE", RANKS_MAX, &l->local) ||
        number(get, "MPI_LOCALNRANKS", RANKS_MAX, &l->local) || !l->step || !list)
        return;
    unsigned long n = strtoul(list, NULL, 10);

    l->local = n < RANKS_MAX ? (uint32_t)n : 0;
}

static void detect(struct launcher *l, launcher_get_fn get)
{
    bool step = get("SLURM_STEP_ID") && get("SLURM_STEP_NUM_TASKS");

    if (try(l, get, LAUNCHER_OPENMPI, "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"))
        return;
    /* A step of srun is told from Hydra's own start (also of one inside a batch script) by its size. */
    const char *tasks = get("SLURM_STEP_NUM_TASKS"), *size = get("PMI_SIZE");

    l->step = step && (!size || strcmp(tasks, size) == 0);
    if (try(l, get, l->step ? LAUNCHER_PMI2 : LAUNCHER_HYDRA, "PMI_SIZE", "PMI_RANK"))
        return;
    if (step)
        try(l, get, get("PMIX_RANK") ? LAUNCHER_PMIX : LAUNCHER_SRUN, "SLURM_STEP_NUM_TASKS",
            "SLURM_PROCID");
    l->step = l->kind != LAUNCHER_NONE;
}

void launcher_detect(struct launcher *l, launcher_get_fn get)
{
    *l = (struct launcher){.kind = LAUNCHER_NONE, .size = 1};
    detect(l, get);
    if (l->kind != LAUNCHER_NONE)
        count_local(l, get);
}

const char *launcher_name(const struct launcher *l)
{
    static const char *const name[] = {"no launcher", "mpirun", "mpiexec", "srun", "srun", "srun"};

    return name[l->kind];
}

const char *launcher_library(const struct launcher *l)
{
    switch (l->kind) {
    case LAUNCHER_OPENMPI:
    case LAUNCHER_PMIX:
        return "openmpi";
    case LAUNCHER_HYDRA:
    case LAUNCHER_PMI2:
        return "mpich";
    case LAUNCHER_NONE:
    case LAUNCHER_SRUN:
        break;
    }
    return NULL;
}

const char *launcher_advice(const struct launcher *l, const char *library)
{
    bool openmpi = strcmp(library, "openmpi") == 0;

    switch (l->kind) {
    case LAUNCHER_OPENMPI:
        return openmpi ? "is this the mpirun of another installation of Open MPI?"
                       : "use the mpiexec of MPICH, or --mpi=openmpi";
    case LAUNCHER_HYDRA:
        return openmpi ? "use the mpirun of Open MPI, or --mpi=mpich"
                       : "is this the mpiexec of another installation of MPICH?";
    default:
        return openmpi ? "use srun --mpi=pmix, or mpirun inside the job"
                       : "use srun --mpi=pmi2, or mpiexec inside the job";
    }
}
