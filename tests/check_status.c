/* What a run comes to, as a number. */
#include "counts.h"
#include "status.h"
#include "suites.h"

START_TEST(ends_are_counted_by_kind)
{
    static const struct outcome ends[] = {
        {.cause = END_EXIT, .elapsed = 10},
        {.cause = END_EXIT, .status = 255, .elapsed = 1},
        {.cause = END_EXIT, .status = 1},
        {.cause = END_SIGNAL, .signal = 9},
        {.cause = END_TIMEOUT, .signal = 15},
        {.cause = END_NOT_RUN, .status = 127},
        {.cause = END_CANCELLED},
        {.cause = END_EXIT, .elapsed = 500, .flags = OUTCOME_FROM_JOURNAL},
    };
    struct counts c = {0};

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        counts_end(&c, &ends[i], i == 0 ? 5 : 1);
    ck_assert_uint_eq(c.succeeded, 6);
    ck_assert_uint_eq(c.failed, 5);
    ck_assert_uint_eq(c.cancelled, 1);
    ck_assert_uint_eq(c.replayed, 1);
    ck_assert_uint_eq(c.failed_255, 1);
    ck_assert_uint_eq(c.failed_signal, 1);
    ck_assert_uint_eq(c.failed_start, 1);
    ck_assert_int_eq(c.task_time, 11);
}
END_TEST

START_TEST(the_gravest_says_the_status)
{
    static const struct {
        struct counts c;
        int plain, count, xargs;
    } rows[] = {
        {{.succeeded = 3}, 0, 0, 0},
        {{.failed = 3}, 1, 3, 123},
        {{.failed = 100}, 1, 100, 123},
        {{.failed = 5000}, 1, 101, 123},
        {{.failed = 2, .failed_255 = 1}, 1, 2, 124},
        {{.failed = 2, .failed_255 = 1, .failed_signal = 1}, 1, 2, 125},
        {{.failed = 2, .failed_signal = 1, .failed_start = 1}, 1, 2, 126},
        {{.failed = 2, .stopped = true}, 124, 124, 124},
        {{.failed = 2, .stopped = true, .signal = 15}, 143, 143, 143},
        {{.failed = 2, .signal = 15, .broken = true}, 3, 3, 3},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_int_eq(status_of(&rows[i].c, LIMITS_EXIT_PLAIN), rows[i].plain);
        ck_assert_int_eq(status_of(&rows[i].c, LIMITS_EXIT_COUNT), rows[i].count);
        ck_assert_int_eq(status_of(&rows[i].c, LIMITS_EXIT_XARGS), rows[i].xargs);
        ck_assert(counts_complete(&rows[i].c) == (rows[i].plain < 2));
    }
}
END_TEST

Suite *status_suite(void)
{
    Suite *s = suite_create("status");
    TCase *c = tcase_create("counts");

    tcase_add_test(c, ends_are_counted_by_kind);
    tcase_add_test(c, the_gravest_says_the_status);
    suite_add_tcase(s, c);
    return s;
}
