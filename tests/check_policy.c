/* Decisions, without a clock: every time here is a number. */
#include "base/clock.h"
#include "policy.h"
#include "suites.h"

static const struct outcome succeeded = {.cause = END_EXIT, .attempt = 1, .elapsed = 1000};
static const struct outcome failed = {.cause = END_EXIT, .status = 1, .attempt = 1, .elapsed = 5};
static const struct outcome cancelled = {.cause = END_CANCELLED, .attempt = 1};

static void note(struct policy *p, const struct outcome *o, int times)
{
    while (times--)
        policy_note(p, o, 1);
}

START_TEST(a_task_has_so_many_attempts)
{
    struct policy *p = policy_new(&(struct policy_spec){.retries = 2, .retry_delay = 100});
    enum end_cause causes[] = {END_EXIT, END_SIGNAL, END_TIMEOUT, END_NOT_RUN};
    int64_t delay;

    for (int i = 0; i < 4; i++) {
        struct outcome o = {.cause = (uint8_t)causes[i], .status = 1, .attempt = 1};

        ck_assert(policy_retry(p, &o, &delay));
        ck_assert_int_eq(delay, 100);
        o.attempt = 2;
        ck_assert(policy_retry(p, &o, &delay));
        ck_assert_int_eq(delay, 200);
        o.attempt = 3;
        ck_assert(!policy_retry(p, &o, &delay));
    }
    ck_assert(!policy_retry(p, &succeeded, &delay));
    ck_assert(!policy_retry(p, &cancelled, &delay));
    policy_free(p);
}
END_TEST

START_TEST(crashes_are_counted_over_all_attempts_and_slots)
{
    struct policy *p = policy_new(&(struct policy_spec){.retries = 9, .max_crashes = 2});
    struct outcome crash = {.cause = END_SIGNAL, .signal = 11, .flags = OUTCOME_CRASH, .attempt = 1, .slot = 1};
    struct outcome stopped = {.cause = END_CANCELLED, .flags = OUTCOME_CRASH};

    ck_assert(policy_attempt(p, &crash));
    ck_assert(policy_attempt(p, &stopped));
    ck_assert(policy_attempt(p, &failed));
    ck_assert(policy_attempt(p, &succeeded));
    crash.slot = crash.attempt = 2;
    ck_assert(policy_attempt(p, &crash));
    ck_assert(!policy_attempt(p, &crash));
    ck_assert(policy_attempt(p, &crash)); /* said once */
    policy_free(p);
}
END_TEST

START_TEST(delays_double_and_never_overflow)
{
    struct policy *p = policy_new(&(struct policy_spec){.retries = UINT32_MAX, .retry_delay = 1000000});
    struct outcome o = failed;
    int64_t delay, before = 500000;

    for (o.attempt = 1; o.attempt < 30; o.attempt++) {
        ck_assert(policy_retry(p, &o, &delay));
        ck_assert_int_eq(delay, before * 2);
        before = delay;
    }
    o.attempt = 4000000000u;
    ck_assert(policy_retry(p, &o, &delay));
    ck_assert_int_gt(delay, 0);
    ck_assert_int_lt(delay, INT64_MAX / 2); /* may be added to any time */
    policy_free(p);
}
END_TEST

START_TEST(halt_counts_what_it_was_told_to_count)
{
    static const struct {
        struct limits_halt halt;
        int ok, bad; /* noted */
        int want;
    } rows[] = {
        {{HALT_NEVER, HALT_FAIL, 0, 0}, 0, 9, HALT_NEVER},  {{HALT_SOON, HALT_FAIL, 2, 0}, 9, 1, HALT_NEVER},
        {{HALT_SOON, HALT_FAIL, 2, 0}, 9, 2, HALT_SOON},    {{HALT_NOW, HALT_FAIL, 1, 0}, 0, 1, HALT_NOW},
        {{HALT_NOW, HALT_SUCCESS, 3, 0}, 2, 9, HALT_NEVER}, {{HALT_NOW, HALT_SUCCESS, 3, 0}, 3, 0, HALT_NOW},
        {{HALT_SOON, HALT_DONE, 3, 0}, 1, 1, HALT_NEVER},   {{HALT_SOON, HALT_DONE, 3, 0}, 1, 2, HALT_SOON},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policy *p = policy_new(&(struct policy_spec){.halt = rows[i].halt});

        note(p, &succeeded, rows[i].ok);
        note(p, &failed, rows[i].bad);
        note(p, &cancelled, 50);
        ck_assert_msg(policy_halt(p, UINT64_MAX) == rows[i].want, "row %zu", i);
        policy_free(p);
    }
}
END_TEST

START_TEST(percentages_are_of_all_tasks_where_their_number_is_known)
{
    struct policy *p = policy_new(&(struct policy_spec){.halt = {HALT_SOON, HALT_FAIL, 0, 1000}});

    note(p, &failed, 2);
    ck_assert_int_eq(policy_halt(p, UINT64_MAX), HALT_NEVER); /* two are too few to tell */
    note(p, &failed, 1);
    ck_assert_int_eq(policy_halt(p, UINT64_MAX), HALT_SOON);
    ck_assert_int_eq(policy_halt(p, 100), HALT_NEVER);
    note(p, &failed, 7);
    ck_assert_int_eq(policy_halt(p, 100), HALT_SOON);
    note(p, &succeeded, 91);
    ck_assert_int_eq(policy_halt(p, UINT64_MAX), HALT_NEVER);
    policy_free(p);

    p = policy_new(&(struct policy_spec){.halt = {HALT_NOW, HALT_DONE, 0, 5000}});
    note(p, &succeeded, 60);
    ck_assert_int_eq(policy_halt(p, UINT64_MAX), HALT_NEVER); /* half of what? */
    ck_assert_int_eq(policy_halt(p, 100), HALT_NOW);
    policy_free(p);
}
END_TEST

/* Against a sorted list: 0, 7, 14 ... in a scrambled order. */
START_TEST(the_median_is_near_the_true_one)
{
    for (int64_t scale = 1; scale < INT64_C(1000000000); scale *= 37) {
        struct policy *p = policy_new(&(struct policy_spec){.retries = 0});

        for (int i = 0; i < 1001; i++) {
            struct outcome o = succeeded;

            o.elapsed = (i * 311 % 1001) * scale;
            policy_note(p, &o, 1);
        }
        ck_assert_int_ge(policy_median(p), 500 * scale * 98 / 100);
        ck_assert_int_le(policy_median(p), 500 * scale * 102 / 100 + 1);
        policy_free(p);
    }
}
END_TEST

START_TEST(the_median_takes_runs_and_extremes)
{
    struct policy *p = policy_new(&(struct policy_spec){.retries = 0});
    struct outcome o = succeeded;

    ck_assert_int_eq(policy_median(p), 0);
    note(p, &failed, 100); /* how long failing takes says nothing */
    ck_assert_int_eq(policy_median(p), 0);
    o.elapsed = 1000000;
    policy_note(p, &o, 100); /* 10 ms each */
    ck_assert_int_ge(policy_median(p), 9800);
    ck_assert_int_le(policy_median(p), 10200);
    o.elapsed = INT64_MAX;
    policy_note(p, &o, 1);
    o.elapsed = -5;
    policy_note(p, &o, 1);
    ck_assert_int_le(policy_median(p), 10200);
    policy_free(p);
}
END_TEST

START_TEST(a_limit_in_percent_follows_the_median)
{
    struct policy *p = policy_new(&(struct policy_spec){.timeout = {.percent = 30000}});
    struct outcome o = succeeded;

    o.elapsed = 1000000;
    note(p, &o, 2);
    ck_assert_int_eq(policy_timeout(p), 0);
    note(p, &o, 1);
    ck_assert_int_ge(policy_timeout(p), 2900000);
    ck_assert_int_le(policy_timeout(p), 3100000);
    policy_free(p);
    p = policy_new(&(struct policy_spec){.timeout = {.us = 77}});
    ck_assert_int_eq(policy_timeout(p), 77);
    policy_free(p);
}
END_TEST

START_TEST(no_task_starts_that_would_not_fit)
{
    struct policy *p = policy_new(&(struct policy_spec){.deadline = 10000000});
    struct outcome o = succeeded;

    ck_assert_int_eq(policy_last_start(p), 10000000);
    o.elapsed = 2000000;
    note(p, &o, 5);
    ck_assert_int_ge(policy_last_start(p), 7900000);
    ck_assert_int_le(policy_last_start(p), 8100000);
    policy_free(p);
    p = policy_new(&(struct policy_spec){.retries = 1});
    note(p, &o, 5);
    ck_assert_int_eq(policy_last_start(p), CLOCK_NEVER);
    policy_free(p);
}
END_TEST

Suite *policy_suite(void)
{
    Suite *s = suite_create("policy");
    TCase *c = tcase_create("decisions");

    tcase_add_test(c, a_task_has_so_many_attempts);
    tcase_add_test(c, crashes_are_counted_over_all_attempts_and_slots);
    tcase_add_test(c, delays_double_and_never_overflow);
    tcase_add_test(c, halt_counts_what_it_was_told_to_count);
    tcase_add_test(c, percentages_are_of_all_tasks_where_their_number_is_known);
    tcase_add_test(c, the_median_is_near_the_true_one);
    tcase_add_test(c, the_median_takes_runs_and_extremes);
    tcase_add_test(c, a_limit_in_percent_follows_the_median);
    tcase_add_test(c, no_task_starts_that_would_not_fit);
    suite_add_tcase(s, c);
    return s;
}
