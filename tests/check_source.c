/* The chain: headers name the columns and are no tasks, whatever is wrapped around. */
#include "tasks/source.h"

#include "feed.h"
#include "suites.h"

#include <string.h>
#include <unistd.h>

static void expect_names(const struct source_spec *spec, const char *expected)
{
    struct buf names = BUF_INIT;
    struct source *s;
    uint32_t count;

    ck_assert_int_eq(source_open(&s, spec), 0);
    char **name = source_names(s, &count);

    for (uint32_t i = 0; i < count; i++)
        buf_printf(&names, "[%s]", name[i]);
    ck_assert_str_eq(buf_cstr(&names), expected);
    source_close(s);
    buf_release(&names);
}

START_TEST(the_first_record_names_the_columns)
{
    char *file[] = {feed_file("x,y\n1,2\n3,4\n", 12), feed_file("5,6\n", 4)};
    struct source_spec spec = {.file = file, .files = 2, .separator = '\n', .header = true, .colsep = span_of(",")};

    expect_names(&spec, "[x][y]");
    feed_expect(&spec, "1:1,2[1][2];2:3,4[3][4];3:5,6[5][6];");
    spec.colsep = span_of("");
    expect_names(&spec, "[x,y]");
    feed_expect(&spec, "1:1,2;2:3,4;3:5,6;");
    spec.max_args = 2;
    expect_names(&spec, "[x,y]");
    feed_expect(&spec, "1:1,2\n3,4[1,2][3,4];2:5,6[5,6];");
    spec.header = false;
    expect_names(&spec, "");
    feed_remove();
}
END_TEST

START_TEST(no_record_is_no_name)
{
    char *file[] = {"/dev/null"};
    struct source_spec spec = {.file = file, .files = 1, .separator = '\n', .header = true};

    expect_names(&spec, "");
    feed_expect(&spec, "");
}
END_TEST

START_TEST(the_first_values_name_the_lists)
{
    char *one[] = {"x", "a", "b"}, *two[] = {"y,z", "1,2"}, *three[] = {"w"};
    struct source_list list[] = {{.word = one, .words = 3}, {.word = two, .words = 2}, {.word = three, .words = 1}};
    struct source_spec spec = {.list = list, .lists = 2, .separator = '\n', .header = true};

    expect_names(&spec, "[x][y,z]");
    feed_expect(&spec, "1:a 1,2[a][1,2];2:b 1,2[b][1,2];");
    spec.colsep = span_of(",");
    expect_names(&spec, "[x][y][z]");
    feed_expect(&spec, "1:a 1,2[a][1][2];2:b 1,2[b][1][2];");
    spec.lists = 3;
    expect_names(&spec, "[x][y][z][w]");
    feed_expect(&spec, "");
    spec.lists = 1;
    expect_names(&spec, "[x]");
    feed_expect(&spec, "1:a[a];2:b[b];");
}
END_TEST

START_TEST(a_header_of_an_empty_list_is_an_empty_name)
{
    char *one[] = {"x", "a"}, *none[] = {"/dev/null"};
    struct source_list list[] = {{.word = one, .words = 2}, {.from_file = true, .word = none, .words = 1}};
    struct source_spec spec = {.list = list, .lists = 2, .separator = '\n', .header = true};

    expect_names(&spec, "[x][]");
    feed_expect(&spec, "");
}
END_TEST

START_TEST(totals_are_known_for_lists)
{
    char *one[] = {"x", "a", "b"};
    struct source_list list[] = {{.word = one, .words = 3}, {.word = one, .words = 3}};
    struct source_spec spec = {.list = list, .lists = 2, .separator = '\n', .header = true};
    struct source *s;

    ck_assert_int_eq(source_open(&s, &spec), 0);
    ck_assert_uint_eq(source_total(s), 4);
    ck_assert_int_eq(source_fd(s), -1);
    ck_assert_str_eq(source_name(s), "the command line");
    source_close(s);
    source_close(NULL);
}
END_TEST

START_TEST(a_header_that_cannot_be_read_is_an_error)
{
    char *file[] = {"/proc/self/mem"};
    struct source_spec spec = {.file = file, .files = 1, .separator = '\n', .header = true, .colsep = span_of(",")};

    feed_listen();
    ck_assert_str_eq(feed_all(&spec, 1, 1), "not opened");
    ck_assert_str_eq(feed_heard(), "smap: cannot read /proc/self/mem: Input/output error\n");
}
END_TEST

Suite *source_suite(void)
{
    Suite *s = suite_create("source");
    TCase *c = tcase_create("chain");

    tcase_add_test(c, the_first_record_names_the_columns);
    tcase_add_test(c, no_record_is_no_name);
    tcase_add_test(c, the_first_values_name_the_lists);
    tcase_add_test(c, a_header_of_an_empty_list_is_an_empty_name);
    tcase_add_test(c, totals_are_known_for_lists);
    tcase_add_test(c, a_header_that_cannot_be_read_is_an_error);
    suite_add_tcase(s, c);
    return s;
}
