#!/usr/bin/env bats
# Where tasks come from and how input is cut into them.
load helper

@test "lines of stdin are tasks, in order" {
    given 'a\nb\nc\n'
    expect 0 echo hello {}
    stdout 'hello a\nhello b\nhello c\n'
    stderr ''
}

@test "a missing last newline is no matter" {
    given 'a\nb'
    expect 0 echo {}
    stdout 'a\nb\n'
}

@test "no input at all: nothing runs, no message" {
    given ''
    expect 0 echo {}
    stdout ''
    stderr ''
    expect 0 -r echo {}
    stdout ''
}

@test "empty lines are tasks" {
    given '\na\n\n'
    expect 0 echo '<{}>'
    stdout '<>\n<a>\n<>\n'
}

@test "lines are literal: blanks, quotes, backslashes, carriage returns" {
    given '  a  b \t\n"x\n\\n\\\\\nc\r\n'
    expect 0 printf '<%s>\n' {}
    stdout '<  a  b \t>\n<"x>\n<\\n\\\\>\n<c\r>\n'
}

@test "any byte but NUL and the separator comes through" {
    local i
    for i in $(seq 1 255); do
        [ "$i" -eq 10 ] || printf "\\$(printf %03o "$i")x\n"
    done > bytes
    given < bytes
    expect 0 printf '%s\n' {}
    stdout < bytes
}

@test "several thousand tasks keep their order" {
    given < <(seq 2000)
    BACKENDS=${BACKENDS:-"serial procs3"} expect 0 echo {}
    stdout < <(seq 2000)
}

@test "-a reads files one after another, - is stdin" {
    printf 'a\nb' > one
    printf 'c\n' > two
    given 'x\ny\n'
    expect 0 -a one --arg-file two -a - -a one echo {#} {}
    stdout '1 a\n2 b\n3 c\n4 x\n5 y\n6 a\n7 b\n'
}

@test "-a: a file that cannot be read is an error with its name" {
    mkdir dir
    expect 3 -a nothere echo {}
    stdout ''
    stderr_has 'smap: ' nothere 'No such file'
    expect 3 -a dir echo {}
    stdout ''
    stderr_has dir 'Is a directory'
}

@test "-a: tasks before an unreadable file are not passed off as the whole" {
    echo a > one
    expect_each 3 -a one -a nothere echo {}
    stderr_has nothere
}

@test "stdin that cannot be read is an error" {
    expect_sh 3 'smap echo {} < /'
    stderr_has 'standard input' 'Is a directory'
    expect_sh 3 'smap echo {} <&-'
    stdout ''
    stderr_has 'standard input'
}

@test "-0: NUL-separated tasks may hold newlines" {
    given 'a\nb\0c\0'
    expect 0 -0 printf '<%s>\n' {}
    stdout '<a\nb>\n<c>\n'
    expect 0 --null printf '<%s>\n' {}
    stdout '<a\nb>\n<c>\n'
}

@test "-d takes another separator, with escapes" {
    given 'a,b\n,c'
    expect 0 -d , printf '<%s>' {}
    stdout '<a><b\n><c>'
    given 'a\tb\t'
    expect 0 --delimiter '\t' echo {}
    stdout 'a\nb\n'
    given 'a\0b\0'
    expect 0 -d '\0' echo {}
    stdout 'a\nb\n'
    given 'a;b'
    expect 0 -d '\x3b' echo {}
    stdout 'a\nb\n'
}

@test "-d: what is no single separator is a usage error" {
    expect 2 -d ab echo {}
    stderr_has '-d' ab
    expect 2 -d '\q' echo {}
}

@test "::: gives values, stdin is not read" {
    given 'no\n'
    expect 0 echo {} ::: a 'b  c' ''
    stdout 'a\nb  c\n\n'
    expect 0 echo {} :::
    stdout ''
}

@test "several ::: make the product, the first list slowest" {
    expect 0 echo {1}-{2} ::: a b ::: 1 2 3
    stdout 'a-1\na-2\na-3\nb-1\nb-2\nb-3\n'
    expect 0 echo {2} {1} {#} ::: a b ::: 1 2
    stdout '1 a 1\n2 a 2\n1 b 3\n2 b 4\n'
}

@test "{} of a product is the values with blanks between, as one argument" {
    expect 0 printf '<%s>\n' {} ::: a b ::: 1 2
    stdout '<a 1>\n<a 2>\n<b 1>\n<b 2>\n'
}

@test ":::+ links to the list before it" {
    expect 0 echo {1}{2} ::: a b c :::+ 1 2 3
    stdout 'a1\nb2\nc3\n'
    expect 0 echo {1}{2}{3} ::: a b :::+ 1 2 ::: x y
    stdout 'a1x\na1y\nb2x\nb2y\n'
}

@test ":::: and ::::+ take values from files" {
    printf 'a\nb\n' > letters
    printf '1\n2' > digits
    expect 0 echo {1}{2} :::: letters ::: x y
    stdout 'ax\nay\nbx\nby\n'
    expect 0 echo {1}{2} :::: letters ::::+ digits
    stdout 'a1\nb2\n'
    given 'q\n'
    expect 0 echo {1}{2} :::: - ::: x
    stdout 'qx\n'
    expect 3 echo {} :::: nothere
    stderr_has nothere
}

@test "-C splits columns" {
    given 'a,b c,\n,,x\nq\n'
    expect 1 -C , printf '<%s|%s|%s>\n' {1} {2} {3}
    stdout '<a|b c|>\n<||x>\n'
    stderr_has 'task 3 (q) failed' 'column 2'
}

@test "-C takes a string and escapes" {
    given 'a::b:c\n'
    expect 0 --colsep :: echo {2} {1}
    stdout 'b:c a\n'
    given 'a b\tc\n'
    expect 0 -C '\t' echo {2} {1}
    stdout 'c a b\n'
}

@test "--header names columns from the first task" {
    given 'mass,seed\n1.5,7\n2.5,8\n'
    expect 0 -C , --header echo m={mass} s={seed} {2} {#}
    stdout 'm=1.5 s=7 7 1\nm=2.5 s=8 8 2\n'
}

@test "-n packs up to N tasks into one run" {
    given 'a\nb  b\nc\nd\ne\n'
    expect 0 -n 2 printf '<%s>' {} .
    stdout '<a><b  b><.><c><d><.><e><.>'
    expect 0 --max-args 3 sh -c 'echo $#: "$@"' sh
    stdout '3: a b  b c\n2: d e\n'
}

@test "-N packs exactly N, as {1}..{N}" {
    given 'a\nb\nc\nd\n'
    expect 0 -N 2 echo {2}-{1}
    stdout 'b-a\nd-c\n'
}

@test "--stdin gives the task on standard input" {
    given 'a b\nc\n'
    expect 0 --stdin od -An -c
    stdout '   a       b\n   c\n'
    given 'x\0y\n'
    expect 0 --stdin wc -c
    stdout '3\n'
}

@test "--block makes tasks of whole lines" {
    given < <(seq 100)
    expect 0 --stdin --block 40 cat
    stdout < <(seq 100)
    expect_each 0 --stdin --block 40 wc -l
    [ "$(wc -l < "$runs/serial/out")" -gt 3 ]
    [ "$(awk '{ n += $1 } END { print n }' "$runs/serial/out")" -eq 100 ]
    compare_all 0 "$(all_backends)"
}

@test "a task that cannot be an argument fails alone, with reason and hint" {
    { echo a; head -c 3000000 /dev/zero | tr '\0' x; printf '\nb\0b\nc\n'; } > big
    expect 1 -a big echo {}
    stdout 'a\nc\n'
    stderr_has 'task 2 (xxx' 'task 3 (b' '--stdin' NUL
    expect 0 -a big --stdin wc -c
    stdout '1\n3000000\n3\n1\n'
}

@test "input is read no further than needed: the first result of a slow producer comes at once" {
    expect_sh 0 'mkfifo gate; { echo a; cat gate; } | smap echo {} | { read -r x; echo "got $x"; echo b > gate; cat; }; rm gate'
    stdout 'got a\nb\n'
}

@test "endless input works" {
    expect_sh 0 'yes | smap echo {} | head -n 3'
    stdout 'y\ny\ny\n'
    stderr ''
}
