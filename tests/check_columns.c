/* Columns: split exactly, of records and of the values of lists. */
#include "tasks/columns.h"

#include "feed.h"
#include "suites.h"

#include <stdlib.h>
#include <string.h>

static void expect_columns(const char *input, const char *sep, const char *expected)
{
    char *file[] = {feed_file(input, strlen(input))};

    feed_expect(&(struct source_spec){.file = file, .files = 1, .separator = '\n', .colsep = span_of(sep)}, expected);
    feed_remove();
}

START_TEST(records_are_split_exactly)
{
    expect_columns("a,b\n\n,\nc\n,,x,\n", ",", "1:a,b[a][b];2:[];3:,[][];4:c[c];5:,,x,[][][x][];");
    expect_columns("a::b:c\n::\n:::", "::", "1:a::b:c[a][b:c];2:::[][];3::::[][:];");
    expect_columns("a\tb c\r\n", "\t", "1:a\tb c\r[a][b c\r];");
    expect_columns("", ",", "");
}
END_TEST

START_TEST(a_separator_may_be_any_bytes)
{
    char *file[] = {feed_file("a\0b\0\nc", 6)};
    struct source_spec spec = {.file = file, .files = 1, .separator = '\n', .colsep = {"\0", 1}};
    struct source *s;
    struct buf got = BUF_INIT;

    ck_assert_int_eq(source_open(&s, &spec), 0);
    ck_assert_int_eq(feed_drain(s, 9, 99, &got), SOURCE_END);
    ck_assert_uint_eq(got.len, strlen("1:aXbX[a][b][];2:c[c];"));
    ck_assert(memcmp(got.ptr, "1:a\0b\0[a][b][];2:c[c];", got.len) == 0);
    source_close(s);
    feed_remove();
    buf_release(&got);
}
END_TEST

START_TEST(values_of_lists_are_split_and_follow_each_other)
{
    char *one[] = {"a,b", "c"}, *two[] = {"1,2", ","};
    struct source_list list[] = {{.word = one, .words = 2}, {.word = two, .words = 2}};
    struct source_spec spec = {.list = list, .lists = 2, .separator = '\n', .colsep = span_of(",")};

    feed_expect(&spec, "1:a,b 1,2[a][b][1][2];2:a,b ,[a][b][][];3:c 1,2[c][1][2];4:c ,[c][][];");
    spec.lists = 1;
    feed_expect(&spec, "1:a,b[a][b];2:c[c];");
}
END_TEST

/* Thousands of columns, and the next record has few again. */
START_TEST(the_number_of_columns_may_change)
{
    struct buf input = BUF_INIT;
    struct columns c = {0};

    for (int i = 0; i < 5000; i++)
        buf_puts(&input, "x,");
    columns_split(&c, (struct span){input.ptr, input.len}, span_of(","));
    ck_assert_uint_eq(c.count, 5001);
    ck_assert(span_equal(c.field[4999], span_of("x")));
    ck_assert_uint_eq(c.field[5000].len, 0);
    columns_split(&c, span_of("last"), span_of(""));
    ck_assert_uint_eq(c.count, 5002);
    ck_assert(span_equal(c.field[5001], span_of("last")));
    free(c.field);
    buf_release(&input);
}
END_TEST

Suite *columns_suite(void)
{
    Suite *s = suite_create("columns");
    TCase *c = tcase_create("split");

    tcase_add_test(c, records_are_split_exactly);
    tcase_add_test(c, a_separator_may_be_any_bytes);
    tcase_add_test(c, values_of_lists_are_split_and_follow_each_other);
    tcase_add_test(c, the_number_of_columns_may_change);
    suite_add_tcase(s, c);
    return s;
}
