#!/usr/bin/env bats
# Several hosts (scripts/cluster/hosts), and the loss of one: all is gone soon, the status is not 0, what was delivered is whole, and the journal goes on
# from there. Run by `make check-cluster`.
# shellcheck disable=SC2016,SC2034,SC2154 # task text is for another shell; run sets status and output, lost.bash reads what begin sets
bats_require_minimum_version 1.5.0
load lost

SMAP=${SMAP:-$(realpath "$BATS_TEST_DIRNAME/../../smap")}
hosts=$(realpath "$BATS_TEST_DIRNAME/../../scripts/cluster/hosts")
export OMPI_MCA_pml=ob1

setup() {
    run "$hosts" up
    [ "$status" -ne 77 ] || skip "$output"
    [ "$status" -eq 0 ]
    cd "$BATS_TEST_TMPDIR" || return 1
}

teardown_file() {
    "$hosts" down
}

ranks() { # ARGUMENT... of smap
    timeout -k 2 60 "$hosts" mpirun -q -n 6 --bind-to none "$SMAP" --mpi "$@" < /dev/null 3>&-
}

@test "tasks run on all hosts" {
    run --separate-stderr ranks 'hostname; sleep 0.2; : {}' ::: {1..30}
    [ "$status" -eq 0 ]
    [ "$(sort -u <<< "$output" | tr '\n' ' ')" = "h1 h2 h3 " ]
}

@test "the summary tells what each host has done" {
    run --separate-stderr ranks --summary 'sleep 0.2; [ {} != 7 ]' ::: {1..30}
    [ "$status" -eq 1 ]
    [ "$(sed -nE 's/^smap: host (h[123]): [0-9]+ tasks, [01] failed, [0-9.]+ s in tasks$/\1/p' <<< "$stderr" | sort | tr '\n' ' ')" = "h1 h2 h3 " ]
    [ "$(awk '/^smap: host / { n += $4; bad += $6 } END { print n, bad }' <<< "$stderr")" = "30 1" ]
}

@test "one rank a host, with several slots" {
    run --separate-stderr timeout -k 2 60 "$hosts" mpirun -q --map-by ppr:1:node --bind-to none "$SMAP" --mpi -P 4 \
        'echo $(hostname) $SMAP_RANK $SMAP_SLOT; sleep 0.2; : {}' ::: {1..48} < /dev/null 3>&-
    [ "$status" -eq 0 ]
    [ "$(cut -d ' ' -f 3 <<< "$output" | sort -un | tr '\n' ' ')" = "1 2 3 4 5 6 7 8 9 10 11 12 " ]
    [ "$(awk '$1 != "h" ($2 + 1) || $2 != int(($3 - 1) / 4)' <<< "$output")" = "" ]
}

@test "MPICH" {
    [ -e "$(dirname "$SMAP")/smap-mpi-mpich.so" ] && command -v mpiexec.hydra > /dev/null || skip "no MPICH module or no mpiexec.hydra"
    run --separate-stderr timeout -k 2 60 "$hosts" mpiexec -n 6 "$SMAP" --mpi 'echo {}; sleep 0.1' ::: {1..30} < /dev/null 3>&-
    [ "$status" -eq 0 ]
    [ "$(grep -c . <<< "$output")" -eq 30 ]
}

# Thirty tasks end, then every rank is in one that does not; tasks write their process numbers as the outer system counts them.
begin() { # ARGUMENT... of smap
    new_task
    like_ranks="smap --mpi -a tasks .* $nap "
    seq 100 > tasks
    "$hosts" mpirun -q -n 6 --bind-to none "$SMAP" --mpi -a tasks -o out.txt --journal state "$@" "$task" > out 2> err < /dev/null 3>&- &
    launcher=$!
    all_nap
}

# What was delivered is a whole prefix; the rest follows, from the journal, on whole hosts.
goes_on() {
    local part
    part=$(find . -name '.out.txt.smap-*')
    cmp <(seq 100 | head -n "$(wc -l < "$part")") "$part"
    "$hosts" up
    touch go
    run ranks -a tasks -o out.txt --journal state "$task"
    echo "$output"
    [ "$status" -eq 0 ]
    seq 100 | cmp - out.txt
}

@test "a host crashes" {
    begin
    "$hosts" crash h2
    all_gone
    ended_badly
    goes_on
}

@test "the host of rank 0 crashes" {
    begin
    "$hosts" crash h1
    all_gone
    ended_badly
    goes_on
}

# No connection breaks, nobody is told anything: --heartbeat alone notices; mpirun, left behind, by the keepalive of its own connections.
@test "a host is cut off" {
    export OMPI_MCA_oob_tcp_keepalive_time=2 OMPI_MCA_oob_tcp_keepalive_intvl=1 OMPI_MCA_oob_tcp_keepalive_probes=2
    begin --heartbeat 3
    "$hosts" cut h2
    all_gone
    ended_badly
    "$hosts" plug h2
    goes_on
}
