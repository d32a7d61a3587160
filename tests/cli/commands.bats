#!/usr/bin/env bats
# Commands: direct execution, shell lines, lines as tasks, placeholders, environment.
load helper

@test "a value is always part of one argument" {
    given 'a b;c\n$(id)\n'
    expect 0 printf '<%s>' x{}y {}{} -{}
    stdout '<xa b;cy><a b;ca b;c><-a b;c><x$(id)y><$(id)$(id)><-$(id)>'
}

@test "without placeholder the value is the last argument" {
    given 'a b\n'
    expect 0 printf '<%s>' x
    stdout '<x><a b>'
    expect 0 echo
    stdout 'a b\n'
}

@test "one plain word is executed directly" {
    given 'a  b\n'
    expect 0 echo
    stdout 'a  b\n'
    expect 0 -- echo
    stdout 'a  b\n'
}

@test "one word with syntax is a shell line" {
    given 'b a\n"x\n'
    expect 0 'echo {} | tr a z'
    stdout 'b z\n"x\n'
    expect 0 'printf "%s;" "{}" {#} && echo'
    stdout 'b a;1;\n"x;2;\n'
}

@test "a shell line without placeholder gets the value as last argument" {
    given 'a  b\n'
    expect 0 'printf "<%s>" x'
    stdout '<x><a  b>'
}

@test "a shell line with redirection writes its files" {
    given 'one\ntwo\n'
    expect 0 'echo "{}" | tr a-z A-Z > "out.{#}"'
    stdout ''
    file out.1 'ONE\n'
    file out.2 'TWO\n'
}

@test "--shell takes another shell, --no-shell forbids it" {
    given 'a\n'
    expect 0 --shell "$(command -v bash)" 'echo "${BASH_VERSION:+bash} {}"'
    stdout 'bash a\n'
    expect 2 --no-shell 'echo {} | cat'
    stdout ''
    expect 0 --no-shell echo '{};'
    stdout 'a;\n'
}

@test "without command every task is a shell line" {
    given 'echo a  b\necho "c  d" | tr c x\ntrue\nexit 3\nx=1; echo $x\n'
    expect 1
    stdout 'a b\nx  d\n1\n'
    stderr 'smap: task 4 (exit 3) failed: exit status 3 (slot N, T s)
smap: 5 tasks: 4 succeeded, 1 failed; TIMES
'
}

@test "lines with and without shell syntax cannot be told apart" {
    cat > lines <<'END'
echo a   b	c
  echo leading
echo trailing  
echo 'single  quoted' "double $HOME"
:
cd /; pwd
VAR=1 env | grep ^VAR
echo ~
echo *
echo a#b # comment
# only a comment

echo \a\ b
echo {a,b}
echo a=b
type cd > /dev/null && echo yes
exit 7
kill -TERM $$
test -z ""
[ a = a ]
echo "unfinished
nosuchcommand_x y
/nosuchdir/nosuch
/
printf %s\\n x
echo -n x
echo -e 'a\tb'
umask 077
ulimit -n > /dev/null
export A=b
. /dev/null
!
! false
true &
time -p true 2>/dev/null
END
    HOME=/ expect 1 -a lines
    # What a shell gives for each line is the truth.
    local line
    while IFS= read -r line; do HOME=/ sh -c "$line" 2> /dev/null < /dev/null || true; done < lines > truth
    # `echo *` lists the directory: truth and what bats put there do not count.
    diff <(grep -v '^lines\|truth' truth) <(grep -v '^lines' "$runs/$first/out")
}

@test "placeholders of paths" {
    given 'dir/sub.d/file.tar.gz\nplain\n/top\n.hidden\nd/\n'
    expect 0 printf '%s|%s|%s|%s|%s\n' {} {.} {/} {//} {/.}
    stdout 'dir/sub.d/file.tar.gz|dir/sub.d/file.tar|file.tar.gz|dir/sub.d|file.tar
plain|plain|plain|.|plain
/top|/top|top|/|top
.hidden||.hidden|.|
d/|d/||.|
'
}

@test "{#} is the number of the task, {%} the slot" {
    given 'a\nb\nc\n'
    expect 0 echo {#}{}
    stdout '1a\n2b\n3c\n'
    expect_each 0 echo {%}
    diff "$runs/serial/out" <(printf '1\n1\n1\n')
    no grep -v '^[123]$' "$runs/procs3/out"
}

@test "{N} with its forms, {name} with its forms" {
    given 'd/a.c,e/b.h\n'
    expect 0 -C , echo {1} {1.} {1/} {1//} {1/.} {2/.}
    stdout 'd/a.c d/a a.c d a b\n'
    given 'src,n\nd/a.c,7\n'
    expect 0 -C , --header echo {src} {src.} {src/} {src//} {src/.} {n}
    stdout 'd/a.c d/a a.c d a 7\n'
}

@test "-I takes another word for {}" {
    given 'a\n'
    expect 0 -I XX echo XX {} aXXb
    stdout 'a {} aab\n'
}

@test "braces that are no placeholder are left alone" {
    given 'a b\n'
    expect 0 'echo "{}" | awk "{print \$1}"'
    stdout 'a\n'
    expect 0 sh -c 'x=5; echo "${x}" "{ }" "{y" "$1"' sh {}
    stdout '5 { } {y a b\n'
    expect 0 awk 'BEGIN {print ARGV[1]; exit}' {}
    stdout 'a b\n'
}

@test "a placeholder that is nearly the name of a column is told of" {
    given 'mass,spin\n1,2\n'
    expect 0 -C , --header echo '{spin} {mas.} {Spin}'
    stdout '2 {mas.} {Spin}\n'
    stderr 'smap: {mas} is no column, and stays as it is: did you mean {mass}?\n'
    expect 0 -C , --header 'echo {1}; : ${mas} \{mas}'
    stderr ''
    expect 0 -C , --header awk '-vx={1}' 'BEGIN {print x}'
    stdout '1\n'
    stderr ''
}

@test "values are never scanned again for placeholders" {
    given '{#} {} {.} {%}\n'
    expect 0 echo {} {#}
    stdout '{#} {} {.} {%} 1\n'
    expect 0 'echo "{}" {#}'
    stdout '{#} {} {.} {%} 1\n'
}

@test "where a value would become program text the placeholder is refused" {
    local line
    given 'a\n'
    for line in 'echo `echo {}`' 'echo x # {}' 'echo ${x:-{}}'; do
        BACKENDS=${BACKENDS:-"serial procs2"} expect 2 "$line"
        stdout ''
        stderr_has smap:
    done
    expect 0 'x={}; echo "$x" $(echo "{}")'
    stdout 'a a\n'
}

@test "hostile lines come through every quoting byte for byte and run nothing" {
    local form
    cp "$BATS_TEST_DIRNAME/hostile.txt" lines
    [ "$(wc -l < lines)" -ge 100 ]
    given < lines
    expect 0 printf '%s\n' {}
    stdout < lines
    for form in {} '"{}"' "'{}'"; do
        expect 0 "printf '%s\\n' $form;"
        stdout < lines
    done
    expect 0 'printf "%s\n" "a {} b"'
    stdout < <(sed 's/.*/a & b/' lines)
    expect 0 "printf '%s\\n' 'a {} b'\"{}\"{};"
    stdout < <(sed 's/.*/a & b&&/' lines)
    file lines < lines
    [ "$(ls "$runs/$first/files")" = lines ]
}

@test "hostile lines with newlines inside, by -0" {
    { tr '\n' '\0' < "$BATS_TEST_DIRNAME/hostile.txt"; printf 'a\nb\0\n\0\n\n\0$(\necho x)\0'; } > records
    given < records
    expect 0 -0 'printf "%s\0" {}'
    stdout < records
    expect 0 -0 "printf '%s\\0' '{}'"
    stdout < records
}

@test "the environment tells number, attempt, slot and rank" {
    given 'a\nb\n'
    expect 0 sh -c 'echo $SMAP_TASK $SMAP_ATTEMPT {}'
    stdout '1 1 a\n2 1 b\n'
    expect_each 0 sh -c 'echo "$SMAP_SLOT" "$SMAP_RANK" "${OMP_NUM_THREADS:+set}"'
    no grep -h -vE '^[1-4] [0-3] set$' "$runs"/*/out
    OMP_NUM_THREADS=7 expect 0 sh -c 'echo $OMP_NUM_THREADS'
    stdout '7\n7\n'
}

@test "the variables of the MPI launcher do not reach the tasks" {
    given 'a\n'
    expect 0 sh -c 'env | grep -E "^(OMPI_COMM|PMIX?_|ORTE_)" || true'
    stdout ''
}

@test "standard input of a task is /dev/null" {
    given 'a\nb\n'
    expect 0 'cat; echo {}'
    stdout 'a\nb\n'
}

@test "a task runs in a process group of its own" {
    given 'a\n'
    expect 0 'read -r pid name state parent group rest < /proc/$$/stat; test $group -eq $$ && echo own {}'
    stdout 'own a\n'
}

@test "tasks get the descriptors that smap was given, and none of its own" {
    expect_sh 0 'exec 7< /dev/null; sh -c "echo \$(ls /proc/self/fd)" > plain
        smap -u sh -c "echo \$(ls /proc/self/fd)" ::: 1 2 > tasks
        cat plain plain | cmp - tasks && rm plain tasks'
}

@test "tasks get the signal dispositions that smap was given" {
    local look="grep -E '^Sig(Blk|Ign)' /proc/self/status"
    expect_sh 0 "$look > plain; smap sh -c \"$look\" ::: 1 > task; cmp plain task && rm plain task"
    expect_sh 0 "trap '' USR1 PIPE; $look > plain; smap sh -c \"$look\" ::: 1 > task; cmp plain task && rm plain task"
}

@test "a fixed command that is not there: 127, once, nothing runs" {
    given 'a\nb\n'
    expect 127 nosuchcommand_x {}
    stdout ''
    stderr_has nosuchcommand_x
    [ "$(wc -l < "$runs/$first/err")" -le 2 ]
}

@test "a shell line with words behind it: what to do" {
    given 'a\n'
    expect 127 --stdin 'wc -c' -a file
    stderr 'smap: cannot run the command wc -c: No such file or directory (since other words follow, this is the name of one program; options stand before the command, and a line for the shell is one word)\n'
    expect 127 ./none -a file
    stderr 'smap: cannot run the command ./none: No such file or directory\n'
}

@test "a fixed command that cannot be run: 126" {
    echo text > plain
    given 'a\n'
    expect 126 ./plain {}
    stdout ''
    stderr_has ./plain
    mkdir dir
    expect 126 ./dir {}
}

@test "a command that differs from task to task fails alone" {
    given 'true\nnosuchcommand_x\necho\n'
    expect 1 {} x
    stdout 'x\n'
    stderr_has 'task 2 (nosuchcommand_x) failed: '
}

@test "a script without #! is run as a shell would" {
    printf 'echo script "$1"\n' > script
    chmod +x script
    given 'a b\n'
    expect 0 ./script {}
    stdout 'script a b\n'
}
