/* Ranges: decimals as people write them, at both ends and between. */
#include "tasks/range.h"

#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS(low, high, by) &(struct range_spec){.from = low, .to = high, .step = by}
#define POINTS(low, high, n, kind) &(struct range_spec){.from = low, .to = high, .points = n, .scale = kind}

/* All values, blanks between; or what is wrong. */
static const char *values(const struct range_spec *spec)
{
    static struct buf out;
    struct buf why = BUF_INIT;
    struct range r;

    buf_clear(&out);
    if (range_init(&r, spec, &why) < 0) {
        buf_put(&out, why.ptr, why.len);
    } else {
        for (uint64_t i = 0; i < r.count && i < 20; i++) {
            if (i)
                buf_putc(&out, ' ');
            range_put(&r, i, &out);
        }
    }
    buf_release(&why);
    return buf_cstr(&out);
}

START_TEST(steps_are_exact)
{
    ck_assert_str_eq(values(STEPS("0", "1", "0.1")), "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1");
    ck_assert_str_eq(values(STEPS("1", "3", NULL)), "1 2 3");
    ck_assert_str_eq(values(STEPS("1", "3.5", NULL)), "1 2 3");
    ck_assert_str_eq(values(STEPS("-0.5", "0.5", ".25")), "-0.5 -0.25 0 0.25 0.5");
    ck_assert_str_eq(values(STEPS("3", "1", "-0.5")), "3 2.5 2 1.5 1");
    ck_assert_str_eq(values(STEPS("1e3", "3E3", "1e+3")), "1000 2000 3000");
    ck_assert_str_eq(values(STEPS("007", "+010.0", "1")), "7 8 9 10");
    ck_assert_str_eq(values(STEPS("5", "5", "-2")), "5");
    ck_assert_str_eq(values(STEPS("1e-7", "3e-7", "1e-7")), "1e-07 2e-07 3e-07");
    ck_assert_str_eq(values(STEPS("0.000001", "0.000003", "1e-6")), "0.000001 0.000002 0.000003");
    ck_assert_str_eq(values(STEPS("1e20", "3e20", "1e20")), "100000000000000000000 200000000000000000000 300000000000000000000");
    ck_assert_str_eq(values(STEPS("1.5e21", "1.7e21", "1e20")), "1.5e+21 1.6e+21 1.7e+21");
    ck_assert_str_eq(values(STEPS("-999999999999999999", "-999999999999999997", NULL)),
                     "-999999999999999999 -999999999999999998 -999999999999999997");
}
END_TEST

START_TEST(a_tenth_stays_a_tenth)
{
    struct range r;
    struct buf why = BUF_INIT, out = BUF_INIT;

    ck_assert_int_eq(range_init(&r, STEPS("0", "100000000000", "0.1"), &why), 0);
    ck_assert_uint_eq(r.count, 1000000000001);
    range_put(&r, 999999999999, &out);
    ck_assert_str_eq(buf_cstr(&out), "99999999999.9");
    for (uint64_t i = 0; i < 100000; i++) {
        char expected[32];

        buf_clear(&out);
        range_put(&r, i, &out);
        snprintf(expected, sizeof expected, i % 10 ? "%d.%d" : "%d", (int)i / 10, (int)i % 10);
        ck_assert_str_eq(buf_cstr(&out), expected);
    }
    buf_release(&out);
}
END_TEST

START_TEST(points_meet_both_ends)
{
    ck_assert_str_eq(values(POINTS("0", "1", "11", NULL)), "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1");
    ck_assert_str_eq(values(POINTS("0", "1", "4", NULL)), "0 0.333333333333333 0.666666666666667 1");
    ck_assert_str_eq(values(POINTS("1", "-1", "5", "linear")), "1 0.5 0 -0.5 -1");
    ck_assert_str_eq(values(POINTS("-0.1", "0.7", "9", NULL)), "-0.1 0 0.1 0.2 0.3 0.4 0.5 0.6 0.7");
    ck_assert_str_eq(values(POINTS("2.50", "9", "1", NULL)), "2.5");
    ck_assert_str_eq(values(POINTS("1", "1e6", "7", "log")), "1 10 100 1000 10000 100000 1000000");
    ck_assert_str_eq(values(POINTS("1e-300", "1e300", "3", "log")), "1e-300 1 1e+300");
    ck_assert_str_eq(values(POINTS("1", "2", "3", "log")), "1 1.4142135623731 2");
    ck_assert_str_eq(values(POINTS("-4", "-1", "3", "log")), "-4 -2 -1");
    ck_assert_str_eq(values(POINTS("0", "0", "3", NULL)), "0 0 0");
}
END_TEST

START_TEST(what_is_no_range)
{
    ck_assert_str_eq(values(STEPS("0", NULL, "1")), "a range needs from: and to:");
    ck_assert_str_eq(values(STEPS("0", "x", NULL)), "to: 'x' is not a number of at most 18 digits");
    ck_assert_str_eq(values(STEPS("0x10", "20", NULL)), "from: '0x10' is not a number of at most 18 digits");
    ck_assert_str_eq(values(STEPS("1", "1e999", NULL)), "to: '1e999' is not a number of at most 18 digits");
    ck_assert_str_eq(values(STEPS("0", "1", "0")), "step: 0 never gets anywhere");
    ck_assert_str_eq(values(STEPS("1", "0", NULL)), "this range goes down: it needs a negative step");
    ck_assert_str_eq(values(STEPS("0", "1", "-1")), "this range goes up: its step cannot be negative");
    ck_assert_str_eq(values(STEPS("0", "1e20", "1e-5")),
                     "the numbers of this range are too far apart: together they have more than 18 digits");
    ck_assert_str_eq(values(&(struct range_spec){.from = "0", .to = "1", .step = "1", .points = "3"}), "a range has a step or a number of points, not both");
    ck_assert_str_eq(values(POINTS("0", "1", "0", NULL)), "points: expects a number from 1 on, not '0'");
    ck_assert_str_eq(values(POINTS("0", "1", "3", "log")),
                     "scale: log needs two ends of the same sign, neither of them 0");
    ck_assert_str_eq(values(POINTS("1", "2", NULL, "log")), "scale: log needs a number of points");
    ck_assert_str_eq(values(POINTS("1", "2", "3", "sqrt")), "scale: expects linear or log, not 'sqrt'");
    static const char *const bad[] = {"", "-", ".", "e5", "1e", "1e+-3", " 1", "1 ", "--1", "1.2.3", "1_000", "inf", "nan",
                                      "1234567890123456789"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(strstr(values(STEPS(bad[i], "5", NULL)), "is not a number"), "'%s'", bad[i]);
}
END_TEST

/* Whatever is written, no undefined arithmetic: the sanitizers look on. */
START_TEST(any_numbers_are_a_range_or_none)
{
    static const char *const pool[] = {"0", "1", "-1", "0.1", "1e-300", "1e300", "999999999999999999", "-999999999999999999",
                                       "1e18", "0.000000000000000001", "9007199254740992", "3", "1e17", "-5e-17"};
    const size_t n = sizeof pool / sizeof *pool;
    struct buf out = BUF_INIT, why = BUF_INIT;

    for (size_t i = 0; i < n * n * n * 3; i++) {
        const char *third = pool[i / n / n % n];
        struct range_spec spec = {.from = pool[i % n], .to = pool[i / n % n]};
        struct range r;

        *(i / n / n / n == 0 ? &spec.step : &spec.points) = third;
        spec.scale = i / n / n / n == 2 ? "log" : NULL;
        buf_clear(&why);
        if (range_init(&r, &spec, &why) < 0) {
            ck_assert_uint_gt(why.len, 0);
            continue;
        }
        for (uint64_t k = r.count; k; k /= 7) {
            buf_clear(&out);
            range_put(&r, k - 1, &out);
            ck_assert_uint_gt(out.len, 0);
        }
    }
    buf_release(&out);
    buf_release(&why);
}
END_TEST

Suite *range_suite(void)
{
    Suite *s = suite_create("range");
    TCase *c = tcase_create("numbers");

    tcase_add_test(c, steps_are_exact);
    tcase_add_test(c, a_tenth_stays_a_tenth);
    tcase_add_test(c, points_meet_both_ends);
    tcase_add_test(c, what_is_no_range);
    tcase_add_test(c, any_numbers_are_a_range_or_none);
    suite_add_tcase(s, c);
    return s;
}
