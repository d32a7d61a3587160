#!/bin/sh
# journal: what --journal costs, for calls of a function and for commands, and what opening a large one takes; medians of 5, taken in turns.
#
# Wall time is what counts; processor time, of all processes together, tells more on a machine that has other things to do.
cd "$(dirname "$0")/../.." || exit 2
SMAP=$(realpath "${SMAP:-smap}")
calls=${CALLS:-1000000}
commands=${COMMANDS:-5000}
records=${RECORDS:-10000000}
jobs=$(nproc)
[ -x /usr/bin/time ] || {
    echo "journal: no /usr/bin/time here"
    exit 0
}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

${CC:-cc} -O2 -Isrc -shared -fPIC -o "$work/square.so" scripts/bench/square.c || exit 1

# Runs smap TIMES times, each with a new journal where it has one, and adds to NAME's figures: seconds, processor seconds (of which there are
# only hundredths, hence several runs), KiB.
measure() { # NAME TIMES ARGUMENT...
    name=$1 n=$2
    shift 2
    # shellcheck disable=SC2016 # the inner shell expands
    /usr/bin/time -o "$work/time" -f '%e %U %S %M' sh -c 'j=$1 n=$2; shift 2; while [ "$n" -gt 0 ]; do rm -f "$j"; "$@" || exit 1; n=$((n - 1)); done' \
        sh "$work/j" "$n" "$SMAP" "$@" > /dev/null 2>> "$work/err" || { cat "$work/err"; exit 1; }
    awk '{ print $1, $2 + $3, $4 }' "$work/time" >> "$work/$name"
}

median() { # NAME FIELD
    cut -d ' ' -f "$2" "$work/$1" | sort -n | sed -n 3p
}

compare() { # LABEL TASKS NAME
    awk -v label="$1" -v n="$2" -v without="$(median "$3.without" 1)" -v with="$(median "$3.with" 1)" \
        -v cpu_without="$(median "$3.without" 2)" -v cpu_with="$(median "$3.with" 2)" 'BEGIN {
        printf "%s: %.0f a second without a journal, %.0f with one, which is %.2f times that", label, n / without, n / with, without / with
        printf " (by processor time %.2f)\n", cpu_without / cpu_with }'
}

functions() {
    seq "$calls" > "$work/in"
    for _ in 1 2 3 4 5; do
        measure calls.without 4 --procs 2 --worker "$work/square.so:square" -a "$work/in"
        measure calls.with 4 --procs 2 --journal "$work/j" --worker "$work/square.so:square" -a "$work/in"
    done
    compare "$calls calls of a function, --procs 2" $((4 * calls)) calls
}

processes() {
    seq "$commands" > "$work/in"
    for _ in 1 2 3 4 5; do
        measure commands.without 1 --procs "$jobs" -a "$work/in" echo
        measure commands.with 1 --procs "$jobs" --journal "$work/j" -a "$work/in" echo
    done
    compare "$commands commands, $jobs at a time" "$commands" commands
}

# Nothing is left to do but to read it; beside a journal of one task.
opening() {
    seq "$records" > "$work/in"
    head -n 1 "$work/in" > "$work/one"
    for input in one in; do
        rm -f "$work/journal"
        "$SMAP" --procs 2 --journal "$work/journal" --worker "$work/square.so:square" -a "$work/$input" > /dev/null || exit 1
        for _ in 1 2 3 4 5; do
            measure "open.$input" 1 --serial --journal "$work/journal" --worker "$work/square.so:square" -a /dev/null
        done
    done
    awk -v n="$records" -v s="$(median open.in 1)" -v cpu="$(median open.in 2)" -v kb="$(median open.in 3)" -v base="$(median open.one 3)" -v bytes="$(stat -c %s "$work/journal")" \
        'BEGIN { printf "a journal of %d records, %.0f MB: open in %.2f s (processor time %.2f s), %.1f bytes of memory a record\n",
            n, bytes / 1e6, s, cpu, (kb - base) * 1024 / n }'
}

functions
processes
opening
