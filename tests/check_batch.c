/* Batches: what goes in comes out, raw or structured, and malformed bytes end the walk early. */
#include "base/task.h"
#include "suites.h"

START_TEST(raw_batch_is_cut_at_separators)
{
    struct batch *b = batch_new(5, '\n');
    struct batch_cursor c = {0};
    struct task t;

    buf_puts(&b->data, "one\n\nthree\n");
    b->count = 3;
    batch_walk(&c, b);
    ck_assert(batch_next(&c, &t));
    ck_assert_uint_eq(t.number, 5);
    ck_assert(span_equal(t.text, span_of("one")));
    ck_assert(batch_next(&c, &t));
    ck_assert_uint_eq(t.text.len, 0);
    ck_assert(batch_next(&c, &t));
    ck_assert(span_equal(t.text, span_of("three")));
    ck_assert(!batch_next(&c, &t));
    batch_walk_end(&c);
    batch_free(b);
}
END_TEST

START_TEST(structured_batch_keeps_fields)
{
    struct batch *b = batch_new(1, BATCH_STRUCTURED), *again;
    struct batch_cursor c = {0};
    struct task t;
    const char *text = "a b\nc";
    struct span field[] = {{text, 1}, {text + 2, 3}};

    batch_add(b, span_of(""), NULL, 0);
    batch_add(b, span_of(text), field, 2);
    ck_assert(batch_seek(&c, b, 2, &t));
    ck_assert_uint_eq(t.fields, 2);
    ck_assert(span_equal(t.field[1], span_of("b\nc")));
    again = batch_of(&t, 3);
    batch_walk(&c, again);
    ck_assert(batch_next(&c, &t));
    ck_assert_uint_eq(t.number, 2);
    ck_assert_uint_eq(t.attempt, 3);
    ck_assert(span_equal(t.field[0], span_of("a")));
    batch_walk_end(&c);
    batch_free(again);
    batch_free(b);
}
END_TEST

START_TEST(malformed_batch_ends_the_walk)
{
    struct batch *b = batch_new(1, BATCH_STRUCTURED);
    struct batch_cursor c = {0};
    struct task t;
    struct span field = {"xyz", 3};

    batch_add(b, field, &field, 1);
    for (size_t len = b->data.len - 1; len > 0; len--) {
        b->data.len = len;
        batch_walk(&c, b);
        ck_assert(!batch_next(&c, &t));
    }
    memset(b->data.ptr, 0xff, b->data.len = 24);
    batch_walk(&c, b);
    ck_assert(!batch_next(&c, &t));
    batch_walk_end(&c);
    batch_free(b);
}
END_TEST

Suite *batch_suite(void)
{
    Suite *s = suite_create("batch");
    TCase *c = tcase_create("walk");

    tcase_add_test(c, raw_batch_is_cut_at_separators);
    tcase_add_test(c, structured_batch_keeps_fields);
    tcase_add_test(c, malformed_batch_ends_the_walk);
    suite_add_tcase(s, c);
    return s;
}
