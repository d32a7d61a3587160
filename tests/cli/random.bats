#!/usr/bin/env bats
# Random jobs: what a loop over sh prints is what every backend prints. SEED=N in the environment makes the same job again.
load helper

# One line of shell: prints to both streams, of all sizes and with and without a newline, sleeps, ends in all ways.
random_line() {
    local -a part=('echo out' 'echo err >&2' 'printf x' 'printf y >&2' "sleep 0.0$((RANDOM % 4))" "printf %0$((RANDOM * 3))d 0" 'printf %05000d 1 >&2')
    local -a end=('' '' '' "exit $((RANDOM % 256))" 'kill -9 $$' 'kill -TERM $$' 'kill -PIPE $$' 'exec true' 'exec echo last' '(exit 3)' 'nosuchcommand' './nosuchfile')
    local line=: i

    for ((i = RANDOM % 5; i > 0; i--)); do line+="; ${part[RANDOM % ${#part[@]}]}"; done
    i=${end[RANDOM % ${#end[@]}]}
    echo "$line${i:+; $i}"
}

begin_line() {
    [ -z "$(tail -c 1 ../err)" ] || echo >> ../err
}

# Leaves what is to come out in ../out and ../err, with FAILED for the reports, which begin a line.
random_job() { # LINES
    local i line status
    echo "SEED=${SEED:=$RANDOM}"
    RANDOM=$SEED
    for ((i = 0; i < $1; i++)); do random_line; done > "$input"
    : > ../err
    while IFS= read -r line; do
        status=0
        /bin/sh -c "$line" < /dev/null 2>> ../err || status=$?
        [ $status -eq 0 ] || { begin_line && echo FAILED >> ../err; }
    done < "$input" > ../out 2> /dev/null
    begin_line # the summary
}

check_job() { # SMAP-OPTION...
    expect 1 "$@"
    cmp ../out "$runs/$first/out"
    sed -e 's/^smap: task [0-9]* .*$/FAILED/' -e '/^smap: [0-9]* tasks: /d' "$runs/$first/err" | diff ../err -
}

@test "a random job gives the same everywhere" {
    random_job 40
    check_job
}

@test "a random job gives the same with next to no memory for waiting results" {
    random_job 40
    check_job --buffer 1k
}

@test "a random job calls its hook the same everywhere" {
    random_job 30
    check_job --hook 'echo "{#} $SMAP_STATUS $SMAP_SIGNAL $(wc -c)" >> hooks'
    diff <(cut -d ' ' -f 1 "$runs/$first/files/hooks") <(seq 30)
}

# Long tasks among short ones, and some that crash, so that what is behind them goes to others again and again.
@test "a random job of functions gives the same everywhere" {
    W=$(realpath "$BATS_TEST_DIRNAME/../../${BUILD:-build}")/worker
    echo "SEED=${SEED:=$RANDOM}"
    RANDOM=$SEED
    for ((i = 0; i < 400; i++)); do
        case $((RANDOM % 25)) in
            0 | 1) echo nap ;;
            2) echo crash ;;
            3) echo status7 ;;
            *) echo $RANDOM ;;
        esac
    done > "$input"
    BACKENDS=$(all_backends | tr ' ' '\n' | grep -v -e serial -e procs1 -e mpi1 | tr '\n' ' ')
    BACKENDS=${BACKENDS% }
    for option in "--chunk $((1 + RANDOM % 100))" "--chunk $((1 + RANDOM % 100)) --retries 1" "--max-tasks-per-worker $((20 + RANDOM % 100))"; do
        # shellcheck disable=SC2086 # two words
        expect 1 $option --worker "$W/libtrouble.so:trouble"
        sed -e 's/^[cs].*//' "$input" | stdout
        stderr_has "400 tasks: $(grep -vc '^[cs]' "$input") succeeded, $(grep -c '^[cs]' "$input") failed"
    done
}
