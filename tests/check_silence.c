/* What a filter that says nothing is given, by a clock that is a number. */
#include "suites.h"
#include "work/silence.h"

START_TEST(a_filter_that_answers_has_two_batches)
{
    struct silence s;

    silence_init(&s);
    ck_assert_uint_eq(silence_room(&s, 0, 0), 2);
    ck_assert_uint_eq(silence_room(&s, 1, 5 << 20), 1); /* large ones, too */
    ck_assert_uint_eq(silence_room(&s, 2, 0), 0);
    silence_begin(&s, 0);
    for (int64_t now = 0; now < 10000000; now += 10000) {
        silence_end(&s, now, false);
        silence_look(&s, now + 10000, true);
    }
    ck_assert_uint_eq(silence_room(&s, 2, 0), 0);
}
END_TEST

/* As long as it reads and says nothing it is given more, up to a megabyte. */
START_TEST(one_that_collects_is_given_more)
{
    struct silence s;
    int64_t now;

    silence_init(&s);
    now = silence_begin(&s, 1000);
    ck_assert_int_eq(now, 21000);
    for (uint32_t window = 4; window <= 65536; window *= 2) {
        silence_look(&s, now, true);
        ck_assert_uint_eq(silence_room(&s, 0, 0), window);
        ck_assert_uint_eq(silence_room(&s, 1, 1 << 20), window - 1);
        ck_assert_uint_eq(silence_room(&s, 2, 1 << 20), 0);
        ck_assert_int_eq(silence_next(&s, now, 0), now + 20000); /* soon again */
        now += 20000;
    }
    silence_look(&s, now, true);
    ck_assert_uint_eq(silence_room(&s, 0, 0), 65536);
    silence_end(&s, now, false);
    ck_assert_uint_eq(silence_room(&s, 0, 0), 65536);
    silence_end(&s, now, true);
    ck_assert_uint_eq(silence_room(&s, 0, 0), 2);
}
END_TEST

START_TEST(one_that_works_is_left_alone)
{
    struct silence s;
    int64_t now, next, looks = 0;

    silence_init(&s);
    next = silence_begin(&s, 0);
    for (now = 0; now < 100000000; looks++) {
        now = next;
        silence_look(&s, now, false);
        next = silence_next(&s, now, 0);
        ck_assert(next > now && next - now <= 2000000);
    }
    ck_assert_int_lt(looks, 110);
    ck_assert_uint_eq(silence_room(&s, 0, 0), 2);
    ck_assert_int_eq(silence_next(&s, now, 80000), now + 10000); /* a time limit is kept to an eighth */
    silence_end(&s, now, false);
    ck_assert_int_eq(silence_next(&s, now, 0), now + 20000);
}
END_TEST

START_TEST(the_hint_comes_once)
{
    struct silence s;

    silence_init(&s);
    silence_begin(&s, 1000000);
    ck_assert(!silence_hint(&s, 5999999));
    ck_assert(silence_hint(&s, 6000000));
    ck_assert(!silence_hint(&s, 7000000));
    silence_end(&s, 8000000, true);
    ck_assert(!silence_hint(&s, 20000000));
}
END_TEST

Suite *silence_suite(void)
{
    Suite *s = suite_create("silence");
    TCase *c = tcase_create("silence");

    suite_add_tcase(s, c);
    tcase_add_test(c, a_filter_that_answers_has_two_batches);
    tcase_add_test(c, one_that_collects_is_given_more);
    tcase_add_test(c, one_that_works_is_left_alone);
    tcase_add_test(c, the_hint_comes_once);
    return s;
}
