#!/bin/sh
#SBATCH --job-name=smap
#SBATCH --nodes=16
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=64
#SBATCH --time=01:00:00
#SBATCH --output=smap-%j.log

# One rank a node with as many slots as Slurm gives CPUs: the form for thousands of slots. Rank 0 has one connection a node, and
# MPI takes a few megabytes a node instead of a CPU. A task that is to have 4 CPUs of its own: --procs $((SLURM_CPUS_PER_TASK / 4)).
exec srun --mpi=pmix --kill-on-bad-exit=1 --cpus-per-task="$SLURM_CPUS_PER_TASK" \
    smap --mpi --procs "$SLURM_CPUS_PER_TASK" -a tasks.txt -o results.txt --journal results.journal ./simulate {}
