#!/usr/bin/env bats
# Options: what the program says of itself, and what it says to mistakes.
load helper

@test "--help is on stdout, within 80 columns, and names the options" {
    expect_sh 0 'smap --help'
    [ -s "$runs/$first/out" ]
    no grep -E '.{80}' "$runs/$first/out"
    for word in --procs --serial --arg-file --null --dry-run --output --tag; do
        grep -q -e "$word" "$runs/$first/out"
    done
    stderr ''
    expect_sh 3 'smap --help > /dev/full'
}

@test "--version is one line" {
    expect_sh 0 'smap --version'
    grep -qE '^smap [0-9]+\.[0-9]+' "$runs/$first/out"
    [ "$(wc -l < "$runs/$first/out")" -eq 1 ]
}

@test "an unknown option: two lines, a near miss, nothing run" {
    given 'a\n'
    expect 2 --prcos 3 touch ran
    stderr_has 'unknown option --prcos (did you mean --procs?)'
    [ "$(wc -l < "$runs/$first/err")" -eq 2 ]
    [ ! -e "$runs/$first/files/ran" ]
    expect 2 --xyzzy-nothing-like-it true
    stderr_has 'unknown option --xyzzy-nothing-like-it'
    expect 2 -Q true
    stderr_has '-Q'
}

@test "options end at the first word that is none, or at --" {
    given 'a\n'
    expect 0 echo --procs {} -x
    stdout '--procs a -x\n'
    expect 0 -- echo -- {}
    stdout '-- a\n'
    expect 0 --tag -- echo {}
    stdout 'a\ta\n'
}

@test "missing and wrong arguments of options are usage errors" {
    expect_sh 2 'smap --procs'
    stderr_has procs
    expect_sh 2 '"'"$SMAP"'" --procs x true'
    stderr_has procs x
    expect_sh 2 '"'"$SMAP"'" --procs -1 true'
    expect 2 -n 0 echo
    expect 2 -n x echo
    expect 2 --buffer 1Q echo
    expect 2 --tag=yes echo
}

@test "contradictions are usage errors" {
    expect_sh 2 '"'"$SMAP"'" --serial --procs 2 true'
    stderr_has serial procs
    expect 2 -0 -d , true
    expect 2 -k --unordered true
    expect 2 --block 10 true
    stderr_has --stdin
}

@test "--dry-run prints what would run, to be pasted into a shell" {
    cp "$BATS_TEST_DIRNAME/hostile.txt" lines
    given < lines
    expect 0 --dry-run printf '%s\n' {}
    stderr ''
    sh "$runs/$first/out" > again
    cmp again lines
    expect 0 --dry-run 'printf "%s\n" "{}" x{#}'
    sh "$runs/$first/out" > again
    expect 0 'printf "%s\n" "{}" x{#}'
    stdout < again
    given 'echo a b\n'
    expect 0 --dry-run
    sh "$runs/$first/out" > again
    printf 'a b\n' | cmp - again
}

@test "-t prints each command, -v names each task, both on stderr" {
    given 'a b\n'
    expect 0 -t echo {}
    stdout 'a b\n'
    stderr_has "echo 'a b'"
    expect 0 -v echo {}
    stdout 'a b\n'
    stderr_has 'task 1' 'a b'
}

@test "--summary counts" {
    given 'a\nb\n'
    expect_each 1 --summary 'test {} = a'
    stderr_has 2 1
}
