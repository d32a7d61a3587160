#!/usr/bin/env bats
# Failing tasks: how they are reported, and the exit status.
load helper

@test "every task succeeded: 0 and not a word" {
    given 'a\nb\n'
    expect 0 true {}
    stdout ''
    stderr ''
}

@test "a failing task is reported, the run goes on: 1" {
    given 'a\nb\nc\n'
    expect 1 sh -c 'echo $1; test $1 != b' sh {}
    stdout 'a\nb\nc\n'
    stderr 'smap: task 2 (b) failed: exit status 1 (slot N, T s)
smap: 3 tasks: 2 succeeded, 1 failed; TIMES
'
}

@test "the report has the last line of the task's stderr" {
    given 'a\n'
    expect 1 sh -c 'echo one >&2; echo two >&2; exit 9' sh {}
    stderr 'one\ntwo\nsmap: task 1 (a) failed: exit status 9 (slot N, T s): two\nsmap: 1 task: 0 succeeded, 1 failed; TIMES\n'
    expect 1 sh -c 'printf "no newline" >&2; exit 9' sh {}
    stderr_has 'failed: exit status 9 (slot N, T s): no newline'
}

@test "reports stand in the order of the tasks" {
    given '3\n1\n2\n'
    expect 1 'sleep 0.0{}; echo e{} >&2; exit {}'
    stderr 'e3
smap: task 1 (3) failed: exit status 3 (slot N, T s): e3
e1
smap: task 2 (1) failed: exit status 1 (slot N, T s): e1
e2
smap: task 3 (2) failed: exit status 2 (slot N, T s): e2
smap: 3 tasks: 0 succeeded, 3 failed; TIMES
'
}

@test "death by a signal is named" {
    given 'KILL\nSEGV\nTERM\nPIPE\n'
    expect 1 'kill -{} $$'
    stderr_has 'task 1 (KILL) failed: signal 9' 'task 2 (SEGV) failed: signal 11' 'task 3 (TERM) failed: signal 15' \
        'task 4 (PIPE) failed: signal 13'
}

@test "long and hostile inputs are shortened and escaped in reports" {
    given '\033[31mred\a\r\n'
    expect 1 false
    no grep -q $'\033' "$runs/$first/err"
    stderr_has '(\x1B[31mred\x07\r)'
    given < <(head -c 5000 /dev/zero | tr '\0' x; echo)
    expect 1 false
    [ "$(wc -c < "$runs/$first/err")" -lt 400 ]
    stderr_has ...
    given 'a\nb\0'
    expect 1 -0 false
    [ "$(wc -l < "$runs/$first/err")" -eq 2 ]
}

@test "many failures are all told, the status stays 1" {
    given < <(seq 300)
    BACKENDS=${BACKENDS:-"serial procs3"} expect 1 false
    [ "$(grep -c '^smap: task [0-9]* ([0-9]*) failed: exit status 1 (slot N, T s)$' "$runs/$first/err")" -eq 300 ]
}

@test "a shell line that does not parse fails its task" {
    given 'a\n'
    expect 1 'echo {} | ('
    stderr_has 'task 1 (a) failed: exit status 2'
}

@test "no task list is ever cut: a failing producer is not smap's, a failing read is" {
    expect_sh 0 '{ echo a; false; } | smap echo {}'
    stdout 'a\n'
}

@test "a task that leaves a process holding its output does not hang smap" {
    given 'a\n'
    expect 0 --linger 0.2 'sleep 15 & echo {}'
    stdout 'a\n'
    stderr_has 'task 1'
}
