#!/bin/sh
#SBATCH --job-name=smap
#SBATCH --ntasks=64
#SBATCH --time=01:00:00
#SBATCH --output=smap-%j.log

# One rank a CPU, started by Slurm itself. For an Open MPI that knows PMIx; `srun --mpi=list` tells; with MPICH say --mpi=pmi2.
# Tasks by -a and results by -o: rank 0 opens both itself, nothing of them passes through srun. After a lost node the job fails (-K), and submitted
# again it goes on from its journal.
exec srun --mpi=pmix --kill-on-bad-exit=1 smap --mpi -a tasks.txt -o results.txt --journal results.journal ./simulate {}
