#!/usr/bin/env bats
# Under Slurm (scripts/cluster/slurm): srun, mpirun in a batch job, the scripts of examples/cluster, the loss of a rank, scancel. Run by `make check-cluster`.
# shellcheck disable=SC2016,SC2034,SC2154 # task text is for another shell; run sets status and output, lost.bash reads what begin sets
bats_require_minimum_version 1.5.0
load lost

SMAP=${SMAP:-$(realpath "$BATS_TEST_DIRNAME/../../smap")}
slurm=$(realpath "$BATS_TEST_DIRNAME/../../scripts/cluster/slurm")
examples=$(realpath "$BATS_TEST_DIRNAME/../../examples/cluster")
export OMPI_MCA_pml=ob1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

setup() {
    run "$slurm" up
    [ "$status" -ne 77 ] || skip "$output"
    [ "$status" -eq 0 ]
    cd "$BATS_TEST_TMPDIR" || return 1
    seq 100 > tasks.txt
}

teardown_file() {
    "$slurm" down
}

at() { # COMMAND... of Slurm
    timeout -k 2 90 "$slurm" run "$@" 3>&-
}

@test "srun --mpi=pmix, tasks from a file" {
    run --separate-stderr at srun --mpi=pmix -N 3 -n 6 "$SMAP" --mpi -a tasks.txt 'echo {} $SLURMD_NODENAME; sleep 0.02' < /dev/null
    [ "$status" -eq 0 ]
    [ "$(cut -d ' ' -f 1 <<< "$output")" = "$(seq 100)" ]
    [ "$(cut -d ' ' -f 2 <<< "$output" | sort -u | tr '\n' ' ')" = "n1 n2 n3 " ]
}

@test "srun sends standard input to every rank, and none waits" {
    seq 100000 > many
    at srun --mpi=pmix -N 3 -n 6 "$SMAP" --mpi -n 1000 echo < many > out
    tr ' ' '\n' < out | cmp - many
}

@test "srun without its MPI is an error with the fix" {
    run at srun --mpi=none -n 3 "$SMAP" --mpi -a tasks.txt echo < /dev/null
    [ "$status" -eq 3 ]
    [[ $output == *"srun --mpi=pmix"* ]]
}

# As a user would: a program `smap` in the path, a job script, the work beside it.
submit() { # SCRIPT OPTION... of sbatch
    local script=$1
    shift
    mkdir -p bin
    ln -sf "$SMAP" bin/smap
    printf '#!/bin/sh\nsleep 0.01\necho $(($1 * $1)) $SLURMD_NODENAME\n' > simulate
    chmod +x simulate
    PATH=$PWD/bin:$PATH at sbatch --quiet --wait "$@" --cpus-per-task=1 "$examples/$script" < /dev/null || { cat smap-*.log; return 1; }
    cut -d ' ' -f 1 results.txt | cmp - <(seq 100 | awk '{ print $1 * $1 }')
    [ "$(cut -d ' ' -f 2 results.txt | sort -u | wc -l)" -eq 3 ]
}

@test "examples/cluster/slurm-srun.sh" {
    submit slurm-srun.sh -N 3 -n 6
}

@test "examples/cluster/slurm-mpirun.sh" {
    submit slurm-mpirun.sh -N 3 -n 6
}

@test "examples/cluster/slurm-nodes.sh" {
    submit slurm-nodes.sh -N 3 -n 3
}

job_is() { # STATE of job $id; "" when it is over; within 30 s
    local i
    for ((i = 0; i < 600; i++)); do
        [ "$("$slurm" run squeue -h -j "$id" -o %T 2> /dev/null)" != "$1" ] || return 0
        sleep 0.05
    done
    echo "job $id is not '$1':"
    "$slurm" run squeue
    cat smap-*.log
    return 1
}

# The signal comes as --signal sends it: to the step, not to the script.
@test "examples/cluster/slurm-requeue.sh" {
    mkdir bin
    ln -s "$SMAP" bin/smap
    printf '#!/bin/sh\necho $1 >> started\n[ -e go ] || [ $1 -lt 31 ] || exec sleep 300\necho $(($1 * $1))\n' > simulate
    chmod +x simulate
    PATH=$PWD/bin:$PATH at sbatch --parsable -N 3 -n 6 --cpus-per-task=1 "$examples/slurm-requeue.sh" < /dev/null > id
    id=$(cat id)
    for ((i = 0; i < 600; i++)); do
        [ "$(cat started 2> /dev/null | wc -l)" -lt 36 ] || break
        sleep 0.05
    done
    at scancel --signal=TERM "$id"
    job_is PENDING
    [ ! -e results.txt ]
    cp started before
    touch go
    # Slurm makes a job that was put back wait for two minutes, lest its end on the nodes hits it when it begins again; these nodes are quicker.
    at scontrol update JobId="$id" StartTime=now+6
    job_is ""
    cat smap-*.log
    seq 100 | awk '{ print $1 * $1 }' | cmp - results.txt
    grep -q 'results.journal: 30 results of this worker can be used' smap-*.log
    [ -z "$(tail -n +$(($(wc -l < before) + 1)) started | awk '$1 < 31')" ]
}

begin() { # ARGUMENT... of srun
    new_task
    like_ranks="^$SMAP --mpi --heartbeat 3 -a tasks.txt .* $nap "
    timeout 90 "$slurm" run srun --quiet --mpi=pmix -N 3 -n 6 "$@" "$SMAP" --mpi --heartbeat 3 -a tasks.txt -o out.txt --journal state "$task" \
        > out 2> err < /dev/null 3>&- &
    launcher=$!
    all_nap
    mapfile -t rank < <(pgrep -f "$like_ranks")
    [ ${#rank[@]} -eq 6 ]
}

goes_on() {
    local part
    part=$(find . -name '.out.txt.smap-*')
    cmp <(seq 100 | head -n "$(wc -l < "$part")") "$part"
    touch go
    at srun --quiet --mpi=pmix -N 3 -n 6 "$SMAP" --mpi -a tasks.txt -o out.txt --journal state "$task" < /dev/null
    seq 100 | cmp - out.txt
}

# Slurm tells nobody of a dead task of its own: the others notice by --heartbeat.
@test "a rank is killed under srun" {
    begin
    kill -9 "${rank[3]}"
    all_gone
    ended_badly
    goes_on
}

@test "rank 0 is killed under srun -K" {
    begin -K
    kill -9 "${rank[0]}"
    all_gone
    ended_badly
    goes_on
}

@test "scancel ends everything" {
    begin
    "$slurm" run squeue -h -o %i | xargs "$slurm" run scancel
    all_gone
    goes_on
}
