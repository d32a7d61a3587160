/* Sweeps: every combination, in order, made when asked for; and tasks repeated. */
#include "tasks/sweep.h"

#include "feed.h"
#include "suites.h"

#include <string.h>

#define LIST(ident, ...) \
    {.name = ident, .value = (char *[]){__VA_ARGS__}, .values = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)}
#define SWEEP(...) .axis = (struct sweep_axis[]){__VA_ARGS__}, .axes = sizeof((struct sweep_axis[]){__VA_ARGS__}) / sizeof(struct sweep_axis)

static struct sweep_axis ranging(const char *name, const char *from, const char *to, const char *step)
{
    struct sweep_axis axis = {.name = name};
    struct buf why = BUF_INIT;

    ck_assert_int_eq(range_init(&axis.range, &(struct range_spec){.from = from, .to = to, .step = step}, &why), 0);
    axis.values = axis.range.count;
    return axis;
}

START_TEST(the_first_parameter_is_the_slowest)
{
    feed_expect(&(struct source_spec){SWEEP(LIST("a", "x", "y z"), LIST("b", "1", "", "3"))},
                "1:x 1[x][1];2:x [x][];3:x 3[x][3];4:y z 1[y z][1];5:y z [y z][];6:y z 3[y z][3];");
    feed_expect(&(struct source_spec){SWEEP(LIST("a", "x", "y"))}, "1:x[x];2:y[y];");
    struct sweep_axis axis[] = {ranging("m", "0", "0.2", "0.1"), LIST("s", "1", "2")};

    feed_expect(&(struct source_spec){.axis = axis, .axes = 2},
                "1:0 1[0][1];2:0 2[0][2];3:0.1 1[0.1][1];4:0.1 2[0.1][2];5:0.2 1[0.2][1];6:0.2 2[0.2][2];");
}
END_TEST

START_TEST(linked_parameters_turn_together)
{
    struct sweep_axis axis[] = {LIST("a", "x", "y"), LIST("b", "1", "2"), LIST("c", "p", "q"), LIST("d", "8", "9")};

    axis[0].group = axis[2].group = 1;
    feed_expect(&(struct source_spec){.axis = axis, .axes = 3},
                "1:x 1 p[x][1][p];2:x 2 p[x][2][p];3:y 1 q[y][1][q];4:y 2 q[y][2][q];");
    axis[1].group = axis[3].group = 2;
    feed_expect(&(struct source_spec){.axis = axis, .axes = 4},
                "1:x 1 p 8[x][1][p][8];2:x 2 p 9[x][2][p][9];3:y 1 q 8[y][1][q][8];4:y 2 q 9[y][2][q][9];");
    axis[1].group = axis[3].group = 1;
    feed_expect(&(struct source_spec){.axis = axis, .axes = 4}, "1:x 1 p 8[x][1][p][8];2:y 2 q 9[y][2][q][9];");
}
END_TEST

START_TEST(names_are_columns)
{
    struct source_spec spec = {SWEEP(LIST("mass", "1"), LIST("seed", "2")), .repeat = 2};
    struct source *s;
    uint32_t names;

    ck_assert_int_eq(source_open(&s, &spec), 0);
    char **name = source_names(s, &names);

    ck_assert_uint_eq(names, 2);
    ck_assert_str_eq(name[0], "mass");
    ck_assert_str_eq(name[1], "seed");
    source_close(s);
}
END_TEST

START_TEST(no_value_no_task)
{
    struct sweep_axis axis[] = {LIST("a", "x", "y"), {.name = "b", .value = (char *[]){NULL}}};

    feed_expect(&(struct source_spec){.axis = axis, .axes = 2}, "");
}
END_TEST

START_TEST(many_combinations_begin_at_once)
{
    struct sweep_axis axis[] = {ranging("a", "1", "1000000", "1"), ranging("b", "0", "0.999999", "0.000001")};
    struct source_spec spec = {.axis = axis, .axes = 2};
    struct buf out = BUF_INIT;
    struct batch_cursor c = {0};
    struct source *s;
    struct batch *b;
    struct task t;

    ck_assert_int_eq(source_open(&s, &spec), 0);
    ck_assert_uint_eq(source_total(s), 1000000000000);
    ck_assert_int_eq(source_take(s, 3, SIZE_MAX, &b), SOURCE_BATCH);
    batch_walk(&c, b);
    while (batch_next(&c, &t))
        feed_task(&out, &t);
    ck_assert_str_eq(buf_cstr(&out), "1:1 0[1][0];2:1 0.000001[1][0.000001];3:1 0.000002[1][0.000002];");
    batch_walk_end(&c);
    batch_free(b);
    source_close(s);
    buf_release(&out);
}
END_TEST

START_TEST(too_many_cannot_be_numbered)
{
    struct sweep_axis axis[] = {ranging("a", "1", "1e15", "1"), ranging("b", "1", "1e15", "1")};
    struct source_spec spec = {.axis = axis, .axes = 2};

    feed_listen();
    ck_assert_str_eq(feed_all(&spec, 1, 1), "not opened");
    ck_assert_str_eq(feed_heard(), "smap: the sweep makes more tasks than can be numbered\n");
}
END_TEST

START_TEST(tasks_can_be_repeated)
{
    char *file = feed_file("a\n\nb\n", 5);

    feed_expect(&(struct source_spec){.file = &file, .files = 1, .separator = '\n', .repeat = 3},
                "1:a;2:a;3:a;4:;5:;6:;7:b;8:b;9:b;");
    feed_expect(&(struct source_spec){SWEEP(LIST("a", "x", "y"), LIST("b", "1")), .repeat = 2},
                "1:x 1[x][1];2:x 1[x][1];3:y 1[y][1];4:y 1[y][1];");
    feed_expect(&(struct source_spec){.file = &file, .files = 1, .separator = '\n', .max_args = 2, .repeat = 2},
                "1:a\n[a][];2:a\n[a][];3:b[b];4:b[b];");
    struct source_spec spec = {SWEEP(LIST("a", "x", "y")), .repeat = UINT32_MAX};
    struct source *s;

    ck_assert_int_eq(source_open(&s, &spec), 0);
    ck_assert_uint_eq(source_total(s), 2 * (uint64_t)UINT32_MAX);
    source_close(s);
    feed_remove();
}
END_TEST

Suite *sweep_suite(void)
{
    Suite *s = suite_create("sweep");
    TCase *c = tcase_create("combinations");

    tcase_add_test(c, the_first_parameter_is_the_slowest);
    tcase_add_test(c, linked_parameters_turn_together);
    tcase_add_test(c, names_are_columns);
    tcase_add_test(c, no_value_no_task);
    tcase_add_test(c, many_combinations_begin_at_once);
    tcase_add_test(c, too_many_cannot_be_numbered);
    tcase_add_test(c, tasks_can_be_repeated);
    suite_add_tcase(s, c);
    return s;
}
