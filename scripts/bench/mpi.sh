#!/bin/sh
# mpi: commands over MPI, beside the same on this machine and beside a program that sends one command a message; medians of RUNS (5), taken in turns.
# Then what a message and waiting cost, and what large tasks and results cost in memory. `mpi.sh rate|message|idle|large` does one of them.
# shellcheck disable=SC2086 # the options of mpirun are meant to be split
cd "$(dirname "$0")/../.." || exit 2
SMAP=$(realpath "${SMAP:-smap}")
tasks=${TASKS:-3000}
runs=${RUNS:-5}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
mpirun="mpirun -q --oversubscribe --bind-to none"

if ! command -v mpirun > /dev/null || [ ! -e "$(dirname "$SMAP")/smap-mpi.so" ]; then
    echo "no MPI here"
    exit 0
fi

# Wall time in us and CPU time in ms of COMMAND, kept under NAME. The shell's `times` counts ended children.
measure() { # NAME COMMAND...
    name=$1
    shift
    begin=$(date +%s%N)
    sh -c '"$@" > /dev/null; times' sh "$@" 2> /dev/null | awk 'END {
        for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); cpu += t[1] * 60 + t[2] }
        print cpu * 1000 }' >> "$work/$name.cpu"
    echo $((($(date +%s%N) - begin) / 1000)) >> "$work/$name.us"
}

median() { # FILE
    sort -n "$work/$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

show() { # NAME LABEL
    awk -v label="$2" -v us="$(median "$1.us")" -v cpu="$(median "$1.cpu")" -v start="$(median "$3.us")" -v n="$tasks" 'BEGIN {
        printf "  %-44s %6.0f a second, %6.0f without start and end, CPU %5.2f s\n", label, n / us * 1e6, n / (us - start) * 1e6, cpu / 1000 }'
}

rate() {
    mpicc -O2 -o "$work/glost_like" scripts/bench/glost_like.c || return 1
    seq "$tasks" > "$work/tasks"
    sed 's,^,/bin/true ,' "$work/tasks" > "$work/commands"
    : > "$work/none"
    for _ in $(seq "$runs"); do
        measure procs "$SMAP" --procs 3 -a "$work/tasks" /bin/true
        measure smap $mpirun -n 3 "$SMAP" --mpi -a "$work/tasks" /bin/true
        measure glost3 $mpirun -n 3 "$work/glost_like" "$work/commands"
        measure glost4 $mpirun -n 4 "$work/glost_like" "$work/commands"
        measure local0 "$SMAP" --procs 3 -a "$work/none" /bin/true
        measure smap0 $mpirun -n 3 "$SMAP" --mpi -a "$work/none" /bin/true
        measure glost0 $mpirun -n 4 "$work/glost_like" "$work/none"
    done
    echo "$tasks times /bin/true, $(nproc) CPUs:"
    show procs "smap --procs 3" local0
    show smap "mpirun -n 3 smap --mpi" smap0
    show glost3 "mpirun -n 3, one command a message" glost0
    show glost4 "mpirun -n 4, one command a message" glost0
}

# What mpi_scaling.py starts from: the bare message, and all that rank 0 does for a batch and for a task in it.
message() {
    mpicc -O2 -o "$work/ping" scripts/bench/glost_like.c && ${CC:-cc} -O2 -Isrc -shared -fPIC -o "$work/square.so" scripts/bench/square.c || return 1
    seq 2000000 > "$work/in"
    for _ in $(seq "$runs"); do
        $mpirun -n 2 "$work/ping" -p 100000 >> "$work/memory"
        OMPI_MCA_btl=self,tcp $mpirun -n 2 "$work/ping" -p 20000 >> "$work/tcp"
        for chunk in 100 10000; do
            $mpirun -n 1 bash -c 'TIMEFORMAT="%U %S"; time "$@" 2>&1' sh "$SMAP" --mpi --dedicated-master --chunk $chunk \
                --worker "$work/square.so:square" -a "$work/in" -o "$work/out" : -n 2 "$SMAP" --mpi true 2>&1 |
                awk '{ print ($1 + $2) * 1e6 }' >> "$work/chunk$chunk"
        done
    done
    echo "a request and its answer: $(median memory) us by shared memory, $(median tcp) us by TCP"
    awk -v few="$(median chunk10000)" -v many="$(median chunk100)" 'BEGIN {
        batch = (many - few) / (2000000 / 100 - 2000000 / 10000)
        printf "CPU of rank 0: %.1f us a batch with its answer, %.3f us a task at most\n", batch, few / 2000000 }'
}

# User and system time of a process and its ended children, in clock ticks.
ticks() { # PID...
    for pid; do cat "/proc/$pid/stat"; done 2> /dev/null | sed 's/.*) //' | awk '{ n += $12 + $13 } END { print n + 0 }'
}

# Ranks and executors, from the first second of the task to its ninth.
idle() {
    $mpirun -n 4 "$SMAP" --mpi 'sleep {}' ::: 10 > "$work/out" &
    launcher=$!
    sleep 1.5
    ranks=$(pgrep -P $launcher)
    all="$ranks $(for r in $ranks; do pgrep -P "$r"; done)"
    before=$(ticks $all)
    sleep 8
    after=$(ticks $all)
    wait $launcher
    awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" -v n="$(echo $all | wc -w)" 'BEGIN {
        printf "4 ranks and one task that sleeps: %.2f%% of a CPU, all %d processes of smap together\n", t / hz / 8 * 100, n }'
}

# The highest peak of ranks and executors while COMMAND runs, in MB.
peak() { # COMMAND...
    "$@" &
    launcher=$!
    highest=0
    while kill -0 $launcher 2> /dev/null; do
        ranks=$(pgrep -P $launcher)
        for pid in $ranks $(for r in $ranks; do pgrep -P "$r" -f internal-executor; done); do
            kb=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2> /dev/null)
            [ "${kb:-0}" -le $highest ] || highest=$kb
        done
        sleep 0.02
    done
    echo $((highest / 1024))
}

large() {
    { head -c 10000000 /dev/zero | tr '\0' x; echo; } > "$work/long"
    task=$(peak $mpirun -n 3 "$SMAP" --mpi -a "$work/long" --stdin -o "$work/out" 'cat; sleep 0.3')
    head -c 10000000 "$work/long" | cmp - "$work/out" && echo "a task of 10 MB through 3 ranks: exact, the largest process of smap peaks at $task MB"
    result=$(peak $mpirun -n 3 "$SMAP" --mpi -o "$work/out" 'head -c {} /dev/zero' ::: 1000 500000000 1000)
    [ "$(wc -c < "$work/out")" -eq 500002000 ] && echo "a result of 500 MB through 3 ranks: exact, the largest process of smap peaks at $result MB"
}

case ${1:-all} in
    all) rate && message && idle && large ;;
    *) "$1" ;;
esac
