#!/usr/bin/env bats
# Nothing survives smap, however it is killed.
load helper

# Tasks write the numbers of their processes into files; after a kill each of these must be gone.
family='echo $$ > a.{#}
sleep 91 & echo $! > b.{#}
setsid sh -c "echo \$\$ > c.{#}; exec sleep 92" &
setsid sh -c "sleep 93 & echo \$! > d.{#}; env -i sleep 94 & echo \$! > e.{#}; wait" > /dev/null 2>&1 &
while [ ! -s c.{#} ] || [ ! -s e.{#} ]; do sleep 0.02; done
touch ready.{#}
trap "" TERM HUP INT
wait; sleep 95'

# Ended; whether init has collected it is not smap's business.
is_gone() { # PID
    ! grep -q '^State:.*[^Z] (' "/proc/$1/status" 2> /dev/null
}

# Within 2 s where nothing else keeps the machine busy; ranks need one of these to notice that mpirun was killed.
all_gone() { # FILE... with numbers
    local file
    for file; do
        for _ in $(seq 500); do
            ! is_gone "$(cat "$file")" || break
            sleep 0.02
        done
        is_gone "$(cat "$file")" || {
            echo "$file: $(cat "$file") is alive"
            return 1
        }
    done
}

await() { # FILE... to be there
    local file
    for file; do
        for _ in $(seq 500); do
            [ ! -e "$file" ] || break
            sleep 0.02
        done
        [ -e "$file" ]
    done
}

begin() { # BACKEND ARGUMENT...
    rm -f [a-e].[0-9] ready.*
    "$BATS_FILE_TMPDIR/bin/$1/smap" "${@:2}" > /dev/null 2>&1 3>&- &
    pid=$!
}

local_backends() {
    all_backends | tr ' ' '\n' | grep -v mpi
}

# The process below PID that was started with WORD.
child_with() { # PID WORD
    local p
    for p in $(cat /proc/[0-9]*/task/"$1"/children "/proc/$1/task/$1/children" 2> /dev/null); do
        tr '\0' '\n' < "/proc/$p/cmdline" 2> /dev/null | grep -qx -e "$2" || continue
        echo "$p"
        return
    done
    return 1
}

# Sets $guard to the guard of PID, as soon as there is one.
await_guard() { # PID
    for _ in $(seq 500); do
        ! guard=$(child_with "$1" --internal-guard 2> /dev/null) || return 0
        sleep 0.02
    done
    echo "no guard"
    return 1
}

# The process of rank NUMBER (else: of rank 0) below mpirun, whose process is PID.
rank_of() { # PID NUMBER
    local p
    for p in $(cat "/proc/$1/task/$1/children"); do
        tr '\0' '\n' < "/proc/$p/environ" | grep -qx "OMPI_COMM_WORLD_RANK=$(echo "$2" | sed "s/[^0-9]*//; s/^$/0/")" || continue
        echo "$p"
        return
    done
    return 1
}

@test "kill -9 of smap takes all tasks with it, and their children, in whatever group" {
    for backend in $(local_backends); do
        begin "$backend" "$family" ::: 1 2 3
        await ready.1
        await_guard "$pid"
        kill -9 "$pid"
        wait "$pid" || true
        all_gone [a-e].[0-9]
    done
}

# Filters take lines, and so may functions.
in_a_line() { # NUMBER
    printf '%s' "$family" | sed "s/{#}/$1/g" | tr '\n' ';' | sed 's/&;/\& /g'
}

@test "functions, what they start, and filters are gone with smap too" {
    for backend in $(local_backends); do
        # A function that runs in smap itself gives it no time for a guard before it has come back once.
        begin "$backend" --worker libc.so.6:system --signature 'int(const char *)' ::: 'sleep 0.1' "$(in_a_line 1)" "$(in_a_line 2)"
        await ready.1
        await_guard "$pid"
        kill -9 "$pid"
        wait "$pid" || true
        all_gone [a-e].[0-9]
        begin "$backend" --filter sh ::: "$(in_a_line 1)" "$(in_a_line 2)"
        await ready.1
        await_guard "$pid"
        kill -9 "$pid"
        wait "$pid" || true
        all_gone [a-e].[0-9]
    done
}

# Who comes from outside of a PID namespace has the group 0 in it, as places of the list have that are free.
@test "in a PID namespace the processes around smap are left alone" {
    unshare -pf --mount-proc true 2> /dev/null || skip "no PID namespace to be had"
    cat > inside <<- 'END'
	"$1" --procs 2 'touch ready.{}; [ {} = 1 ] || sleep 91' ::: 1 2 > /dev/null 2>&1 &
	until [ -e ready.2 ] && pgrep -x smap-guard > /dev/null; do sleep 0.02; done
	kill -9 $!
	wait $! 2> /dev/null
	while pgrep -x sleep > /dev/null || pgrep -r R,S,D -x smap-guard > /dev/null; do sleep 0.02; done
	echo alive
	END
    run timeout 30 unshare -pf --mount-proc sh -c 'sh inside "$1"; true' sh "$SMAP" 2> /dev/null
    echo "$output"
    [ "${output##*$'\n'}" = alive ]
}

@test "a guard that was killed is replaced" {
    begin procs2 "$family" ::: 1 2
    await ready.1 ready.2
    await_guard "$pid"
    kill -9 "$guard"
    for _ in $(seq 500); do
        another=$(child_with "$pid" --internal-guard 2> /dev/null) || another=$guard
        [ "$another" = "$guard" ] || break
        sleep 0.02
    done
    [ "$another" != "$guard" ]
    kill -9 "$pid"
    wait "$pid" || true
    all_gone [a-e].[0-9]
}

@test "smap without memory, or aborted, leaves nobody" {
    for signal in ABRT SEGV; do
        begin procs2 "$family" ::: 1 2
        await ready.1 ready.2
        await_guard "$pid"
        kill -$signal "$pid"
        wait "$pid" || true
        all_gone [a-e].[0-9]
    done
}

@test "no guard is left behind, and none is started for a short run" {
    "$SMAP" true ::: 1
    begin procs2 'until [ -e go ]; do sleep 0.02; done; : {}' ::: 1
    await_guard "$pid"
    touch go
    wait "$pid"
    is_gone "$guard"
}

@test "what a task left behind in the background outlives an orderly end" {
    "$SMAP" 'sleep 60 > /dev/null 2>&1 & echo $! > a.1; sleep 0.3' ::: 1
    no is_gone "$(cat a.1)"
    kill "$(cat a.1)"
}

@test "a rank's tasks are gone with it, and with its executor" {
    all_backends | grep -q mpi2 || skip "no MPI"
    for whom in executor rank0 rank1 both mpirun; do
        begin mpi2 "$family" ::: 1 2
        await ready.1 ready.2
        local rank executor
        rank=$(rank_of "$pid" "${whom#rank}")
        executor=$(child_with "$rank" --internal-executor)
        await_guard "$executor"
        case $whom in
            executor) kill -9 "$executor" ;;
            rank?) kill -9 "$rank" ;;
            both) kill -9 "$rank" "$executor" ;;
            mpirun) kill -9 "$pid" ;;
        esac
        wait "$pid" || true
        all_gone [a-e].[0-9]
    done
}
