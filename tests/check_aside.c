/* Jobs in a thread: short ones are done at once, long ones wake the loop, endless ones are left. */
#include "results/aside.h"

#include "base/clock.h"
#include "base/loop.h"
#include "suites.h"

#include <stdatomic.h>
#include <time.h>

static struct loop *loop;
static struct aside *a;
static atomic_bool go_on;
static int done; /* by the thread, while it is busy */

static void begin(void)
{
    loop = loop_new();
    ck_assert_int_eq(aside_new(&a, loop), 0);
}

static void nap(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void count(void *ctx)
{
    *(int *)ctx += 1;
}

static void count_when_told(void *ctx)
{
    while (!atomic_load(&go_on))
        nap();
    *(int *)ctx += 1;
}

static void end(void)
{
    ck_assert(aside_free(a));
    loop_free(loop);
}

/* Until the loop has heard of the end. */
static void settle(void)
{
    int64_t until = clock_now() + 20000000;

    while (aside_busy(a)) {
        ck_assert_msg(clock_now() < until, "nobody was told");
        loop_wait(loop, until);
    }
}

START_TEST(many_short_jobs)
{
    for (int i = 1; i <= 20000; i++) {
        aside_run(a, count, &done);
        settle();
        ck_assert_int_eq(done, i);
    }
    end();
}
END_TEST

START_TEST(a_long_job_wakes_the_loop)
{
    for (int i = 1; i <= 20; i++) {
        atomic_store(&go_on, false);
        aside_run(a, count_when_told, &done);
        ck_assert(aside_busy(a));
        ck_assert_int_eq(loop_wait(loop, clock_now()), 0);
        atomic_store(&go_on, true);
        settle();
        ck_assert_int_eq(done, i);
    }
    end();
}
END_TEST

START_TEST(a_long_job_can_be_waited_for)
{
    for (int i = 1; i <= 20; i++) {
        atomic_store(&go_on, false);
        aside_run(a, count_when_told, &done);
        ck_assert(!aside_wait(a, clock_now() + 1000));
        atomic_store(&go_on, true);
        ck_assert(aside_wait(a, CLOCK_NEVER));
        ck_assert_int_eq(done, i);
        /* Nothing is left in the pipe that could be taken for the end of the next. */
        ck_assert_int_eq(loop_wait(loop, clock_now()), 0);
    }
    end();
}
END_TEST

START_TEST(an_endless_job_is_left_alone)
{
    aside_run(a, count_when_told, &done);
    ck_assert(!aside_wait(a, clock_now() + 1000));
    ck_assert(!aside_free(a));
    loop_free(loop);
}
END_TEST

Suite *aside_suite(void)
{
    Suite *s = suite_create("aside");
    TCase *c = tcase_create("jobs");

    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, begin, NULL);
    tcase_add_test(c, many_short_jobs);
    tcase_add_test(c, a_long_job_wakes_the_loop);
    tcase_add_test(c, a_long_job_can_be_waited_for);
    tcase_add_test(c, an_endless_job_is_left_alone);
    suite_add_tcase(s, c);
    return s;
}
