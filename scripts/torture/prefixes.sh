#!/usr/bin/env bash
# prefixes: a resume must give the truth from every state in which a power failure can leave a journal.
#
# usage: bash scripts/torture/prefixes.sh [STATES]      SMAP=program  SEED=number
#
# The journal only grows, so what is on the disk is a part of it from its beginning, perhaps with zeros or old bytes behind. It is cut behind every
# write of the run that made it, at every 512th byte, at every byte of its last write, and at random; every other state has a tail of zeros or of noise.
# The output file appears by rename(2) at the end of a run: it is whole or not there. Prints what was wrong; status 0 if nothing was.
set -u
cd "$(dirname "$0")/../.." || exit 2
states=${1:-1200}
smap=$(realpath "${SMAP:-smap}")
RANDOM=${SEED:=$(($(date +%s) % 32768))}
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export LC_ALL=C
wrong=0 tried=0

# Short results, long ones in several records, one that fails, equal tasks, a filter's runs in the second journal.
cd "$work" || exit 2
printf '%s\n' 1 2 2 3 90000 x 4 5 200000 2 6 > lines
# shellcheck disable=SC2016 # text for the shells of the tasks
line='case {} in x) echo bad >&2; exit 4; esac; printf "%0{}d\n" 7'
seq 300 > numbers

resume() { # JOURNAL
    "$smap" --procs 2 --journal "$1" -a lines -o out "$line" 2> log
}

resume_filter() {
    "$smap" --procs 2 --journal "$1" --filter cat -a numbers -o out 2> log
}

# The journal of two sessions, the first of them cut, so that the second one's records follow a repaired end.
make_journals() {
    resume first
    mv out wanted.resume
    truncate -s $(($(stat -c %s first) * 2 / 3)) first
    if command -v strace > /dev/null; then
        strace -f -e trace=pwrite64 -o writes "$smap" --procs 2 --journal first -a lines -o out "$line" 2> log
    else
        resume first
    fi
    resume_filter second
    mv out wanted.resume_filter
}

# Ends of the writes, from strace's `pwrite64(3, "..."..., LENGTH, OFFSET) = N`.
ends_of_writes() {
    [ -e writes ] || return 0
    sed -nE 's/.*pwrite64\(.*, ([0-9]+), ([0-9]+)\) += [0-9]+$/\1 \2/p' writes | while read -r len at; do echo $((at + len)); done
}

cuts() { # JOURNAL
    local size
    size=$(stat -c %s "$1")
    {
        [ "$1" != first ] || ends_of_writes
        seq 0 512 "$size"
        seq $((size > 500 ? size - 500 : 0)) "$size"
        for _ in {1..100}; do echo $((RANDOM * 32768 % size + RANDOM % 512)); done
    } | awk -v size="$size" '$1 <= size' | sort -un
}

tail_of() { # KIND
    case $1 in
        1) head -c 700 /dev/zero ;;
        2) tail -c 700 second ;;
    esac
}

try() { # COMMAND JOURNAL CUT
    tried=$((tried + 1))
    rm -f j out
    head -c "$3" "$2" > j
    chmod 600 j
    # Zeros behind nothing at all are no journal that was ever synced.
    [ "$3" -lt 40 ] || tail_of $((tried % 3)) >> j
    "$1" j
    if cmp -s "wanted.$1" out; then return; fi
    echo "WRONG (seed $SEED): $2 cut at $3, tail $((tried % 3)): $(cmp "wanted.$1" out 2>&1) $(head -n 3 log)"
    wrong=$((wrong + 1))
}

make_journals
echo "seed $SEED"
{
    cuts first | sed 's/^/resume first /'
    cuts second | sed 's/^/resume_filter second /'
} > all
shuf -n "$states" --random-source=<(yes "$SEED") all > chosen
while read -r command journal cut && [ $wrong -lt 10 ]; do
    try "$command" "$journal" "$cut"
done < chosen
echo "$tried of $(wc -l < all) states, $wrong wrong"
[ $wrong -eq 0 ]
