#!/usr/bin/env bash
# faults: whatever fails, smap gives the right results or says that it does not.
#
# usage: bash scripts/torture/faults.sh [INJECTIONS [SECONDS]]      SMAP=program  SEED=number  BUILD=build  ONLY=campaign
#
# System calls and allocations of smap that fail, descriptors closed or full, disks that fill, limits, readers that stall or leave, storms of
# signals, deaths of tasks, workers, the guard and smap. INJECTIONS of them, at random if there are more (3000; 0: all, half an hour), as many as fit into SECONDS. Each is one call of
# tests/torture/attempt.c, where the verdicts are explained; its words are printed when it is wrong, and do the same again.
set -u
cd "$(dirname "$0")/../.." || exit 2
wanted=${1:-3000} seconds=${2:-0}
BUILD=$(realpath "${BUILD:-build}")
SMAP=$(realpath "${SMAP:-smap}") NOMEM=$BUILD/torture/nomem.so
export SMAP NOMEM
attempt=$BUILD/torture/attempt
RANDOM=${SEED:=$(($(date +%s) % 32768))}
scratch=$(mktemp -d) || exit 2
trap 'umount "$scratch"/disk* 2> /dev/null; rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
export LC_ALL=C
ulimit -c 0

backends="serial procs" works="command shell function filter" sinks="stdout file journal"

skip() { # CAMPAIGN REASON
    echo "skipped: $1: $2"
}

configurations() {
    local b w s
    for b in $backends; do
        for w in $works; do
            for s in $sinks; do
                echo "backend=$b work=$w sink=$s"
            done
        done
    done
}

# What a call may say when it fails. Not here: close (strace would leave the descriptor open, the kernel does not), brk (whose failure is no error number).
errors_of() { # CALL
    case $1 in
        read | pread64) echo EIO EINTR EAGAIN ENOMEM ;;
        write | pwrite64 | writev) echo ENOSPC EIO EINTR EAGAIN EDQUOT ;;
        openat | open) echo EMFILE ENFILE ENOMEM EACCES EIO ENOSPC EINTR ;;
        fsync | fdatasync) echo EIO ENOSPC ;;
        ftruncate) echo ENOSPC EIO EINTR ;;
        vfork | clone | clone3) echo EAGAIN ENOMEM ;;
        pipe2 | socketpair | memfd_create | dup | dup2 | dup3) echo EMFILE ENFILE ENOMEM ;;
        pidfd_open) echo EMFILE ENFILE ENOMEM ENOSYS ;;
        fcntl) echo EMFILE ENOLCK EINTR ;;
        flock) echo EINTR ENOLCK EAGAIN ;;
        poll | ppoll) echo EINTR ENOMEM ;;
        wait4 | waitid) echo EINTR ECHILD ;;
        mmap | mremap | mprotect) echo ENOMEM ;;
        rename | renameat | renameat2 | link | linkat) echo EIO EACCES ENOSPC ;;
        fstat | newfstatat | stat | lstat | statx) echo EIO EACCES ENOMEM ;;
        lseek) echo EIO ;;
        getdents64) echo EIO ;;
        sendto) echo EAGAIN EPIPE ENOMEM ;;
        mkdir | mkdirat | unlink | unlinkat | fchmod | readlink | access | faccessat2) echo EACCES EIO ;;
        fallocate | copy_file_range | sendfile | splice) echo ENOSPC EIO EINTR ;;
        prlimit64 | getrlimit | setrlimit | sched_getaffinity | getrandom | uname | getcwd) echo EPERM ;;
    esac
}

calls() {
    local c call number error n first
    command -v strace > /dev/null || { skip calls "no strace here" >&3; return; }
    strace -qq -o /dev/null true 2> /dev/null || { skip calls "strace may not trace here" >&3; return; }
    configurations | while read -r c; do
        # shellcheck disable=SC2086 # words are wanted
        "$attempt" $c "trace=$scratch/log" > /dev/null 2>&1
        sed -nE 's/^([a-z0-9_]+)\(.* = .*/\1/p' "$scratch/log" | sort | uniq -c | while read -r number call; do
            first=1
            [ "$call" != mmap ] || first=2 # the first is the loader's, which then crashes
            for error in $(errors_of "$call"); do
                for ((n = first; n <= number; n++)); do
                    echo "$c trace=$call:error=$error:when=$n"
                done
                # For ever, but for what says "try again", and for writes: on stderr too nobody would hear of it.
                case $error:$call in
                    EINTR:* | EAGAIN:* | *:write) ;;
                    *) echo "$c trace=$call:error=$error:when=$((number / 2 + 1))+" ;;
                esac
            done
        done
    done
}

allocations() {
    local c n most
    configurations | while read -r c; do
        rm -f "$scratch/count"
        # shellcheck disable=SC2086 # words are wanted
        NOMEM_COUNT="$scratch/count" LD_PRELOAD='' "$attempt" $c nomem=1000000000 > /dev/null 2>&1
        most=$(cat "$scratch/count" 2> /dev/null || echo 200)
        for ((n = 1; n <= most; n++)); do
            echo "$c nomem=$n"
            echo "$c nomem=$n+"
        done
    done
}

descriptors() {
    local set which
    configurations | while read -r c; do
        for set in 0 1 2 01 02 12 012; do
            echo "$c close=$set"
        done
        for which in 1 2 12; do
            echo "$c full=$which"
            [ $which = 12 ] || echo "$c full=$which close=0"
        done
        echo "$c full=2 close=1"
        echo "$c full=1 close=2"
    done
}

limits() {
    local nobody=
    if [ "$(id -u)" -ne 0 ]; then
        skip "limits: nproc" "not root" >&3
    elif ! setpriv --reuid 65534 --clear-groups test -x "$SMAP" 2> /dev/null; then
        skip "limits: nproc" "other users do not reach $SMAP" >&3
    else
        nobody=yes
    fi
    configurations | while read -r c; do
        for n in 3 4 5 6 7 8 9 10 11 12 13 14 15 16 18 20 24; do echo "$c limit=nofile:$n"; done
        for n in 0 1 100 1000 4096 20000 100000; do echo "$c limit=fsize:$n"; done
        for n in 2 4 6 8 10 12 14 16 20 24 32 48 64; do echo "$c limit=as:$((n << 20))"; done
        for n in 32 64 128 256; do echo "$c limit=stack:$((n << 10))"; done
        if [ -n "$nobody" ]; then
            for n in 0 1 2 3 5 8; do echo "$c limit=nproc:$n user=65534"; done
        fi
    done
}

readers() {
    configurations | grep -v sink=file | while read -r c; do
        for how in stall slow nonblock; do
            echo "$c reader=$how pad=3000"
            echo "$c reader=$how tasks=200"
        done
        for n in 0 1 5 11 12 100 4096 5000 20000; do
            echo "$c reader=gone:$n pad=3000"
            echo "$c reader=gone:$n tasks=100"
        done
    done
}

# One that sleeps in smap itself would be woken by smap's signals: that one has more to do instead.
slow_functions() {
    sed '/procs/s/work=function/work=usleep/; /serial/s/work=function.*/& tasks=40000/'
}

storms() {
    configurations | slow_functions | while read -r c; do
        for signal in USR1 CHLD WINCH CONT URG; do
            echo "$c nap=10 storm=$signal:1000"
        done
        for us in 500 2000 9000; do
            echo "$c nap=10 stop=$us"
        done
    done
}

deaths() {
    configurations | slow_functions | sed 's/work=command/work=shell/' | while read -r c; do
        for _ in 1 2 3 4 5 6; do
            for who in task guard smap; do
                echo "$c nap=25 kill=$who:$((RANDOM % 250))"
            done
            for signal in INT TERM HUP; do
                echo "$c nap=25 signal=$signal:$((RANDOM % 250))"
            done
        done
    done
}

# A disk of its own for each, so that two may run at once: what is left on it is from nothing to more than is wanted.
disks() {
    local i=0 kib
    [ "$(id -u)" -eq 0 ] || { skip disks "not root" >&3; return; }
    for work in command filter; do
        for b in $backends; do
            for s in file journal stdout; do
                for kib in 0 4 8 12 16 20 24 28 32 36 40 48; do
                    i=$((i + 1))
                    mkdir "$scratch/disk$i"
                    if ! mount -t tmpfs -o size=$((kib + 24))k tmpfs "$scratch/disk$i" 2> /dev/null; then
                        skip disks "may not mount" >&3
                        return
                    fi
                    mkdir -m 777 "$scratch/disk$i/tmp"
                    echo "dir=$scratch/disk$i backend=$b work=$work sink=$s pad=3000"
                done
            done
        done
    done
}

campaigns="calls allocations descriptors limits readers storms deaths disks"
exec 3>&1
if grep -qs -e -fsanitize "$BUILD/flags"; then
    campaigns=${campaigns/allocations descriptors limits/descriptors}
    export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" # which needs ptrace for itself
    skip "allocations, limits" "the sanitizers have their own memory"
fi
for campaign in ${ONLY:-$campaigns}; do
    $campaign > "$scratch/$campaign"
    # Each campaign has its share; the two sweeps are by far the largest.
    case $campaign in calls) share=50 ;; allocations) share=20 ;; *) share=5 ;; esac
    [ "$wanted" -eq 0 ] || { shuf --random-source=<(yes "$SEED") -n $(((wanted * share + 99) / 100)) "$scratch/$campaign" > "$scratch/some"; mv "$scratch/some" "$scratch/$campaign"; }
    cat "$scratch/$campaign"
done | shuf --random-source=<(yes "$SEED") > "$scratch/list"

begun=$SECONDS
timeout --foreground "${seconds}s" xargs -P 2 -L 1 "$attempt" < "$scratch/list" > "$scratch/verdicts" 2> "$scratch/errors"
grep -A 2 '^WRONG' "$scratch/verdicts"
cat "$scratch/errors"
awk -v took=$((SECONDS - begun)) -v seed="$SEED" '
    function kind() {
        return /trace=/ ? "system calls" : /nomem=/ ? "allocations" : /close=|full=/ ? "descriptors" : /limit=/ ? "limits" : /reader=/ ? "readers" : \
            /storm=|stop=/ ? "storms" : /dir=/ ? "full disks" : "deaths and signals"
    }
    /^(RIGHT|LOUD|WRONG)/ { sub(":", "", $1); k = kind(); if (!(k in sum)) order[++kinds] = k; sum[k]++; n[$1]++; each[k, $1]++; all++ }
    END {
        for (i = 1; i <= kinds; i++) {
            k = order[i]
            printf "%-20s %5d: %5d right, %5d loud, %d wrong\n", k, sum[k], each[k, "RIGHT"], each[k, "LOUD"], each[k, "WRONG"]
        }
        printf "seed %d: %d injections in %d s: %d right, %d loud, %d wrong\n", seed, all, took, n["RIGHT"], n["LOUD"], n["WRONG"]
        exit n["WRONG"] > 0 || all == 0
    }' "$scratch/verdicts"
