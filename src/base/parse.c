/* Values of options from text. A number is read digit by digit: strtoull would take signs and white space, strtod a locale. */
#include "base/parse.h"

#include <string.h>
#include <strings.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number as it stands: digits, a point, digits; either side of the point may be missing, not both. */
struct decimal {
    uint64_t whole;
    const char *part; /* digits behind the point */
    size_t part_len;
};

/* Returns what follows the number, NULL when there is none or it does not fit. */
static const char *take_decimal(const char *text, struct decimal *d)
{
    const char *p = text;

    *d = (struct decimal){0};
    for (; is_digit(*p); p++) {
        if (__builtin_mul_overflow(d->whole, 10, &d->whole) ||
            __builtin_add_overflow(d->whole, (uint64_t)(*p - '0'), &d->whole))
            return NULL;
    }
    bool digits = p > text;

    if (*p != '.')
        return digits ? p : NULL;
    for (d->part = ++p; is_digit(*p); p++)
        d->part_len++;
    return d->part_len ? p : NULL;
}

/*
 * D times UNIT (at most 2^60), rounded down. Behind the point Horner's scheme runs from the last digit: x <- (x + digit * UNIT) / 10
 * stays below UNIT, and rounding down at every step gives the same as rounding down once.
 */
static int scale(const struct decimal *d, uint64_t unit, uint64_t *out)
{
    uint64_t whole, part = 0;

    for (size_t i = d->part_len; i-- > 0;)
        part = (part + (uint64_t)(d->part[i] - '0') * unit) / 10;
    if (__builtin_mul_overflow(d->whole, unit, &whole) || __builtin_add_overflow(whole, part, &whole))
        return -1;
    *out = whole;
    return 0;
}

int parse_uint(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    struct decimal d;
    const char *rest = take_decimal(text, &d);

    if (!rest || *rest || d.part || d.whole < min || d.whole > max)
        return -1;
    *out = d.whole;
    return 0;
}

/* The unit that TEXT names, 0: none of them. */
static uint64_t size_unit(const char *text)
{
    static const char letters[] = "KMGTPE";

    if (!*text || strcasecmp(text, "B") == 0)
        return 1;
    const char *at = strchr(letters, *text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text);

    if (!at || (text[1] && strcasecmp(text + 1, "B") != 0 && strcasecmp(text + 1, "iB") != 0))
        return 0;
    return (uint64_t)1 << (10 * (at - letters + 1));
}

int parse_size(const char *text, uint64_t *out)
{
    struct decimal d;
    const char *rest = take_decimal(text, &d);
    uint64_t unit = rest ? size_unit(rest) : 0;

    return unit ? scale(&d, unit, out) : -1;
}

int parse_duration(const char *text, int64_t *out)
{
    static const struct {
        const char *name;
        uint64_t us;
    } units[] = {
        {"", 1000000},       {"ms", 1000},         {"s", 1000000},
        {"m", 60 * 1000000}, {"h", 3600000000ULL}, {"d", 86400000000ULL},
    };
    struct decimal d;
    const char *rest = take_decimal(text, &d);
    uint64_t us;

    for (size_t i = 0; rest && i < sizeof units / sizeof *units; i++) {
        if (strcmp(rest, units[i].name) != 0)
            continue;
        if (scale(&d, units[i].us, &us) < 0 || us > PARSE_DURATION_MAX)
            return -1;
        *out = (int64_t)us;
        return 0;
    }
    return -1;
}

int parse_percent(const char *text, uint64_t *out)
{
    struct decimal d;
    const char *rest = take_decimal(text, &d);

    return rest && strcmp(rest, "%") == 0 ? scale(&d, 100, out) : -1;
}

static int hex_digit(char c)
{
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads what follows a backslash; returns the rest, NULL: no escape that is known. "\012" would be octal elsewhere. */
static const char *take_escape(const char *p, char *byte)
{
    static const char name[] = "ntr\\", value[] = "\n\t\r\\";
    const char *at = *p ? strchr(name, *p) : NULL;

    if (at) {
        *byte = value[at - name];
        return p + 1;
    }
    if (*p == '0' && !is_digit(p[1])) {
        *byte = '\0';
        return p + 1;
    }
    if (*p == 'x' && hex_digit(p[1]) >= 0 && hex_digit(p[2]) >= 0) {
        *byte = (char)(hex_digit(p[1]) * 16 + hex_digit(p[2]));
        return p + 3;
    }
    return NULL;
}

int parse_escapes(const char *text, struct buf *out)
{
    size_t before = out->len;

    if (strcmp(text, "\\") == 0) {
        buf_putc(out, '\\');
        return 0;
    }
    while (*text) {
        char byte = *text++;

        if (byte == '\\' && !(text = take_escape(text, &byte))) {
            out->len = before;
            return -1;
        }
        buf_putc(out, byte);
    }
    return 0;
}

int parse_delimiter(const char *text, int *out)
{
    struct buf bytes = BUF_INIT;
    int rc = parse_escapes(text, &bytes);

    if (rc == 0 && bytes.len != 1)
        rc = -1;
    if (rc == 0)
        *out = (unsigned char)bytes.ptr[0];
    buf_release(&bytes);
    return rc;
}
