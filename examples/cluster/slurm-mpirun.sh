#!/bin/sh
#SBATCH --job-name=smap
#SBATCH --ntasks=64
#SBATCH --time=01:00:00
#SBATCH --output=smap-%j.log

# One rank a CPU, started by Open MPI, which learns from Slurm where. Binding would give every rank one CPU: that is right for tasks of one
# thread; a task with several wants `--bind-to none`, or the form of slurm-nodes.sh.
exec mpirun -q smap --mpi -a tasks.txt -o results.txt --journal results.journal ./simulate {}
