/* The loop: readiness, pausing, removal from inside callbacks, timers in order. */
#include "base/clock.h"
#include "base/io.h"
#include "base/loop.h"
#include "suites.h"

#include <poll.h>
#include <unistd.h>

struct seen {
    struct loop *loop;
    int fd, remove, calls;
};

static void note(void *ctx, short events)
{
    struct seen *s = ctx;

    (void)events;
    s->calls++;
    if (s->remove >= 0 && loop_has(s->loop, s->remove))
        loop_remove(s->loop, s->remove);
}

START_TEST(readable_descriptor_is_told)
{
    struct loop *l = loop_new();
    int fd[2];

    ck_assert_int_eq(io_pipe(fd), 0);
    struct seen s = {.loop = l, .remove = -1};

    loop_add(l, fd[0], POLLIN, note, &s);
    ck_assert_int_eq(loop_wait(l, 0), 0);
    ck_assert_int_eq(io_write_all(fd[1], "x", 1), 0);
    ck_assert_int_eq(loop_wait(l, CLOCK_NEVER), 1);
    loop_change(l, fd[0], -1);
    close(fd[1]);
    ck_assert_int_eq(loop_wait(l, 0), 0); /* paused: not even the hangup */
    loop_change(l, fd[0], 0);
    ck_assert_int_eq(loop_wait(l, 0), 1); /* no events asked for: the hangup all the same */
    ck_assert_int_eq(s.calls, 2);
    loop_remove(l, fd[0]);
    loop_free(l);
    close(fd[0]);
}
END_TEST

/* Both are ready; whichever is called first removes the other, which must not be called then. */
START_TEST(removed_while_dispatching_is_not_told)
{
    struct loop *l = loop_new();
    int a[2], b[2];

    ck_assert_int_eq(io_pipe(a), 0);
    ck_assert_int_eq(io_pipe(b), 0);
    struct seen first = {.loop = l, .remove = b[0]}, second = {.loop = l, .remove = a[0]};

    loop_add(l, a[0], POLLIN, note, &first);
    loop_add(l, b[0], POLLIN, note, &second);
    close(a[1]);
    close(b[1]);
    ck_assert_int_eq(loop_wait(l, 0), 1);
    ck_assert_int_eq(first.calls + second.calls, 1);
    ck_assert(loop_has(l, a[0]) != loop_has(l, b[0]));
    close(a[0]);
    close(b[0]);
    loop_free(l);
}
END_TEST

static int fired[8], fired_count;

static void fire(void *ctx)
{
    fired[fired_count++] = *(int *)ctx;
}

START_TEST(timers_fire_in_order_of_time)
{
    struct loop *l = loop_new();
    struct loop_timer t[6];
    int id[6], at[6] = {5, 3, 4, 1, 2, 0};

    fired_count = 0;
    for (int i = 0; i < 6; i++) {
        id[i] = at[i];
        loop_timer_init(&t[i], fire, &id[i]);
        loop_timer_set(l, &t[i], 100 + at[i]);
    }
    loop_timer_clear(l, &t[2]);        /* 4 */
    loop_timer_set(l, &t[1], INT64_MAX - 1); /* 3 moves far away */
    ck_assert_int_eq(loop_next_timer(l), 100);
    ck_assert_int_eq(loop_wait(l, 0), 4);
    ck_assert_int_eq(fired_count, 4);
    ck_assert(fired[0] == 0 && fired[1] == 1 && fired[2] == 2 && fired[3] == 5);
    ck_assert_int_eq(loop_next_timer(l), INT64_MAX - 1);
    loop_timer_clear(l, &t[1]);
    ck_assert_int_eq(loop_next_timer(l), CLOCK_NEVER);
    loop_free(l);
}
END_TEST

START_TEST(wait_ends_at_its_limit)
{
    struct loop *l = loop_new();
    int64_t before = clock_now();

    ck_assert_int_eq(loop_wait(l, before + 3000), 0);
    ck_assert_int_ge(clock_now() - before, 3000);
    loop_free(l);
}
END_TEST

Suite *loop_suite(void)
{
    Suite *s = suite_create("loop");
    TCase *c = tcase_create("poll and timers");

    tcase_add_test(c, readable_descriptor_is_told);
    tcase_add_test(c, removed_while_dispatching_is_not_told);
    tcase_add_test(c, timers_fire_in_order_of_time);
    tcase_add_test(c, wait_ends_at_its_limit);
    suite_add_tcase(s, c);
    return s;
}
