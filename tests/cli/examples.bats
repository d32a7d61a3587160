#!/usr/bin/env bats
# The examples, as the README shows them: on every backend, with the same results.
load helper

E=$(realpath "$BATS_TEST_DIRNAME/../../examples")
B=$(realpath "$BATS_TEST_DIRNAME/../../${BUILD:-build}")

@test "a sweep, whose hook folds the results" {
    command -v python3 > /dev/null || skip "no python3 here"
    mkdir -p build/examples examples
    cp "$B/examples/pendulum" build/examples
    cp "$E/fold.py" examples
    # Less of it.
    sed -e 's/step: 0.01/step: 0.2/' "$E/sweep.yaml" > sweep.yaml
    no cmp -s sweep.yaml "$E/sweep.yaml"
    expect 0 --job sweep.yaml
    stderr ''
    [ "$(wc -l < "$runs/$first/out")" -eq 12 ]
    # The table is that of the output.
    awk '{ if ($3 > 0.01) { n++; list = list " " $1 } }
         NR % 4 == 0 { printf "damping %s: %d of 4 drives:%s\n", 1.6 + NR / 20, n, list; n = 0; list = "" }' "$runs/$first/out" > table
    diff table "$runs/$first/files/chaos.txt"
}

@test "a wavefront of many sources, summed in order by a hook" {
    "$B/examples/detector" 5000 > detector.f64
    awk 'BEGIN { srand(3); for (i = 0; i < 300; i++) print 4 * rand() - 2, 4 * rand() - 2, 5 + rand(), 0.1 + rand() }' > "$input"
    echo 'not a source' >> "$input"
    expect 1 --worker "$B/worker/libwavefront.so:wavefront" --worker-config detector.f64 --hook "$B/worker/libwavefront.so:total" --hook-config total.txt
    stderr_has "task 301 (not a source) failed: exit status 1: 'not a source' is not X Y Z STRENGTH"
    grep -qx '300 sources' "$runs/$first/files/total.txt"
    # What the hook has summed is the sum of the output.
    awk 'NF { for (k = 1; k <= 8; k++) sum[k] += $k }
         END { for (k = 1; k < 8; k += 2) printf "sector %d: %.8g %.8g\n", (k + 1) / 2, sum[k], sum[k + 1] }' "$runs/$first/out" > sums
    sed 1d "$runs/$first/files/total.txt" | awk '{ printf "sector %s %.8g %.8g\n", $2, $3, $4 }' | diff - sums
}

@test "a likelihood of many walkers, by a filter" {
    command -v python3 > /dev/null || skip "no python3 here"
    { echo '0.7 2 -0.6931'; seq 200 | awk '{ print 0.7 + 0.01 * sin($1), 2 + 0.1 * cos($1), -1 + $1 / 300 }'; echo 'not numbers at all'; echo 1 2; } > "$input"
    expect 0 --filter "python3 -u $E/likelihood.py"
    stderr ''
    [ "$(wc -l < "$runs/$first/out")" -eq 203 ]
    diff "$runs/$first/out" <(python3 "$E/likelihood.py" < "$input")
    [ "$(tail -n 2 "$runs/$first/out" | tr '\n' ' ')" = '-inf -inf ' ]
    awk 'NR == 1 { best = $1; exit !(best > -450 && best < -300) }' "$runs/$first/out"
}
