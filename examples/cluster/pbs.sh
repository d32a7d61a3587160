#!/bin/sh
#PBS -N smap
#PBS -l select=16:ncpus=64:mpiprocs=1
#PBS -l walltime=01:00:00
#PBS -j oe

# One rank a node with 64 slots. An Open MPI that was built for PBS knows the nodes by itself; any other is told: $PBS_NODEFILE has a
# line for each rank (mpiprocs).
cd "$PBS_O_WORKDIR" || exit 2
exec mpirun -q --hostfile "$PBS_NODEFILE" --map-by ppr:1:node --bind-to none \
    smap --mpi --procs 64 -a tasks.txt -o results.txt --journal results.journal ./simulate {}
