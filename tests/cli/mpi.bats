#!/usr/bin/env bats
# What is particular to MPI; that the results are those of every other backend is shown by all the other files.
# shellcheck disable=SC2016,SC2154 # task text is for another shell; run sets status and output
load helper
bats_require_minimum_version 1.5.0

setup() {
    if [ ! -e "$(dirname "$SMAP")/smap-mpi.so" ] || ! command -v mpirun > /dev/null; then
        skip "no MPI module or no mpirun"
    fi
    cd "$BATS_TEST_TMPDIR" || return 1
    export OMPI_MCA_orte_tmpdir_base=$PWD/session ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0
    seq 5 > five
}

ranks() { # N ARGUMENT...; standard input from the file $from
    local n=$1
    shift
    unless_mpi_crashes "${from:-/dev/null}" timeout -k 2 60 mpirun -q --oversubscribe --bind-to none -n "$n" "$SMAP" "$@"
}

hydra() { # N ARGUMENT...
    local n=$1
    shift
    timeout -k 2 60 mpiexec.hydra -n "$n" "$SMAP" "$@" < /dev/null 3>&-
}

@test "a wrong option gives one message and status 2" {
    run ranks 4 --mpi --prcos 3 echo
    [ "$status" -eq 2 ]
    [ "$(grep -c 'did you mean --procs' <<< "$output")" -eq 1 ]
    [ "$(wc -l <<< "$output")" -eq 2 ]
}

@test "mpirun smap without --mpi is refused, once" {
    run ranks 3 -a five touch ran
    [ "$status" -eq 2 ]
    [ ! -e ran ]
    [ "$(grep -c 'mpirun started 3 copies' <<< "$output")" -eq 1 ]
    [[ $output == *"--no-mpi-check"* ]]
}

@test "--no-mpi-check runs independent copies" {
    run ranks 2 --no-mpi-check -a five echo
    [ "$status" -eq 0 ]
    [ "$(sort <<< "$output" | tr -d '\n')" = 1122334455 ]
}

@test "--help is printed once" {
    run ranks 3 --version
    [ "$status" -eq 0 ]
    [ "$(grep -c '^smap ' <<< "$output")" -eq 1 ]
}

@test "without a launcher the job runs here and a note says how to start more" {
    run "$SMAP" --mpi -a five echo
    [ "$status" -eq 0 ]
    [[ $output == *"mpirun -n"* ]]
    [ "$(grep -v smap: <<< "$output" | tr -d '\n')" = 12345 ]
}

@test "one rank runs the job and says so once" {
    run ranks 1 --mpi -P 2 -a five echo
    [ "$status" -eq 0 ]
    [ "$(grep -c 'one rank' <<< "$output")" -eq 1 ]
}

@test "slots and ranks are numbered over all ranks" {
    seq 40 > forty
    run ranks 3 --mpi -P 2 -a forty 'echo $SMAP_RANK $SMAP_SLOT; sleep 0.05; : {}'
    [ "$status" -eq 0 ]
    [ "$(awk '$1 != int(($2 - 1) / 2) || $2 < 1 || $2 > 6' <<< "$output")" = "" ]
    [ "$(cut -d ' ' -f 1 <<< "$output" | sort -u | tr -d '\n')" = 012 ]
}

@test "a dedicated master runs no task" {
    run ranks 3 --mpi --dedicated-master -a five 'echo $SMAP_RANK $SMAP_SLOT; : {}'
    [ "$status" -eq 0 ]
    [ "$(grep -c '^0' <<< "$output")" -eq 0 ]
    [ "$(awk '$1 != $2' <<< "$output")" = "" ]
}

@test "command, environment and directory are those of rank 0" {
    mkdir a b
    run timeout 60 mpirun -q --oversubscribe --bind-to none \
        -n 1 -wdir "$PWD/a" -x WHO=first "$SMAP" --mpi -P 1 'echo $WHO $(basename "$PWD"); sleep 0.05; : {}' :::: "$PWD/five" : \
        -n 2 -wdir "$PWD/b" -x WHO=second "$SMAP" --mpi -P 7 'echo another' ::: x 3>&-
    [ "$status" -eq 0 ]
    [ "$(sort -u <<< "$output")" = "first a" ]
}

@test "a task may call mpirun itself" {
    mkdir a b
    run ranks 2 --mpi 'TMPDIR=$PWD/{} mpirun -q --oversubscribe -n 2 sh -c "echo {} \$OMPI_COMM_WORLD_SIZE"' ::: a b
    [ "$status" -eq 0 ]
    [ "$(sort <<< "$output" | uniq -c | tr -s ' ' | tr '\n' ';')" = " 2 a 2; 2 b 2;" ]
}

@test "the launcher's variables stay with --keep-mpi-env, each rank's own" {
    run ranks 2 --mpi 'env | grep -c ^OMPI_COMM_WORLD; : {}' ::: a b c d
    [ "$(sort -u <<< "$output" | grep -v smap:)" = 0 ]
    run ranks 2 --mpi --keep-mpi-env 'echo $((OMPI_COMM_WORLD_RANK - SMAP_RANK)); sleep 0.05; : {}' ::: a b c d e f
    [ "$status" -eq 0 ]
    [ "$(sort -u <<< "$output")" = 0 ]
}

@test "more ranks than tasks, and no tasks at all" {
    run ranks 4 --mpi echo ::: one
    [ "$status" -eq 0 ]
    [ "$output" = one ]
    run ranks 4 --mpi -a /dev/null echo
    [ "$status" -eq 0 ]
    [ "$output" = "" ]
}

@test "a command that is not there: 127, once" {
    run -127 ranks 3 --mpi -a five /no/such/command
    [ "$(grep -c /no/such/command <<< "$output")" -eq 1 ]
}

@test "a long task and a large result arrive whole" {
    { head -c 10000000 /dev/zero | tr '\0' x; echo; } > long
    ranks 3 --mpi -a long --stdin -o out cat
    head -c 10000000 long | cmp - out
    ranks 3 --mpi -o out 'head -c {} /dev/zero' ::: 100 60000000 100
    [ "$(wc -c < out)" -eq 60000200 ]
}

@test "tasks come from standard input through mpirun" {
    seq 50000 > many
    from=many ranks 2 --mpi -n 1000 echo > out
    tr ' ' '\n' < out | cmp - many
}

@test "a missing module is told with its places" {
    cp "$SMAP" ./smap
    run timeout 30 mpirun -q --oversubscribe --bind-to none -n 2 ./smap --mpi -a five echo 3>&-
    [ "$status" -eq 3 ]
    [ "$(grep -c 'no module smap-mpi.so' <<< "$output")" -eq 1 ]
}

# What srun without --mpi= does: the launcher says four, MPI says one.
@test "copies that do not find each other are an error with the fix" {
    export OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_RANK=0
    run timeout 30 "$SMAP" --mpi -a five echo
    [ "$status" -eq 3 ]
    [[ $output == *"started 4 copies, but MPI (openmpi) says 1"* ]]
    unset OMPI_COMM_WORLD_SIZE OMPI_COMM_WORLD_RANK
    export SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=4 SLURM_PROCID=0
    run timeout 30 "$SMAP" --mpi -a five echo
    [ "$status" -eq 3 ]
    [[ $output == *"srun --mpi=pmix"* ]]
}

@test "MPICH's launcher is served by MPICH's module" {
    if [ ! -e "$(dirname "$SMAP")/smap-mpi-mpich.so" ] || ! command -v mpiexec.hydra > /dev/null; then
        skip "no MPICH module or no mpiexec.hydra"
    fi
    run hydra 3 --mpi -a five 'echo {} $((PMI_SIZE + 0))'
    [ "$status" -eq 0 ]
    [ "$output" = "$(seq -f '%g 0' 5)" ]
    run hydra 3 -a five echo
    [ "$status" -eq 2 ]
    [ "$(grep -c 'mpiexec started 3 copies' <<< "$output")" -eq 1 ]
    run hydra 3 --mpi --nonsense
    [ "$status" -eq 2 ]
}

# Tasks that no signal but KILL reaches, in their own session and in the background; each says its number before it waits.
begin_stubborn() { # N
    local i
    : > pids
    for i in $(seq "$1"); do
        echo "setsid sh -c 'echo \$\$ >> pids; exec sleep 1000' & trap '' TERM HUP INT; echo \$\$ >> pids; sleep 1000; : $i"
    done > tasks
    mpirun -q --oversubscribe --bind-to none -n "$1" "$SMAP" --mpi -a tasks > out 2> err < /dev/null 3>&- &
    launcher=$!
    for ((i = 0; i < 3000; i++)); do
        [ "$(wc -l < pids)" -ge $(($1 * 2)) ] && break
        sleep 0.01
    done
    mapfile -t rank < <(pgrep -P $launcher -x smap)
}

all_gone() { # within ten seconds
    local i pid left
    for ((i = 0; i < 1000; i++)); do
        left=""
        for pid in "${rank[@]}" $(cat pids); do
            [ ! -e "/proc/$pid" ] || grep -q '^State:.Z' "/proc/$pid/status" 2> /dev/null || left="$left $pid"
        done
        [ -n "$left" ] || return 0
        sleep 0.01
    done
    echo "left:$left"
    return 1
}

@test "a killed rank takes everything along" {
    begin_stubborn 3
    kill -9 "${rank[2]}"
    all_gone
    status=0
    wait $launcher || status=$?
    [ "$status" -ne 0 ]
}

@test "a killed rank 0 takes everything along" {
    begin_stubborn 3
    kill -9 "${rank[0]}"
    all_gone
}

@test "a killed mpirun takes everything along" {
    begin_stubborn 3
    kill -9 $launcher
    all_gone
}

@test "mpirun on TERM takes everything along" {
    begin_stubborn 3
    kill -TERM $launcher
    all_gone
}

@test "a killed executor ends the run with status 3 and a message" {
    begin_stubborn 2
    kill -9 "$(pgrep -P "${rank[1]}" -f internal-executor)"
    all_gone
    status=0
    wait $launcher || status=$?
    [ "$status" -eq 3 ]
    grep -q "executor of rank [01] .* has ended" err
}
