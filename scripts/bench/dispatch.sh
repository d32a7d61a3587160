#!/bin/sh
# dispatch: what starting a process per task costs, beside xargs and GNU parallel; medians of 5, taken in turns.
cd "$(dirname "$0")/../.." || exit 2
SMAP=$(realpath "${SMAP:-smap}")
tasks=${TASKS:-5000}
few=$((tasks / 5))
jobs=$(nproc)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# Runs COMMAND and adds its wall time in us to NAME's figures.
measure() { # NAME COMMAND...
    name=$1
    shift
    begin=$(date +%s%N)
    "$@" > /dev/null || return 1
    echo $((($(date +%s%N) - begin) / 1000)) >> "$work/$name"
}

median() { # NAME
    sort -n "$work/$1" | sed -n 3p
}

many() {
    seq "$tasks" > "$work/tasks"
    for _ in 1 2 3 4 5; do
        measure smap "$SMAP" --procs "$jobs" -a "$work/tasks" /bin/true
        measure xargs xargs -a "$work/tasks" -P "$jobs" -n 1 /bin/true
        # A fifth of the tasks will do: it is the slowest by far.
        ! command -v parallel > /dev/null || measure parallel sh -c "head -n $few $work/tasks | parallel -j $jobs /bin/true"
    done
    echo "$tasks times /bin/true, $jobs at a time, tasks a second:"
    echo "  smap          $((tasks * 1000000 / $(median smap)))"
    echo "  xargs         $((tasks * 1000000 / $(median xargs)))"
    [ ! -e "$work/parallel" ] || echo "  GNU parallel  $((few * 1000000 / $(median parallel)))"
}

one() {
    for name in smap xargs; do
        program=$SMAP
        [ $name = smap ] || program="xargs"
        for _ in 1 2 3 4 5; do
            # shellcheck disable=SC2016 # the inner shell expands
            measure "$name.one" sh -c 'for i in $(seq 20); do echo x | "$0" true; done' "$program"
        done
    done
    echo "one task, start to end, us:"
    echo "  smap          $(($(median smap.one) / 20))"
    echo "  xargs         $(($(median xargs.one) / 20))"
}

many
one
