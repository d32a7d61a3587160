/* Time spent in one task, by a clock that is a number. */
#include "suites.h"
#include "work/stuck.h"

START_TEST(looks_become_rare_while_nothing_moves)
{
    struct stuck s;
    int64_t now = 1000, next, looks = 0;

    stuck_begin(&s);
    next = stuck_first(&s, now);
    ck_assert_int_eq(next, now + 50000);
    for (; now < 100000000; looks++) {
        now = next;
        stuck_look(&s, 7, true, now);
        next = stuck_next(&s, now, 0);
        ck_assert(next > now && next - now <= 1600000);
    }
    ck_assert_int_lt(looks, 110);
    stuck_look(&s, 8, true, now);
    ck_assert_int_eq(s.since, now);
    ck_assert_int_eq(stuck_next(&s, now, 0), now + 50000);
    ck_assert_int_eq(stuck_next(&s, now, 80000), now + 10000); /* a time limit is kept to an eighth */
}
END_TEST

/* Tasks of 1 us, then one of 10 s: the others are on their way elsewhere a moment after it has proved long. */
START_TEST(a_long_task_is_cut_off)
{
    struct stuck s;
    int64_t now = 0;

    stuck_begin(&s);
    for (uint64_t done = 0; now < 500000; now += 50000) {
        stuck_look(&s, done += 50000, true, now);
        ck_assert(!stuck_is_long(&s, now));
    }
    stuck_look(&s, 777, true, now); /* it has begun */
    ck_assert(!stuck_is_long(&s, now));
    now = stuck_next(&s, now, 0);
    stuck_look(&s, 777, true, now);
    ck_assert(stuck_is_long(&s, now));
    stuck_cut(&s, now);
    ck_assert(!stuck_sure(&s, now));
    now = stuck_next(&s, now, 0);
    stuck_look(&s, 777, true, now);
    ck_assert(stuck_sure(&s, now));
    ck_assert_int_lt(now, 700000);
}
END_TEST

/* It ended just then: only the process can tell where it stopped. */
START_TEST(what_moved_after_the_cut_is_not_sure)
{
    struct stuck s;

    stuck_begin(&s);
    stuck_look(&s, 1, true, 0);
    stuck_look(&s, 1, true, 60000);
    stuck_cut(&s, 60000);
    stuck_look(&s, 2, true, 65000);
    for (int64_t now = 65000; now < 1000000; now += 5000) {
        stuck_look(&s, 2, true, now);
        ck_assert(!stuck_sure(&s, now));
    }
    stuck_begin(&s);
    stuck_look(&s, 1, true, 0);
    ck_assert(!stuck_sure(&s, 1000000)); /* nobody asked */
}
END_TEST

/* Between two tasks nobody is stuck. */
START_TEST(an_idle_process_is_not_stuck)
{
    struct stuck s;

    stuck_begin(&s);
    stuck_look(&s, 1, false, 0);
    stuck_look(&s, 1, false, 900000);
    ck_assert(!stuck_is_long(&s, 900000));
}
END_TEST

Suite *stuck_suite(void)
{
    Suite *s = suite_create("stuck");
    TCase *c = tcase_create("looks");

    tcase_add_test(c, looks_become_rare_while_nothing_moves);
    tcase_add_test(c, a_long_task_is_cut_off);
    tcase_add_test(c, what_moved_after_the_cut_is_not_sure);
    tcase_add_test(c, an_idle_process_is_not_stuck);
    suite_add_tcase(s, c);
    return s;
}
