#!/usr/bin/env bats
# Functions in the smap process itself: what smap writes goes to its output while the function's own printing goes to stderr.
load helper

@test "results of a function go to a regular file, whole, and nowhere else" {
    seq 100000 > in
    sed 's/$/.0/' in > want
    "$SMAP" --worker libm.so.6:floor --signature 'double(double)' < in > out 2> err
    sed 's/$/.0/' out | cmp - want
    [ ! -s err ]
}
