/* Attempts that wait, without a clock. */
#include "base/clock.h"
#include "retry.h"
#include "suites.h"

static struct batch *attempt(uint64_t task, uint32_t number)
{
    struct task t = {.number = task, .text = span_of("text")};

    return batch_of(&t, number);
}

START_TEST(the_one_due_first_comes_first)
{
    struct retry *r = retry_new();
    static const int64_t due[] = {50, 10, 40, 20, 30, 10};

    ck_assert_int_eq(retry_due(r), CLOCK_NEVER);
    for (uint64_t i = 0; i < 6; i++)
        retry_add(r, attempt(i + 1, 2), due[i]);
    static const uint64_t want[] = {2, 6, 4, 5, 3, 1};

    for (int i = 0; i < 6; i++) {
        struct batch *b = retry_take(r);

        ck_assert_uint_eq(b->first, want[i]);
        ck_assert_uint_eq(b->attempt, 2);
    }
    ck_assert_int_eq(retry_due(r), CLOCK_NEVER);
    for (uint64_t i = 0; i < 6; i++)
        retry_end(r, i + 1);
    retry_end(r, 99); /* never was one of ours */
    retry_free(r);
}
END_TEST

START_TEST(a_task_may_come_again_and_again)
{
    struct retry *r = retry_new();

    for (uint32_t n = 2; n < 100; n++) {
        retry_add(r, attempt(7, n), n);
        ck_assert_uint_eq(retry_take(r)->attempt, n);
        retry_end(r, 7);
    }
    retry_add(r, attempt(7, 100), 5);
    retry_take(r); /* freed by retry_free: the run was broken off */
    retry_free(r);
}
END_TEST

START_TEST(those_that_wait_can_be_dropped)
{
    struct retry *r = retry_new();
    uint64_t sum = 0, task;

    ck_assert_uint_eq(retry_drop(r), 0);
    for (uint64_t i = 1; i <= 10; i++)
        retry_add(r, attempt(i, 2), 1000 - (int64_t)i);
    while ((task = retry_drop(r)))
        sum += task;
    ck_assert_uint_eq(sum, 55);
    retry_free(r);
}
END_TEST

START_TEST(there_is_a_limit_to_waiting)
{
    struct retry *r = retry_new();
    uint64_t n = 0;

    while (!retry_full(r))
        retry_add(r, attempt(++n, 2), 1);
    ck_assert_uint_gt(n, 100);
    ck_assert_uint_lt(n, 100000);
    retry_take(r);
    ck_assert(!retry_full(r));
    retry_free(r);
}
END_TEST

Suite *retry_suite(void)
{
    Suite *s = suite_create("retry");
    TCase *c = tcase_create("attempts");

    tcase_add_test(c, the_one_due_first_comes_first);
    tcase_add_test(c, a_task_may_come_again_and_again);
    tcase_add_test(c, those_that_wait_can_be_dropped);
    tcase_add_test(c, there_is_a_limit_to_waiting);
    suite_add_tcase(s, c);
    return s;
}
