/* Lists: products, links, files, headers; counted before they are made. */
#include "tasks/values.h"

#include "feed.h"
#include "suites.h"

#include <stdlib.h>
#include <unistd.h>

#define LIST(...) .word = (char *[]){__VA_ARGS__}, .words = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)
#define LISTS(...) .list = (struct source_list[]){__VA_ARGS__}, \
    .lists = sizeof((struct source_list[]){__VA_ARGS__}) / sizeof(struct source_list), .separator = '\n'

START_TEST(one_list_is_its_values)
{
    feed_expect(&(struct source_spec){LISTS({LIST("a", "", "c d\n", "{}")})}, "1:a;2:;3:c d\n;4:{};");
    feed_expect(&(struct source_spec){LISTS({.linked = true, LIST("a")})}, "1:a;");
    feed_expect(&(struct source_spec){LISTS({.words = 0})}, "");
}
END_TEST

START_TEST(several_make_the_product)
{
    feed_expect(&(struct source_spec){LISTS({LIST("a", "b")}, {LIST("1", "2", "3")})},
                "1:a 1[a][1];2:a 2[a][2];3:a 3[a][3];4:b 1[b][1];5:b 2[b][2];6:b 3[b][3];");
    feed_expect(&(struct source_spec){LISTS({LIST("a", "b")}, {LIST("", " ")}, {LIST("x")})},
                "1:a  x[a][][x];2:a   x[a][ ][x];3:b  x[b][][x];4:b   x[b][ ][x];");
    feed_expect(&(struct source_spec){LISTS({LIST("a", "b")}, {.words = 0}, {LIST("x")})}, "");
}
END_TEST

START_TEST(linked_lists_end_with_the_shorter)
{
    feed_expect(&(struct source_spec){LISTS({LIST("a", "b", "c")}, {.linked = true, LIST("1", "2")})},
                "1:a 1[a][1];2:b 2[b][2];");
    feed_expect(&(struct source_spec){LISTS({LIST("a", "b")}, {.linked = true, LIST("1", "2", "3")},
                                            {.linked = true, LIST("x")}, {LIST("p", "q")})},
                "1:a 1 x p[a][1][x][p];2:a 1 x q[a][1][x][q];");
    feed_expect(&(struct source_spec){LISTS({LIST("a", "b")}, {LIST("1", "2")}, {.linked = true, LIST("x", "y")})},
                "1:a 1 x[a][1][x];2:a 2 y[a][2][y];3:b 1 x[b][1][x];4:b 2 y[b][2][y];");
    feed_expect(&(struct source_spec){LISTS({LIST("a")}, {.linked = true, .words = 0}, {LIST("p")})}, "");
}
END_TEST

START_TEST(files_are_lists)
{
    char *one = feed_file("p\nq", 3), *two = feed_file("1\n\n2\n", 5), *none = feed_file("", 0);

    feed_expect(&(struct source_spec){LISTS({.from_file = true, LIST(two)})}, "1:1;2:;3:2;");
    feed_expect(&(struct source_spec){LISTS({.from_file = true, LIST(one, two)})},
                "1:p 1[p][1];2:p [p][];3:p 2[p][2];4:q 1[q][1];5:q [q][];6:q 2[q][2];");
    feed_expect(&(struct source_spec){LISTS({LIST("a", "b")}, {.from_file = true, .linked = true, LIST(two, one)})},
                "1:a 1 p[a][1][p];2:b  q[b][][q];");
    feed_expect(&(struct source_spec){LISTS({LIST("a", "b")}, {.from_file = true, LIST(none)})}, "");
    feed_remove();
}
END_TEST

START_TEST(a_list_from_a_slow_pipe_is_waited_for)
{
    struct source_spec spec = {LISTS({.from_file = true, LIST("-")}, {LIST("1", "2")})};
    struct buf got = BUF_INIT;
    struct source *s;
    int fd = feed_pipe();

    ck_assert_int_eq(source_open(&s, &spec), 0);
    ck_assert_uint_eq(source_total(s), SOURCE_UNKNOWN);
    ck_assert_int_eq(feed_pass(s, fd, span_of("a\nb"), &got), SOURCE_WAIT);
    ck_assert_int_eq(source_fd(s), STDIN_FILENO);
    ck_assert_int_eq(feed_pass(s, fd, span_of("c\n"), &got), SOURCE_WAIT);
    ck_assert_uint_eq(got.len, 0);
    close(fd);
    ck_assert_int_eq(feed_drain(s, 3, 1000, &got), SOURCE_END);
    ck_assert_uint_eq(source_total(s), 4);
    ck_assert_str_eq(buf_cstr(&got), "1:a 1[a][1];2:a 2[a][2];3:bc 1[bc][1];4:bc 2[bc][2];");
    source_close(s);
    buf_release(&got);
}
END_TEST

START_TEST(bad_lists_are_refused)
{
    feed_listen();
    ck_assert_str_eq(feed_all(&(struct source_spec){LISTS({LIST("a")}, {.from_file = true, LIST("/")})}, 1, 1), "not opened");
    ck_assert_str_eq(feed_heard(), "smap: cannot read /: Is a directory\n");
    feed_listen();
    ck_assert_str_eq(feed_all(&(struct source_spec){LISTS({.from_file = true, LIST("-", "/dev/null")},
                                                          {.from_file = true, LIST("-")})}, 1, 1), "not opened");
    ck_assert_str_eq(feed_heard(), "smap: standard input can be one list only\n");
    feed_listen();
    ck_assert_str_eq(feed_all(&(struct source_spec){LISTS({LIST("a", "b")}, {.from_file = true, LIST("/proc/self/mem")})}, 1, 1),
                     "failed");
    ck_assert_str_eq(feed_heard(), "smap: cannot read /proc/self/mem: Input/output error\n");
}
END_TEST

/* A thousand values six times over: 10^18 tasks begin at once; seven times are too many for a number. */
START_TEST(the_product_is_counted_not_held)
{
    static char *word[1000];
    struct source_list list[7];
    struct source_spec spec = {.list = list, .lists = 6, .separator = '\n'};
    struct source *s;
    struct batch *b;

    for (int i = 0; i < 1000; i++)
        word[i] = i == 1 ? "y" : "x";
    for (int i = 0; i < 7; i++)
        list[i] = (struct source_list){.word = word, .words = 1000};
    ck_assert_int_eq(source_open(&s, &spec), 0);
    ck_assert_uint_eq(source_total(s), 1000000000000000000ULL);
    ck_assert_int_eq(source_take(s, 5, SIZE_MAX, &b), SOURCE_BATCH);
    ck_assert_uint_eq(b->count, 5);
    batch_free(b);
    source_close(s);
    spec.lists = 7;
    feed_listen();
    ck_assert_str_eq(feed_all(&spec, 1, 1), "not opened");
    ck_assert_str_eq(feed_heard(), "smap: the lists make more tasks than can be numbered\n");
}
END_TEST

/* An odometer against nested loops, with random lengths and links. */
static void nested(struct buf *out, const struct source_list *list, uint32_t lists, uint64_t total)
{
    for (uint64_t n = 0; n < total; n++) {
        uint64_t rest = total, left = n;
        struct buf text = BUF_INIT, fields = BUF_INIT;
        uint32_t at = 0;

        for (uint32_t i = 0; i < lists; i++) {
            uint32_t len = list[i].words;

            if (!list[i].linked || i == 0) {
                for (uint32_t k = i + 1; k < lists && list[k].linked; k++)
                    len = list[k].words < len ? list[k].words : len;
                rest /= len;
                at = (uint32_t)(left / rest);
                left %= rest;
            }
            buf_printf(&text, "%s%s", i ? " " : "", list[i].word[at]);
            buf_printf(&fields, "[%s]", list[i].word[at]);
        }
        buf_printf(out, "%llu:%s", (unsigned long long)n + 1, buf_cstr(&text));
        buf_printf(out, "%s;", lists > 1 ? buf_cstr(&fields) : "");
        buf_release(&text);
        buf_release(&fields);
    }
}

START_TEST(random_products_equal_nested_loops)
{
    static char *word[] = {"a", "bb", "c", "d d", "e"};
    struct source_list list[5];
    uint64_t seed = (uint64_t)_i;
    uint32_t lists = feed_random(&seed) % 5 + 1;
    struct source_spec spec = {.list = list, .lists = lists, .separator = '\n'};
    struct buf expected = BUF_INIT;
    struct source *s;

    for (uint32_t i = 0; i < lists; i++)
        list[i] = (struct source_list){.word = word + i % 2, .words = feed_random(&seed) % 4 + 1, .linked = feed_random(&seed) % 2};
    ck_assert_int_eq(source_open(&s, &spec), 0);
    nested(&expected, list, lists, source_total(s));
    source_close(s);
    ck_assert_str_eq(feed_all(&spec, feed_random(&seed) % 9 + 1, feed_random(&seed) % 200), buf_cstr(&expected));
    buf_release(&expected);
}
END_TEST

Suite *values_suite(void)
{
    Suite *s = suite_create("values");
    TCase *c = tcase_create("lists");

    tcase_add_test(c, one_list_is_its_values);
    tcase_add_test(c, several_make_the_product);
    tcase_add_test(c, linked_lists_end_with_the_shorter);
    tcase_add_test(c, files_are_lists);
    tcase_add_test(c, a_list_from_a_slow_pipe_is_waited_for);
    tcase_add_test(c, bad_lists_are_refused);
    tcase_add_test(c, the_product_is_counted_not_held);
    tcase_add_loop_test(c, random_products_equal_nested_loops, 0, 100);
    suite_add_tcase(s, c);
    return s;
}
