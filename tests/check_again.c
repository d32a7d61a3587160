/* Patience: the times of further attempts, under a clock that the tests make up. */
#include "work/again.h"
#include "suites.h"

#include <errno.h>

START_TEST(some_errors_may_pass)
{
    ck_assert(again_may_pass(EAGAIN));
    ck_assert(again_may_pass(EMFILE));
    ck_assert(!again_may_pass(ENOENT));
    ck_assert(!again_may_pass(EACCES));
}
END_TEST

START_TEST(attempts_become_seldom)
{
    struct again a = {0};
    int64_t now = 1000, last = 0;

    for (int i = 0; i < 20; i++) {
        int64_t at = again_next(&a, EAGAIN, now, false);

        ck_assert_int_ge(at - now, last);
        ck_assert_int_le(at - now, 500000);
        last = at - now;
        now = at;
    }
    ck_assert_int_ge(last, 250000);
}
END_TEST

START_TEST(alone_it_gives_up_and_not_before)
{
    struct again a = {0};
    int64_t now = 0, at;
    int attempts = 0;

    while ((at = again_next(&a, EAGAIN, now, true)) >= 0) {
        now = at;
        attempts++;
    }
    ck_assert_int_ge(now, 3000000);
    ck_assert_int_le(now, 4000000);
    ck_assert_int_le(attempts, 40);
    /* For a million tasks that would be long: the next one has a moment. */
    int64_t before = now;

    while ((at = again_next(&a, EAGAIN, now, true)) >= 0)
        now = at;
    ck_assert_int_ge(now - before, 250000);
    ck_assert_int_le(now - before, 1000000);
    /* Another slot at work: its end may make room, so the patience begins anew. */
    a = (struct again){0};
    now = again_next(&a, EAGAIN, 0, true);
    ck_assert_int_ge(again_next(&a, EAGAIN, now + 100000000, false), 0);
    ck_assert_int_ge(again_next(&a, EAGAIN, now + 100000001, true), 0);
}
END_TEST

START_TEST(what_cannot_pass_is_not_waited_for)
{
    struct again a = {0};

    ck_assert_int_eq(again_next(&a, ENOENT, 0, false), -1);
    /* Our own descriptors: another slot may give one back, nobody else can. */
    ck_assert_int_ge(again_next(&a, EMFILE, 0, false), 0);
    ck_assert_int_eq(again_next(&a, EMFILE, 0, true), -1);
}
END_TEST

Suite *again_suite(void)
{
    Suite *s = suite_create("again");
    TCase *c = tcase_create("times");

    tcase_add_test(c, some_errors_may_pass);
    tcase_add_test(c, attempts_become_seldom);
    tcase_add_test(c, alone_it_gives_up_and_not_before);
    tcase_add_test(c, what_cannot_pass_is_not_waited_for);
    suite_add_tcase(s, c);
    return s;
}
