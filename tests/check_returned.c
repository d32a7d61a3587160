/* Tasks that were given back: each goes out once more, in order, and its batch stays until it has ended. */
#include "backend/returned.h"
#include "suites.h"

static struct batch *numbers(uint64_t first, uint32_t count)
{
    struct batch *b = batch_new(first, '\n');

    for (uint32_t i = 0; i < count; i++)
        buf_printf(&b->data, "%u\n", (unsigned)first + i);
    b->count = count;
    b->attempt = 3;
    b->timeout = 77;
    return b;
}

START_TEST(the_tail_of_a_batch_goes_out_again)
{
    struct returned r = {0};
    struct batch *a = numbers(1, 10), *b = numbers(20, 2);

    ck_assert(!returned_any(&r));
    returned_put(&r, a, 4, UINT32_MAX);
    returned_put(&r, b, 0, 2);
    batch_free(a);
    batch_free(b);
    const struct batch *one = returned_take(&r, 4);

    ck_assert_uint_eq(one->first, 5);
    ck_assert_uint_eq(one->count, 4);
    ck_assert_uint_eq(one->attempt, 3);
    ck_assert_int_eq(one->timeout, 77);
    ck_assert(span_equal((struct span){one->data.ptr, one->data.len}, span_of("5\n6\n7\n8\n")));
    const struct batch *two = returned_take(&r, 4); /* never of two batches */

    ck_assert(two->first == 9 && two->count == 2);
    returned_land(&r, 7, 1, 3);
    returned_land(&r, 7, 1, 4); /* another attempt: of another batch */
    returned_land(&r, 9, 2, 3);
    returned_land(&r, 5, 2, 3);
    ck_assert_uint_eq(one->data.len, 8); /* still there */
    returned_land(&r, 8, 1, 3);
    ck_assert_ptr_null(r.lent);
    returned_land(&r, 1, 4, 3); /* never given back */
    ck_assert_uint_eq(returned_take(&r, 1)->first, 20);
    ck_assert(returned_any(&r));
    ck_assert_uint_eq(returned_take(&r, 9)->first, 21);
    ck_assert(!returned_any(&r));
    returned_release(&r);
}
END_TEST

START_TEST(what_is_left_can_be_dropped)
{
    struct returned r = {0};
    struct batch *a = numbers(1, 3);
    uint32_t attempt;

    returned_put(&r, a, 3, 9); /* nothing */
    ck_assert(!returned_any(&r));
    returned_put(&r, a, 0, 9);
    batch_free(a);
    returned_take(&r, 1);
    ck_assert_uint_eq(r.tasks, 2);
    ck_assert_uint_eq(returned_drop(&r, &attempt), 2);
    ck_assert_uint_eq(attempt, 3);
    ck_assert_uint_eq(returned_drop(&r, &attempt), 3);
    ck_assert_uint_eq(returned_drop(&r, &attempt), 0);
    ck_assert_uint_eq(r.tasks, 0);
    returned_release(&r);
}
END_TEST

/* What comes back once more goes out once more; where it was it is not looked for again. */
START_TEST(tasks_come_back_again)
{
    struct returned r = {0};
    struct batch *a = numbers(1, 10);

    returned_put(&r, a, 4, 4);
    batch_free(a);
    const struct batch *one = returned_take(&r, 9);

    ck_assert(one->first == 5 && one->count == 4);
    returned_put(&r, one, 1, UINT32_MAX);
    returned_trim(&r, one, 1);
    const struct batch *two = returned_take(&r, 2);

    ck_assert(two->first == 6 && two->count == 2);
    returned_land(&r, 6, 1, 3);
    returned_land(&r, 8, 1, 3); /* by somebody who has it from elsewhere */
    returned_land(&r, 5, 1, 3);
    ck_assert(r.lent && r.lent->batch == two && r.lent->left == 1);
    returned_put(&r, two, 1, 1);
    returned_end(&r, two);
    returned_end(&r, two); /* not one of these */
    ck_assert_ptr_null(r.lent);
    returned_release(&r);
}
END_TEST

START_TEST(what_waits_can_be_left_to_others)
{
    struct returned r = {0};
    struct batch *a = numbers(1, 10), *b = numbers(20, 2);
    uint64_t first;

    returned_put(&r, a, 2, 6);
    returned_put(&r, b, 0, 2);
    batch_free(a);
    batch_free(b);
    returned_take(&r, 2);
    ck_assert_uint_eq(r.tasks, 6);
    ck_assert_uint_eq(returned_shed(&r, &first), 4);
    ck_assert_uint_eq(first, 5);
    ck_assert_uint_eq(returned_shed(&r, &first), 2);
    ck_assert_uint_eq(first, 20);
    ck_assert_uint_eq(returned_shed(&r, &first), 0);
    ck_assert(!returned_any(&r) && r.tasks == 0);
    returned_release(&r);
}
END_TEST

Suite *returned_suite(void)
{
    Suite *s = suite_create("returned");
    TCase *c = tcase_create("batches");

    tcase_add_test(c, the_tail_of_a_batch_goes_out_again);
    tcase_add_test(c, what_is_left_can_be_dropped);
    tcase_add_test(c, tasks_come_back_again);
    tcase_add_test(c, what_waits_can_be_left_to_others);
    suite_add_tcase(s, c);
    return s;
}
