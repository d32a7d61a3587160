/*
 * detector: a large constant input for worker/wavefront.c: where the elements of a detector lie.
 *
 * usage: detector N > FILE      pairs of doubles, x and y, on a disc of radius 1, evenly spread
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    long n = argc == 2 ? atol(argv[1]) : 0;

    if (n < 1) {
        fprintf(stderr, "usage: detector N > FILE\n");
        return 2;
    }
    for (long i = 0; i < n; i++) {
        double radius = sqrt((i + 0.5) / n), angle = i * 2.399963229728653; /* golden */
        double place[2] = {radius * cos(angle), radius * sin(angle)};

        fwrite(place, sizeof place, 1, stdout);
    }
    return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
