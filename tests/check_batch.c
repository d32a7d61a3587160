/* Batches: what goes in comes out, raw or structured, and malformed bytes end the walk early. */
#include "base/task.h"
#include "suites.h"

#include <stdlib.h>

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

/* Lines of all lengths up to 300, short ones mostly: both walks see the same ones. */
START_TEST(short_lines_are_passed_over)
{
    struct batch *b = batch_new(1, 0xff);
    struct batch_cursor c = {0}, slow = {0};
    uint8_t length[64];
    struct task t;

    srand(7);
    for (b->count = 0; b->count < 5000; b->count++) {
        int bytes = rand() % 8 ? rand() % 20 : rand() % 300;

        while (bytes--)
            buf_putc(&b->data, "a\n\x7f\x80\xfe"[rand() % 5]);
        buf_putc(&b->data, '\xff');
    }
    batch_walk(&c, b);
    batch_walk(&slow, b);
    while (c.index < b->count) {
        uint32_t most = 1 + (uint32_t)rand() % 64, n = batch_next_short(&c, length, most);

        ck_assert_uint_le(n, most);
        for (uint32_t i = 0; i < n; i++) {
            ck_assert(batch_next(&slow, &t));
            ck_assert_uint_eq(t.text.len, length[i]);
        }
        ck_assert_uint_eq(c.at, slow.at);
        ck_assert_uint_eq(c.index, slow.index);
        if (n == most || c.index == b->count)
            continue;
        ck_assert(batch_next(&c, &t) && batch_next(&slow, &t));
        ck_assert_uint_ge(t.text.len, BATCH_SHORT);
    }
    ck_assert_uint_eq(batch_next_short(&c, length, 64), 0);
    batch_walk_end(&slow);
    batch_walk_end(&c);
    batch_free(b);
}
END_TEST

/* What has no separator behind it is no line, and nothing behind the bytes is looked at. */
START_TEST(a_line_without_end_is_not_passed_over)
{
    struct batch *b = batch_new(1, '\n');
    struct batch_cursor c = {0};
    uint8_t length[4];

    buf_puts(&b->data, "abc\ndefghijklm");
    b->count = 2;
    batch_walk(&c, b);
    ck_assert_uint_eq(batch_next_short(&c, length, 4), 1);
    ck_assert_uint_eq(length[0], 3);
    ck_assert_uint_eq(c.at, 4);
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

/* Cut into parts, then walked: the same tasks, whatever the size of the parts. */
static void cut_and_compare(const struct batch *b, uint32_t most)
{
    struct batch_cursor whole = {0}, cut = {0}, in_part = {0};
    struct batch *part;
    struct task want, got;

    batch_walk(&whole, b);
    batch_walk(&cut, b);
    while ((part = batch_cut(&cut, most))) {
        ck_assert_uint_le(part->count, most);
        ck_assert_int_eq(part->timeout, b->timeout);
        batch_walk(&in_part, part);
        while (batch_next(&in_part, &got)) {
            ck_assert(batch_next(&whole, &want));
            ck_assert_uint_eq(got.number, want.number);
            ck_assert_uint_eq(got.attempt, want.attempt);
            ck_assert_uint_eq(got.fields, want.fields);
            ck_assert(span_equal(got.text, want.text));
        }
        ck_assert_uint_eq(in_part.index, part->count);
        batch_free(part);
    }
    ck_assert(!batch_next(&whole, &want));
    batch_walk_end(&whole);
    batch_walk_end(&cut);
    batch_walk_end(&in_part);
}

START_TEST(a_batch_can_be_cut)
{
    struct batch *raw = batch_new(11, '\n'), *structured = batch_new(1, BATCH_STRUCTURED);
    struct span field = span_of("f");

    buf_puts(&raw->data, "a\n\nbc\nd\n");
    raw->count = 4;
    raw->attempt = 2;
    raw->timeout = 7;
    for (int i = 0; i < 5; i++)
        batch_add(structured, field, &field, 1);
    for (uint32_t most = 1; most < 7; most++) {
        cut_and_compare(raw, most);
        cut_and_compare(structured, most);
    }
    batch_free(raw);
    batch_free(structured);
}
END_TEST

START_TEST(fields_travel_with_a_text)
{
    const char *text = "one two";
    struct span field[] = {{text + 4, 3}, {text, 3}, {text + 7, 0}};
    struct task t = {.text = span_of(text), .fields = 3, .field = field};
    struct task_fields storage = {0};
    struct buf bytes = BUF_INIT;

    task_put_fields(&bytes, &t);
    ck_assert(task_get_fields(&t, span_of("ONE TWO"), (struct span){bytes.ptr, bytes.len}, &storage));
    ck_assert_uint_eq(t.fields, 3);
    ck_assert(span_equal(t.field[0], span_of("TWO")));
    ck_assert(span_equal(t.field[1], span_of("ONE")));
    ck_assert_uint_eq(t.field[2].len, 0);
    ck_assert(!task_get_fields(&t, span_of("short"), (struct span){bytes.ptr, bytes.len}, &storage));
    ck_assert(task_get_fields(&t, span_of("none"), (struct span){NULL, 0}, &storage));
    ck_assert_uint_eq(t.fields, 0);
    task_fields_release(&storage);
    buf_release(&bytes);
}
END_TEST

Suite *batch_suite(void)
{
    Suite *s = suite_create("batch");
    TCase *c = tcase_create("walk");

    tcase_add_test(c, raw_batch_is_cut_at_separators);
    tcase_add_test(c, short_lines_are_passed_over);
    tcase_add_test(c, a_line_without_end_is_not_passed_over);
    tcase_add_test(c, structured_batch_keeps_fields);
    tcase_add_test(c, malformed_batch_ends_the_walk);
    tcase_add_test(c, a_batch_can_be_cut);
    tcase_add_test(c, fields_travel_with_a_text);
    suite_add_tcase(s, c);
    return s;
}
