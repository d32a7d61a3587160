/* Values of options: what is accepted, what is not, and long arithmetic against a slow model. */
#include "base/parse.h"

#include "feed.h"
#include "suites.h"

#include <stdio.h>
#include <string.h>

#define UNTOUCHED 424242

static const char *const never[] = {"", " ", "x", "-1", "+1", " 1", "1 ", "0x10", "1e3", "1..2", ".", "1.", "1,5",
                                    "nan", "inf", "1x", "99999999999999999999999999", "\xd9\xa1"};

START_TEST(sizes)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {
        {"0", 0},           {"1", 1},           {"4096", 4096},    {"007", 7},
        {"12B", 12},        {"1k", 1024},       {"1K", 1024},      {"1kB", 1024},
        {"1KiB", 1024},     {"64M", 67108864},  {"1.5G", 1610612736}, {".5k", 512},
        {"0.0009765625k", 1}, {"0.0009k", 0},   {"1T", 1ULL << 40}, {"1PiB", 1ULL << 50},
        {"15E", 15ULL << 60}, {"18446744073709551615", UINT64_MAX},
    };
    static const char *const bad[] = {"16E", "18446744073709551616", "1kk", "1i", "1iB", "k", "1 k", "1kiBx", "1bB", "1Z", "-1k"};
    uint64_t v;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        v = UNTOUCHED;
        ck_assert_msg(parse_size(good[i].text, &v) == 0, "%s", good[i].text);
        ck_assert_uint_eq(v, good[i].bytes);
    }
    v = UNTOUCHED;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(parse_size(bad[i], &v) == -1 && v == UNTOUCHED, "%s", bad[i]);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        ck_assert_msg(parse_size(never[i], &v) == -1 && v == UNTOUCHED, "%s", never[i]);
}
END_TEST

START_TEST(durations)
{
    static const struct {
        const char *text;
        int64_t us;
    } good[] = {
        {"0", 0},           {"2.5", 2500000},  {"30s", 30000000},      {"5m", 300000000},  {"1h", 3600000000},
        {"2d", 172800000000}, {"100ms", 100000}, {"0.5ms", 500},        {".25", 250000},    {"0.0000019", 1},
        {"0.0000009", 0},   {"1.5d", 129600000000}, {"4611686018427.387903", PARSE_DURATION_MAX},
    };
    static const char *const bad[] = {"4611686018427.387904", "9223372036854.775807", "53375996d", "5M", "1S", "1sec", "1h30m", "1us", "s", "1 s", "5%"};
    int64_t v;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        v = UNTOUCHED;
        ck_assert_msg(parse_duration(good[i].text, &v) == 0, "%s", good[i].text);
        ck_assert_int_eq(v, good[i].us);
    }
    v = UNTOUCHED;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(parse_duration(bad[i], &v) == -1 && v == UNTOUCHED, "%s", bad[i]);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        ck_assert_msg(parse_duration(never[i], &v) == -1 && v == UNTOUCHED, "%s", never[i]);
}
END_TEST

START_TEST(integers_and_percents)
{
    uint64_t v = UNTOUCHED;

    ck_assert_int_eq(parse_uint("5", 5, 7, &v), 0);
    ck_assert_uint_eq(v, 5);
    ck_assert_int_eq(parse_uint("0007", 5, 7, &v), 0);
    ck_assert_uint_eq(v, 7);
    ck_assert_int_eq(parse_uint("18446744073709551615", 0, UINT64_MAX, &v), 0);
    ck_assert_uint_eq(v, UINT64_MAX);
    ck_assert_int_eq(parse_percent("12.5%", &v), 0);
    ck_assert_uint_eq(v, 1250);
    ck_assert_int_eq(parse_percent("300%", &v), 0);
    ck_assert_uint_eq(v, 30000);
    v = UNTOUCHED;
    ck_assert_int_eq(parse_uint("4", 5, 7, &v), -1);
    ck_assert_int_eq(parse_uint("8", 5, 7, &v), -1);
    ck_assert_int_eq(parse_uint("5.0", 5, 7, &v), -1);
    ck_assert_int_eq(parse_uint("18446744073709551616", 0, UINT64_MAX, &v), -1);
    ck_assert_int_eq(parse_uint("18446744073709551620", 0, UINT64_MAX, &v), -1);
    ck_assert_int_eq(parse_percent("50", &v), -1);
    ck_assert_int_eq(parse_percent("%", &v), -1);
    ck_assert_int_eq(parse_percent("5%%", &v), -1);
    ck_assert_int_eq(parse_percent("999999999999999999%", &v), -1);
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        ck_assert_msg(parse_uint(never[i], 0, UINT64_MAX, &v) == -1 && parse_percent(never[i], &v) == -1, "%s", never[i]);
    ck_assert_uint_eq(v, UNTOUCHED);
}
END_TEST

/* Numbers with a point and many digits, multiplied in decimal by repeated addition. */
START_TEST(parts_are_exact)
{
    uint64_t seed = 7;

    for (int i = 0; i < 5000; i++) {
        uint32_t whole = feed_random(&seed) % 100000, part = feed_random(&seed) % 1000000;
        uint32_t power = feed_random(&seed) % 4;
        char text[64];
        uint64_t got, unit = 1ULL << (10 * power);

        snprintf(text, sizeof text, "%u.%06u%s%s", whole, part, feed_random(&seed) % 2 ? "000000000000000000000000" : "",
                 (const char *const[]){"B", "k", "MB", "GiB"}[power]);
        ck_assert_int_eq(parse_size(text, &got), 0);
        uint64_t expected = whole * unit, rest = part * unit; /* millionths: below 2^50 */

        for (; rest >= 1000000; rest -= rest / 1000000 * 1000000)
            expected += rest / 1000000;
        ck_assert_msg(got == expected, "%s", text);
    }
}
END_TEST

static void expect_escapes(const char *text, const char *expected, size_t len)
{
    struct buf b = BUF_INIT;

    buf_puts(&b, "kept");
    ck_assert_msg(parse_escapes(text, &b) == 0, "%s", text);
    ck_assert_uint_eq(b.len, 4 + len);
    ck_assert(memcmp(b.ptr + 4, expected, len) == 0);
    buf_release(&b);
}

START_TEST(escapes)
{
    static const char *const bad[] = {"a\\", "\\q", "\\x", "\\x1", "\\x1g", "\\xa-0", "\\xg0", "\\012", "\\\\\\", "ok\\u0041"};
    struct buf b = BUF_INIT;

    expect_escapes("", "", 0);
    expect_escapes("::", "::", 2);
    expect_escapes("\\t", "\t", 1);
    expect_escapes("a\\nb\\0c\\r\\\\", "a\nb\0c\r\\", 7);
    expect_escapes("\\x00\\xfF\\x4a1", "\0\xff\x4a" "1", 4);
    expect_escapes("\\", "\\", 1);
    expect_escapes("\xc3\xa9", "\xc3\xa9", 2);
    buf_puts(&b, "kept");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(parse_escapes(bad[i], &b) == -1 && b.len == 4, "%s", bad[i]);
    buf_release(&b);
}
END_TEST

START_TEST(delimiters)
{
    static const char *const bad[] = {"", "ab", "\\n\\n", "\xc3\xa9", "\\z", "\\x4", "00"};
    int c = UNTOUCHED;
    char text[8];

    for (int i = 0; i < 256; i++) {
        snprintf(text, sizeof text, "\\x%02x", (unsigned)i);
        ck_assert_int_eq(parse_delimiter(text, &c), 0);
        ck_assert_int_eq(c, i);
        snprintf(text, sizeof text, "%c", i);
        ck_assert_int_eq(parse_delimiter(text, &c), i ? 0 : -1);
        ck_assert_int_eq(c, i);
    }
    c = UNTOUCHED;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(parse_delimiter(bad[i], &c) == -1 && c == UNTOUCHED, "%s", bad[i]);
}
END_TEST

Suite *parse_suite(void)
{
    Suite *s = suite_create("parse");
    TCase *c = tcase_create("values");

    tcase_add_test(c, sizes);
    tcase_add_test(c, durations);
    tcase_add_test(c, integers_and_percents);
    tcase_add_test(c, parts_are_exact);
    tcase_add_test(c, escapes);
    tcase_add_test(c, delimiters);
    suite_add_tcase(s, c);
    return s;
}
