/*
 * parse: values of options from text. Layer: base; pure: no messages, no locale, no state.
 *
 * Strict: the whole text must be the value; no white space, sign, hexadecimal or exponent, and nothing that does not fit. Each
 * returns 0, or -1 and leaves *OUT alone; the caller knows the option's name and says what was expected.
 */
#ifndef SMAP_PARSE_H
#define SMAP_PARSE_H

#include "base/buf.h"

#include <stdint.h>

#define PARSE_DURATION_MAX (INT64_MAX / 2)

/* Decimal digits, MIN..MAX. */
int parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *out);
/*
 * Bytes: "4096", "1k", "64M", "1.5G"; K M G T P E in either case, powers of 1024, "KB" and "KiB" mean the same. Parts of a
 * byte are dropped.
 */
int parse_size(const char *text, uint64_t *out);
/*
 * A duration in microseconds: "2.5" and "30s" seconds, "100ms", "5m", "1h", "2d". Parts of a microsecond are dropped; at most
 * PARSE_DURATION_MAX, so that it can be added to any time of the clock.
 */
int parse_duration(const char *text, int64_t *out);
/* "50%", "12.5%": *OUT is in hundredths of a percent (5000, 1250); further digits are dropped. */
int parse_percent(const char *text, uint64_t *out);
/* Appends TEXT to OUT with \n \t \r \0 \\ and \xHH replaced by the bytes they stand for; a single backslash alone is itself. */
int parse_escapes(const char *text, struct buf *out);
/* A delimiter: the same, exactly one byte (0..255). */
int parse_delimiter(const char *text, int *out);

#endif
