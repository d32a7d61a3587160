#!/usr/bin/env bats
# Records: results as JSON and as files, the same on every backend but for times, slots and hosts.
load helper

# What may differ is taken out of the lines.
plain() { # FILE
    sed -E 's/"start":[0-9.]+,"seconds":[0-9.]+,"host":"[^"]*","slot":[0-9]+,"maxrss_kb":[0-9a-z]+,//' "$1"
}

@test "--format jsonl: one object per task, in order" {
    given 'a\nb "\\\nc\xff\n'
    expect_each 1 --format jsonl 'echo {}; echo e{#} >&2; exit $(({#} - 1))'
    for b in "$runs"/*/out; do
        diff <(plain "$b") - << 'EOF'
{"task":1,"input":"a","status":0,"signal":0,"cause":"exit","attempts":1,"stdout":"a\n","stderr":"e1\n"}
{"task":2,"input":"b \"\\","status":1,"signal":0,"cause":"exit","attempts":1,"stdout":"b \"\\\n","stderr":"e2\n"}
{"task":3,"input_base64":"Y/8=","status":2,"signal":0,"cause":"exit","attempts":1,"stdout_base64":"Y/8K","stderr":"e3\n"}
EOF
    done
    stderr_has 'task 2' 'e2' 'task 3'
    no grep -qx e1 "$runs/$first/err"
}

@test "--format jsonl: signals, commands that are not there" {
    given 'kill -SEGV $$\nexec /nonexistent/program\nexit 0\n'
    expect_each 1 --format jsonl
    for b in "$runs"/*/out; do
        diff <(plain "$b" | grep -o '"status.*attempts') <(printf '%s\n' '"status":139,"signal":11,"cause":"signal","attempts' \
            '"status":127,"signal":0,"cause":"exit","attempts' '"status":0,"signal":0,"cause":"exit","attempts')
    done
}

@test "--format jsonl is JSON for every byte" {
    command -v python3 > /dev/null || skip "no python3 here"
    python3 -c '
import random, sys
random.seed(1)
pool = [bytes([i]) for i in range(256)] + ["ä€😀\u2028".encode(), b"\xed\xa0\x80", b"\\u0000", b"\"}"]
pool = [p for p in pool if p not in (b"\0", b"\n")]
out = [p for p in pool] + [b"".join(random.choices(pool, k=random.randrange(40))) for _ in range(300)]
sys.stdout.buffer.write(b"".join(o + b"\n" for o in out))' > "$input"
    for how in --serial '--procs 3'; do
        # shellcheck disable=SC2086 # two words are wanted
        "$SMAP" $how --format jsonl -n 8 printf '%s\0' < "$input" > out
        python3 - "$input" out << 'EOF'
import base64, json, sys
def value(o, key):
    return o[key].encode() if key in o else base64.b64decode(o[key + "_base64"])
lines = open(sys.argv[1], "rb").read().split(b"\n")[:-1]
packs = [lines[i:i + 8] for i in range(0, len(lines), 8)]
records = [json.loads(line) for line in open(sys.argv[2], "rb")]
assert len(records) == len(packs), len(records)
for n, (r, p) in enumerate(zip(records, packs), 1):
    assert r["task"] == n and r["status"] == 0
    assert value(r, "input") == b"\n".join(p), n
    assert value(r, "stdout") == b"".join(x + b"\0" for x in p), n
EOF
    done
}

@test "--format jsonl: large results need no large memory" {
    command -v python3 > /dev/null || skip "no python3 here"
    local limit=120000
    ! grep -q __asan_init "$SMAP" || limit=unlimited
    (ulimit -v $limit; exec "$SMAP" --procs 2 --format jsonl 'head -c {} /dev/zero | tr "\0" "\377"; head -c {} /dev/zero >&2' ::: 40000000 3 50000000) > out
    python3 -c '
import base64, json
for line, n in zip(open("out"), (40000000, 3, 50000000)):
    r = json.loads(line)
    assert base64.b64decode(r["stdout_base64"]) == b"\xff" * n
    assert r["stderr"] == "\0" * n'
}

@test "--format jsonl of functions, filters and packs" {
    given '1\n2\n3\n'
    expect_each 0 --format jsonl --filter cat
    for b in "$runs"/*/out; do
        diff <(plain "$b" | grep -o '"stdout.*') <(printf '"stdout":"%d\\n","stderr":""}\n' 1 2 3)
    done
}

@test "--format jsonl: a reader that goes, a file, a journal" {
    timeout 20 sh -c 'yes | "$0" --procs 2 --format jsonl echo | head -n 1' "$SMAP" > out
    grep -q '^{"task":1,' out
    "$SMAP" --format jsonl --journal j -o one echo ::: a b
    "$SMAP" --format jsonl --journal j -o two echo ::: a b 2> /dev/null
    diff one two
}

@test "--format jsonl goes with what it can go with" {
    expect 2 --format jsonl --tag echo
    stderr_has '--format jsonl and --tag contradict each other'
    expect 2 --format xml echo
    stderr_has '--format expects plain or jsonl'
    given 'a\n'
    expect 0 --format plain --tag echo
    stdout 'a\ta\n'
}

@test "--results keeps each result as files, beside the output" {
    given '1\n0\n'
    expect 1 --results d 'echo out{}; echo err{} >&2; exit {}'
    stdout 'out1\nout0\n'
    file d/1/stdout 'out1\n'
    file d/1/stderr 'err1\n'
    file d/1/status '1\n'
    file d/2/status '0\n'
    [ "$(find "$runs/$first/files/d" -type f | wc -l)" -eq 6 ]
}

@test "--results: many tasks lie deeper, an existing directory is written over" {
    mkdir -p d/5
    echo old > d/5/stdout
    seq 2001 | "$SMAP" --procs 2 --results d --filter cat > out
    diff out <(seq 2001)
    [ "$(ls d | wc -l)" -eq 1001 ] && [ "$(ls d/1k | wc -l)" -eq 1000 ]
    [ "$(cat d/5/stdout)" = 5 ] && [ "$(cat d/2k/2001/stdout)" = 2001 ] && [ "$(cat d/1k/1999/status)" = 0 ]
}

@test "--results that cannot be written: status 3, nothing lost" {
    : > d
    "$SMAP" --results d echo ::: 1 > out 2> err && status=0 || status=$?
    [ "$status" -eq 3 ]
    grep -q '^smap: cannot open the directory d: Not a directory' err
    mkdir e
    : > e/2
    "$SMAP" --procs 2 --results e echo ::: 1 2 3 > out 2> err && status=0 || status=$?
    [ "$status" -eq 3 ]
    grep -q '^smap: cannot write e/2' err
    expect 2 -u --results d echo
    stderr_has 'contradict each other'
}
