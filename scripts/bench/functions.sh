#!/bin/sh
# functions: what a task costs when it is a call or a line to a filter, beside a bare loop and Python's pools; medians of 5, taken in turns.
cd "$(dirname "$0")/../.." || exit 2
SMAP=$(realpath "${SMAP:-smap}")
tasks=${TASKS:-20000000}
python=${PYTHON:-/usr/bin/python3}
here=scripts/bench
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

${CC:-cc} -O2 -Isrc -shared -fPIC -o "$work/square.so" "$here/square.c" || exit 1
${CC:-cc} -O2 -Isrc -DBARE -o "$work/bare" "$here/square.c" || exit 1

# Runs COMMAND and adds its wall time in us to NAME's figures.
measure() { # NAME COMMAND...
    name=$1
    shift
    begin=$(date +%s%N)
    "$@" > /dev/null || return 1
    echo $((($(date +%s%N) - begin) / 1000)) >> "$work/$name.us"
}

median() { # NAME
    sort -n "$work/$1.us" | sed -n 3p
}

# Tasks a second, and how many times that the rate BASE of WHAT is.
show() { # LABEL TASKS US [BASE WHAT]
    awk -v label="$1" -v n="$2" -v us="$3" -v base="${4:-0}" -v what="${5:-}" 'BEGIN {
        printf "  %-34s %10.0f a second", label, n / us * 1000000
        if (base) printf ", %s is %.2f times that", what, base / (n / us * 1000000)
        print "" }'
}

squares() {
    seq "$tasks" > "$work/in"
    head -n $((tasks / 10)) "$work/in" > "$work/tenth"
    head -n $((tasks / 100)) "$work/in" > "$work/hundredth"
    for _ in 1 2 3 4 5; do
        measure bare "$work/bare" "$work/in"
        measure procs "$SMAP" --procs 2 --worker "$work/square.so:square" -a "$work/in"
        measure serial "$SMAP" --serial --worker "$work/square.so:square" -a "$work/in"
    done
    rate=$((tasks * 1000000 / $(median procs)))
    what="smap --procs 2"
    echo "$tasks integers squared, in order:"
    show "smap --procs 2" "$tasks" "$(median procs)"
    show "smap --serial" "$tasks" "$(median serial)" $rate "$what"
    show "bare loop in one process" "$tasks" "$(median bare)" $rate "$what"
    pool pool multiprocessing "multiprocessing.Pool.map, best chunk" tenth "$python"
    pool joblib joblib "joblib.Parallel" hundredth "$python"
}

# A part of the tasks will do for these. COMMAND runs pools.py.
pool() { # KIND MODULE LABEL FILE COMMAND...
    kind=$1 label=$3 input=$work/$4
    "$python" -c "import $2" 2> /dev/null || { echo "  $label: left out, $python has no module $2"; return; }
    shift 4
    for _ in 1 2 3 4 5; do
        "$@" "$here/pools.py" "$kind" "$input" 2> "$work/said" > /dev/null || { echo "  $label: left out, it failed: $(tail -n 1 "$work/said")"; return; }
        grep -E '^[0-9.]+$' "$work/said" >> "$work/$kind.s"
    done
    us=$(sort -n "$work/$kind.s" | awk 'NR == 3 { printf "%d", $1 * 1000000 }')
    show "$label" "$(wc -l < "$input")" "$us" "$rate" "$what"
}

over_mpi() {
    if ! command -v mpirun > /dev/null || [ ! -e "$(dirname "$SMAP")/smap-mpi.so" ]; then
        echo "over MPI: left out, there is no mpirun, or no smap-mpi.so"
        return
    fi
    for _ in 1 2 3 4 5; do
        measure mpi mpirun -q -n 3 --oversubscribe --bind-to none "$SMAP" --mpi --worker "$work/square.so:square" -a "$work/in" -o "$work/out"
    done
    echo "the same over mpirun -n 3, start and end of mpirun included:"
    show "smap --mpi" "$tasks" "$(median mpi)"
    rate=$((tasks * 1000000 / $(median mpi)))
    what="smap --mpi"
    pool futures mpi4py.futures "mpi4py.futures, chunks of 1000" hundredth mpirun -q -n 3 --oversubscribe --bind-to none "$python" -m mpi4py.futures
    pool schwimmbad schwimmbad "schwimmbad.MPIPool" hundredth mpirun -q -n 3 --oversubscribe --bind-to none "$python"
}

short_work() {
    seq 200000 > "$work/short"
    for _ in 1 2 3 4 5; do
        measure spin1 "$SMAP" --serial --worker "$work/square.so:spin" -a "$work/short"
        measure spin2 "$SMAP" --procs 2 --worker "$work/square.so:spin" -a "$work/short"
    done
    awk -v one="$(median spin1)" -v two="$(median spin2)" \
        'BEGIN { printf "200000 tasks of %.1f us of work: --procs 2 is %.2f times as fast as --serial\n", one / 200000, one / two }'
}

filters() {
    head -n 10000000 "$work/in" > "$work/lines"
    head -n 1000000 "$work/in" > "$work/few"
    echo 'import sys
for line in sys.stdin: sys.stdout.write(line)' > "$work/echo.py"
    for _ in 1 2 3 4 5; do
        measure cat "$SMAP" --procs 2 --filter cat -a "$work/lines"
        measure alone sh -c "cat $work/few | $python -u $work/echo.py | cat"
        measure both sh -c "(head -n 500000 $work/few | $python -u $work/echo.py | cat) & (tail -n 500000 $work/few | $python -u $work/echo.py | cat) & wait"
        measure python "$SMAP" --procs 2 --filter "$python -u $work/echo.py" -a "$work/few"
    done
    echo "filters, --procs 2:"
    show "--filter cat" "$(wc -l < "$work/lines")" "$(median cat)"
    show "--filter 'python3 -u', echo" 1000000 "$(median python)"
    show "that script alone in a pipe" 1000000 "$(median alone)" $((1000000 * 1000000 / $(median python))) "the filter, with 2 slots,"
    show "two of it side by side" 1000000 "$(median both)" $((1000000 * 1000000 / $(median python))) "the filter"
}

crashes() {
    head -n 100000 "$work/in" > "$work/crashing"
    begin=$(date +%s%N)
    "$SMAP" --procs 2 --max-worker-crashes 2000 --worker "$work/square.so:crashes" -a "$work/crashing" > "$work/out" 2> /dev/null
    end=$(date +%s%N)
    awk 'NR % 100 == 0 { print ""; next } { print }' "$work/crashing" | cmp -s - "$work/out" && right="all others right" || right="WRONG"
    awk -v ns=$((end - begin)) -v right="$right" 'BEGIN { printf "1000 crashes among 100000 tasks: %s, %.1f s\n", right, ns / 1e9 }'
}

memory() {
    if [ ! -x /usr/bin/time ]; then
        echo "memory: left out, there is no /usr/bin/time"
        return
    fi
    # Results that wait for a slot which was put off its processor are kept, up to --buffer: the second figure does not depend on that.
    for size in 64M 4M; do
        for _ in 1 2 3 4 5; do
            seq 50000000 | /usr/bin/time -a -o "$work/peak.$size" -f %M "$SMAP" --procs 2 --buffer $size --worker "$work/square.so:square" > /dev/null
        done
        echo "50000000 tasks from a pipe, --buffer $size: peak $(($(sort -n "$work/peak.$size" | sed -n 3p) / 1024)) MB, shared memory included"
    done
}

squares
over_mpi
short_work
filters
crashes
memory
