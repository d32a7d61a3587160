#!/usr/bin/env bats
# Backends: how many run at once, and that the others wait.
load helper

# Passes once all of N tasks run at the same time.
together() { # N SMAP-ARGUMENT...
    local n=$1
    shift
    mkdir -p met
    seq "$n" | timeout 20 "$SMAP" "$@" 'mkdir met/{}; until [ "$(ls met | wc -l)" -ge '"$n"' ]; do sleep 0.01; done; echo {}' > out
    diff out <(seq "$n")
    rm -r met
}

# The largest number of tasks seen at once.
at_once() {
    seq 12 | "$SMAP" "$@" 'mkdir run.{#}; ls -d run.* | wc -l; sleep 0.03; rmdir run.{#}' | sort -n | tail -n 1
}

@test "--procs N runs N at a time, by each of its names" {
    together 3 --procs 3
    together 4 -P 4
    together 2 -j 2
    together 2 --jobs 2
    together 3 --jobs=3
}

@test "never more than N run at once" {
    [ "$(at_once --serial)" -eq 1 ]
    [ "$(at_once --procs 1)" -eq 1 ]
    [ "$(at_once --procs 2)" -le 2 ]
    [ "$(at_once)" -eq 1 ]
}

@test "--procs auto follows the affinity mask" {
    command -v taskset > /dev/null || skip "no taskset here"
    [ "$(taskset -c 0 "$SMAP" --procs auto echo {%} ::: 1 2 3 4 | sort -u)" = 1 ]
    [ "$("$SMAP" --procs auto echo {%} ::: $(seq 20) | sort -u | wc -l)" -le "$(nproc)" ]
}

@test "--procs N% and 0" {
    together 8 --procs 0
    "$SMAP" --procs 50% echo {} ::: 1 2 > out
    diff out <(printf '1\n2\n')
    "$SMAP" --procs 400% echo {} ::: 1 2 > out
    diff out <(printf '1\n2\n')
}

@test "slots are numbered from 1 and reused" {
    [ "$("$SMAP" --procs 3 echo {%} ::: $(seq 30) | sort -u | grep -vc '^[123]$')" -eq 0 ]
}

@test "waiting costs nothing" {
    TIMEFORMAT='%U %S'
    { time "$SMAP" --procs 2 sleep 1.{} ::: 0 0 0 > /dev/null; } 2> cpu
    awk '{ exit !($1 + $2 < 0.1) }' cpu || { cat cpu; return 1; }
}

@test "few descriptors: fewer slots, the same results" {
    (ulimit -n 24; seq 200 | timeout 50 "$SMAP" --procs 50 echo {} > out 2> err)
    diff out <(seq 200)
    [ "$(grep -c 'the limit of 24 descriptors leaves room for 2 at a time, not 50' err)" -eq 1 ]
}

@test "too few descriptors for any task: failures, and an end" {
    for backend in --serial "--procs 4"; do
        (ulimit -n 9; timeout "$PATIENCE" "$SMAP" $backend echo ::: 1 2 3 4 5 > out 2> err) && status=0 || status=$?
        [ "$status" -eq 1 ]
        [ "$(grep -c 'not run: Too many open files' err)" -eq 5 ]
    done
}

@test "children that smap inherited are not its business" {
    timeout 20 sh -c 'sleep 0.1 & exec "$0" --procs 2 "sleep 0.2; echo {}" ::: 1 2 3' "$SMAP" > out
    diff out <(printf '1\n2\n3\n')
}

@test "SIGCHLD ignored by the caller, SIGPIPE too" {
    timeout 20 bash -c 'trap "" CHLD PIPE; exec "$0" --procs 2 sh -c "exit \$1" sh ::: 0 1 0' "$SMAP" 2> err && status=0 || status=$?
    [ "$status" -eq 1 ]
    grep -q 'task 2 (1) failed: exit status 1' err
}

@test "a signal ends the run, smap dies by it, tasks are gone" {
    timeout 20 bash -c '"$0" --procs 2 sh -c "echo \$\$ >> pids; exec sleep 60" ::: 1 2 3 & p=$!
        until [ "$(wc -l < pids 2> /dev/null || echo 0)" -ge 2 ]; do sleep 0.01; done
        kill -TERM $p; wait $p; echo $?' "$SMAP" > out 2> err
    [ "$(tail -n 1 out)" -eq 143 ]
    for pid in $(cat pids); do no kill -0 "$pid" 2> /dev/null; done
}
