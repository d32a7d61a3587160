#!/usr/bin/env bash
# journal: kills smap with SIGKILL at random instants, runs it again until it is done, and looks at what came out.
#
# usage: bash scripts/torture/journal.sh [KILLS]      SMAP=program  SEED=number  MPI_KILLS=number
#
# After every kill: the tasks are gone within 2 s, the journal is free; no task whose success it has is started again, and no more run again than
# were in flight: with --procs one a slot. Over MPI what rank 0 has handed out may have been started, its result not yet have come to the journal: two
# batches a slot, of 10 ms each, which is ten of these tasks at most. At the end of every job: the output is byte for byte that of an undisturbed
# run. With MPI the victims are rank 0, another rank, and mpirun.
# The same SEED gives the same jobs and delays; the instants are as exact as the machine is. Prints what was wrong; status 0 if nothing was.
# shellcheck disable=SC2016 # text for the shells of the tasks
set -u
cd "$(dirname "$0")/../.." || exit 2
kills=${1:-300}
mpi_kills=${MPI_KILLS:-40}
smap=$(realpath "${SMAP:-smap}")
RANDOM=${SEED:=$(($(date +%s) % 32768))}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export LC_ALL=C
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader
wrong=0 done_kills=0 jobs=0 again=0 hangs=0
token=torture-$$-$SEED
# What killed ones leave is no other's affair; and nobody waits long for a name server.
export OMPI_MCA_orte_tmpdir_base=$work/session RES_OPTIONS=timeout:1

complain() {
    echo "WRONG (seed $SEED, kill $done_kills): $*"
    wrong=$((wrong + 1))
}

# Every task leaves its number in `started` when it starts. The word behind it is there to be found by it.
small='echo {} >> started; echo "result of {}"; [ {} != 7 ] || exit 3; : '$token
large='echo {} >> started; yes {} | head -c 800000; : '$token
mixed='echo {} >> started; yes {} | head -c $(({} % 5 * {} % 7 * 9000)); echo "{}" >&2; : '$token

# Sets command, tasks, slots, window (ms in which the kill may come).
choose_job() {
    case $((RANDOM % 3)) in
        0) command=$small tasks=200 window=300 ;;
        1) command=$large tasks=40 window=300 ;;
        2) command=$mixed tasks=60 window=200 ;;
    esac
    slots=$((1 + RANDOM % 4))
}

truth() {
    mkdir truth
    (cd truth && seq "$tasks" > ../lines && : > started && "$smap" --procs 2 -a ../lines -o ../wanted "$command" 2> /dev/null)
    rm -r truth
}

survivors() {
    pgrep -f "$token" | grep -vx $$ | head -n 20
}

# Tasks have 2 s; ranks, whose command line is as long, may need 10 s to notice that mpirun has gone.
wait_for_silence() {
    local tries=20
    [ "$backend" != mpi ] || tries=100
    while [ -n "$(survivors)" ] && [ $tries -gt 0 ]; do
        sleep 0.1
        tries=$((tries - 1))
    done
    [ $tries -eq 0 ] || return 0
    complain "$backend: processes are alive long after the kill: $(survivors | tr '\n' ' ')"
    # shellcheck disable=SC2046 # one argument each
    kill -9 $(survivors) 2> /dev/null
}

nap() { # MILLISECONDS
    sleep "$(($1 / 1000)).$(printf %03d $(($1 % 1000)))"
}

# Is a process gone, or a zombie (of a parent that hangs)?
gone() { # PID
    local stat
    read -r stat 2> /dev/null < "/proc/$1/stat" || return 0
    case ${stat##*) } in Z*) return 0 ;; esac
    return 1
}

# Waits for the end of smap, or mpirun. Open MPI 4.1.4 with PMIx 4.2.2 may deadlock in mpirun's own finalization when a rank dies while it
# starts: as long as no rank is left, that is not smap's doing; it is counted, not held against it.
wait_for_end() {
    local child left=none until=$((SECONDS + 20))
    while ! gone "$pid"; do
        if [ $SECONDS -ge $until ]; then
            for child in $(pgrep -P "$pid"); do
                gone "$child" || left="process $child: $(tr '\0' ' ' < "/proc/$child/cmdline")"
            done
            if [ "$backend" = mpi ] && [ "$left" = none ]; then
                hangs=$((hangs + 1))
            else
                complain "$backend: hangs after the kill; left: $left"
            fi
            kill -9 "$pid" 2> /dev/null
            return
        fi
        sleep 0.02
    done
}

# What a backend's smap is; then whom to kill.
start_procs() {
    flight=$slots
    "$smap" --procs "$slots" --journal j -a lines -o out "$command" > log 2>&1 < /dev/null &
    pid=$!
}

start_serial() {
    slots=1 flight=1
    "$smap" --serial --journal j -a lines -o out "$command" > log 2>&1 < /dev/null &
    pid=$!
}

start_mpi() {
    slots=3 flight=$((3 * 2 * 10))
    mpirun -q -n 3 --oversubscribe --bind-to none "$smap" --mpi --journal j -a lines -o out "$command" > log 2>&1 < /dev/null &
    pid=$!
}

victim() {
    local ranks
    victim=$pid
    [ "$backend" = mpi ] || return 0
    mapfile -t ranks < <(pgrep -P "$pid")
    case $((RANDOM % 3)) in
        0) victim=${ranks[0]:-$pid} ;;
        1) victim=${ranks[1]:-$pid} ;;
    esac
}

# The tasks whose success is in the journal: they are not to run again.
note_recorded() {
    : > log.recorded
    [ ! -s j ] || "$smap" --from j --joblog log.recorded > /dev/null 2>&1
    awk -F '\t' 'NR > 1 && $7 == 0 && $8 == 0 { print $1 }' log.recorded | sort > recorded
}

check_started() { # LINES-BEFORE
    local twice
    twice=$(tail -n +$(($1 + 1)) started | sort | comm -12 - recorded | head -n 5 | tr '\n' ' ')
    [ -z "$twice" ] || complain "$backend: the journal had these, and they were started again: $twice"
}

# A run that is killed, or ends before: status in $status, killed or not in $killed.
disturbed_run() {
    local delay=$((RANDOM % window)) before before_hangs=$hangs
    before=$(wc -l < started)
    note_recorded
    "start_$backend"
    [ "$backend" != mpi ] || delay=$((delay * 2))
    nap $delay
    victim
    killed=no
    if kill -9 "$victim" 2> /dev/null; then killed=yes; fi
    local since=$SECONDS
    { wait_for_end; } 2> /dev/null # bash tells of what was killed
    wait "$pid" 2> /dev/null
    status=$?
    [ $((SECONDS - since)) -le 10 ] || [ $hangs != $before_hangs ] || complain "$backend: $((SECONDS - since)) s until the end after the kill"
    case $status in
        0 | 1) killed=no ;; # it was faster
    esac
    if [ $killed = yes ]; then
        done_kills=$((done_kills + 1))
        wait_for_silence
    fi
    check_started "$before"
    [ $killed = yes ] || return 0
    started=$(wc -l < started)
    [ $((started - before)) -le "$tasks" ] || complain "$backend: more tasks started than there are"
}

check_job() { # KILLS
    local runs
    [ "$status" = "$(if grep -q 'exit 3' <<< "$command"; then echo 1; else echo 0; fi)" ] || {
        complain "$backend: status $status"
        head -n 5 log
    }
    cmp -s wanted out || complain "$backend: the output differs: $(cmp wanted out 2>&1)"
    runs=$(wc -l < started)
    # A task that fails runs in every run until it has the last word.
    [ "$command" != "$small" ] || runs=$((runs - $(grep -cx 7 started) + 1))
    again=$((again + runs - tasks))
    [ "$runs" -le $((tasks + $1 * flight)) ] || complain "$backend: $((runs - tasks)) tasks ran again for $1 kills of $slots slots"
}

one_job() { # BACKEND
    local mine=0
    backend=$1
    choose_job
    rm -rf "$work/job"
    mkdir "$work/job"
    cd "$work/job" || exit 2
    truth
    : > started
    while :; do
        disturbed_run
        if [ $killed = yes ]; then mine=$((mine + 1)); fi
        case $status in
            0 | 1 | 2 | 3) break ;;
        esac
        # Long enough: let it come to its end.
        [ $mine -lt 12 ] || window=60000
    done
    check_job $mine
    jobs=$((jobs + 1))
    cd / || exit 2
}

campaign() { # KILLS BACKEND...
    local until=$((done_kills + $1))
    shift
    while [ $done_kills -lt $until ] && [ $wrong -lt 10 ]; do
        one_job "${@:1+RANDOM%$#:1}"
    done
}

echo "seed $SEED"
campaign "$kills" procs procs serial
if [ "$mpi_kills" -gt 0 ] && [ -e "$(dirname "$smap")/smap-mpi.so" ] && command -v mpirun > /dev/null; then
    campaign "$mpi_kills" mpi
fi
echo "$done_kills kills in $jobs jobs, $again tasks run again, $hangs times mpirun itself hung, $wrong wrong"
[ $wrong -eq 0 ]
