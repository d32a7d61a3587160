/* Limits as people write them. */
#include "base/limits.h"
#include "suites.h"

START_TEST(timeouts_are_times_or_multiples_of_the_median)
{
    struct limits_timeout t = {7, 7};

    ck_assert_int_eq(limits_parse_timeout("2.5", &t), 0);
    ck_assert(t.us == 2500000 && t.percent == 0);
    ck_assert_int_eq(limits_parse_timeout("5m", &t), 0);
    ck_assert(t.us == 300000000 && t.percent == 0);
    ck_assert_int_eq(limits_parse_timeout("300%", &t), 0);
    ck_assert(t.us == 0 && t.percent == 30000);
    const char *bad[] = {"", "0", "0%", "-1", "x", "5 m", "%", "1e3"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(limits_parse_timeout(bad[i], &t) < 0, "'%s'", bad[i]);
    ck_assert(t.percent == 30000); /* untouched */
}
END_TEST

START_TEST(halt_is_when_and_what)
{
    static const struct {
        const char *text;
        struct limits_halt means;
    } good[] = {
        {"never", {HALT_NEVER, HALT_FAIL, 0, 0}},          {"0", {HALT_NEVER, HALT_FAIL, 0, 0}},
        {"now,fail=1", {HALT_NOW, HALT_FAIL, 1, 0}},       {"soon,fail=30", {HALT_SOON, HALT_FAIL, 30, 0}},
        {"soon,fail=3%", {HALT_SOON, HALT_FAIL, 0, 300}},  {"now,success=2", {HALT_NOW, HALT_SUCCESS, 2, 0}},
        {"now,done=1.5%", {HALT_NOW, HALT_DONE, 0, 150}},  {"1", {HALT_SOON, HALT_FAIL, 1, 0}},
        {"2", {HALT_NOW, HALT_FAIL, 1, 0}},                {"-1", {HALT_SOON, HALT_SUCCESS, 1, 0}},
        {"-2", {HALT_NOW, HALT_SUCCESS, 1, 0}},            {"10%", {HALT_SOON, HALT_FAIL, 0, 1000}},
    };
    const char *bad[] = {"", "now", "now,fail", "now,fail=", "now,fail=0", "soon,fail=0%", "later,fail=1", "now,lost=1", "3", "-3",
                         "now,fail=1,", "now,fail=-1"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct limits_halt h = {HALT_NOW, HALT_DONE, 77, 77};

        ck_assert_msg(limits_parse_halt(good[i].text, &h) == 0, "'%s'", good[i].text);
        ck_assert_int_eq(h.when, good[i].means.when);
        ck_assert_int_eq(h.what, good[i].means.what);
        ck_assert_uint_eq(h.count, good[i].means.count);
        ck_assert_uint_eq(h.percent, good[i].means.percent);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(limits_parse_halt(bad[i], &(struct limits_halt){0}) < 0, "'%s'", bad[i]);
}
END_TEST

START_TEST(load_is_a_number_or_a_share_of_the_cpus)
{
    struct limits_load l;

    ck_assert_int_eq(limits_parse_load("4", &l), 0);
    ck_assert(l.hundredths == 400 && !l.of_cpus);
    ck_assert_int_eq(limits_parse_load("1.5", &l), 0);
    ck_assert(l.hundredths == 150 && !l.of_cpus);
    ck_assert_int_eq(limits_parse_load("80%", &l), 0);
    ck_assert(l.hundredths == 80 && l.of_cpus);
    ck_assert_int_lt(limits_parse_load("0", &l), 0);
    ck_assert_int_lt(limits_parse_load("0.5%", &l), 0);
    ck_assert_int_lt(limits_parse_load("", &l), 0);
    ck_assert_int_lt(limits_parse_load("4%%", &l), 0);
}
END_TEST

Suite *limits_suite(void)
{
    Suite *s = suite_create("limits");
    TCase *c = tcase_create("parse");

    tcase_add_test(c, timeouts_are_times_or_multiples_of_the_median);
    tcase_add_test(c, halt_is_when_and_what);
    tcase_add_test(c, load_is_a_number_or_a_share_of_the_cpus);
    suite_add_tcase(s, c);
    return s;
}
