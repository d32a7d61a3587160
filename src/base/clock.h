/*
 * clock: time in microseconds. Layer: base.
 *
 * Limits and durations use the monotonic clock, which no settimeofday moves; only times shown to people or
 * written to logs use the wall clock.
 */
#ifndef SMAP_CLOCK_H
#define SMAP_CLOCK_H

#include <stdint.h>

#define CLOCK_NEVER INT64_MAX

/* Microseconds of the monotonic clock. */
int64_t clock_now(void);
/* Microseconds since 1970, wall clock. */
int64_t clock_wall(void);

#endif
