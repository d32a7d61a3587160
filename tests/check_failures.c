/* The failure report: one line a failure, with the last line of the task's stderr however it was cut into pieces. */
#include "suites.h"
#include "watch/failures.h"

#include <string.h>

static struct buf said;

static void say(void *ctx, struct span line)
{
    (void)ctx;
    buf_put(&said, line.ptr, line.len);
}

static void err(struct outlet *o, uint64_t task, const char *text)
{
    struct piece p = {.kind = PIECE_ERR, .task = task, .count = 1, .bytes = span_of(text)};

    ck_assert_int_eq(o->ops->put(o, &p), 0);
}

static const char *end(struct outlet *o, uint64_t task, const char *input, struct outcome outcome)
{
    struct piece p = {.kind = PIECE_END, .task = task, .count = 1, .end = outcome, .input = span_of(input)};

    buf_clear(&said);
    ck_assert_int_eq(o->ops->put(o, &p), 0);
    return buf_cstr(&said);
}

START_TEST(success_is_silent)
{
    struct outlet *o = failures_new(say, NULL);

    err(o, 1, "noise\n");
    ck_assert_str_eq(end(o, 1, "x", (struct outcome){.cause = END_EXIT}), "");
    o->ops->close(o, true);
}
END_TEST

START_TEST(causes_in_words)
{
    struct outlet *o = failures_new(say, NULL);

    ck_assert_str_eq(end(o, 1, "a\tb", (struct outcome){.status = 3, .slot = 2, .elapsed = 1500000}),
                     "smap: task 1 (a\\tb) failed: exit status 3 (slot 2, 1.500 s)");
    ck_assert_str_eq(end(o, 2, "", (struct outcome){.cause = END_SIGNAL, .signal = 11, .slot = 1}),
                     "smap: task 2 () failed: signal 11 (Segmentation fault) (slot 1, 0.000 s)");
    ck_assert_str_eq(end(o, 3, "x", (struct outcome){.cause = END_NOT_RUN, .status = 127, .slot = 1, .reason = span_of("x: No such file")}),
                     "smap: task 3 (x) failed: not run: x: No such file (slot 1, 0.000 s)");
    ck_assert_str_eq(end(o, 4, "x", (struct outcome){.status = 1, .slot = 9, .rank = 2, .host = "n2"}),
                     "smap: task 4 (x) failed: exit status 1 (slot 9, host n2, 0.000 s)");
    o->ops->close(o, true);
}
END_TEST

START_TEST(last_line_survives_any_cut)
{
    static const char text[] = "first line\nsecond\n\nthe last one\n";
    size_t len = sizeof text - 1;

    for (size_t cut = 0; cut <= len; cut++) {
        struct outlet *o = failures_new(say, NULL);
        char head[64] = {0}, tail[64] = {0};

        memcpy(head, text, cut);
        memcpy(tail, text + cut, len - cut);
        err(o, 1, "of another task\n");
        err(o, 5, head);
        err(o, 5, tail);
        ck_assert_str_eq(end(o, 5, "x", (struct outcome){.status = 1, .slot = 1}),
                         "smap: task 5 (x) failed: exit status 1 (slot 1, 0.000 s): the last one");
        o->ops->close(o, true);
    }
}
END_TEST

Suite *failures_suite(void)
{
    Suite *s = suite_create("failures");
    TCase *c = tcase_create("report");

    tcase_add_test(c, success_is_silent);
    tcase_add_test(c, causes_in_words);
    tcase_add_test(c, last_line_survives_any_cut);
    suite_add_tcase(s, c);
    return s;
}
