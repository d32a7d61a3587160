#!/usr/bin/env bats
# Hooks: the same calls, in the same order, on every backend; their votes; those that behave badly.
load helper

W=$(realpath "$BATS_TEST_DIRNAME/../../${BUILD:-build}")/worker

few() { # BACKEND...: the case runs on those of them that are here
    BACKENDS=$(all_backends | tr ' ' '\n' | grep -xF -e "$(printf '%s\n' "$@")" | tr '\n' ' ')
    BACKENDS=${BACKENDS% }
    [ -n "$BACKENDS" ] || skip "only for $*"
}

# --- commands -------------------------------------------------------------------------------------------------------

@test "a command is run with every result, in the order of the tasks" {
    expect 1 --hook '{ echo "$SMAP_TASK $SMAP_STATUS $SMAP_SIGNAL $SMAP_ATTEMPT <$SMAP_INPUT>"; cat; } >> log' \
        'sleep 0.0$((4 - {#})); echo out {}; echo err >&2; case {#} in 2) exit 3;; 3) kill -9 $$;; esac' ::: a '  "b' "\$c'" ''
    stdout "out a\nout   \"b\nout \$c'\nout \n"
    file log "1 0 0 1 <a>\nout a\n2 3 0 1 <  \"b>\nout   \"b\n3 137 9 1 <\$c'>\nout \$c'\n4 0 0 1 <>\nout \n"
}

@test "what a hook prints goes to stderr" {
    expect 0 --hook 'echo told {}; echo "and here" >&2' echo ::: 1 2
    stdout '1\n2\n'
    stderr 'told 1\nand here\ntold 2\nand here\n'
}

@test "placeholders in a hook, as words and as a line" {
    given 'dir/a.b,x y\n'
    expect 0 -C , --hook 'echo {} {#} {1/.} "{2}" >&2' echo {2} {1}
    stderr 'dir/a.b,x y 1 a x y\n'
    given 'n\na;b\n'
    expect 0 --header --hook 'echo {n} "{n}" {} ${n} >&2' true {}
    stderr 'a;b a;b a;b\n'
    # No value is appended, and one word is a program.
    printf '#!/bin/sh\necho "$#: $SMAP_INPUT" >> log\n' > note
    chmod +x note
    expect 0 --hook ./note echo ::: 'a b'
    file log '0: a b\n'
}

@test "the environment of a hook" {
    expect 0 --hook 'env | grep -c -e "^SMAP_SECONDS=[0-9]*[.][0-9]*$" -e "^SMAP_HOST=." -e "^SMAP_SLOT=[1-9]" -e "^SMAP_RANK=[0-9]" >> log; env | grep -e ^OMPI_ -e ^PMIX_ | grep -v -e OMPI_MCA_ -e OMPI_ALLOW >> log; true' echo ::: 1
    file log '4\n'
}

@test "a hook gets the last attempt, and no task that was cancelled" {
    expect 1 --retries 2 --hook 'echo "$SMAP_TASK $SMAP_ATTEMPT $SMAP_STATUS $(cat)" >> log' 'echo $SMAP_ATTEMPT; [ $SMAP_ATTEMPT = {} ]' ::: 1 2 9
    file log '1 1 0 1\n2 2 0 2\n3 3 1 3\n'
    few serial procs1
    expect 124 --halt soon,done=2 --hook 'echo $SMAP_TASK >> log' echo ::: 1 2 3 4
    file log '1\n2\n'
}

@test "no task, no hook; nor in a dry run" {
    given ''
    expect 0 --hook 'echo called >> log' echo
    expect 0 --dry-run --hook 'echo called >> log' echo ::: 1
    stdout 'echo 1\n'
    expect 0 --hook-stream 'echo called >> log' echo
    expect 0 --dry-run --hook /nonexistent/library.so:f echo ::: 1
    [ ! -e "$runs/serial/files/log" ]
}

@test "10 ends the run cleanly, where it stands on any backend" {
    expect 124 --hook '[ {} != 3 ] || exit 10' 'sleep 0.0$((9 - {})); echo {}' ::: 1 2 3 4 5 6 7 8
    stdout '1\n2\n3\n'
    stderr 'smap: the hook has stopped the run after task 3\nsmap: stopped early, 5 tasks not done: with --journal FILE the same command could go on from here
smap: 3 tasks: 3 succeeded, 0 failed; TIMES\n'
    # With nothing left the run is a whole one.
    expect 0 -o out --hook '[ {} != 3 ] || exit 10' echo ::: 1 2 3
    file out '1\n2\n3\n'
    expect 1 --hook '[ {} != 3 ] || exit 10' 'echo {}; [ {} != 3 ]' ::: 1 2 3
    # Of endless input, too.
    expect_sh 124 'yes | smap --hook "[ {#} -lt 5 ] || exit 10" echo'
    stdout 'y\ny\ny\ny\ny\n'
}

@test "a hook that fails breaks the run, and no result is lost" {
    expect 3 --hook '[ {} != 3 ] || exit 7' 'sleep 0.0$((9 - {})); echo {}' ::: 1 2 3 4 5 6 7 8
    stdout '1\n2\n3\n'
    stderr 'smap: the hook has failed for task 3: status 7\n'
    expect 3 --hook 'kill -SEGV $$' echo ::: 1 2 3
    stdout '1\n'
    stderr 'smap: the hook has failed for task 1: signal 11 (Segmentation fault)\n'
    expect 3 --hook 'exit 3' sh -c 'exit 1' ::: 1
    stderr_has 'task 1 (1) failed: exit status 1' 'the hook has failed for task 1: status 3'
}

@test "a hook that cannot be run" {
    expect 3 --hook /nonexistent/program echo ::: 1 2
    stdout '1\n'
    stderr 'smap: the hook cannot be run for task 1: /nonexistent/program: No such file or directory\n'
    touch plain
    expect 3 --hook ./plain echo ::: 1 2
    stdout '1\n'
    stderr 'smap: the hook cannot be run for task 1: ./plain: Permission denied\n'
    expect 3 --hook 'nonexistent-program x' echo ::: 1 2
    stderr_has 'the hook has failed for task 1: status 127'
    # A value that cannot be a word of it.
    given '1\n2\n'
    head -c 200000 /dev/zero | tr '\0' x >> "$input"
    expect 3 --stdin --hook 'echo {} > /dev/null' 'wc -c | tr -d " "'
    stdout '1\n1\n200000\n'
    stderr_has 'the hook cannot be run for task 3: '
    # Without the placeholder it can, and SMAP_INPUT is not there.
    expect 0 --stdin --hook 'echo "${SMAP_INPUT-none}" >> log' 'wc -c'
    file log '1\n2\nnone\n'
}

@test "hooks that do not read, read a line, read all" {
    for hook in true 'read line' 'exec <&-; true' 'head -c 1 > /dev/null' 'wc -c | tr -d " " >> log'; do
        expect 0 --hook "$hook" ': {}; yes | head -c 3000000' ::: 1 2
        [ "$(wc -c < "$runs/$first/out")" -eq 6000000 ]
    done
    file log '3000000\n3000000\n'
}

@test "a hook that prints 50 MB" {
    local how
    for how in --serial '--procs 2'; do
        # shellcheck disable=SC2086 # two words are wanted
        "$SMAP" $how --hook 'head -c 50000000 /dev/zero' echo ::: 1 2 2>&1 > out | wc -c > count
        [ "$(cat count)" -eq 100000000 ]
        diff out <(seq 2)
    done
}

@test "a slow hook does not keep smap from reading what tasks print, nor other tasks from starting" {
    expect 0 --hook 'if [ {} = 1 ]; then until [ -e done ]; do sleep 0.02; done; fi' \
        'if [ {} = 2 ]; then head -c 10000000 /dev/zero | tr "\0" x; touch done; fi; echo {}' ::: 1 2
    [ "$(wc -c < "$runs/$first/out")" -eq 10000004 ]
}

@test "a slow hook keeps tasks from starting in the end" {
    few serial procs3 mpi2
    # However slow the machine is, no more than these can have begun.
    expect_each 124 --hook 'if [ {#} = 1 ]; then sleep 1; ls started | wc -l > seen; exit 10; fi' 'mkdir -p started; touch started/{}' ::: $(seq 300)
    for b in $BACKENDS; do
        [ "$(cat "$runs/$b/files/seen")" -lt 120 ] || { echo "$b: $(cat "$runs/$b/files/seen")"; return 1; }
    done
}

@test "--unordered: hooks follow the output" {
    given "$(seq 20)\n"
    expect_each 0 --unordered --hook 'cat >> log' echo
    for b in $(all_backends); do
        cmp "$runs/$b/out" "$runs/$b/files/log"
        diff <(sort -n "$runs/$b/out") <(seq 20)
    done
}

@test "signals: what has ended is written and has its hook, as long as there is time" {
    local how
    for how in --serial '--procs 2'; do
        rm -rf log go
        mkfifo go
        # shellcheck disable=SC2086 # two words are wanted
        "$SMAP" $how --hook 'echo {} >> log; [ {} != 1 ] || { echo > go; sleep 0.3; }' 'echo {}; [ {} != 3 ] || exec sleep 60' ::: 1 2 3 > out 2> err 3>&- &
        read -r _ < go
        kill -TERM $!
        wait $! && status=0 || status=$?
        [ "$status" -eq 143 ]
        diff log out
        [ "$(head -n 1 out)" = 1 ]
        grep -q 'stopped by signal' err
    done
}

@test "signals: a hook that ignores TERM is killed, and no result is lost" {
    local how
    for how in --serial '--procs 2' '--procs 2 --journal journal'; do
        rm -rf log go journal
        mkfifo go
        # shellcheck disable=SC2086 # several words are wanted
        "$SMAP" $how --kill-after 0.2 --hook 'trap "" TERM; echo {} >> log; [ {} != 2 ] || { echo > go; while :; do sleep 0.1; done; }' 'echo {}; [ {} != 3 ] || exec sleep 60' ::: 1 2 3 > out 2> err 3>&- &
        read -r _ < go
        kill -TERM $!
        wait $! && status=0 || status=$?
        [ "$status" -eq 143 ]
        diff log <(seq 2)
        diff out <(seq 2)
        grep -qx 'smap: the run ends without the hook, from task 2 on' err
        [ -e journal ] || continue
        # Its hook was not done.
        "$SMAP" --journal journal --hook 'echo {} >> log' 'echo {}; [ {} != 3 ] || exec sleep 60' ::: 1 2 > out 2> err
        diff log <(printf '1\n2\n2\n')
        diff out <(seq 2)
    done
}

@test "when the reader leaves, so do hooks, without a word" {
    local hook
    for hook in --hook=true '--hook=exec sleep 60' "--hook=$W/libhooks.so:note" '--hook-stream=exec sleep 60'; do
        ("$SMAP" "$hook" seq 100000 ::: 100001 200000 2> err || echo $? > status) | head -n 1 > out
        [ "$(cat out status)" = "$(printf '100000\n141')" ]
        no grep -v '^printed by init$' err
    done
}

# --- with a journal -------------------------------------------------------------------------------------------------

@test "a hook is called once, over interrupted runs" {
    few serial procs1 procs2 procs3
    # The hook of task 5 ends smap, when it has done its work but has not come to its end.
    expect_each 137 --journal journal --hook 'echo {} >> log; [ {} != 5 ] || [ -e killed ] || { touch killed; kill -9 $PPID; }' echo ::: 1 2 3 4 5 6 7 8
    for b in $BACKENDS; do
        diff "$runs/$b/files/log" <(seq 5)
        rm -rf "$BATS_TEST_TMPDIR/files"
        cp -R "$runs/$b/files" "$BATS_TEST_TMPDIR/again"
        (
            cd "$BATS_TEST_TMPDIR/again"
            "$SMAP" --journal journal --hook 'echo {} >> log' echo ::: 1 2 3 4 5 6 7 8 > out 2> err
            diff out <(seq 8)
            diff log <(printf '%s\n' 1 2 3 4 5 5 6 7 8)
            # And a third time not at all, in whatever order.
            "$SMAP" --journal journal --hook 'echo {} >> log' echo ::: 8 1 7 9 2 6 3 5 4 > out 2> err
            diff out <(printf '%s\n' 8 1 7 9 2 6 3 5 4)
            diff log <(printf '%s\n' 1 2 3 4 5 5 6 7 8 9)
        )
        rm -rf "$BATS_TEST_TMPDIR/again"
    done
}

@test "a hook that failed is called again, one that had enough is not" {
    local status
    for b in $(all_backends); do
        PATH=$BATS_FILE_TMPDIR/bin/$b:$PATH
        rm -f journal log
        smap --journal journal --hook 'echo {} >> log; [ {} != 2 ] || exit 1' echo ::: 1 2 3 > out 2> err && status=0 || status=$?
        [ "$status $(tail -n 1 out)" = '3 2' ]
        smap --journal journal --hook 'echo {} >> log; [ {} != 2 ] || exit 10' echo ::: 1 2 3 > out 2> err && status=0 || status=$?
        [ "$status $(tail -n 1 out)" = '124 2' ]
        smap --journal journal --hook 'echo {} >> log' echo ::: 1 2 3 > out 2> err
        diff out <(seq 3)
        diff log <(printf '%s\n' 1 2 2 3)
    done
}

@test "a vote ends what is to be taken from the journal, too" {
    for b in $(all_backends); do
        PATH=$BATS_FILE_TMPDIR/bin/$b:$PATH
        rm -f journal
        smap --journal journal echo ::: $(seq 100) > out 2> err
        ! smap --journal journal --hook '[ {} != 3 ] || exit 10' echo ::: $(seq 100) > out 2> err
        diff out <(seq 3)
        grep -q '^smap: 3 tasks: 3 succeeded, 0 failed, 3 of them from the journal' err
        # Equal tasks wait for the first.
        ! timeout 20 smap --journal journal --memoize --hook '[ {#} != 3 ] || exit 10' 'sleep 0.02; echo {}' ::: a a a a a a a a a > out 2> err
        diff out <(yes a | head -n 3)
        grep -q 'stopped the run after task 3' err
    done
}

@test "--memoize and --keep-failures have hooks, too" {
    for b in $(all_backends); do
        PATH=$BATS_FILE_TMPDIR/bin/$b:$PATH
        rm -f journal log
        ! smap --journal journal --memoize --hook 'echo "{#} $SMAP_STATUS $(cat)" >> log' 'echo {}; exit {}' ::: 1 0 1 0 > out 2> err
        ! smap --journal journal --keep-failures --hook 'echo "{#} $SMAP_STATUS $(cat)" >> log' 'echo {}; exit {}' ::: 1 0 1 2 > out 2> err
        diff out <(printf '%s\n' 1 0 1 2)
        [ "$(tail -n 1 log)" = '4 2 2' ]
        diff <(head -n 4 log) <(printf '%s\n' '1 1 1' '2 0 0' '3 1 1' '4 0 0')
        # Tasks that share a result have a hook each, once.
        rm -f journal log
        ! smap --journal journal --memoize --hook 'echo {#} >> log; [ {#} != 3 ] || exit 10' echo ::: a a a a a a > out 2> err
        ! smap --journal journal --memoize --hook 'echo {#} >> log; [ {#} != 5 ] || exit 1' echo ::: a a a a a a > out 2> err
        smap --journal journal --memoize --hook 'echo {#} >> log' echo ::: a a a a a a > out 2> err
        diff log <(printf '%s\n' 1 2 3 4 5 5 6)
    done
}

# --- functions ------------------------------------------------------------------------------------------------------

@test "a function is called with every result, in smap itself" {
    given 'a b\n2\nx y\n'
    expect 1 --hook "$W/libhooks.so:note" --hook-config log -C ' ' 'echo {1}; [ {1} != 2 ] || exit 3'
    stdout 'a\n2\nx\n'
    file log '1 [a b] 3 0 0 1 [a] 2 {a} {b} ok\n2 [2] 1 3 0 1 [2] 2 {2} ok\n3 [x y] 3 0 0 1 [x] 2 {x} {y} ok\n3 calls, the sum is 0\n'
    stderr_has 'printed by init'
}

@test "what a function prints is not among the results" {
    expect_sh 0 'smap --hook '"$W"'/libhooks.so:note -o /dev/stdout echo ::: 1 2'
    stdout '1\n2\n'
    expect_sh 0 'smap --hook '"$W"'/libhooks.so:note --format jsonl echo ::: 1 2 | grep -c task'
    stdout '2\n'
}

@test "a function folds many results, of filters and functions" {
    seq 5000 > "$input"
    expect 0 --hook "$W/libhooks.so:note" --hook-config log --filter cat
    [ "$(tail -n 1 "$runs/$first/files/log")" = '5000 calls, the sum is 1.25025e+07' ]
    cmp <(head -n 5000 "$runs/$first/files/log" | cut -d ' ' -f 1) <(seq 5000)
    expect 0 --hook "$W/libhooks.so:note" --hook-config log --worker "$W/libcollatz.so:collatz"
    [ "$(tail -n 1 "$runs/$first/files/log" | cut -d , -f 1)" = '5000 calls' ]
}

@test "the votes of a function" {
    expect 124 --hook "$W/libhooks.so:note" echo ::: 1 enough 3 4
    stdout '1\nenough\n'
    stderr_has 'smap: the hook has stopped the run after task 2'
    expect 3 --hook "$W/libhooks.so:note" echo ::: 1 error 3 4
    stdout '1\nerror\n'
    stderr_has 'smap: the hook has failed for task 2: status 1: this one\nis wrong'
    expect 3 --hook "$W/libhooks.so:note" echo ::: silent 3
    stderr_has 'smap: the hook has failed for task 1: status -1'
}

@test "functions that cannot be called" {
    expect 3 --hook ./nonexistent.so:f echo ::: 1
    stdout ''
    stderr_has 'the hook cannot be run: cannot open the library: ./nonexistent.so'
    expect 3 --hook "$W/libhooks.so:absent" echo ::: 1
    stderr_has 'has no function absent'
    expect 3 --hook "$W/libcollatz.so:collatz" echo ::: 1
    stderr_has 'collatz is a worker, not a hook'
    expect 3 --hook "$W/libhooks.so:note" --hook-config refuse echo ::: 1
    stderr_has 'the hook cannot be run: its init function has returned 7'
    expect 126 --worker "$W/libhooks.so:note" ::: 1
    stderr_has 'note is a hook, not a worker'
}

@test "a hook function that calls exit has failed" {
    expect_sh 3 "smap --hook $W/libhooks.so:note true ::: a exit b"
    stderr 'printed by init\nsmap: the hook function has called exit, which ends smap itself: the run is not complete\n'
}

@test "a function whose process is killed is called again for that result alone" {
    few serial procs2
    seq 100 | sed 's/^50$/kill/' > "$input"
    expect_each 137 --journal journal --hook "$W/libhooks.so:note" --hook-config log --filter cat
    for b in $BACKENDS; do
        (
            cd "$runs/$b/files"
            "$SMAP" --journal journal --hook "$W/libhooks.so:note" --hook-config log --filter cat < "$input" > out 2> err
            cmp out "$input"
            cmp <(sed '/calls/d' log | cut -d ' ' -f 1) <(seq 50; seq 50 100)
        )
    done
}

@test "a slow function does not keep smap from reading what tasks print, nor from their time limits" {
    expect 0 --hook "$W/libhooks.so:note" \
        'if [ {} = 2 ]; then head -c 10000000 /dev/zero | tr "\0" x; touch done; fi; echo {}' ::: slow 2
    [ "$(wc -c < "$runs/$first/out")" -eq 10000007 ]
    expect 1 --timeout 1 --hook "$W/libhooks.so:note" 'case {} in 2) exec sleep 60;; 3) touch done;; esac' ::: slow 2 3
    stderr_has 'task 2 (2) failed: timed out'
}

@test "a function that does not return does not keep smap from ending" {
    local how status signals
    for how in --serial '--procs 2'; do
        for signals in 1 9; do
            rm -rf go log
            mkfifo go
            # shellcheck disable=SC2086 # two words are wanted
            "$SMAP" $how --kill-after $signals --hook "$W/libhooks.so:note" --hook-config log 'echo {}' ::: 1 hang 3 > out 2> err 3>&- &
            read -r _ < go || true
            kill -TERM $!
            # With 9 s to go it needs a second signal.
            while [ $signals = 9 ] && kill -TERM $! 2> /dev/null; do
                sleep 0.05
            done
            wait $! && status=0 || status=$?
            [ "$status" -eq 143 ]
            [ "$(head -n 2 out | tr '\n' ' ')" = '1 hang ' ]
            [ "$(wc -l < log)" -eq 2 ]
            [ $signals = 9 ] || grep -qx 'smap: the run ends without the hook, from task 2 on' err
        done
    done
}

# --- streams --------------------------------------------------------------------------------------------------------

@test "a stream reads a line of JSON for every result" {
    expect 1 --hook-stream 'sed -E "s/.start.:.*,.stdout/...stdout/" > log; echo "end of input" >> log; echo said' 'echo {}; exit {#}' ::: a '"'
    stdout 'a\n"\n'
    stderr_has said
    file log '{"task":1,"input":"a","status":1,"signal":0,"cause":"exit","attempts":1,...stdout":"a\\n","stderr":""}
{"task":2,"input":"\\"","status":2,"signal":0,"cause":"exit","attempts":1,...stdout":"\\"\\n","stderr":""}
end of input\n'
}

@test "the votes of a stream" {
    expect 0 --hook-stream 'cat > /dev/null; exit 10' echo ::: 1 2 3
    expect 3 --hook-stream 'cat > /dev/null; exit 4' echo ::: 1 2 3
    stdout '1\n2\n3\n'
    stderr 'smap: the hook has failed for task 3: status 4\n'
    expect 3 -o out --hook-stream 'cat > /dev/null; exit 4' true ::: 1
    stderr_has 'out is left as it was'
    expect_each 3 --hook-stream /nonexistent/program echo ::: 1
    stdout '1\n'
    stderr_has '/nonexistent/program: not found' 'smap: the hook has failed for task 1: status 127'
    # Braces are its own.
    expect 0 --hook-stream 'cat > /dev/null; echo {} {#} >> log' echo ::: 1
    file log '{} {#}\n'
    # When it leaves early is up to the pipe.
    expect_sh 124 'yes | smap --hook-stream "head -n 3 > log; exit 10" echo > out 2> err; s=$?; [ "$(wc -l < log)" -eq 3 ] && [ "$(head -n 3 out)" = "$(yes | head -n 3)" ] && rm out log err; exit $s'
    expect_sh 3 'yes | smap --hook-stream "head -n 3 > log; exit 5" echo > out 2> err; s=$?; grep -q "the hook has failed for task [0-9]*: status 5" err && rm out log err; exit $s'
}

@test "streams that do not read" {
    for hook in true 'read -r line' 'exec <&-; true' 'cat > log'; do
        expect_each 0 --hook-stream "$hook" ': {}; head -c 1000000 /dev/zero | tr "\0" x' ::: 1 2 3
        [ "$(wc -c < "$runs/$first/out")" -eq 3000000 ]
    done
    [ "$(wc -c < "$runs/$first/files/log")" -gt 3000000 ]
}

@test "a stream that does not end at the end of its input can be ended by a signal" {
    local how status
    for how in --serial '--procs 2'; do
        rm -f go
        mkfifo go
        # shellcheck disable=SC2086 # two words are wanted
        "$SMAP" $how --kill-after 0.2 --hook-stream 'trap "" TERM; cat > log; echo > go; while :; do sleep 0.1; done' echo ::: 1 2 > out 2> err 3>&- &
        read -r _ < go
        kill -TERM $!
        wait $! && status=0 || status=$?
        [ "$status" -eq 143 ]
        diff out <(seq 2)
        [ "$(wc -l < log)" -eq 2 ]
    done
}

@test "a stream has each result once, over interrupted runs" {
    few serial procs2
    expect_each 0 --journal journal --hook-stream 'cat >> log' echo ::: 1 2 3
    for b in $BACKENDS; do
        (
            cd "$runs/$b/files"
            "$SMAP" --journal journal --hook-stream 'cat >> log' echo ::: 1 4 2 3 > out 2> err
            diff out <(printf '%s\n' 1 4 2 3)
            diff <(grep -o '"input":"."' log | grep -o '[0-9]') <(printf '%s\n' 1 2 3 4)
        )
    done
}

@test "a stream loses nothing when smap is killed" {
    local how
    for how in --serial '--procs 2'; do
        rm -f log journal go
        mkfifo go
        # It does not read before smap is gone.
        # shellcheck disable=SC2086,SC2016 # two words are wanted
        "$SMAP" $how --journal journal --hook-stream 'echo > go; while kill -0 $PPID 2> /dev/null; do sleep 0.01; done; cat > log; echo end >> log' \
            'echo {}; [ {} != 20 ] || exec sleep 60' ::: $(seq 20) > out 2> err 3>&- &
        read -r _ < go
        until [ "$(wc -l < out)" -ge 19 ]; do sleep 0.02; done
        kill -KILL $!
        wait $! || true
        until grep -qx end log 2> /dev/null; do sleep 0.02; done
        diff <(grep -o '"task":[0-9]*' log) <(seq -f '"task":%.0f' 19)
    done
}

@test "killed at any moment, a hook misses no result, and what it had is not repeated but for the last" {
    local hook kills n
    for hook in '--hook=echo {#} >> log' "--hook=$W/libhooks.so:note" '--hook-stream=sed -u -E "s/.*task.:([0-9]*).*/\1/" >> log'; do
        rm -f log journal
        for ((kills = 0; kills < 8; kills++)); do
            # shellcheck disable=SC2046 # two words are wanted
            ! timeout -s KILL 0.$((RANDOM % 3))$((RANDOM % 9 + 1)) "$SMAP" --procs 2 --journal journal "$hook" \
                $([[ $hook != *.so:* ]] || echo --hook-config log) 'sleep 0.00$(({} % 9)); echo {}' ::: $(seq 40) > out 2> err || break
        done
        # shellcheck disable=SC2046 # two words are wanted
        "$SMAP" --procs 2 --journal journal "$hook" $([[ $hook != *.so:* ]] || echo --hook-config log) 'sleep 0.00$(({} % 9)); echo {}' ::: $(seq 40) > out 2> err
        diff out <(seq 40)
        # A stream that a killed smap has left may still read while the next one has begun.
        sed '/calls/d' log | cut -d ' ' -f 1 > given
        [[ $hook == *stream* ]] || sort -nc given
        sort -n -o given given
        diff <(uniq given) <(seq 40)
        n=$(wc -l < given)
        [ "$n" -le $((40 + kills)) ] || { echo "$hook: $n for $kills kills"; return 1; }
    done
}

# --- options --------------------------------------------------------------------------------------------------------

@test "hooks in job files, and what does not go with them" {
    printf 'hook: echo {} >> log\ncommand: echo {}\ntasks: [a, b]\n' > job.yaml
    expect 0 --job job.yaml
    file log 'a\nb\n'
    printf 'hook-stream: cat > log\ncommand: echo {}\ntasks: [a, b]\n' > job.yaml
    expect_each 0 --job job.yaml
    expect 2 --hook a --hook-stream b echo ::: 1
    stderr_has '--hook-stream'
    expect 2 -u --hook a echo ::: 1
    expect 2 --line-buffer --hook-stream a echo ::: 1
    expect 2 --hook-config a echo ::: 1
    expect 2 --no-shell --hook 'a b' echo ::: 1
    expect 2 --no-shell --hook-stream a echo ::: 1
    expect 2 --from journal --joblog log --hook a
    expect 0 --no-shell --hook true echo ::: 1
}
