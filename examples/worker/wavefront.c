/*
 * A worker and a hook: what many point sources send to a detector. The task is a source, `X Y Z
 * STRENGTH`; the result is its wave in each sector of the detector, a complex number each. The
 * hook adds up the waves of all sources.
 *
 *     cc -O2 -shared -fPIC -o libwavefront.so wavefront.c -lm
 *     detector 1000000 > detector.f64
 *     smap --procs auto --worker ./libwavefront.so:wavefront --worker-config detector.f64 \
 *          --hook ./libwavefront.so:total --hook-config total.txt < sources.txt > waves.txt
 *
 * The places of the detector's elements are the same for all sources: they are mapped once per
 * process, and lie in memory once per machine. A sum of floating-point numbers depends on their
 * order, and the hook is called in the order of the sources: total.txt is the same, to the last
 * bit, serially and on any number of slots and ranks.
 */
#include <smap.h>

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTORS = 4 };
static const double wave_number = 50;

struct wave {
    double re, im;
};

/* --- the worker --------------------------------------------------------------------------------- */

struct detector {
    const double (*place)[2];
    size_t elements;
};

SMAP_INIT(wavefront)
{
    struct detector *d = malloc(sizeof *d);
    int fd = open(config, O_RDONLY);
    struct stat st;
    void *p = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &st) == 0)
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (!d || p == MAP_FAILED) {
        perror(config);
        return 1;
    }
    close(fd);
    d->place = p;
    d->elements = (size_t)st.st_size / sizeof *d->place;
    *state = d;
    return 0;
}

SMAP_FINI(wavefront)
{
    struct detector *d = state;

    munmap((void *)d->place, d->elements * sizeof *d->place);
    free(d);
}

SMAP_WORKER(wavefront)
{
    const struct detector *d = smap->state;
    struct wave sum[SECTORS] = {{0, 0}};
    double x, y, z, strength;

    if (sscanf(task->text, "%lf %lf %lf %lf", &x, &y, &z, &strength) != 4)
        return smap_errorf(smap, "'%s' is not X Y Z STRENGTH", task->text);
    for (size_t i = 0; i < d->elements; i++) {
        double dx = d->place[i][0] - x, dy = d->place[i][1] - y;
        double r = sqrt(dx * dx + dy * dy + z * z);
        struct wave *s = &sum[i * SECTORS / d->elements];

        s->re += strength / r * cos(wave_number * r);
        s->im += strength / r * sin(wave_number * r);
    }
    for (int k = 0; k < SECTORS; k++)
        smap_printf(smap, "%s%.17g %.17g", k ? " " : "", sum[k].re, sum[k].im);
    return 0;
}

/* --- the hook ----------------------------------------------------------------------------------- */

struct total {
    FILE *file;
    unsigned long sources;
    struct wave sum[SECTORS];
};

SMAP_INIT(total)
{
    struct total *t = calloc(1, sizeof *t);

    if (!t || !(t->file = fopen(config, "w"))) {
        perror(config);
        return 1;
    }
    *state = t;
    return 0;
}

SMAP_HOOK(total)
{
    struct total *t = smap->state;
    const char *at = result->output;
    char *end;

    if (result->status)
        return 0; /* smap has reported it */
    for (int k = 0; k < SECTORS; k++) {
        t->sum[k].re += strtod(at, &end);
        t->sum[k].im += strtod(end, &end);
        at = end;
    }
    t->sources++;
    return 0;
}

SMAP_FINI(total)
{
    struct total *t = state;

    fprintf(t->file, "%lu sources\n", t->sources);
    for (int k = 0; k < SECTORS; k++)
        fprintf(t->file, "sector %d: %.17g %.17g\n", k + 1, t->sum[k].re, t->sum[k].im);
    fclose(t->file);
    free(t);
}
