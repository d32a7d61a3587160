/*
 * range: the numbers of a sweep from one end to the other, as text, made when they are asked for. Room: tasks; pure.
 *
 * Numbers are decimals as people write them: 0.1 is a tenth, not the binary number next to it. With a step every value is exact: 0, 0.1,
 * 0.2, 0.3, also after 10^12 of them; the end belongs to the range when a step meets it. With a count of points both ends are as given and
 * what lies between is rounded to 15 significant digits. A value is written without trailing zeros, and with an exponent (1e-07, 2.5e+30) only
 * below 10^-6 and from 10^21 on, so it never depends on its neighbours.
 */
#ifndef SMAP_RANGE_H
#define SMAP_RANGE_H

#include "base/buf.h"

#include <stdint.h>

/* As it was written; NULL: it was not. Lent for range_init. */
struct range_spec {
    const char *from, *to;     /* both needed */
    const char *step;          /* 1 when neither this nor points is there */
    const char *points;        /* how many values, instead of a step */
    const char *scale;         /* "linear" or "log", with points */
};

/* DIGITS times ten to the power of EXPONENT. */
struct range_number {
    int64_t digits;
    int exponent;
};

struct range {
    uint64_t count;
    /* The rest is range.c's. */
    int kind;
    struct range_number ends[2];
    int64_t from, to, step; /* times 10^exponent; not of a log scale */
    int exponent;
    long double low, ratio; /* of a log scale: one end, logarithm of the other by it */
};

/* -1: WHY says what is wrong. */
int range_init(struct range *r, const struct range_spec *spec, struct buf *why);
/* Appends value INDEX, below count. */
void range_put(const struct range *r, uint64_t index, struct buf *out);

#endif
