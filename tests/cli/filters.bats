#!/usr/bin/env bats
# Filters: one process per slot, a record per task.
load helper

# The case runs on those of the given backends that are here.
only() { # BACKEND...
    BACKENDS=$(all_backends | tr ' ' '\n' | grep -xF -e "$(printf '%s\n' "$@")" | tr '\n' ' ')
    BACKENDS=${BACKENDS% }
    [ -n "$BACKENDS" ] || skip "only for $*"
}

@test "line k answers line k: 100 000 tasks" {
    seq 100000 > "$input"
    expect 0 --filter cat
    stdout < "$input"
    stderr ''
}

@test "a filter that answers at once, in a shell" {
    given '1\n2\n3\n'
    expect 0 --filter 'while read -r x; do echo "$((x * x))"; done'
    stdout '1\n4\n9\n'
    stderr ''
}

@test "filters that keep their output in a buffer are given more, and the end" {
    seq 20000 > "$input"
    expect 0 --filter 'sed s/^/x/'
    sed s/^/x/ "$input" | stdout
    expect 0 --filter "awk '{ print \$1 * 2 }'"
    awk '{ print $1 * 2 }' "$input" | stdout
    expect 0 --filter bc
    stdout < "$input"
    given 'one\n'
    expect 0 --filter 'tr a-z A-Z'
    stdout 'ONE\n'
}

@test "a filter that reads all before it answers" {
    seq 5000 > "$input"
    only serial procs1
    expect 0 --filter 'sort -n'
    stdout < "$input"
}

@test "python and jq" {
    command -v python3 > /dev/null || skip "no python3 here"
    given '1\n2\n3\n'
    expect 0 --filter 'python3 -u -c "
import sys
for line in sys.stdin: print(int(line) ** 2)"'
    stdout '1\n4\n9\n'
    command -v jq > /dev/null || skip "no jq here"
    given '{"a":1}\n{"a":[2]}\n'
    expect 0 --filter 'jq --unbuffered -c .a'
    stdout '1\n[2]\n'
}

@test "NUL records both ways" {
    given 'a\nb\0\0c\0'
    expect 0 -0 --filter cat
    stdout 'a\nb\0\0c\0'
}

@test "empty records, no last newline, no input" {
    given '\n\na'
    expect 0 --filter cat
    stdout '\n\na\n'
    given ''
    expect 0 --filter cat
    stdout ''
    stderr ''
}

@test "values as tasks; one that holds a newline cannot be a record" {
    expect 1 --filter cat ::: a 'b
c' d
    stdout 'a\n\nd\n'
    stderr_has 'task 2 (b\nc) failed: not run: the task holds the separator of records'
}

@test "the death of a filter fails the oldest unanswered task" {
    seq 9 > "$input"
    expect 1 --filter 'while read -r x; do [ $x != 3 ] || exit 4; [ $x != 6 ] || kill -9 $$; echo $x; done'
    stdout '1\n2\n\n4\n5\n\n7\n8\n9\n'
    stderr_has 'task 3 (3) failed: exit status 4: the filter has ended' 'task 6 (6) failed: signal 9 (Killed)' \
        '9 tasks: 7 succeeded, 2 failed'
}

@test "--fill is the record of a failed task" {
    given '1\n2\n'
    expect 1 --fill NA --filter 'while read -r x; do [ $x != 1 ] || exit 4; echo $x; done'
    stdout 'NA\n2\n'
}

@test "a filter that ends without an answer, status 0" {
    given 'a\n'
    expect 1 --filter true
    stdout '\n'
    stderr_has 'failed: exit status 1: the filter has ended (exit status 0) without an answer'
}

@test "half an answer is none" {
    given 'a\n'
    expect 1 --filter 'printf half'
    stdout '\n'
}

@test "what it prints on stderr" {
    given 'a\n'
    expect 0 --filter 'while read -r x; do echo "about $x" >&2; echo $x; done'
    stdout 'a\n'
    stderr 'about a\n'
    expect 1 --filter 'read x; echo "no $x" >&2; exit 3'
    stderr_has 'task 1 (a) failed: exit status 3: the filter has ended (slot N, T s): no a'
}

@test "more answers than tasks are an error" {
    given 'a\nb\n'
    only serial procs2
    expect_each 3 --filter 'while read -r x; do echo $x; echo $x; done'
    stderr_has 'was answered with more than one record'
    only serial procs2
    expect_each 3 --filter 'cat; echo more'
    stderr_has 'was answered with more than one record'
}

@test "a filter that cannot be run" {
    given 'a\n'
    expect 127 --filter nonesuch
    stderr 'smap: cannot run the filter nonesuch: No such file or directory\n'
    expect 126 --filter /etc/passwd
    expect 127 --shell /nonesuch --filter cat
    only serial procs2
    seq 50 > "$input"
    expect_each 3 --filter 'exec nonesuch "$x"'
    stderr_has 'cannot be run (exit status 127)'
}

@test "another attempt is not for a filter that was told the end" {
    given 'a\nb\nc\n'
    # The process that answers c reads the end of its input while b comes back, and takes its time to leave.
    expect 0 --retries 1 --filter 'while read -r x; do [ $x != b ] || ! mkdir seen 2> /dev/null || kill -KILL $$; echo $x; done; exec >&-; sleep 0.3'
    stdout 'a\nb\nc\n'
    stderr ''
}

@test "a record that takes too long" {
    given 'a\nb\nc\n'
    expect 1 --timeout 0.7 --filter 'while read -r x; do [ $x != b ] || sleep 60; echo $x; done'
    stdout 'a\n\nc\n'
    stderr_has 'task 2 (b) failed: timed out' '3 tasks: 2 succeeded, 1 failed'
}

@test "--max-worker-crashes ends a hopeless run" {
    seq 100 > "$input"
    expect_each 3 --max-worker-crashes 3 --filter 'read x; exit 5'
    stderr_has 'giving up: processes of the worker have ended 4 times in the middle of a task (--max-worker-crashes)'
}

@test "a large record comes whole" {
    { echo a; head -c 3000000 /dev/zero | tr '\0' x; printf '\nb\n'; } > "$input"
    expect 0 --filter cat
    stdout < "$input"
}

@test "the slot is in the environment, the task is not" {
    given 'a\n'
    SMAP_TASK=9 expect 0 --filter 'while read -r x; do echo ${SMAP_SLOT:+slot} $SMAP_TASK; done'
    stdout 'slot\n'
}

@test "| head ends the run" {
    only serial procs2
    expect_sh 0 'yes | smap --filter cat | head -n 2'
    stdout 'y\ny\n'
    stderr ''
}

@test "silence is asked about, but not after the last answer" {
    only serial
    given 'a\nb\n'
    expect 0 --filter 'cat; sleep 6'
    stdout 'a\nb\n'
    stderr ''
    expect 0 --filter 'read -r x; sleep 6; echo $x; cat'
    stderr_has ': no answer for 5 s, 2 tasks wait: does it keep its output in a buffer?'
}

@test "a slow producer is answered at once" {
    only serial procs2
    expect_sh 0 'mkfifo in; { echo a; read -r go < in; echo b; } | smap --filter "while read -r x; do echo \$x; done" |
        { read -r x; echo "$x"; echo go > in; cat; }; rm in'
    stdout 'a\nb\n'
}
