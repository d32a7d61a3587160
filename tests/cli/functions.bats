#!/usr/bin/env bats
# Functions of shared libraries as workers: --worker and what belongs to it. The workers are those of examples/worker and tests/worker.
load helper

W=$(realpath "$BATS_TEST_DIRNAME/../../${BUILD:-build}")/worker

# The case runs on those of the given backends that are here.
only() { # BACKEND...
    BACKENDS=$(all_backends | tr ' ' '\n' | grep -xF -e "$(printf '%s\n' "$@")" | tr '\n' ' ')
    BACKENDS=${BACKENDS% }
    [ -n "$BACKENDS" ] || skip "only for $*"
}

# A crash under --serial is smap's own.
in_processes() {
    only procs1 procs2 procs3 mpi2
}

trouble() { # KIND: one such task among good ones
    { seq 200; echo "$1"; seq 201 400; } > "$input"
}

good_but() { # KIND RECORD
    { seq 200; printf %b "$2\n"; seq 201 400; } | stdout
}

needs() { # LIBRARY: made only where its compiler is
    [ -e "$W/$1" ] || skip "no compiler for $1 here"
}

@test "a worker in C" {
    given '1\n2\n3\n27\n0\nx\n'
    expect 1 --worker "$W/libcollatz.so:collatz"
    stdout '0\n1\n7\n111\n\n\n'
    stderr "smap: task 5 (0) failed: exit status 1: '0' is not a number from 1 on (slot N, T s)
smap: task 6 (x) failed: exit status 1: 'x' is not a number from 1 on (slot N, T s)
smap: 6 tasks: 4 succeeded, 2 failed; TIMES
"
}

@test "a worker in C++" {
    needs libwords.so
    given 'a b a\n\none\n'
    expect 0 --worker "$W/libwords.so:words"
    stdout 'a\t2\n\t0\none\t1\n'
    stderr ''
}

@test "a worker in Fortran, and a function of Fortran" {
    needs libkepler.so
    given '1.0 0.5\n2.0 0.1\nx\n'
    expect 1 --worker "$W/libkepler.so:kepler"
    stdout '1.498701133518\n2.086971338732\n\n'
    stderr_has 'task 3 (x) failed: exit status 1: two numbers are needed'
    given '0 0.5\n0 0\n'
    expect 0 --worker "$W/libkepler.so:eccentric_anomaly_" --signature 'double(const double *, const double *)'
    stdout '0\n0\n'
}

@test "a worker in Rust" {
    needs librot13.so
    given 'Hello, world\n\n'
    expect 0 --worker "$W/librot13.so:rot13"
    stdout 'Uryyb, jbeyq\n\n'
}

@test "init maps a table that all processes share" {
    printf 'a\t1\nbb\tzwei\nc\t3\n' > table
    given 'bb\nx\nc\na\n'
    expect 1 --worker "$W/liblookup.so:lookup" --worker-config table
    stdout 'zwei\n\n3\n1\n'
    stderr_has 'task 2 (x) failed: exit status 1: not in the table'
}

@test "line k answers line k: 100 000 tasks" {
    seq 100000 > "$input"
    expect 0 --worker "$W/libtrouble.so:trouble"
    seq 100000 | stdout
    stderr ''
}

@test "a worker sees number, attempt, length and columns" {
    given 'a,b\n\nlong text\n'
    expect 0 --worker "$W/libtrouble.so:inspect"
    stdout '1 1 3 [a,b]\n2 1 0 []\n3 1 9 [long text]\n'
    expect 0 -C , --worker "$W/libtrouble.so:inspect"
    stdout '1 1 3 [a,b] 1=<a> 2=<b>\n2 1 0 [] 1=<>\n3 1 9 [long text] 1=<long text>\n'
    expect 0 --worker "$W/libtrouble.so:inspect" ::: a b ::: 1 2
    stdout '1 1 3 [a 1] 1=<a> 2=<1>\n2 1 3 [a 2] 1=<a> 2=<2>\n3 1 3 [b 1] 1=<b> 2=<1>\n4 1 3 [b 2] 1=<b> 2=<2>\n'
}

@test "a library's own functions may be called what smap's are" {
    given 'names\n'
    expect 0 --worker "$W/libtrouble.so:trouble"
    stdout '-7 5\n'
}

@test "NUL separates tasks and results" {
    given 'a\nb\0c\0'
    expect 0 -0 --worker "$W/libtrouble.so:trouble"
    stdout 'a\nb\0c\0'
}

@test "no input: nothing" {
    given ''
    expect 0 --worker "$W/libtrouble.so:trouble"
    stdout ''
    stderr ''
}

@test "a crash is one task's" {
    in_processes
    trouble crash
    expect 1 --worker "$W/libtrouble.so:trouble"
    good_but crash ''
    stderr 'smap: task 201 (crash) failed: signal 11 (Segmentation fault) (slot N, T s)
smap: 401 tasks: 400 succeeded, 1 failed; TIMES
'
}

@test "so are abort, a full stack, exit, _exit and KILL" {
    in_processes
    trouble abort
    expect 1 --worker "$W/libtrouble.so:trouble"
    good_but abort ''
    stderr_has 'task 201 (abort) failed: signal 6 (Aborted)'
    trouble overflow
    expect 1 --worker "$W/libtrouble.so:trouble"
    good_but overflow ''
    stderr_has 'task 201 (overflow) failed: signal 11 (Segmentation fault)'
    trouble exit0
    expect 1 --worker "$W/libtrouble.so:trouble"
    good_but exit0 ''
    stderr_has 'task 201 (exit0) failed: exit status 1: the function has ended its process with exit status 0'
    trouble exit3
    expect 1 --worker "$W/libtrouble.so:trouble"
    good_but exit3 ''
    stderr_has 'task 201 (exit3) failed: exit status 3: the function has ended its process'
    trouble kill
    expect 1 --worker "$W/libtrouble.so:trouble"
    good_but kill ''
    stderr_has 'task 201 (kill) failed: signal 9 (Killed)'
    trouble close
    expect 1 --worker "$W/libtrouble.so:trouble"
    good_but close ''
}

@test "exit in the smap process is no success, and a copy that returns no second smap" {
    only serial
    given '1\nexit0\n2\n'
    expect 3 --worker "$W/libtrouble.so:trouble"
    stderr 'smap: the function has called exit, which ends smap itself (with --procs 1 it ends only that task): the run is not complete\n'
    given '1\ntwice\n2\n'
    expect 0 --worker "$W/libtrouble.so:trouble"
    stdout '1\nonce\n2\n'
    stderr ''
}

@test "every hundredth task crashes: all others are right" {
    in_processes
    seq 5000 > "$input"
    expect 1 --worker "$W/libtrouble.so:hundredth"
    seq 5000 | awk '{ print $1 % 100 ? $1 * $1 : "" }' | stdout
    stderr_has '5000 tasks: 4950 succeeded, 50 failed'
}

@test "a task that crashed late has taken its time" {
    in_processes
    given '1\n2\nlate\n3\n'
    for joblog in '' '--joblog=log'; do
        # shellcheck disable=SC2086
        expect_each 1 $joblog --worker "$W/libtrouble.so:trouble"
        for backend in $(all_backends); do
            grep -E 'task 3 \(late\) failed: signal 11 .*, (0\.[1-9]|[1-9])[0-9.]* s\)' "$runs/$backend/raw"
        done
    done
}

@test "USR1: a function has run since it was called" {
    only procs1 procs2
    given 'who\n'
    expect_each 0 --worker "$W/libtrouble.so:trouble"
    for backend in $(all_backends); do
        grep -E '^smap: task 1 \(who\) runs for [0-9]\.[0-9]* s ' "$runs/$backend/raw"
    done
}

@test "a status is a failure, what was emitted is dropped" {
    trouble status7
    expect 1 --worker "$W/libtrouble.so:trouble"
    good_but status7 ''
    stderr_has 'task 201 (status7) failed: exit status 7 (slot'
    trouble wrong
    expect 1 --worker "$W/libtrouble.so:trouble"
    stderr_has 'task 201 (wrong) failed: exit status 255'
    trouble largefail
    expect 1 --worker "$W/libtrouble.so:trouble"
    good_but largefail ''
    stderr_has 'task 201 (largefail) failed: exit status 9'
}

@test "--fill is the record of a failed task" {
    trouble status7
    expect 1 --fill NA --worker "$W/libtrouble.so:trouble"
    good_but status7 NA
    expect 2 --fill $'N\nA' --worker "$W/libtrouble.so:trouble"
    stderr_has 'smap: the text of --fill holds the separator of records'
    given 'a\0status7\0'
    expect 1 -0 --fill $'N\nA' --worker "$W/libtrouble.so:trouble"
    stdout 'a\0N\nA\0'
}

@test "the words of a failure are the worker's, and none after a success" {
    given 'a\nwhy\nnevermind\n'
    expect 1 --worker "$W/libtrouble.so:trouble"
    stdout 'a\n\ngood\n'
    stderr_has 'task 2 (why) failed: exit status 1: task 2 is no good'
    no grep -q 'never mind' "$runs/$first/err"
}

@test "printed text is the task's, on stderr, in order" {
    given 'a\nprint\nb\npart\nc\nprint\n'
    expect 0 --worker "$W/libtrouble.so:trouble"
    stdout 'a\nprinted\nb\nprinted\nc\nprinted\n'
    stderr 'printed by 2\nno newline here\nprinted by 6\n'
}

@test "text comes before the report of its own task" {
    given 'a\nprint\nwhy\nprint\n'
    expect 1 --worker "$W/libtrouble.so:trouble"
    stderr 'printed by 2
smap: task 3 (why) failed: exit status 1: task 3 is no good (slot N, T s)
printed by 4
smap: 4 tasks: 3 succeeded, 1 failed; TIMES
'
}

@test "much text is neither lost nor doubled" {
    given 'a\nmuch\nb\n'
    expect 0 --worker "$W/libtrouble.so:trouble"
    stdout 'a\nprinted\nb\n'
    yes 0123456789 | head -n 20000 | stderr
}

@test "last words are kept" {
    in_processes
    given 'a\nlastwords\nb\n'
    expect 1 --worker "$W/libtrouble.so:trouble"
    stdout 'a\n\nb\n'
    stderr_has 'last words of 2' 'task 2 (lastwords) failed: signal 11 (Segmentation fault) (slot N, T s): last words of 2'
}

@test "a program it calls prints there too" {
    given 'a\nshell\n'
    expect 0 --worker "$W/libtrouble.so:trouble"
    stdout 'a\nran\n'
    stderr 'from a child\n'
}

@test "a child left behind holds nothing up" {
    in_processes
    given 'a\nleave\nb\n'
    PATIENCE=20 expect 0 --worker "$W/libtrouble.so:trouble"
    stdout 'a\nleft\nb\n'
    stderr ''
}

@test "a copy of the process that returns is no second worker" {
    in_processes
    trouble twice
    expect 0 --worker "$W/libtrouble.so:trouble"
    good_but twice once
}

@test "a large result comes whole" {
    given 'a\nlarge\nb\n'
    expect 0 --worker "$W/libtrouble.so:trouble"
    { echo a; yes 0123456789 | head -n 200000 | tr -d '\n'; printf '\nb\n'; } | stdout
}

@test "a large task comes whole" {
    { echo a; head -c 3000000 /dev/zero | tr '\0' x; printf '\nb\n'; } > "$input"
    expect 0 --worker "$W/libtrouble.so:trouble"
    stdout < "$input"
}

@test "init gets the config, fini is called, a process counts on" {
    given 'a\nb\n'
    only serial procs1
    expect 0 --worker "$W/libtrouble.so:counted" --worker-config x
    stdout 'a 1\nb 2\n'
    stderr 'counted 2\n'
}

@test "an init that refuses, or crashes" {
    in_processes
    given 'a\n'
    expect 1 --worker "$W/libtrouble.so:counted" --worker-config refuse
    stderr_has 'task 1 (a) failed: not run: its init function has returned 3'
    expect 1 --worker "$W/libtrouble.so:counted" --worker-config crash
    stderr_has 'task 1 (a) failed: not run: its init function ended the process (signal 11)'
}

# Wherever it is given up, also where it is the last thing that ever happens there.
@test "an init that always refuses ends the run" {
    only procs1 procs2 mpi2 mpi4
    seq 100 > "$input"
    expect_each 3 --worker "$W/libtrouble.so:counted" --worker-config refuse
}

@test "--max-tasks-per-worker renews the process" {
    given '1\n2\n3\n4\n5\n'
    only procs1
    expect 0 --max-tasks-per-worker 2 --worker "$W/libtrouble.so:counted"
    stdout '1 1\n2 2\n3 1\n4 2\n5 1\n'
    stderr 'counted 2\ncounted 2\ncounted 1\n'
}

@test "--max-tasks-per-worker loses nothing" {
    seq 1000 > "$input"
    expect 0 --max-tasks-per-worker 7 --worker "$W/libtrouble.so:trouble"
    seq 1000 | stdout
}

@test "a process that is ended while it starts has failed no task" {
    only procs1
    given 'a\nb\n'
    expect 124 --chunk 2 --halt now,fail=1 --worker "$W/libtrouble.so:once"
    stderr_has 'task 1 (a) failed: exit status 3' '2 tasks: 0 succeeded, 1 failed, 1 cancelled'
}

@test "--max-worker-crashes ends a hopeless run" {
    in_processes
    yes crash | head -n 100 > "$input"
    expect_each 3 --max-worker-crashes 5 --worker "$W/libtrouble.so:trouble"
    stderr_has 'giving up: processes of the worker have ended 6 times in the middle of a task (--max-worker-crashes)'
}

@test "--max-worker-crashes counts the crashes of all slots, and nothing else" {
    in_processes
    { for i in 1 2 3 4 5; do seq 20; echo crash; echo status7; done; } > "$input"
    expect 1 --max-worker-crashes 5 --worker "$W/libtrouble.so:trouble"
    stderr_has '110 tasks: 100 succeeded, 10 failed'
    expect_each 3 --max-worker-crashes 4 --worker "$W/libtrouble.so:trouble"
    given 'forever
forever
forever
a
'
    expect 1 --timeout 0.7 --max-worker-crashes 1 --worker "$W/libtrouble.so:trouble"
    stderr_has '4 tasks: 1 succeeded, 3 failed'
}

@test "a task that never ends has its time, all others are right" {
    in_processes
    given 'a\nforever\nb\nforever\nc\n'
    expect 1 --timeout 0.7 --worker "$W/libtrouble.so:trouble"
    stdout 'a\n\nb\n\nc\n'
    stderr_has 'task 2 (forever) failed: timed out' '5 tasks: 3 succeeded, 2 failed'
}

@test "--retries: another attempt of one task alone" {
    in_processes
    given 'a\ncrash\nb\n'
    expect 1 --retries 2 --worker "$W/libtrouble.so:trouble"
    stdout 'a\n\nb\n'
    stderr_has '3 tasks: 2 succeeded, 1 failed'
    given '1\n2\n'
    expect 0 --retries 2 --worker "$W/libtrouble.so:second"
    stdout '1 at attempt 2\n2 at attempt 2\n'
}

@test "tasks behind a long one go to idle slots: of its batch" {
    only procs2 procs3 mpi2 mpi4
    { seq 50; echo await; seq 51 100; echo go; seq 101 150; } > "$input"
    expect 0 --chunk 1000 --worker "$W/libtrouble.so:trouble"
    stdout < "$input"
}

@test "tasks behind a long one go to idle slots: of the batch behind" {
    only procs2 procs3 mpi2 mpi4
    { seq 99999; echo await; seq 100001 199999; echo go; } > "$input"
    expect 0 --worker "$W/libtrouble.so:trouble"
    stdout < "$input"
}

@test "tasks behind a long one go to idle slots: of structured batches, several times" {
    only procs3 mpi4
    { seq 20; echo await; seq 5; echo await; seq 5; echo go; seq 30; } > "$input"
    expect 0 --chunk 100 -C , --worker "$W/libtrouble.so:trouble"
    stdout < "$input"
}

@test "tasks behind a long one go to idle slots: three at the same time" {
    only procs3 mpi4
    { seq 100; yes meet | head -n 6; } > "$input"
    expect 0 --chunk 1000 --worker "$W/libtrouble.so:trouble"
    stdout < "$input"
}

@test "tasks behind a long one that crashes are all done, once" {
    only procs2 procs3 mpi2 mpi4
    { seq 50; echo awaitcrash; seq 51 100; echo go; seq 101 150; } > "$input"
    expect 1 --chunk 1000 --worker "$W/libtrouble.so:trouble"
    sed 's/awaitcrash//' "$input" | stdout
    stderr_has '152 tasks: 151 succeeded, 1 failed'
}

@test "--chunk changes nothing but the speed" {
    seq 1000 > "$input"
    expect 0 --chunk 1 --worker "$W/libtrouble.so:trouble"
    seq 1000 | stdout
    expect 0 --chunk 999 --worker "$W/libtrouble.so:trouble"
    seq 1000 | stdout
}

@test "what cannot be opened is said before anything runs" {
    given 'a\n'
    expect 127 --worker ./none.so:f
    stdout ''
    stderr_has 'cannot open the library' 'none.so'
    expect 127 --worker libnone.so:f
    expect 127 --worker "$W/libtrouble.so:none"
    stderr "smap: $W/libtrouble.so has no function none\n"
    expect 126 --worker "$W/libtrouble.so:old"
    stderr_has 'is made for version 99 of the worker interface'
    expect 126 --worker libm.so.6:sqrt
    stderr_has 'libm.so.6: sqrt is not a worker' '--signature'
    expect 126 --worker /etc/passwd:f
    expect 2 --worker libm.so.6:sqrt --signature 'double(complex)'
    stderr_has "'complex' is not a type that --signature knows"
    expect 126 --worker "$W/libtrouble.so:variable" --signature 'int(int)'
    stderr "smap: $W/libtrouble.so: variable is a variable, not a function\n"
}

@test "a library that cannot be opened: what to do about it" {
    given 'a\n'
    cp "$W/libtrouble.so" libhere.so
    expect 127 --worker libhere.so:trouble
    stderr_has 'libhere.so: cannot open shared object file: No such file or directory (the one in this directory is written with ./ before its name)'
    # shellcheck disable=SC2088
    expect 127 --worker '~/libhere.so:trouble'
    stderr_has '(smap does not know ~: write $HOME)'
    # An impossible machine, in the ELF header.
    printf '\376\376' | dd of=libhere.so bs=1 seek=18 conv=notrunc status=none
    expect_each 126 --worker ./libhere.so:trouble
    stderr_has '(it is there, but for another machine)'
}

@test "a library that ends the process when it is opened" {
    given 'a\n'
    expect 126 --worker "$W/libleaver.so:leaver"
    stdout ''
    stderr "smap: $W/libleaver.so: opening it ended the process (exit status 0)\n"
}

@test "any C function by its signature" {
    seq 9 > "$input"
    expect 0 --worker libm.so.6:sqrt --signature 'double(double)'
    stdout '1\n1.4142135623730951\n1.7320508075688772\n2\n2.23606797749979\n2.449489742783178\n2.6457513110645907\n2.8284271247461903\n3\n'
    given '2 10\n3\t4\n'
    expect 0 --worker libm.so.6:pow --signature 'double(double, double)'
    stdout '1024\n81\n'
    expect 0 --worker libm.so.6:hypotf --signature 'float(float, float)' ::: 3 5 ::: 4 12
    stdout '5\n12.369317\n6.4031243\n13\n'
    given 'one\nthree\n'
    expect 0 --worker libc.so.6:strlen --signature 'size_t(const char *)'
    stdout '3\n5\n'
    given '1.5\n'
    expect 0 --worker libm.so.6:modf --signature 'double(double, out double *)'
    stdout '0.5\t1\n'
}

@test "a bad column is named" {
    given '1\nx\n1 2\n'
    expect 1 --worker libm.so.6:sqrt --signature 'double(double)'
    stdout '1\n\n\n'
    stderr_has "task 2 (x) failed: exit status 1: column 1: 'x' is not of type double"
    given '1,2,3\n300\n'
    expect 1 -C , --worker libc.so.6:abs --signature 'int(int)'
    stderr_has 'the signature needs 1 column, the task has 3'
}

@test "--unordered and --tag" {
    given 'a\nb\n'
    expect 0 --tag --worker "$W/libtrouble.so:trouble"
    stdout 'a\ta\nb\tb\n'
    seq 1000 > "$input"
    expect_each 0 --unordered --worker "$W/libtrouble.so:trouble"
    for backend in $(all_backends); do
        sort -n "$runs/$backend/out" | cmp - "$input"
    done
}

@test "| head ends the run" {
    only serial procs2
    expect_sh 0 "seq 10000000 | smap --worker $W/libtrouble.so:trouble | head -n 2"
    stdout '1\n2\n'
    stderr ''
}

@test "no process of it is left" {
    in_processes
    seq 100 > "$input"
    expect 0 --worker-config "sign-$$-" --worker "$W/libtrouble.so:trouble"
    # A rank's executor and its workers leave by themselves once the rank is gone: that takes a moment.
    for _ in $(seq 100); do
        pgrep -f "internal-function-worker.*sign-$$-" > left || return 0
        sleep 0.1
    done
    # What they wait for tells why they stay.
    ps -o pid,ppid,pgid,stat,etime,wchan:20,args -p "$(paste -sd, left)"
    false
}
