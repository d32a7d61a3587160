/* Batch sizes, under a clock that the tests make up. */
#include "backend/schedule.h"
#include "suites.h"

#include <stdbool.h>

/* Runs batches of TASKS tasks of US microseconds each, until all are done; returns how many batches there were. */
static uint32_t run(struct schedule *s, uint64_t tasks, double us, bool known)
{
    uint32_t batches = 0;

    while (tasks) {
        uint32_t n = schedule_next(s, known ? tasks : UINT64_MAX, 2);

        if (n > tasks)
            n = (uint32_t)tasks;
        schedule_note(s, n, (int64_t)(n * us));
        tasks -= n;
        batches++;
    }
    return batches;
}

START_TEST(begins_with_single_tasks_and_does_not_queue_them)
{
    struct schedule s;

    schedule_init(&s, 0);
    ck_assert_uint_eq(schedule_next(&s, UINT64_MAX, 2), 1);
    ck_assert_uint_eq(schedule_depth(&s), 1);
}
END_TEST

START_TEST(short_tasks_grow_to_ten_milliseconds)
{
    struct schedule s;

    schedule_init(&s, 0);
    run(&s, 1000000, 1, false);
    ck_assert_uint_ge(schedule_next(&s, UINT64_MAX, 2), 9000);
    ck_assert_uint_le(schedule_next(&s, UINT64_MAX, 2), 10000);
    ck_assert_uint_eq(schedule_depth(&s), 2);
    /* 20 ns each: the growth is exponential, so even a clock that shows nothing costs few batches. */
    schedule_init(&s, 0);
    ck_assert_uint_le(run(&s, 20000000, 0.02, false), 80);
}
END_TEST

START_TEST(growth_is_at_most_double_what_was_run)
{
    struct schedule s;

    schedule_init(&s, 0);
    schedule_note(&s, 1, 0);
    ck_assert_uint_eq(schedule_next(&s, UINT64_MAX, 2), 2);
    schedule_note(&s, 2, 0);
    ck_assert_uint_eq(schedule_next(&s, UINT64_MAX, 2), 4);
    schedule_note(&s, 1, 0); /* a short batch, the input was slow: no reason to shrink */
    ck_assert_uint_eq(schedule_next(&s, UINT64_MAX, 2), 4);
}
END_TEST

START_TEST(long_tasks_go_one_by_one)
{
    struct schedule s;

    schedule_init(&s, 0);
    run(&s, 100, 1e7, false);
    ck_assert_uint_eq(schedule_next(&s, UINT64_MAX, 2), 1);
    ck_assert_uint_eq(schedule_depth(&s), 1);
}
END_TEST

/* What thousands of slots need: longer batches of short tasks, but no long task ever behind another. */
START_TEST(a_longer_target_packs_short_tasks_only)
{
    struct schedule s;

    schedule_init(&s, 0);
    s.target_us = 400000;
    run(&s, 100000, 10000, false);
    ck_assert_uint_eq(schedule_next(&s, UINT64_MAX, 10000), 40);
    ck_assert_uint_eq(schedule_depth(&s), 2);
    schedule_init(&s, 0);
    s.target_us = 400000;
    run(&s, 100000, 10000000, false);
    ck_assert_uint_eq(schedule_next(&s, UINT64_MAX, 10000), 1);
    ck_assert_uint_eq(schedule_depth(&s), 1);
}
END_TEST

START_TEST(a_long_task_among_short_ones_shrinks_at_once_and_grows_back)
{
    struct schedule s;

    schedule_init(&s, 0);
    run(&s, 1000000, 1, false);
    uint32_t before = schedule_next(&s, UINT64_MAX, 2);

    schedule_note(&s, before, 10000000 + before); /* one of them took 10 s */
    ck_assert_uint_le(schedule_next(&s, UINT64_MAX, 2), 10);
    uint32_t batches = run(&s, 100000, 1, false);

    ck_assert_uint_ge(schedule_next(&s, UINT64_MAX, 2), before / 2);
    ck_assert_uint_le(batches, 40);
}
END_TEST

START_TEST(known_input_ends_in_small_batches)
{
    struct schedule s;
    uint64_t left = 100000;
    uint32_t n = 0;

    schedule_init(&s, 0);
    run(&s, 1000000, 1, false);
    while (left) {
        n = schedule_next(&s, left, 4);
        ck_assert_uint_ge(n, 1);
        ck_assert_uint_le(n, left / 16 > 1 ? left / 16 : 1);
        left -= n;
    }
    ck_assert_uint_eq(n, 1);
}
END_TEST

START_TEST(chunk_fixes_the_size)
{
    struct schedule s;

    schedule_init(&s, 7);
    ck_assert_uint_eq(schedule_next(&s, UINT64_MAX, 2), 7);
    ck_assert_uint_eq(schedule_next(&s, 3, 2), 7);
    schedule_note(&s, 7, 70);
    ck_assert_uint_eq(schedule_next(&s, UINT64_MAX, 2), 7);
    ck_assert_uint_eq(schedule_depth(&s), 2);
    schedule_note(&s, 7, 70000000);
    ck_assert_uint_eq(schedule_depth(&s), 1);
}
END_TEST

START_TEST(sizes_stay_in_bounds)
{
    struct schedule s;

    schedule_init(&s, 0);
    for (int i = 0; i < 100; i++)
        schedule_note(&s, UINT32_MAX, 0);
    ck_assert_uint_eq(schedule_next(&s, UINT64_MAX, 0), 1 << 20);
    schedule_note(&s, 1, INT64_MAX);
    ck_assert_uint_eq(schedule_next(&s, UINT64_MAX, UINT32_MAX), 1);
    ck_assert_uint_eq(schedule_next(&s, 0, 1), 1);
}
END_TEST

Suite *schedule_suite(void)
{
    Suite *s = suite_create("schedule");
    TCase *c = tcase_create("sizes");

    tcase_add_test(c, begins_with_single_tasks_and_does_not_queue_them);
    tcase_add_test(c, short_tasks_grow_to_ten_milliseconds);
    tcase_add_test(c, growth_is_at_most_double_what_was_run);
    tcase_add_test(c, long_tasks_go_one_by_one);
    tcase_add_test(c, a_longer_target_packs_short_tasks_only);
    tcase_add_test(c, a_long_task_among_short_ones_shrinks_at_once_and_grows_back);
    tcase_add_test(c, known_input_ends_in_small_batches);
    tcase_add_test(c, chunk_fixes_the_size);
    tcase_add_test(c, sizes_stay_in_bounds);
    suite_add_tcase(s, c);
    return s;
}
