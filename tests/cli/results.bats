#!/usr/bin/env bats
# Results: order, streams, what happens when nobody reads or nothing can be written.
load helper

@test "results come in the order of the tasks, whatever takes longer" {
    given '3\n1\n2\n0\n'
    expect 0 'sleep 0.0{}; echo {}a; echo {}b'
    stdout '3a\n3b\n1a\n1b\n2a\n2b\n0a\n0b\n'
    expect 0 -k 'sleep 0.0{}; echo {}'
    stdout '3\n1\n2\n0\n'
}

@test "output is passed on byte for byte, with or without a last newline" {
    given 'a\nb\n'
    expect 0 printf '%s\0\r\xff' {}
    stdout 'a\0\r\xffb\0\r\xff'
    expect 0 true
    stdout ''
}

@test "large results are whole and in order" {
    given '1\n2\n3\n'
    expect 0 sh -c 'seq $1 3 600000' sh {}
    stdout < <(seq 1 3 600000; seq 2 3 600000; seq 3 3 600000)
}

@test "the stderr of tasks is whole and in order" {
    given '2\n0\n1\n'
    expect 0 'echo a{} >&2; sleep 0.0{}; echo b{} >&2; echo {}'
    stdout '2\n0\n1\n'
    stderr 'a2\nb2\na0\nb0\na1\nb1\n'
}

@test "the task at the head of the order streams live" {
    expect_sh 0 'mkfifo gate; echo x | smap "echo {}; cat gate" | { read -r l; echo "got $l"; echo go > gate; cat; }; rm gate'
    stdout 'got x\ngo\n'
}

@test "--unordered: whole results as they finish" {
    given 'a\nb\nc\n'
    expect_each 0 --unordered 'echo {}1; echo {}2'
    for b in "$runs"/*/out; do diff <(sort "$b") <(printf 'a1\na2\nb1\nb2\nc1\nc2\n'); done
    # A result waits for no other: the first task ends only after the second's result was read.
    SMAP=$SMAP timeout 20 sh -c 'mkfifo gate
        printf "a\nb\n" | "$SMAP" --procs 2 --unordered "test {} = b || cat gate; echo {}" | { read -r l; echo $l; echo > gate; cat; }' > got
    diff got <(printf 'b\n\na\n')
}

@test "--ungroup passes bytes straight through" {
    given 'a\nb\n'
    expect_each 0 -u 'echo {}; echo e{} >&2'
    for b in "$runs"/*/out; do diff <(sort "$b") <(printf 'a\nb\n'); done
    for b in "$runs"/*/err; do diff <(sort "$b") <(printf 'ea\neb\n'); done
    expect_each 0 --ungroup echo
}

@test "--line-buffer passes whole lines as they come" {
    given 'a\nb\nc\n'
    expect_each 0 --line-buffer 'printf {}; sleep 0.02; echo {}; printf {}'
    for b in "$runs"/*/out; do [ "$(tr -d '\n' < "$b" | fold -w1 | sort | tr -d '\n')" = aaabbbccc ]; done
    for b in "$runs"/*/out; do grep -q aa "$b" && grep -q bb "$b" && grep -q cc "$b"; done
    # A line waits for no other task: the first ends only after a line of the second was read, and the second after one of the first.
    timeout 20 sh -c 'mkfifo g1 g2
        printf "1\n2\n" | "$0" --procs 2 --line-buffer "cat g{}; echo {}; cat g{} > /dev/null" |
            { echo > g2; read -r l; read -r l; echo "$l"; echo > g1; read -r l; read -r l; echo "$l"; echo > g1; echo > g2; }' "$SMAP" > got
    diff got <(printf '2\n1\n')
}

@test "--tag puts the task before each line" {
    given 'a\nb c\n'
    expect 0 --tag 'echo 1; echo 2; printf 3; echo e >&2'
    stdout 'a\t1\na\t2\na\t3\nb c\t1\nb c\t2\nb c\t3\n'
}

@test "-o writes a file, complete or not at all" {
    given 'a\nb\n'
    expect 0 -o result echo {}
    stdout ''
    file result 'a\nb\n'
    expect 1 --output result sh -c 'echo $1; test $1 = a' sh {}
    file result 'a\nb\n'
    [ "$(ls "$runs/$first/files")" = result ]
}

@test "-o: a broken run leaves the file as it was and names the partial one" {
    echo old > result
    mkdir dir
    expect_each 3 -a nothere -o result echo {}
    file result 'old\n'
    [ "$(ls -A "$runs/$first/files")" = "$(printf 'dir\nresult')" ]
    run timeout 20 "$SMAP" -o result sh -c 'echo $1; test $1 = a || kill -TERM $PPID; exec sleep 0.$1' sh ::: a 9
    [ "$status" -eq 143 ]
    [[ "$output" == *"result is left as it was; the partial output is in .result.smap-"* ]]
    diff .result.smap-* <(printf 'a\n9\n')
    diff result <(echo old)
}

@test "-o: a file that cannot be made is an error before anything runs" {
    given 'a\n'
    expect 3 -o nodir/result touch ran
    stderr_has nodir/result
    [ ! -e "$runs/$first/files/ran" ]
}

@test "a full stdout is an error, status 3" {
    given 'a\nb\n'
    expect_sh 3 'smap echo {} > /dev/full'
    stderr_has 'No space left'
    expect_sh 3 'smap sh -c "seq 100000" > /dev/full'
    stderr_has 'No space left'
    expect_sh 3 'smap --unordered echo {} > /dev/full'
    expect_sh 3 'smap --line-buffer echo {} > /dev/full'
    expect_sh 3 'smap -o /dev/full echo {}'
}

@test "a closed stdout is an error only when there is something to write" {
    given 'a\n'
    expect_sh 3 'smap echo {} >&-'
    stderr_has 'standard output'
}

@test "a reader that goes ends the run at once and quietly, by SIGPIPE" {
    expect_sh 0 'bash -c "smap echo {} ::: \$(seq 300) 2> err | head -n 1; echo \${PIPESTATUS[0]}"; cat err; rm err'
    stdout '1\n141\n'
    expect_sh 0 'bash -c "yes | smap echo {} | head -n 2; echo \${PIPESTATUS[1]}"'
    stdout 'y\ny\n141\n'
    # Also when the caller ignores the signal, and while a task that says nothing runs.
    expect_sh 0 'bash -c "trap \"\" PIPE; yes | smap echo {} | head -n 2; echo \${PIPESTATUS[1]}"'
    stdout 'y\ny\n141\n'
    expect_sh 0 'bash -c "smap sh -c \"echo x; sleep 20\" ::: 1 | head -n 1; echo \${PIPESTATUS[0]}"'
    stdout 'x\n141\n'
}

@test "a non-blocking stdout is waited for" {
    command -v python3 > /dev/null || skip "no python3 here"
    cat > slow.py <<'END'
import os, sys, time, subprocess, fcntl
r, w = os.pipe()
fcntl.fcntl(w, fcntl.F_SETFL, os.O_NONBLOCK)
p = subprocess.Popen(["smap", "sh", "-c", "seq 100000", ":::", "1", "2"], stdout=w)
os.close(w)
n = 0
while True:
    b = os.read(r, 65536)
    if not b:
        break
    n += len(b)
print(n, p.wait())
END
    expect_sh 0 'python3 slow.py'
    stdout "$((588895 * 2)) 0\n"
}

@test "what waits behind a slow task goes to a temporary file, memory stays small" {
    given < <(seq 300)
    TMPDIR=$BATS_TEST_TMPDIR timeout 60 "$SMAP" --procs 3 --buffer 1M 'test {} -ne 1 || sleep 1; seq 2000' < "$input" > out
    cmp out <(for i in $(seq 300); do seq 2000; done)
    ls -A "$BATS_TEST_TMPDIR" > left
    no grep -v -e '^files$' -e '^input$' left
}

@test "a temporary file that cannot be written stops the run with status 3" {
    given < <(seq 60)
    run env TMPDIR=/nonexistent timeout 60 "$SMAP" --procs 3 --buffer 4k 'test {} -ne 1 || sleep 0.5; seq 2000' < "$input"
    [ "$status" -eq 3 ]
    [[ "$output" == *nonexistent* ]]
}
