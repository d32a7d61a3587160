#!/usr/bin/env bats
# Life and death of tasks: retries, time limits, halting, signals.
load helper

# Ended; whether init has collected it is not smap's business.
is_gone() { # PID
    ! grep -q '^State:.*[^Z] (' "/proc/$1/status" 2> /dev/null
}

# Whoever was sent KILL may still have to wait for a processor to die on.
ends() { # PID
    for _ in $(seq 500); do
        ! is_gone "$1" || return 0
        sleep 0.02
    done
    echo "process $1 is alive"
    return 1
}

# Stopped, so that it does nothing any more.
await_stop() { # PID
    for _ in $(seq 500); do
        ! grep -q '^State:.*T (stopped)' "/proc/$1/status" || return 0
        sleep 0.02
    done
    grep '^State:' "/proc/$1/status"
    return 1
}

@test "a failed task is tried again, and only the last attempt counts" {
    given '1\n2\n3\n4\n'
    expect 1 --retries 2 'echo out $SMAP_ATTEMPT; echo err $SMAP_ATTEMPT >&2; test $SMAP_ATTEMPT = {}'
    stdout 'out 1\nout 2\nout 3\nout 3\n'
    stderr_has 'err 1
err 2
err 3
err 3
smap: task 4 (4) failed after 3 attempts: exit status 1 (slot N, T s): err 3'
    [ "$(grep -c err "$runs/$first/err")" -eq 5 ]
}

@test "--retry-delay doubles, and other tasks do not wait for it" {
    given 'a\nb\nc\n'
    expect_each 0 --retries 3 --retry-delay 0.1 'test {} != a || test $SMAP_ATTEMPT = 4 || exit 1; date +%s%N > {}.end'
    for backend in $(all_backends); do
        local a b
        a=$(cat "$runs/$backend/files/a.end") b=$(cat "$runs/$backend/files/b.end")
        [ $((a - b)) -gt 500000000 ] && [ $((a - b)) -lt 5000000000 ]
    done
}

@test "a job that fails in every way gives the same everywhere" {
    given < <(for n in $(seq 10); do
        printf 'echo %s\nexit %s\nkill -9 $$\nkill -TERM $$\n' "$n" "$n"
        # shellcheck disable=SC2016 # for the tasks
        printf 'echo third %s; echo e >&2; test $SMAP_ATTEMPT = 3\n' "$n"
        printf '/nonexistent/command\n'
        [ "$n" -gt 2 ] || echo 'echo gone; echo late >&2; sleep 30' # three seconds each
    done)
    expect 1 --timeout 1 --retries 2
    [ "$(grep -c 'failed after 3 attempts: timed out' "$runs/$first/err")" -eq 2 ]
    [ "$(grep -c 'failed after 3 attempts: signal 9' "$runs/$first/err")" -eq 10 ]
    [ "$(grep -c 'failed after 3 attempts: signal 15' "$runs/$first/err")" -eq 10 ]
    [ "$(grep -c . "$runs/$first/out")" -eq 22 ]
}

@test "--timeout ends what stops itself, ignores TERM, or has children that do" {
    given < <(cat <<'TASKS'
kill -STOP $$
trap '' TERM; echo $$ > a; sleep 100; sleep 100
trap '' TERM; (trap '' TERM; exec sleep 100) & echo $! > b; kill -STOP $$; sleep 100
(trap '' TERM; exec sleep 100 > /dev/null 2>&1) & echo $! > c; sleep 100
echo fine
TASKS
    )
    expect_each 1 --timeout 0.7 --kill-after 0.3
    for backend in $(all_backends); do
        [ "$(cat "$runs/$backend/out")" = fine ]
        [ "$(grep -c 'timed out' "$runs/$backend/err")" -eq 4 ]
        for task in a b c; do
            ends "$(cat "$runs/$backend/files/$task")"
        done
    done
}

@test "a task that ends by itself in the grace time has timed out all the same" {
    given 'trap "echo bye; exit 0" TERM; sleep 100 & wait\n'
    expect 1 --timeout 0.7
    stdout 'bye\n'
    stderr_has 'failed: timed out'
}

@test "--timeout N% follows the median" {
    given '0.1\n0.1\n0.1\n0.1\n0.1\n0.1\n0.1\n0.1\n9\n0.1\n'
    expect_each 1 --timeout 400% sleep {}
    for backend in $(all_backends); do
        grep -q 'task 9 (9) failed: timed out' "$runs/$backend/err"
    done
}

@test "--halt soon lets run what runs" {
    # So many that no rank can have been sent all of them before the failure is known.
    given < <(echo exit 0; echo exit 1; yes 'exit 0' | head -n 500)
    expect_each 124 --halt soon,fail=1
    BACKENDS=serial expect 124 --halt 1 --summary
    stderr_has 'stopped by --halt' '2 tasks: 1 succeeded, 1 failed'
}

@test "--halt now ends what runs, which is not failed but cancelled" {
    given 'sleep 0.2; exit 7\nsleep 30\nsleep 30\nsleep 30\nsleep 30\n'
    expect_each 124 --halt now,fail=1
    for backend in $(all_backends); do
        [ "$(grep -c failed: "$runs/$backend/err")" -eq 1 ]
        grep -q 'task 1 (sleep 0.2; exit 7) failed: exit status 7' "$runs/$backend/err"
    done
}

@test "--halt success and done, and a halt with nothing left" {
    given < <(echo false; echo true; yes false | head -n 500)
    expect_each 124 --halt soon,success=1
    expect_each 124 --halt soon,done=2
    given 'true\nfalse\n'
    expect 1 --halt soon,fail=1
    expect 1 --halt soon,done=2
}

@test "--time-limit starts nothing that would not fit" {
    given 'sleep 0.2; echo {}\nsleep 0.2\nsleep 0.2\nsleep 0.2\nsleep 0.2\nsleep 0.2\nsleep 0.2\nsleep 0.2\nsleep 0.2\nsleep 0.2\n'
    BACKENDS="serial" expect 124 --time-limit 0.5
    stderr_has 'stopped at the time limit'
    SLURM_JOB_END_TIME=$(($(date +%s) + 2)) BACKENDS=serial expect 0 --time-limit 0
    given 'sleep 0.4\nsleep 0.4\nsleep 0.4\nsleep 0.4\nsleep 0.4\nsleep 0.4\nsleep 0.4\nsleep 0.4\n'
    SLURM_JOB_END_TIME=$(($(date +%s) + 2)) BACKENDS=serial expect 124
    given 'a\n'
    expect_each 0 --time-limit 60 echo
    SLURM_JOB_END_TIME=1 expect 0 echo
}

@test "--exit count and xargs" {
    given 'false\nfalse\ntrue\n'
    expect 2 --exit count
    expect 123 --exit xargs
    given 'exit 255\nfalse\n'
    expect 124 --exit xargs
    given 'kill -9 $$\nexit 255\n'
    expect 125 --exit xargs
    given < <(yes false | head -n 150)
    BACKENDS="serial procs3" expect 101 --exit count
    given 'true\n'
    expect 0 --exit count
}

@test "--delay keeps starts apart" {
    given '1\n2\n3\n4\n'
    expect_each 0 --delay 0.1 'date +%s%N > {}'
    for backend in $(all_backends); do
        # 0.3 s lie between the first start and the last; a busy machine may be late with the first one's date.
        [ $(($(cat "$runs/$backend/files/4") - $(cat "$runs/$backend/files/1"))) -gt 100000000 ]
    done
}

@test "--nice, --load and --memfree" {
    given 'nice\n'
    expect 0 --nice 7
    stdout "$(($(nice) + 7))\n"
    expect 0 --load 100000% --memfree 1K
    expect_sh 124 'smap --time-limit 0.5 --memfree 1000T echo'
    stdout ''
}

# Starts a run in the background on BACKEND: $pid is the program itself.
begin() { # BACKEND ARGUMENT...
    mkdir -p "$runs/$1"
    env --default-signal=INT "$BATS_FILE_TMPDIR/bin/$1/smap" "${@:2}" < "$input" > "$runs/$1/out" 2> "$runs/$1/err" 3>&- &
    pid=$!
}

await() { # FILE... to be there
    for file; do
        for _ in $(seq 500); do
            [ ! -e "$file" ] || break
            sleep 0.02
        done
        [ -e "$file" ]
    done
}

ended() { # STATUS
    local status=0
    wait "$pid" || status=$?
    [ $status = "$1" ] || {
        echo "status $status instead of $1"
        return 1
    }
}

# On this machine alone: what mpirun does with signals is its own.
local_backends() {
    all_backends | tr ' ' '\n' | grep -v mpi
}

@test "INT, TERM and HUP end the tasks, write what has ended, and are died of" {
    given 'echo done\necho $$ > new; mv new ready; exec sleep 77\n'
    for signal in INT:130 TERM:143 HUP:129; do
        for backend in $(local_backends); do
            rm -f ready
            begin "$backend" --summary
            await ready
            until [ -s "$runs/$backend/out" ]; do sleep 0.02; done
            kill -"${signal%:*}" "$pid"
            ended "${signal#*:}"
            [ "$(cat "$runs/$backend/out")" = done ]
            grep -q "stopped by signal .*, 1 task not done: with --journal" "$runs/$backend/err" ||
                grep -q "stopped by signal" "$runs/$backend/err"
            is_gone "$(cat ready)"
        done
    done
}

@test "Ctrl-C on a terminal: gone at once, the terminal as before, and how to go on" {
    command -v script > /dev/null || skip "no script(1)"
    cat > session <<'SESSION'
trap : INT
stty -a > before
"$PROGRAM" 'echo $$ > pid.{#}; echo one; sh -c "echo \$\$ > new.{#}; mv new.{#} child.{#}; exec sleep 66"; :' ::: 1 2 3
echo $? > status.new
stty -a > after
mv status.new status
SESSION
    for backend in $(local_backends); do
        rm -f before after status pid.* child.*
        export PROGRAM=$BATS_FILE_TMPDIR/bin/$backend/smap
        local began
        {
            await child.1
            date +%s%N > began
            printf '\003'
            await status
            date +%s%N > ended
        } | timeout -k 2 "$PATIENCE" script -qec 'exec sh ./session' /dev/null > screen 2>&1 3>&-
        began=$(cat began)
        [ $(($(cat ended) - began)) -lt 3000000000 ]
        [ "$(cat status)" = 130 ]
        cmp before after
        grep -q 'stopped by signal 2 (Interrupt), . tasks not done: with --journal FILE the same command could go on from here' screen
        for file in pid.* child.*; do
            no grep -q '^State:.*[^Z] (' "/proc/$(cat "$file")/status" 2> /dev/null
        done
    done
}

@test "a second signal kills at once" {
    given 'trap "" TERM; touch ready; while :; do sleep 0.1; done\n'
    for backend in $(local_backends); do
        rm -f ready
        begin "$backend" --kill-after 60
        await ready
        kill -TERM "$pid"
        sleep 0.3
        kill -0 "$pid"
        kill -TERM "$pid"
        ended 143
    done
}

@test "who ignores TERM is killed when the grace is over" {
    given 'trap "" TERM; touch ready; while :; do sleep 0.1; done\n'
    for backend in $(local_backends); do
        rm -f ready
        begin "$backend" --kill-after 0.3
        await ready
        kill -TERM "$pid"
        ended 143
    done
}

@test "TSTP stops the tasks with smap, CONT continues them, and the time does not count" {
    given 'echo $$ > $TICKS.task; until [ -e go ]; do echo >> $TICKS; touch $TICKS.ready; sleep 0.05; done\n'
    local -A pids before
    for backend in $(local_backends); do
        export TICKS=$BATS_TEST_TMPDIR/$backend
        begin "$backend" --timeout 3
        pids[$backend]=$pid
        await "$TICKS.ready"
        kill -TSTP "$pid"
    done
    for backend in "${!pids[@]}"; do
        await_stop "${pids[$backend]}"
        await_stop "$(cat "$BATS_TEST_TMPDIR/$backend.task")"
        before[$backend]=$(wc -l < "$BATS_TEST_TMPDIR/$backend")
    done
    sleep 3.2 # more than the limit
    touch go
    for backend in "${!pids[@]}"; do
        [ "$(wc -l < "$BATS_TEST_TMPDIR/$backend")" -eq "${before[$backend]}" ]
        pid=${pids[$backend]}
        kill -CONT "$pid"
        ended 0
    done
}

@test "USR1 lists what runs" {
    given 'touch ready; until [ -e go ]; do sleep 0.02; done\n'
    for backend in $(local_backends); do
        rm -f ready go
        begin "$backend"
        await ready
        kill -USR1 "$pid"
        for _ in $(seq 500); do
            ! grep -q ' runs for ' "$runs/$backend/err" || break
            sleep 0.02
        done
        touch go
        ended 0
        grep -q '^smap: 0 tasks have succeeded, 0 failed, 1 begun and not ended$' "$runs/$backend/err"
        grep -qE '^smap: task 1 \(touch ready; until .*\) runs for [0-9.]+ s \(slot 1, process [0-9]+\)$' "$runs/$backend/err"
    done
}

@test "what was ignored stays ignored, by smap and by its tasks" {
    # Not by way of a shell, which has its own mind about CHLD.
    given '/proc/self/status\n'
    export SMAP
    expect_sh 0 'trap "" HUP INT USR1; exec "$SMAP" grep -E "^Sig[IB]"'
    local ignored
    ignored=$(sed -n 's/SigIgn:\t*//p' "$runs/$first/out")
    [ $((0x$ignored & 1 << 9)) -ne 0 ]
    [ $((0x$ignored & 1)) -ne 0 ]
    [ $((0x$ignored & 1 << 12)) -eq 0 ]
    expect_sh 0 'env --ignore-signal=CHLD,PIPE --block-signal=USR2 "$SMAP" grep -E "^Sig[IB]"'
    ignored=$(sed -n 's/SigIgn:\t*//p' "$runs/$first/out")
    [ $((0x$ignored & 1 << 16)) -ne 0 ]
    [ $((0x$ignored & 1 << 12)) -ne 0 ]
    grep -q 'SigBlk:.*0800$' "$runs/$first/out"
}

@test "children that smap inherited are not its business" {
    given 'sleep 0.3\n'
    expect_sh 0 'sleep 0.1 & exec smap'
    stderr ''
}

@test "no process to be had: tasks wait, none is lost" {
    [ "$(id -u)" -eq 0 ] || skip "needs to become another user"
    command -v setpriv > /dev/null || skip "needs setpriv"
    setpriv --reuid 54321 --clear-groups test -x "$SMAP" || skip "other users do not reach $SMAP"
    given < <(seq 40)
    chmod 755 "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR" 2> /dev/null || true
    for limit in 3 5; do
        setpriv --reuid 54321 --clear-groups prlimit --nproc=$limit "$SMAP" -P 8 echo < "$input" > out 2> err || { cat err; false; }
        seq 40 | cmp - out
        [ ! -s err ] || { cat err; false; }
    done
}

@test "few descriptors: fewer slots, one warning, every task" {
    given < <(seq 40)
    export SMAP
    expect_sh 0 'ulimit -n 32; "$SMAP" -P 40 "sleep 0.02; echo"'
    seq 40 | cmp - "$runs/$first/out"
    [ "$(wc -l < "$runs/$first/err")" -eq 1 ]
}
