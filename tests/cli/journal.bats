#!/usr/bin/env bats
# The journal: what was done is not done again, and nobody can tell from the output. `marks` counts what was really run.
# shellcheck disable=SC2016,SC2154 # task text is for another shell; helper sets first
load helper

setup() {
    export LC_ALL=C
    export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader
    : > "$BATS_TEST_TMPDIR/none"
    cd "$BATS_TEST_TMPDIR" || return 1
}

# A run on one backend; lines are given with -a, so that mpirun need not carry them.
on() { # BACKEND ARGUMENT...
    unless_mpi_crashes none env PATH="$BATS_FILE_TMPDIR/bin/$1:$PATH" timeout -k 2 "$PATIENCE" smap "${@:2}"
}

marks() {
    cat marks/* 2> /dev/null | wc -l
}

# In a directory of its own for each backend: BODY is a function, $backend tells.
each_backend() { # BODY
    for backend in $(all_backends); do
        mkdir "$backend"
        cp none "$backend/none"
        cd "$backend" || return 1
        mkdir marks
        "$1" || { echo "on $backend"; return 1; }
        cd ..
    done
}

# Prints its task, on stderr too, and leaves a mark; an x fails.
work='echo {} >> marks/$$; echo "{} out"; echo "{} err" >&2; case {} in x*) exit 3; esac'

again() {
    printf '%s\n' a b xc a d > lines
    on "$backend" --journal j -a lines "$work" > out1 2> err1 && return 1
    [ "$(marks)" -eq 5 ] || return 1
    on "$backend" --journal j -a lines "$work" > out2 2> err2 && return 1
    [ "$(marks)" -eq 6 ] || return 1
    diff out1 out2 || return 1
    diff <(sed -E 's/[0-9.]+ s\)/s)/; s/slot [0-9]+.*, s/s/; /smap: [0-9]/d; /one rank/d' err1) \
        <(sed -E 's/[0-9.]+ s\)/s)/; s/slot [0-9]+.*, s/s/; /smap: [0-9]/d; /smap: j:/d; /one rank/d' err2) || return 1
    grep -q 'smap: j: 4 results of this worker can be used, 1 that failed will run again' err2
}

@test "the second run takes what succeeded from the journal, and says so" {
    each_backend again
}

edited() {
    seq 10 > lines
    on "$backend" --journal j -a lines "$work" > out 2> err || return 1
    [ "$(marks)" -eq 10 ] || return 1
    printf '%s\n' 7 new 1 2 3 2 10 > lines
    on "$backend" --journal j -a lines "$work" > out 2> err || return 1
    [ "$(marks)" -eq 12 ] || return 1
    diff out <(sed 's/$/ out/' lines)
}

@test "lines may be inserted, removed, repeated and reordered" {
    each_backend edited
}

@test "a journal is continued on any other backend" {
    mkdir marks
    seq 8 > all
    n=0
    for backend in $(all_backends); do
        n=$((n + 1))
        head -n $n all > lines
        on "$backend" --journal j -a lines "$work" > out 2> err
        diff out <(sed 's/$/ out/' lines)
        [ "$(marks)" -eq $n ]
    done
}

large() {
    seq 12 > lines
    on "$backend" --journal j -a lines 'echo {} >> marks/$$; head -c 300000 /dev/zero | tr "\0" {}; head -c 300000 /dev/zero >&2' 2> err1 | cksum > sum1
    on "$backend" --journal j -a lines 'echo {} >> marks/$$; head -c 300000 /dev/zero | tr "\0" {}; head -c 300000 /dev/zero >&2' 2> err2 | cksum > sum2
    diff sum1 sum2 || return 1
    [ "$(tr -dc '\0' < err2 | wc -c)" -eq 3600000 ] || return 1
    [ "$(marks)" -eq 12 ]
}

@test "results of any size, standard error too" {
    each_backend large
}

@test "every way of writing results" {
    seq 20 > lines
    mkdir marks
    "$SMAP" --journal j -a lines "$work" > out 2> err
    for how in --unordered --line-buffer -u --tag '-o file'; do
        # shellcheck disable=SC2086
        on procs2 --journal j $how -a lines "$work" > out1 2> err
        [ "$how" != '-o file' ] || mv file out1
        diff <(sed 's/.*\t//' out1 | sort) <(sort out)
    done
    [ "$(marks)" -eq 20 ]
    seq 21 25 > lines
    on procs2 --journal j -u -a lines "$work" > out 2> err
    on procs2 --journal j -a lines "$work" > out 2> err
    diff out <(sed 's/$/ out/' lines)
    [ "$(marks)" -eq 25 ]
}

@test "another command, changed --depends: all again, and nothing is lost" {
    mkdir marks
    seq 3 > lines
    echo 1 > data
    "$SMAP" --journal j -a lines "$work" > out 2> err
    "$SMAP" --journal j -a lines "$work # changed" > out 2> err
    [ "$(marks)" -eq 6 ]
    grep -q 'j: no result can be used, 3 of another worker will not' err
    "$SMAP" --journal j --depends data -a lines "$work" > out 2> err
    "$SMAP" --journal j --depends data -a lines "$work" > out 2> err
    [ "$(marks)" -eq 9 ]
    echo 2 > data
    "$SMAP" --journal j --depends data -a lines "$work" > out 2> err
    [ "$(marks)" -eq 12 ]
    "$SMAP" --journal j -a lines "$work" > out 2> err
    [ "$(marks)" -eq 12 ]
    run "$SMAP" --journal j --depends missing -a lines "$work"
    [ "$status" -eq 3 ]
    [[ $output == *"cannot read missing"* ]]
}

@test "fields and columns belong to a task" {
    "$SMAP" --journal j echo '<{1}> <{2}>' ::: 'a b' ::: c > out 2> err
    [ "$(cat out)" = '<a b> <c>' ]
    "$SMAP" --journal j echo '<{1}> <{2}>' ::: a ::: 'b c' > out 2> err
    [ "$(cat out)" = '<a> <b c>' ]
    printf '1,2\n' > lines
    "$SMAP" --journal j -C , -a lines echo {2} {1} > out 2> err
    [ "$(cat out)" = '2 1' ]
    "$SMAP" --journal j -C 1 -a lines echo {2} {1} > out 2> err
    [ "$(cat out)" = ',2 ' ]
}

@test "a command that names the number of its task" {
    printf '%s\n' a b > lines
    "$SMAP" --journal j -a lines echo {#} {} > out 2> err
    printf '%s\n' new a b > lines
    "$SMAP" --journal j -a lines echo {#} {} > out 2> err
    diff out <(printf '%s\n' '1 new' '2 a' '3 b')
}

memoized() {
    printf '%s\n' a b a xc a xc b > lines
    on "$backend" --journal j --memoize -a lines "$work" > out 2> err && return 1
    diff out <(sed 's/$/ out/' lines) || return 1
    [ "$(marks)" -eq 3 ] || return 1
    [ "$(grep -c 'failed: exit status 3' err)" -eq 2 ]
}

@test "--memoize: equal tasks are done once" {
    each_backend memoized
}

@test "--memoize: endless equal tasks behind a slow one" {
    mkdir marks
    yes slow | head -n 100000 > lines
    on procs2 --journal j --memoize -a lines 'echo >> marks/$$; sleep 0.5; echo {}' > out 2> err
    [ "$(sort -u out)" = slow ]
    [ "$(wc -l < out)" -eq 100000 ]
    [ "$(marks)" -eq 1 ]
}

@test "--keep-failures" {
    mkdir marks
    printf '%s\n' a xb > lines
    run "$SMAP" --journal j -a lines "$work"
    [ "$status" -eq 1 ]
    run "$SMAP" --journal j --keep-failures -a lines "$work"
    [ "$status" -eq 1 ]
    [ "$(marks)" -eq 2 ]
    [[ $output == *"xb out"*"task 2 (xb) failed: exit status 3"* ]]
}

# A shared library as worker would do the same many times faster: here a filter.
filtered() {
    seq 500 > lines
    on "$backend" --journal j --filter 'tee -a marks/m' -a lines > out 2> err || return 1
    diff out lines || return 1
    seq 600 > lines
    on "$backend" --journal j --filter 'tee -a marks/m' -a lines > out 2> err || return 1
    diff out lines || return 1
    [ "$(marks)" -eq 600 ]
}

@test "filters" {
    each_backend filtered
}

# Lines short and long, results short and long, as many as make several records.
mixed_lengths() {
    awk 'BEGIN { for (i = 1; i <= 6000; i++) { s = i; for (n = i * 7919 % (i % 50 ? 100 : 500); n; n--) s = s "x"; print s } }' > lines
    w=$(realpath "$BATS_TEST_DIRNAME/../../${BUILD:-build}")/worker/libtrouble.so:trouble
    on "$backend" --journal j --worker "$w" -a lines -o out || return 1
    cmp lines out || return 1
    { head -n 3000 lines; echo new; tail -n 3000 lines; } > more
    on "$backend" --journal j --worker "$w" -a more -o out 2> err || return 1
    cmp more out && grep -q 'smap: j: 6000 results of this worker can be used' err
}

@test "functions of lines of any length" {
    each_backend mixed_lengths
}

@test "functions, and a library that was built anew" {
    command -v cc > /dev/null || skip "no C compiler"
    src=$(realpath "$BATS_TEST_DIRNAME/../../src")
    cat > f.c << 'END'
#include "smap.h"
SMAP_WORKER(f)
{
    FILE *m = fopen("marks/m", "a");
    fprintf(m, "%s\n", task->text);
    fclose(m);
    smap_printf(smap, TEXT " %s", task->text);
    return task->length == 3 && task->text[2] == '7' ? 1 : 0;
}
END
    mkdir marks
    cc -shared -fPIC -I "$src" -DTEXT='"one"' -o f.so f.c
    seq 200 > lines
    for n in 200 210; do
        run "$SMAP" --procs 2 --journal j --worker ./f.so:f -a lines -o out
        [ "$status" -eq 1 ]
        diff out <(sed 's/^1.7$//; /./s/^/one /' lines)
        [ "$(marks)" -eq $n ]
    done
    cc -shared -fPIC -I "$src" -DTEXT='"two"' -o f.so f.c
    run "$SMAP" --serial --journal j --worker ./f.so:f -a lines -o out
    diff out <(sed 's/^1.7$//; /./s/^/two /' lines)
    [ "$(marks)" -eq 410 ]
}

@test "a library without a slash is known by what dlopen finds" {
    command -v cc > /dev/null || skip "no C compiler"
    src=$(realpath "$BATS_TEST_DIRNAME/../../src")
    printf '#include "smap.h"\nSMAP_WORKER(f) { return smap_emit(smap, TEXT, 3); }\n__attribute__((constructor)) static void load(void) { puts("opened"); }\n' > f.c
    name=libsmap-journal-f.so
    export LD_LIBRARY_PATH=$PWD/lib
    mkdir lib
    for text in one two; do
        cc -shared -fPIC -I "$src" "-DTEXT=\"$text\"" -o lib/$name f.c
        for used in 0 3; do
            seq 3 | "$SMAP" --procs 2 --journal j --worker $name:f > out 2> err
            diff out <(yes $text | head -n 3)
            [ $used -eq 0 ] || grep -q "3 results of this worker can be used" err
        done
    done
    seq 9 | "$SMAP" --journal m --worker libm.so.6:sqrt --signature 'double(double)' > out
    seq 9 | "$SMAP" --journal m --worker libm.so.6:sqrt --signature 'double(double)' 2>&1 > out2 | grep -q '9 results'
    cmp out out2
}

@test "--sync 0 and long ones" {
    seq 30 > lines
    for sync in 0 0.01 1h; do
        "$SMAP" --procs 2 --journal "j$sync" --sync "$sync" -a lines echo > out
        diff out lines
    done
}

@test "a lock that is given up soon is waited for" {
    command -v flock > /dev/null || skip "no flock here"
    # As a child does of a smap that was killed while it started that child.
    touch j
    chmod 600 j
    exec 9< j
    flock 9
    sleep 0.3 <&9 > /dev/null 2>&1 3>&- &
    exec 9<&-
    run "$SMAP" --journal j echo ::: hello
    [ "$status $output" = '0 hello' ]
}

@test "two at a time are refused, and the lock goes with its smap" {
    mkfifo go
    exec 9<> go # so that nobody waits for the other end to be opened
    "$SMAP" --journal j cat ::: go > out1 2> err1 3>&- 9>&- &
    until [ -s j ]; do sleep 0.01; done
    run "$SMAP" --journal j echo ::: hello
    [ "$status" -eq 3 ]
    [[ $output == *"another smap is using it"* ]]
    kill -9 $!
    wait $! || true
    run "$SMAP" --journal j echo ::: hello
    [ "$status" -eq 0 ]
    exec 9>&- # whoever still reads there
}

@test "what is no journal is left alone" {
    cp /etc/passwd j
    chmod 600 j
    for file in j . /dev/null; do
        run "$SMAP" --journal $file touch ran ::: 1
        [ "$status" -eq 3 ]
        [ "$(wc -l <<< "$output")" -eq 1 ]
    done
    cmp j /etc/passwd
    ln -s target link
    run "$SMAP" --journal link touch ran ::: 1
    [ "$status" -eq 3 ]
    [[ $output == *"symbolic link"* ]]
    "$SMAP" --journal k echo ::: 1 > out
    [ "$(stat -c %a k)" = 600 ]
    chmod 660 k
    run "$SMAP" --journal k touch ran ::: 1
    [ "$status" -eq 3 ]
    [[ $output == *"chmod go-w"* ]]
    chmod 600 k
    printf '\002' | dd of=k bs=1 seek=8 conv=notrunc 2> /dev/null
    run "$SMAP" --journal k touch ran ::: 1
    [ "$status" -eq 3 ]
    [[ $output == *"newer smap"* ]]
    [ ! -e ran ] && [ ! -e target ]
}

@test "a full disk stops the run, and later it goes on" {
    seq 400 > lines
    mkdir marks
    bash -c 'ulimit -f 8; exec "$@"' sh "$SMAP" --procs 2 --journal j -a lines 'echo {} >> marks/$$; printf "%01000d" {}' > out 2> err && return 1
    [ "$(grep -c 'cannot record results in j: File too large' err)" -eq 1 ]
    done=$(marks)
    [ "$done" -lt 100 ]
    "$SMAP" --procs 2 --journal j -a lines 'echo {} >> marks/$$; printf "%01000d" {}' > out 2> err
    [ "$(wc -c < out)" -eq 400000 ]
    [ "$(marks)" -le $((done + 400)) ]
    [ "$(marks)" -ge 400 ]
}

@test "a torn tail is dropped and said" {
    seq 5 > lines
    "$SMAP" --journal j -a lines echo > out
    size=$(wc -c < j)
    truncate -s $((size - 3)) j
    "$SMAP" --journal j -a lines echo > out 2> err
    diff out lines
    grep -q 'j is not whole: its last [0-9]* bytes are dropped' err
    "$SMAP" --journal j -a lines echo > out 2> err
    diff out lines
    grep -q 'j: 5 results' err
}

@test "a dry run neither reads nor writes it" {
    "$SMAP" --dry-run --journal j echo ::: 1 2 > out
    [ ! -e j ]
    diff out <(printf 'echo 1\necho 2\n')
}

logged() {
    printf '%s\n' 'a  b' x1 "it's" > lines
    on "$backend" --joblog log --journal j -a lines "$work" > out 2> err && return 1
    head -n 1 log | grep -qx $'Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand' || return 1
    diff <(cut -f 1,5-8 log) - << END || return 1
Seq	Send	Receive	Exitval	Signal
1	0	9	0	0
2	0	7	3	0
3	0	9	0	0
END
    [ "$(cut -f 2 log | sed 1d | sort -u)" = "$(hostname)" ] || return 1
    "$SMAP" --from j --joblog log2 || return 1
    diff log log2
}

@test "--joblog, of a run and from a journal" {
    each_backend logged
}

slots_logged() {
    seq 9 | sed 's/^/0.0/' > lines
    on "$backend" --joblog log --journal j -a lines 'sleep {}; echo {#} slot {%}' > out 2> err || return 1
    diff out <(sed 1d log | cut -f 9 | sh) || return 1
    "$SMAP" --from j --joblog log2 || return 1
    diff log log2
}

@test "a joblog's commands name the slots they ran in" {
    each_backend slots_logged
}

@test "a joblog's commands can be run" {
    "$SMAP" --joblog log echo '{1}-{2}' ::: 'a b' c ::: d "'" > out
    sed 1d log | cut -f 9 | sh > out2
    diff out out2
    printf '1,2\n3,4\n' > lines
    "$SMAP" --joblog log --journal j -C , -a lines echo {2} {1} > out
    sed 1d log | cut -f 9 | sh > out2
    diff out out2
    "$SMAP" --from j --joblog log2
    diff log log2
    seq 5 | "$SMAP" --joblog log -n 2 echo > out
    sed 1d log | cut -f 9 | sh > out2
    diff out out2
    printf 'a\nb\0c' | "$SMAP" --joblog log -0 echo > out
    [ "$(wc -l < log)" -eq 3 ]
    grep -qF 'a\nb' log
}

@test "--joblog that cannot be written costs the status, not the results" {
    run "$SMAP" --joblog /dev/full echo ::: 1 2
    [ "$status" -eq 3 ]
    [[ $output == *"1"*"2"*"cannot write /dev/full: it ends here: No space left"* ]] || [[ $output == *"cannot write /dev/full"* ]]
    run "$SMAP" --joblog no/such/log touch ran ::: 1
    [ "$status" -eq 3 ]
    [ ! -e ran ]
}

@test "--failed is the next -a, in place" {
    printf '%s\n' 1 'x 2' 3 "x'4" > lines
    run "$SMAP" --failed lines -a lines 'case {} in x*) false; esac'
    [ "$status" -eq 1 ]
    diff lines <(printf '%s\n' 'x 2' "x'4")
    run "$SMAP" --failed lines -a lines true
    [ "$status" -eq 0 ]
    [ -e lines ] && [ ! -s lines ]
    printf 'x\n1\0y\0' > lines
    run "$SMAP" -0 --failed out -a lines false
    cmp out lines
}

@test "--from wants a journal and something to make" {
    run "$SMAP" --from j --joblog log
    [ "$status" -eq 3 ]
    run "$SMAP" --from j
    [ "$status" -eq 2 ]
    run "$SMAP" --from j --joblog log echo
    [ "$status" -eq 2 ]
    "$SMAP" --journal j echo ::: 1 > out
    "$SMAP" --from j --joblog log
    [ "$(wc -l < log)" -eq 2 ]
}
