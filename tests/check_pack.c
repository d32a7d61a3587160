/* Packs: N records as one task, from files, lists and slow pipes. */
#include "tasks/pack.h"

#include "feed.h"
#include "suites.h"

#include <string.h>
#include <unistd.h>

static void expect_packs(const char *input, uint32_t size, const char *expected)
{
    char *file[] = {feed_file(input, strlen(input))};

    feed_expect(&(struct source_spec){.file = file, .files = 1, .separator = '\n', .max_args = size}, expected);
    feed_remove();
}

START_TEST(records_are_packed)
{
    expect_packs("a\nb\nc\nd\ne", 2, "1:a\nb[a][b];2:c\nd[c][d];3:e[e];");
    expect_packs("a\nb\nc\n", 3, "1:a\nb\nc[a][b][c];");
    expect_packs("a\nb\n", 1, "1:a[a];2:b[b];");
    expect_packs("a\n\n", 1000000, "1:a\n[a][];");
    expect_packs("\n\n\n", 2, "1:\n[][];2:[];");
    expect_packs("", 2, "");
}
END_TEST

START_TEST(the_separator_joins)
{
    char *file[] = {feed_file("a,b\nc,d", 7)};
    struct source_spec spec = {.file = file, .files = 1, .separator = ',', .max_args = 2};

    feed_expect(&spec, "1:a,b\nc[a][b\nc];2:d[d];");
    feed_remove();
}
END_TEST

START_TEST(tasks_of_lists_are_packed)
{
    char *one[] = {"a", "b"}, *two[] = {"1", "2", "3"};
    struct source_list list[] = {{.word = one, .words = 2}, {.word = two, .words = 3}};
    struct source_spec spec = {.list = list, .lists = 2, .separator = '\n', .max_args = 4};
    struct source *s;

    feed_expect(&spec, "1:a 1\na 2\na 3\nb 1[a 1][a 2][a 3][b 1];2:b 2\nb 3[b 2][b 3];");
    ck_assert_int_eq(source_open(&s, &spec), 0);
    ck_assert_uint_eq(source_total(s), 2);
    source_close(s);
}
END_TEST

START_TEST(a_pack_waits_until_it_is_full_or_the_end)
{
    struct source_spec spec = {.separator = '\n', .max_args = 3};
    struct buf got = BUF_INIT;
    struct source *s;
    int fd = feed_pipe();

    ck_assert_int_eq(source_open(&s, &spec), 0);
    ck_assert_int_eq(feed_pass(s, fd, span_of("a\nb\n"), &got), SOURCE_WAIT);
    ck_assert_uint_eq(got.len, 0);
    ck_assert_int_eq(feed_pass(s, fd, span_of("c\nd\n"), &got), SOURCE_WAIT);
    ck_assert_str_eq(buf_cstr(&got), "1:a\nb\nc[a][b][c];");
    close(fd);
    ck_assert_int_eq(feed_drain(s, 1, 1, &got), SOURCE_END);
    ck_assert_str_eq(buf_cstr(&got), "1:a\nb\nc[a][b][c];2:d[d];");
    source_close(s);
    buf_release(&got);
}
END_TEST

Suite *pack_suite(void)
{
    Suite *s = suite_create("pack");
    TCase *c = tcase_create("pack");

    tcase_add_test(c, records_are_packed);
    tcase_add_test(c, the_separator_joins);
    tcase_add_test(c, tasks_of_lists_are_packed);
    tcase_add_test(c, a_pack_waits_until_it_is_full_or_the_end);
    suite_add_tcase(s, c);
    return s;
}
