#!/usr/bin/env bats
# Job files: the same job as on the command line, on every backend; wrong ones are refused at once.
load helper

@test "a sweep is every combination, the first parameter slowest" {
    cat > scan.yaml << 'EOF'
command: echo {#} m={mass} s={seed} "$WHAT"
env:
  WHAT: it's
sweep:
  mass: {from: 0, to: 0.3, step: 0.1}
  seed: [a, b c]
EOF
    expect 0 --job scan.yaml
    stdout "1 m=0 s=a it's\n2 m=0 s=b c it's\n3 m=0.1 s=a it's\n4 m=0.1 s=b c it's\n5 m=0.2 s=a it's\n6 m=0.2 s=b c it's\n7 m=0.3 s=a it's\n8 m=0.3 s=b c it's\n"
}

@test "ranges, scales, zip, repeat" {
    cat > scan.yaml << 'EOF'
command: [echo, '{a}', '{b}', '{c}', '{}']
sweep:
  a: {from: 1, to: 1e6, points: 3, scale: log}
  b: {from: 1, to: 0, step: -0.5}
  c: x
  zip: [a, b]
  repeat: 2
EOF
    expect 0 --job scan.yaml
    stdout '1 1 x 1 1 x\n1 1 x 1 1 x\n1000 0.5 x 1000 0.5 x\n1000 0.5 x 1000 0.5 x\n1000000 0 x 1000000 0 x\n1000000 0 x 1000000 0 x\n'
}

@test "tasks as a list, as files, as lists" {
    printf 'p\nq\n' > f
    printf 'tasks: [a, "", no]\ncommand: echo "<{}>"\n' > list.yaml
    expect 0 --job list.yaml
    stdout '<a>\n<>\n<no>\n'
    printf 'file: f\ncommand: echo {}\n' > file.yaml
    expect 0 --job file.yaml
    stdout 'p\nq\n'
    printf 'lists: [[a, b], {file: f, linked: yes}, [1, 2]]\ncommand: echo {}\n' > lists.yaml
    expect 0 --job lists.yaml
    stdout 'a p 1\na p 2\nb q 1\nb q 2\n'
}

@test "--repeat" {
    given 'a\nb\n'
    expect 0 --repeat 3 echo {#} {}
    stdout '1 a\n2 a\n3 a\n4 b\n5 b\n6 b\n'
}

@test "the command line wins over the file" {
    printf 'command: echo file {}\ntasks: [1, 2]\ntag: yes\nprocs: 2\n' > job.yaml
    expect 0 --job job.yaml
    stdout '1\tfile 1\n2\tfile 2\n'
    expect 0 --job job.yaml echo line
    stdout '1\tline 1\n2\tline 2\n'
    expect 0 --job job.yaml ::: 3
    stdout '3\tfile 3\n'
    given '4\n'
    expect 0 --job job.yaml -a - 'echo {}{}'
    stdout '4\t44\n'
}

@test "a job file goes with the journal, and with failures" {
    printf 'command: sh -c "exit {}"\ntasks: [0, 1, 2]\n' > job.yaml
    expect 1 --job job.yaml
    stderr_has 'task 2 (1) failed: exit status 1' 'task 3 (2) failed: exit status 2'
}

@test "--dump-job: the same run, and the same dump again" {
    printf 'x y\nz\n' > f
    given 'stdin\n'
    for args in '--tag|echo|{}|a b|:::|1|2 3|:::+|x|y|::::|f' '--stdin|tr a-z A-Z; echo "no: #"' '-d|i|echo' '-a|f|-C|y|echo|<{1}>' '--repeat|2|--header|echo|{n}|:::|n|1'; do
        IFS='|' read -r -a words <<< "$args"
        "$SMAP" --dump-job "${words[@]}" > dump.yaml
        expect 0 "${words[@]}"
        cp "$runs/$first/out" before
        expect 0 --job dump.yaml
        diff before "$runs/$first/out"
        diff dump.yaml <("$SMAP" --job dump.yaml --dump-job)
    done
}

@test "--dry-run of a trillion combinations begins at once" {
    cat > large.yaml << 'EOF'
command: echo {a} {b}
sweep:
  a: {from: 1, to: 1000000}
  b: {from: 1, to: 1000000}
EOF
    timeout "$PATIENCE" sh -c '"$0" --job large.yaml --dry-run | head -n 2' "$SMAP" > out
    diff out <(printf '%s\n' '/bin/sh -c '\''echo "${1}" "${2}"'\'' sh 1 1' '/bin/sh -c '\''echo "${1}" "${2}"'\'' sh 1 2')
    timeout "$PATIENCE" sh -c '"$0" --job large.yaml --procs 2 | head -n 2' "$SMAP" > out
    diff out <(printf '1 1\n1 2\n')
}

# Refused with a second of a processor and 64 MB, with a place, in two lines; address sanitizer needs more memory than that of its own.
refused() { # FILE MESSAGE
    local limit=65536
    ! grep -q __asan_init "$SMAP" || limit=unlimited
    (ulimit -v $limit -t 1; timeout "$PATIENCE" "$SMAP" --job "$1" true < /dev/null > out 2> err) && status=0 || status=$?
    [ "$status" -eq 2 ] && [ ! -s out ] && [ "$(wc -l < err)" -eq 2 ] && grep -qF "$2" err || {
        echo "$1: status $status"
        head -c 500 err
        return 1
    }
}

@test "hostile files are refused at once, with file, line and column" {
    printf 'procs: 2\nprocs: 3\n' > j; refused j "j:2:1: the key 'procs' is given twice"
    printf 'tag: yes\nprcos: 3\n' > j; refused j "j:2:1: unknown key 'prcos' (did you mean procs?)"
    { echo 'a: &a [x, x]'; for i in $(seq 20); do echo "b$i: [*a, *a, *a]"; done; } > j; refused j 'j:1:1: '
    { echo 'tasks: &a [x, x]'; for i in $(seq 20); do echo "b$i: [*a, *a, *a]"; done; } > j; refused j 'j:1:8: anchors'
    printf 'tasks: &a [*a]\n' > j; refused j 'j:1:8: anchors'
    head -c 100000 /dev/zero | tr '\0' '[' > j; refused j 'j:1:1: '
    { printf 'tasks: '; head -c 100000 /dev/zero | tr '\0' '['; } > j; refused j 'j:1:9: '
    { printf 'tasks: '; head -c 100000 /dev/zero | tr '\0' '{'; } > j; refused j 'j:1:9: '
    printf 'output: a\0b\n' > j; refused j 'j:1:10: a NUL byte'
    printf '\377\376t\0a\0' > j; refused j 'j:1:1: this is UTF-16'
    printf 'tag: no\n---\ntag: no\n' > j; refused j 'j:2:1: a second document'
    printf 'output: !!python/object x\n' > j; refused j 'j:1:9: tags'
    printf '<<: {a: b}\n' > j; refused j 'j:1:1: merge keys'
    printf 'output: *x\n' > j; refused j 'j:1:9: '
    mkfifo fifo; refused fifo 'fifo:1:1: a job file must be a regular file'
    refused /dev/zero '/dev/zero:1:1: a job file must be a regular file'
    refused . '.:1:1: a job file must be a regular file'
    head -c 1048577 /dev/zero | tr '\0' '#' > j; refused j 'j:1:1: a job file has 1 MiB at most'
    { echo 'sweep:'; seq -f '  k%.0f: 1' 50000; } > j; refused j 'j:66:3: a sweep has 64 parameters at most'
    { echo 'env:'; seq -f '  k%.0f: 1' 50000; echo '  k1: 2'; } > j; refused j "j:50002:3: the variable 'k1' is given twice"
    { printf 'tasks: [' ; yes a, | head -n 100000; echo ']]'; } > j; refused j 'j:100001:2: this is not YAML'
}
