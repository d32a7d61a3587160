/* The index: every key has its place and keeps it; memory per place stays below what is promised. Places waiting for hooks. */
#include "results/jhooks.h"
#include "results/jindex.h"
#include "suites.h"

static struct hash128 key_of(uint64_t n)
{
    return hash128(&n, sizeof n);
}

START_TEST(places_are_found_again)
{
    struct jindex x = {0};

    ck_assert_uint_eq(jindex_find(&x, key_of(0)), JINDEX_NONE);
    for (uint64_t i = 0; i < 100000; i++) {
        jindex_expect(&x, key_of(i));
        ck_assert_uint_eq(jindex_add(&x, key_of(i)), i);
        x.place[i].at = i * 1000;
    }
    for (uint64_t i = 0; i < 100000; i++) {
        ck_assert_uint_eq(jindex_find(&x, key_of(i)), i);
        ck_assert_uint_eq(jindex_add(&x, key_of(i)), i);
        ck_assert_uint_eq(x.place[i].at, i * 1000);
    }
    ck_assert_uint_eq(jindex_find(&x, key_of(100000)), JINDEX_NONE);
    ck_assert_uint_eq(x.places, 100000);
    jindex_release(&x);
}
END_TEST

/* Keys that fall into one slot of the table, and that differ in one half only. */
START_TEST(keys_are_compared_whole)
{
    struct jindex x = {0};

    for (uint64_t i = 0; i < 40; i++) {
        jindex_add(&x, (struct hash128){7, i});
        jindex_add(&x, (struct hash128){7 + (i << 32), 0});
    }
    ck_assert_uint_eq(x.places, 79); /* {7, 0} came twice */
    for (uint64_t i = 1; i < 40; i++)
        ck_assert(jindex_find(&x, (struct hash128){7, i}) != jindex_find(&x, (struct hash128){7 + (i << 32), 0}));
    jindex_release(&x);
}
END_TEST

/* Where it counts: a few megabytes may be a little more. */
START_TEST(memory_is_below_forty_bytes_a_place)
{
    struct jindex x = {0};

    for (uint64_t i = 0; i < 4000000; i++) {
        jindex_add(&x, key_of(i));
        if (i % 10000 == 9999 && i > 1500000)
            ck_assert_uint_le(jindex_memory(&x), 40 * (i + 1));
    }
    jindex_release(&x);
}
END_TEST

START_TEST(hooks_may_end_in_any_order)
{
    struct jhooks h = {0};

    jhooks_put(&h, 5);
    jhooks_get(&h, 5)->result.at = 11;
    jhooks_done(&h, 2);
    jhooks_done(&h, 1);
    ck_assert_uint_eq(jhooks_get(&h, 3)->result.at, 0);
    jhooks_done(&h, 3);
    for (uint64_t task = 6; task < 10000; task += 3) {
        jhooks_put(&h, 3);
        jhooks_get(&h, task + 2)->result.at = task;
        jhooks_done(&h, task + 1);
        jhooks_done(&h, task);
        ck_assert_uint_eq(jhooks_get(&h, task + 2)->result.at, task);
        jhooks_done(&h, task + 2);
    }
    ck_assert_uint_eq(jhooks_get(&h, 5)->result.at, 11);
    jhooks_done(&h, 5);
    jhooks_done(&h, 4);
    ck_assert_uint_eq(h.from, h.to);
    ck_assert_uint_lt(h.cap, 30000);
    jhooks_release(&h);
}
END_TEST

Suite *jindex_suite(void)
{
    Suite *s = suite_create("jindex");
    TCase *c = tcase_create("jindex");

    tcase_add_test(c, places_are_found_again);
    tcase_add_test(c, keys_are_compared_whole);
    tcase_add_test(c, memory_is_below_forty_bytes_a_place);
    tcase_add_test(c, hooks_may_end_in_any_order);
    tcase_set_timeout(c, 30);
    suite_add_tcase(s, c);
    return s;
}
