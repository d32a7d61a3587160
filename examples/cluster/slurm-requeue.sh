#!/bin/sh
#SBATCH --job-name=smap
#SBATCH --ntasks=64
#SBATCH --time=01:00:00
#SBATCH --requeue
#SBATCH --signal=TERM@60
#SBATCH --open-mode=append
#SBATCH --output=smap-%j.log

# Work that is longer than any job may be: the job goes back into the queue until all is done, and goes on from its journal each time.
#
# smap knows when the job must end (--time-limit) and then starts no task that would not fit in: status 124. Should tasks take longer than
# all before, Slurm sends TERM a minute before the end: smap ends them and leaves by that signal, 143; they run again. In both cases the
# results so far are in the journal. Preempted jobs and those that lose a node go back by themselves (--requeue).
# A task that hangs would make this endless; --timeout ends it.
srun --mpi=pmix --kill-on-bad-exit=1 smap --mpi -a tasks.txt -o results.txt --journal results.journal ./simulate {}
status=$?
case $status in
    124 | 143) exec scontrol requeue "$SLURM_JOB_ID" ;;
esac
exit $status
