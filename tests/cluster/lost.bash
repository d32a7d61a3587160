# lost: what the tests of both clusters share about a run that loses a part. Loaded by the .bats files beside it.
#
# The run is in the background, six ranks with two slots each. Its first 30 tasks end at once; the others take a nap, with a child in a session of
# its own, until there is a file `go`. The tests set `launcher`, the pid of what waits for the run, and `like_ranks`,
# a pattern for pgrep -f.
# shellcheck shell=bash disable=SC2034,SC2154

new_task() { # sets nap, which tells these tasks from any other, and task
    nap=9876.$$$RANDOM
    task="[ -e go ] || [ {} -lt 31 ] || { setsid sleep $nap & exec sleep $nap; }; echo {}"
}

all_nap() { # within half a minute: every slot has such a task
    local i
    for ((i = 0; i < 3000; i++)); do
        [ "$(pgrep -fxc "sleep $nap")" -ne 12 ] || return 0
        sleep 0.01
    done
    cat err
    return 1
}

all_gone() { # within ten seconds: tasks, ranks, launcher
    local i
    for ((i = 0; i < 1000; i++)); do
        pgrep -fx "sleep $nap" > left || pgrep -f "$like_ranks" > left || kill -0 "$launcher" 2> left || return 0
        sleep 0.01
    done
    ps -fp "$(paste -sd , left)"
    return 1
}

ended_badly() {
    local status=0
    wait "$launcher" || status=$?
    [ "$status" -ne 0 ]
}
