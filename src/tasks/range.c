/*
 * Ranges of decimals. A number is an integer times a power of ten; those of one range share the power, so that adding steps is integer
 * arithmetic. Only a log scale needs floating point, and its 15 digits hide what that rounds. Its two functions are here, since libm would
 * be one more library to load at every start.
 */
#include "tasks/range.h"

#include "base/parse.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANGE_STEP, RANGE_LINEAR, RANGE_LOG };

#define DIGITS 18        /* of a number; they fit into 63 bits */
#define EXPONENT_MAX 300
#define LN2 0.693147180559945309417232121458176568L
#define SIGNIFICANT 100000000000000 /* 10^14: the least integer of 15 digits */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Trailing zeros say nothing, and 1e6 should be no longer than it looks. */
static void trim(struct range_number *d)
{
    if (d->digits == 0)
        d->exponent = 0;
    while (d->digits && d->digits % 10 == 0) {
        d->digits /= 10;
        d->exponent++;
    }
}

/* The digits and the point; leading zeros do not count. Returns what follows, NULL: too many, or none. */
static const char *read_digits(const char *p, struct range_number *d)
{
    bool any = false, point = false;

    for (; is_digit(*p) || (*p == '.' && !point); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        any = true;
        if (d->digits >= (int64_t)1e17)
            return NULL;
        d->digits = d->digits * 10 + (*p - '0');
        d->exponent -= point;
    }
    return any ? p : NULL;
}

static int read_decimal(const char *text, struct range_number *d)
{
    bool negative = *text == '-';
    uint64_t exponent;

    *d = (struct range_number){0};
    const char *p = read_digits(text + (negative || *text == '+'), d);

    if (!p)
        return -1;
    if (*p == 'e' || *p == 'E') {
        bool down = p[1] == '-';

        if (parse_uint(p + 1 + (down || p[1] == '+'), 0, EXPONENT_MAX, &exponent) < 0)
            return -1;
        d->exponent += down ? -(int)exponent : (int)exponent;
    } else if (*p) {
        return -1;
    }
    if (negative)
        d->digits = -d->digits;
    trim(d);
    return abs(d->exponent) <= EXPONENT_MAX ? 0 : -1;
}

static int number(const char *key, const char *text, struct range_number *d, struct buf *why)
{
    if (text && read_decimal(text, d) == 0)
        return 0;
    if (text)
        buf_printf(why, "%s: '%.60s' is not a number of at most %d digits", key, text, DIGITS);
    else
        buf_printf(why, "a range needs from: and to:");
    return -1;
}

static int scale_to(const struct range_number *d, int exponent, int64_t *out)
{
    *out = d->digits;
    for (int i = d->exponent; *out && i > exponent; i--)
        if (__builtin_mul_overflow(*out, 10, out))
            return -1;
    return 0;
}

/* A zero has no exponent of its own. */
static int least_exponent(const struct range_number *d, size_t n)
{
    int least = EXPONENT_MAX + DIGITS;

    for (size_t i = 0; i < n; i++)
        if (d[i].digits && d[i].exponent < least)
            least = d[i].exponent;
    return least;
}

/* All of one range to one power of ten: from, to, step. */
static int align(struct range *r, const struct range_number d[3], struct buf *why)
{
    r->exponent = least_exponent(d, 3);
    if (scale_to(&d[0], r->exponent, &r->from) == 0 && scale_to(&d[1], r->exponent, &r->to) == 0 &&
        scale_to(&d[2], r->exponent, &r->step) == 0)
        return 0;
    buf_printf(why, "the numbers of this range are too far apart: together they have more than %d digits", DIGITS);
    return -1;
}

static int init_step(struct range *r, const struct range_spec *spec, struct range_number d[3], struct buf *why)
{
    d[2] = (struct range_number){1, 0};
    if ((spec->step && number("step", spec->step, &d[2], why) < 0) || align(r, d, why) < 0)
        return -1;
    __int128 way = (__int128)r->to - r->from;

    if (r->step == 0 || (way < 0) != (r->step < 0)) {
        if (way == 0 && r->step) {
            r->count = 1;
            return 0;
        }
        buf_puts(why, r->step == 0 ? "step: 0 never gets anywhere"
                      : way < 0    ? "this range goes down: it needs a negative step"
                                   : "this range goes up: its step cannot be negative");
        return -1;
    }
    r->count = (uint64_t)(way / r->step) + 1;
    return 0;
}

/* Of X > 0: a power of two, and the series of atanh for what is left, between 0.7 and 1.4. */
static long double ln(long double x)
{
    int twos = 0;

    for (; x > 1.41421356L; x /= 2)
        twos++;
    for (; x < 0.70710678L; x *= 2)
        twos--;
    long double t = (x - 1) / (x + 1), power = t, sum = 0;

    for (int i = 1; i < 30; i += 2, power *= t * t)
        sum += power / i;
    return 2 * sum + twos * LN2;
}

static long double power_of_two(int n)
{
    long double result = 1, base = n < 0 ? 0.5L : 2;

    for (unsigned left = (unsigned)abs(n); left; left /= 2, base *= base)
        if (left % 2)
            result *= base;
    return result;
}

static long double exponential(long double x)
{
    int twos = (int)(x / LN2 + (x < 0 ? -0.5L : 0.5L));
    long double rest = x - twos * LN2, term = 1, sum = 1;

    for (int i = 1; i < 24; i++) {
        term *= rest / i;
        sum += term;
    }
    return sum * power_of_two(twos);
}

static int init_log(struct range *r, const struct range_spec *spec, struct buf *why)
{
    long double high = strtold(spec->to, NULL);

    r->low = strtold(spec->from, NULL);
    if (r->low == 0 || high == 0 || (r->low < 0) != (high < 0)) {
        buf_puts(why, "scale: log needs two ends of the same sign, neither of them 0");
        return -1;
    }
    r->ratio = ln(high / r->low);
    r->kind = RANGE_LOG;
    return 0;
}

static int init_points(struct range *r, const struct range_spec *spec, struct range_number d[3], struct buf *why)
{
    if (spec->step) {
        buf_puts(why, "a range has a step or a number of points, not both");
        return -1;
    }
    if (parse_uint(spec->points, 1, (uint64_t)1 << 53, &r->count) < 0) {
        buf_printf(why, "points: expects a number from 1 on, not '%.60s'", spec->points);
        return -1;
    }
    r->ends[0] = d[0];
    r->ends[1] = d[1];
    if (spec->scale && strcmp(spec->scale, "log") == 0)
        return init_log(r, spec, why);
    d[2] = (struct range_number){0};
    r->kind = RANGE_LINEAR;
    return align(r, d, why);
}

int range_init(struct range *r, const struct range_spec *spec, struct buf *why)
{
    struct range_number d[3];

    *r = (struct range){.kind = RANGE_STEP};
    if (number("from", spec->from, &d[0], why) < 0 || number("to", spec->to, &d[1], why) < 0)
        return -1;
    if (spec->scale && strcmp(spec->scale, "log") != 0 && strcmp(spec->scale, "linear") != 0) {
        buf_printf(why, "scale: expects linear or log, not '%.60s'", spec->scale);
        return -1;
    }
    if (spec->points)
        return init_points(r, spec, d, why);
    if (spec->scale && strcmp(spec->scale, "log") == 0) {
        buf_puts(why, "scale: log needs a number of points");
        return -1;
    }
    return init_step(r, spec, d, why);
}

/* Behind the point as many zeros as it takes, or an exponent. */
static void put_decimal(struct range_number d, struct buf *out)
{
    char digits[24];

    trim(&d);
    int len = snprintf(digits, sizeof digits, "%" PRIu64, d.digits < 0 ? -(uint64_t)d.digits : (uint64_t)d.digits);
    int point = len + d.exponent; /* digits before the point */

    if (d.digits < 0)
        buf_putc(out, '-');
    if (point > 21 || point < -5) {
        buf_printf(out, "%c%s%se%+03d", digits[0], len > 1 ? "." : "", digits + 1, point - 1);
    } else if (point <= 0) {
        buf_printf(out, "0.%.*s%s", -point, "00000", digits);
    } else if (point < len) {
        buf_printf(out, "%.*s.%s", point, digits, digits + point);
    } else {
        buf_puts(out, digits);
        while (point-- > len)
            buf_putc(out, '0');
    }
}

/* What lies between, by long division, to 15 significant digits. */
static void put_linear(const struct range *r, uint64_t index, struct buf *out)
{
    __int128 last = (__int128)r->count - 1, sum = r->from * (last - index) + r->to * (__int128)index;
    bool negative = sum < 0;
    struct range_number d = {.exponent = r->exponent};

    if (negative)
        sum = -sum;
    d.digits = (int64_t)(sum / last);
    sum %= last;
    for (; sum && d.digits < SIGNIFICANT; sum %= last) {
        sum *= 10;
        d.digits = d.digits * 10 + (int64_t)(sum / last);
        d.exponent--;
    }
    d.digits += 2 * sum >= last;
    if (negative)
        d.digits = -d.digits;
    put_decimal(d, out);
}

static void put_log(const struct range *r, uint64_t index, struct buf *out)
{
    long double part = (long double)index / (long double)(r->count - 1);
    char text[40]; /* [-]d.dddddddddddddde[+-]ddd */

    snprintf(text, sizeof text, "%.14Le", r->low * exponential(r->ratio * part));
    struct range_number d = {0};

    if (read_decimal(text, &d) == 0)
        put_decimal(d, out);
    else
        buf_puts(out, text);
}

void range_put(const struct range *r, uint64_t index, struct buf *out)
{
    if (r->kind == RANGE_STEP)
        put_decimal((struct range_number){(int64_t)(r->from + (__int128)index * r->step), r->exponent}, out);
    else if (index == 0)
        put_decimal(r->ends[0], out);
    else if (index == r->count - 1)
        put_decimal(r->ends[1], out);
    else if (r->kind == RANGE_LINEAR)
        put_linear(r, index, out);
    else
        put_log(r, index, out);
}
