# helper: a case is written once, runs on every backend, and must give the same everywhere. Loaded by each .bats file.
#
#     @test "a value is one argument" {
#         given 'a  b\nc\n'             # standard input of smap; none: empty
#         expect 0 echo hello {}        # exit status, then the arguments of smap
#         stdout 'hello a  b\nhello c\n'
#         stderr ''
#     }
#
# The case begins in an empty directory. Files that it makes there before `expect` are copied for every backend; what a run leaves there is
# compared too. Texts go through printf %b; `stdout` and `stderr` without an argument read what is expected from their standard input.
# The time, slot, host and rank in messages are made alike before comparing, nothing else is.
#
# BACKENDS="serial procs2" in the environment restricts the columns, SMAP says which program is tested.
# shellcheck shell=bash disable=SC2154

SMAP=${SMAP:-$(realpath "$BATS_TEST_DIRNAME/../../smap")}
CLUSTER=$(realpath "$BATS_TEST_DIRNAME/../../scripts/cluster")
PATIENCE=${PATIENCE:-30} # seconds until a run counts as hanging

export LC_ALL=C
# Open MPI need not look for networks here, nor hwloc for an X server and for what a chroot without /sys lacks.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_pml=ob1 OMPI_MCA_btl=self,vader
export HWLOC_COMPONENTS=-gl HWLOC_HIDE_ERRORS=2
# Where there is no /etc/hosts, MPI_Init asks a name server for localhost, many times; an answer that is lost shall not cost five seconds.
export RES_OPTIONS=timeout:1

# Everything that is here: the MPI columns need mpirun, and the module beside the program.
all_backends() {
    local list="serial procs1 procs2 procs3"

    if [ -e "$(dirname "$SMAP")/smap-mpi.so" ] && command -v mpirun > /dev/null; then
        list="$list mpi1 mpi2 mpi4"
    fi
    echo "${BACKENDS:-$list}"
}

# One directory a backend with a program `smap` in it, so that a case never names the backend.
setup_file() {
    local backend line

    # Also of those that are not asked for: some cases name their own.
    for backend in $(BACKENDS='' all_backends) $BACKENDS; do
        case $backend in
            serial) line="\"$SMAP\" --serial" ;;
            procs*) line="\"$SMAP\" --procs ${backend#procs}" ;;
            # The clusters of scripts/cluster, when they are asked for and up.
            mpi-hosts) line="\"$CLUSTER/hosts\" mpirun -q -n 6 --bind-to none \"$SMAP\" --mpi" ;;
            mpi-slurm) line="\"$CLUSTER/slurm\" run srun --quiet --mpi=pmix -N 3 -n 6 \"$SMAP\" --mpi" ;;
            # MPI unloads its plugins without freeing what they took, so that nobody can tell whose it was: there leaks are not looked for.
            # After a status that is not 0 mpirun gives ranks that are long gone two seconds to go. It takes away the directory that all its
            # kind have in common when it finds that empty, which another may just be about to use: each has its own.
            mpi*)
                line="env OMPI_MCA_odls_base_sigkill_timeout=0 OMPI_MCA_orte_tmpdir_base=\"$BATS_FILE_TMPDIR/session/$backend\""
                line="$line${ASAN_OPTIONS:+ ASAN_OPTIONS=\"$ASAN_OPTIONS:detect_leaks=0\"}"
                line="$line mpirun -q -n ${backend#mpi} --oversubscribe --bind-to none \"$SMAP\" --mpi"
                ;;
        esac
        mkdir -p "$BATS_FILE_TMPDIR/bin/$backend"
        printf '#!/bin/sh\nexec %s "$@"\n' "$line" > "$BATS_FILE_TMPDIR/bin/$backend/smap"
        chmod +x "$BATS_FILE_TMPDIR/bin/$backend/smap"
    done
}

setup() {
    runs=$BATS_TEST_TMPDIR/runs
    input=$BATS_TEST_TMPDIR/input
    : > "$input"
    mkdir "$BATS_TEST_TMPDIR/files"
    cd "$BATS_TEST_TMPDIR/files" || return 1
}

given() { # TEXT; or the input on standard input
    if [ $# -gt 0 ]; then printf %b "$1"; else cat; fi > "$input"
}

# MPI itself has crashed, with no frame of smap on the stack: Open MPI 4.1.4 does so on a busy machine now and then, mpirun while it forwards
# standard input, and ranks in MPI_Init (of programs that call nothing else, too).
mpi_crashed() { # DIR STATUS
    [ "$2" -eq 139 ] && grep -q 'Process received signal' "$1/raw" && ! grep -q '^\[[^]]*\] \[ *[0-9]*\] [^ ]*smap' "$1/raw"
}

# COMMAND, with INPUT as its standard input, and again when MPI itself has crashed.
unless_mpi_crashes() { # INPUT COMMAND...
    local from=$1 dir=$BATS_TEST_TMPDIR/said status attempt
    shift

    mkdir -p "$dir"
    for attempt in 1 2 3; do
        status=0
        "$@" < "$from" > "$dir/out" 2> "$dir/raw" 3>&- || status=$?
        mpi_crashed "$dir" $status || break
        echo "# MPI itself crashed, attempt $attempt" >&3
    done
    cat "$dir/out"
    cat "$dir/raw" >&2
    return $status
}

# Runs a command line on one backend, in a copy of the case's files; leaves out, err, status in $runs/BACKEND.
run_on() { # BACKEND COMMAND...
    local dir=$runs/$1 status attempt

    mkdir -p "$dir"
    for attempt in 1 2 3; do
        status=0
        rm -rf "$dir/files"
        cp -R "$BATS_TEST_TMPDIR/files" "$dir/files"
        (
            cd "$dir/files" || exit 1
            PATH=$BATS_FILE_TMPDIR/bin/$1:$PATH
            shift
            exec timeout -k 2 "$PATIENCE" "$@" < "$input" > ../out 2> ../raw 3>&-
        ) || status=$?
        mpi_crashed "$dir" $status || break
        echo "# MPI itself crashed, attempt $attempt" >&3
    done
    echo $status > "$dir/status"
    # With one rank smap says once that nobody helps: that is what the backend is, not what the job gives.
    sed -E -e 's/\(slot [0-9]+(, host [^,)]*)?(, rank [0-9]+)?, [0-9.]+ s\)/(slot N, T s)/' \
        -e 's/^(smap: [0-9]+ tasks?: .*(succeeded|failed|cancelled)); .* slots?$/\1; TIMES/' -e '/^smap: (note: )?.*one rank.*mpirun/d' \
        -e '/^srun: error: [^:]*: task 0: Exited with exit code [0-9]*$/d' -e '/plm:rsh: Warning: setpgid/d' "$dir/raw" > "$dir/err"
}

show_difference() { # WHAT FILE FILE
    echo "$1 differs:"
    diff -u --label "$2" --label "$3" <(cat -A "$2") <(cat -A "$3") | cut -c 1-300 | head -n 40
    return 1
}

# The backends side by side; those of MPI at the same time, since mpirun mostly waits.
run_all() { # LIST COMMAND...
    local backend list=$1 started=()
    shift

    rm -rf "$runs"
    for backend in $list; do
        case $backend in
            mpi*)
                run_on "$backend" "$@" &
                started+=($!)
                ;;
            *) run_on "$backend" "$@" ;;
        esac
    done
    # Not for all children: one of them counts the time that bats gives a test.
    [ ${#started[@]} -eq 0 ] || wait "${started[@]}"
    first=${list%% *}
}

compare_all() { # STATUS LIST
    local backend part wanted=$1

    for backend in $2; do
        # Also in a process whose status nobody sees.
        ! grep -A 20 -e 'ERROR: [A-Za-z]*Sanitizer' -e ': runtime error: ' "$runs/$backend/raw" || return 1
        if [ "$(cat "$runs/$backend/status")" != "$wanted" ]; then
            echo "$backend: status $(cat "$runs/$backend/status") instead of $wanted; its stderr:"
            head -c 2000 "$runs/$backend/raw"
            return 1
        fi
        for part in out err; do
            cmp -s "$runs/$first/$part" "$runs/$backend/$part" ||
                show_difference "$part" "$runs/$first/$part" "$runs/$backend/$part" || return 1
        done
        diff -r "$runs/$first/files" "$runs/$backend/files" || return 1
    done
}

expect() { # STATUS ARGUMENT...
    local status=$1 list
    shift
    list=$(all_backends)
    run_all "$list" smap "$@"
    compare_all "$status" "$list"
}

# A line of shell with `smap` in it, for redirections and pipes; not under mpirun, whose stdin and stdout are its own.
expect_sh() { # STATUS LINE
    local list
    list=$(all_backends | tr ' ' '\n' | grep -v mpi | tr '\n' ' ')
    run_all "$list" sh -c "$2"
    compare_all "$1" "$list"
}

# As expect, but what comes out may depend on the backend: the case looks at $runs/*/out itself.
expect_each() { # STATUS ARGUMENT...
    local status=$1 backend
    shift
    run_all "$(all_backends)" smap "$@"
    for backend in $(all_backends); do
        [ "$(cat "$runs/$backend/status")" = "$status" ] || {
            echo "$backend: status $(cat "$runs/$backend/status") instead of $status"
            head -c 2000 "$runs/$backend/raw"
            return 1
        }
    done
}

is_as_expected() { # PART [TEXT]
    local part=$1 wanted=$BATS_TEST_TMPDIR/wanted
    shift
    if [ $# -gt 0 ]; then printf %b "$1"; else cat; fi > "$wanted"
    cmp -s "$wanted" "$runs/$first/$part" || show_difference "$part" "$wanted" "$runs/$first/$part"
}

stdout() {
    is_as_expected out "$@"
}

stderr() {
    is_as_expected err "$@"
}

stderr_has() { # TEXT... each somewhere in it
    local text
    for text; do
        grep -qF -e "$text" "$runs/$first/err" || {
            echo "stderr lacks: $text"
            cat -A "$runs/$first/err" | head -n 20
            return 1
        }
    done
}

# What a run left in its directory.
file() { # NAME [TEXT]
    is_as_expected "files/$1" "${@:2}"
}

# `! COMMAND` would not fail a case unless it were its last line.
no() {
    ! "$@"
}
