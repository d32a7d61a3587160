/* Bodies of journal records: what was put is got, nothing that is cut off or altered makes the decoder leave the body. */
#include "results/jentry.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct outcome work = {
    .attempt = 2, .slot = 7, .rank = 3, .start = 1700000000123456, .elapsed = 2500000, .maxrss = 4096};

static struct span bytes_of(const struct buf *b)
{
    return (struct span){b->ptr, b->len};
}

static void check_work(const struct jentry_result *r)
{
    ck_assert_uint_eq(r->end.attempt, 2);
    ck_assert_uint_eq(r->end.slot, 7);
    ck_assert_uint_eq(r->end.rank, 3);
    ck_assert_int_eq(r->end.start, work.start);
    ck_assert_int_eq(r->end.elapsed, work.elapsed);
    ck_assert_int_eq(r->end.maxrss, 4096);
}

/* A failure with everything in it. */
static void put_sample(struct buf *body)
{
    static const char text[] = "one two";
    struct span field[] = {{text, 3}, {text + 4, 3}};
    struct task t = {.number = 9, .text = {text, 7}, .fields = 2, .field = field};
    struct jentry_result r = {.key = {1, 2}, .task = 9, .end = work, .host = 5, .out_len = 4, .err_len = 3};

    r.end.cause = END_SIGNAL;
    r.end.signal = 11;
    r.end.flags = OUTCOME_CUT;
    r.end.reason = span_of("crashed");
    r.out = span_of("out\n");
    r.err = span_of("err");
    jentry_put_result(body, &r, &t);
}

START_TEST(result_comes_back)
{
    struct buf body = BUF_INIT;
    struct jentry_result r;
    struct span field[2];

    put_sample(&body);
    ck_assert(jentry_get_result(bytes_of(&body), &r));
    ck_assert(hash_equal(r.key, (struct hash128){1, 2}));
    check_work(&r);
    ck_assert_uint_eq(r.task, 9);
    ck_assert_uint_eq(r.host, 5);
    ck_assert_uint_eq(r.end.cause, END_SIGNAL);
    ck_assert_uint_eq(r.end.signal, 11);
    ck_assert_uint_eq(r.end.flags, OUTCOME_CUT);
    ck_assert(span_equal(r.end.reason, span_of("crashed")));
    ck_assert(span_equal(r.out, span_of("out\n")));
    ck_assert(span_equal(r.err, span_of("err")));
    ck_assert(span_equal(r.input, span_of("one two")));
    ck_assert_uint_eq(r.fields, 2);
    ck_assert(jentry_fields(&r, field));
    ck_assert(span_equal(field[0], span_of("one")));
    ck_assert(span_equal(field[1], span_of("two")));
    buf_release(&body);
}
END_TEST

START_TEST(long_input_is_kept_in_part_and_without_fields)
{
    struct buf body = BUF_INIT, text = BUF_INIT;
    struct jentry_result r = {.end = work}, got;

    for (int i = 0; i < JENTRY_INPUT_MAX + 1; i++)
        buf_putc(&text, 'x');
    struct span field = {text.ptr, 3};
    struct task t = {.number = 1, .text = bytes_of(&text), .fields = 1, .field = &field};

    jentry_put_result(&body, &r, &t);
    ck_assert(jentry_get_result(bytes_of(&body), &got));
    ck_assert_uint_eq(got.input_len, JENTRY_INPUT_MAX + 1);
    ck_assert_uint_eq(got.input.len, JENTRY_INPUT_MAX);
    ck_assert_uint_eq(got.fields, 0);
    buf_release(&body);
    buf_release(&text);
}
END_TEST

START_TEST(a_cut_result_is_malformed)
{
    struct buf body = BUF_INIT;
    struct jentry_result r;

    put_sample(&body);
    for (size_t len = 0; len < body.len; len++) {
        /* In memory of its own, so that the sanitizer sees a read behind it. */
        char *copy = malloc(len + !len);

        memcpy(copy, body.ptr, len);
        ck_assert_msg(!jentry_get_result((struct span){copy, len}, &r), "%zu bytes", len);
        free(copy);
    }
    buf_putc(&body, 'x');
    ck_assert(!jentry_get_result(bytes_of(&body), &r));
    buf_release(&body);
}
END_TEST

/* Lengths and counts as large as they can be said. */
START_TEST(altered_bytes_stay_inside)
{
    struct buf body = BUF_INIT;
    struct jentry_result r;
    struct span field[JENTRY_FIELDS_MAX];

    put_sample(&body);
    for (size_t at = 0; at < body.len; at++) {
        for (int value = 0; value < 256; value++) {
            char *copy = malloc(body.len);

            memcpy(copy, body.ptr, body.len);
            copy[at] = (char)value;
            if (jentry_get_result((struct span){copy, body.len}, &r) && jentry_fields(&r, field))
                for (uint32_t i = 0; i < r.fields; i++)
                    ck_assert(field[i].ptr >= copy && field[i].ptr + field[i].len <= copy + body.len);
            free(copy);
        }
    }
    buf_release(&body);
}
END_TEST

/* The texts of all tasks of a run, raw or with fields, and their results. */
static void put_run(struct buf *body, uint32_t count, bool raw)
{
    struct jentry_run run = {0};
    struct buf texts = BUF_INIT, results = BUF_INIT;
    size_t text_at = 0, result_at = 0;

    for (uint32_t i = 0; i < count; i++) {
        buf_printf(&texts, "%u\n", i);
        buf_put(&results, "result", i % 7);
    }
    for (uint32_t i = 0; i < count; i++) {
        const char *text = texts.ptr + text_at;
        struct span field[] = {{text, 1}, {text, 0}};
        struct task t = {.number = 100 + i, .text = {text, strcspn(text, "\n")}, .fields = raw ? 0 : i % 3, .field = field};

        jentry_run_put(&run, &t, raw, (struct span){results.ptr + result_at, i % 7});
        text_at += t.text.len + 1;
        result_at += i % 7;
    }
    jentry_run_take(&run, body, 100, &work, 5);
    ck_assert_uint_eq(run.count, 0);
    jentry_run_release(&run);
    buf_release(&texts);
    buf_release(&results);
}

START_TEST(run_is_walked_task_by_task)
{
    bool raw = _i;
    struct buf body = BUF_INIT;
    struct jentry_walk w;
    struct jentry_result r;
    uint32_t n = 0;

    put_run(&body, JENTRY_RUN_MAX, raw);
    ck_assert(jentry_walk(&w, bytes_of(&body)));
    ck_assert_uint_eq(w.count, JENTRY_RUN_MAX);
    for (; jentry_walk_next(&w, &r); n++) {
        char text[16];

        snprintf(text, sizeof text, "%u", n);
        ck_assert_uint_eq(r.task, 100 + n);
        ck_assert(!r.has_key);
        check_work(&r);
        ck_assert(outcome_ok(&r.end));
        ck_assert(span_equal(r.input, span_of(text)));
        ck_assert(span_equal(r.out, (struct span){"result", n % 7}));
        ck_assert_uint_eq(r.fields, raw ? 0 : n % 3);
    }
    ck_assert_uint_eq(n, JENTRY_RUN_MAX);
    buf_release(&body);
}
END_TEST

/* The same run as put_run's, many tasks at a time but for every eleventh. */
static void put_run_in_parts(struct buf *body, uint32_t count)
{
    struct jentry_run run = {0};
    struct buf texts = BUF_INIT, results = BUF_INIT;
    uint8_t input[10];
    uint32_t out[10];

    buf_room(&texts, (size_t)count * 8);
    buf_room(&results, (size_t)count * 8);
    for (uint32_t i = 0, n; i < count; i += n) {
        const char *texts_at = texts.ptr + texts.len, *results_at = results.ptr + results.len;

        for (n = 0; n < 10 && i + n < count; n++) {
            size_t before = texts.len;

            buf_printf(&texts, "%u\n", i + n);
            input[n] = (uint8_t)(texts.len - before - 1);
            out[n] = (i + n) % 7;
            buf_put(&results, "result", out[n]);
        }
        jentry_run_put_short(&run, n, texts_at, input, results_at, out);
        if (i + n == count)
            break;
        struct task t = {.text = {texts.ptr + texts.len, 0}};

        buf_printf(&texts, "%u\n", i + n);
        t.text.len = (size_t)(texts.ptr + texts.len - t.text.ptr) - 1;
        jentry_run_put(&run, &t, true, (struct span){results.ptr + results.len, (i + n) % 7});
        buf_put(&results, "result", (i + n++) % 7);
    }
    jentry_run_take(&run, body, 100, &work, 5);
    jentry_run_release(&run);
    buf_release(&texts);
    buf_release(&results);
}

START_TEST(many_at_a_time_are_the_same)
{
    struct buf one = BUF_INIT, many = BUF_INIT;

    put_run(&one, 1000, true);
    put_run_in_parts(&many, 1000);
    ck_assert(span_equal(bytes_of(&one), bytes_of(&many)));
    buf_release(&one);
    buf_release(&many);
}
END_TEST

START_TEST(a_damaged_run_ends_early)
{
    struct buf body = BUF_INIT;
    struct jentry_walk w;
    struct jentry_result r;

    put_run(&body, 20, _i);
    for (size_t len = 0; len < body.len; len++) {
        char *copy = malloc(len + !len);
        uint32_t n = 0;

        memcpy(copy, body.ptr, len);
        if (jentry_walk(&w, (struct span){copy, len}))
            while (jentry_walk_next(&w, &r))
                n++;
        ck_assert_uint_lt(n, 20);
        free(copy);
    }
    for (size_t at = 0; at < body.len; at++) {
        char *copy = malloc(body.len);

        memcpy(copy, body.ptr, body.len);
        copy[at] = (char)0xff;
        if (jentry_walk(&w, (struct span){copy, body.len}))
            while (jentry_walk_next(&w, &r))
                ck_assert(r.input.ptr >= copy && r.out.ptr + r.out.len <= copy + body.len);
        free(copy);
    }
    buf_release(&body);
}
END_TEST

START_TEST(the_others_come_back)
{
    struct buf body = BUF_INIT;
    struct jentry_session s = {{4, 5}, 77, span_of("items")};
    struct jentry_data d = {.task = 3, .kind = PIECE_ERR, .previous = 4711, .bytes = span_of("abc")};
    struct jentry_hook h = {123456789, 1000};

    jentry_put_session(&body, &s);
    s = (struct jentry_session){0};
    ck_assert(jentry_get_session(bytes_of(&body), &s));
    ck_assert(hash_equal(s.identity, (struct hash128){4, 5}));
    ck_assert_int_eq(s.start, 77);
    ck_assert(span_equal(s.items, span_of("items")));
    ck_assert(!jentry_get_session((struct span){body.ptr, 16}, &s));

    buf_clear(&body);
    jentry_put_data(&body, &d);
    d = (struct jentry_data){0};
    ck_assert(jentry_get_data(bytes_of(&body), &d));
    ck_assert_uint_eq(d.task, 3);
    ck_assert_uint_eq(d.previous, 4711);
    ck_assert_int_eq(d.kind, PIECE_ERR);
    ck_assert(span_equal(d.bytes, span_of("abc")));
    ck_assert(!jentry_get_data((struct span){body.ptr, 3}, &d));

    buf_clear(&body);
    jentry_put_hook(&body, &h);
    h = (struct jentry_hook){0};
    ck_assert(jentry_get_hook(bytes_of(&body), &h));
    ck_assert_uint_eq(h.at, 123456789);
    ck_assert_uint_eq(h.nth, 1000);
    ck_assert(!jentry_get_hook((struct span){body.ptr, body.len - 1}, &h));
    buf_release(&body);
}
END_TEST

Suite *jentry_suite(void)
{
    Suite *s = suite_create("jentry");
    TCase *c = tcase_create("jentry");

    tcase_add_test(c, result_comes_back);
    tcase_add_test(c, long_input_is_kept_in_part_and_without_fields);
    tcase_add_test(c, a_cut_result_is_malformed);
    tcase_add_test(c, altered_bytes_stay_inside);
    tcase_add_loop_test(c, run_is_walked_task_by_task, 0, 2);
    tcase_add_test(c, many_at_a_time_are_the_same);
    tcase_add_loop_test(c, a_damaged_run_ends_early, 0, 2);
    tcase_add_test(c, the_others_come_back);
    suite_add_tcase(s, c);
    return s;
}
