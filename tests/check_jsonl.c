/* Lines of JSON: everything about a task, handed to the sink no faster than it takes it. */
#include "results/jsonl.h"

#include "results/entry.h"
#include "suites.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* A sink that keeps what it is given, and takes `room` pieces before it wants to be left alone. */
static struct fake {
    struct outlet outlet;
    struct buf got;
    int room;
    bool complete, closed, broken;
    int ends;
} fake;

static int fake_put(struct outlet *o, const struct piece *p)
{
    (void)o;
    if (p->kind == PIECE_END) {
        fake.ends++;
        return 0;
    }
    ck_assert_int_eq(p->kind, PIECE_OUT);
    ck_assert_int_gt(fake.room, 0);
    ck_assert_uint_lt(p->bytes.len, 1 << 20);
    fake.room--;
    buf_put(&fake.got, p->bytes.ptr, p->bytes.len);
    return fake.broken ? -1 : 0;
}

static bool fake_ready(struct outlet *o)
{
    (void)o;
    return fake.room > 0;
}

static int fake_flush(struct outlet *o)
{
    (void)o;
    return 0;
}

static bool fake_busy(struct outlet *o)
{
    (void)o;
    return false;
}

static int fake_close(struct outlet *o, bool complete)
{
    (void)o;
    fake.closed = true;
    fake.complete = complete;
    return 0;
}

static const struct outlet_ops fake_ops = {
    .name = "fake", .put = fake_put, .ready = fake_ready, .flush = fake_flush, .busy = fake_busy, .close = fake_close};

static struct outlet *new_jsonl(int room)
{
    buf_clear(&fake.got);
    fake = (struct fake){.outlet.ops = &fake_ops, .room = room, .got = fake.got};
    return jsonl_new(&fake.outlet);
}

static int put(struct outlet *o, enum piece_kind kind, const void *bytes, size_t len)
{
    struct piece p = {.kind = kind, .task = 7, .count = 1, .bytes = {bytes, len}, .input = span_of("in")};

    return o->ops->put(o, &p);
}

static int put_end(struct outlet *o, struct outcome end)
{
    return o->ops->put(o, &(struct piece){.kind = PIECE_END, .task = 7, .count = 1, .input = span_of("in"), .end = end});
}

START_TEST(a_task_is_a_line)
{
    struct outlet *o = new_jsonl(100);

    ck_assert_int_eq(put(o, PIECE_OUT, "a", 1), 0);
    ck_assert_int_eq(put(o, PIECE_ERR, "e\xff", 2), 0);
    ck_assert_int_eq(put(o, PIECE_OUT, "b\n", 2), 0);
    ck_assert_int_eq(put_end(o, (struct outcome){.status = 3, .attempt = 2, .slot = 4, .start = 1700000000000001, .elapsed = 1500000,
                                                 .maxrss = 77, .host = "h\"", .reason = span_of("why")}), 0);
    ck_assert_str_eq(buf_cstr(&fake.got),
                     "{\"task\":7,\"input\":\"in\",\"status\":3,\"signal\":0,\"cause\":\"exit\",\"reason\":\"why\",\"attempts\":2,"
                     "\"start\":1700000000.000001,\"seconds\":1.500000,\"host\":\"h\\\"\",\"slot\":4,\"maxrss_kb\":77,"
                     "\"stdout\":\"ab\\n\",\"stderr_base64\":\"Zf8=\"}\n");
    ck_assert_int_eq(fake.ends, 1);
    buf_clear(&fake.got);
    ck_assert_int_eq(put_end(o, (struct outcome){.attempt = 1, .slot = 1}), 0);
    ck_assert_str_eq(buf_cstr(&fake.got),
                     "{\"task\":7,\"input\":\"in\",\"status\":0,\"signal\":0,\"cause\":\"exit\",\"attempts\":1,\"start\":null,"
                     "\"seconds\":0.000000,\"host\":\"\",\"slot\":1,\"maxrss_kb\":null,\"stdout\":\"\",\"stderr\":\"\"}\n");
    ck_assert_int_eq(fake.ends, 1);
    o->ops->close(o, true);
    ck_assert(fake.closed && fake.complete);
}
END_TEST

START_TEST(the_status_is_a_shell_s)
{
    ck_assert_uint_eq(entry_status(&(struct outcome){.status = 5}), 5);
    ck_assert_uint_eq(entry_status(&(struct outcome){.cause = END_SIGNAL, .signal = SIGSEGV}), 128 + SIGSEGV);
    ck_assert_uint_eq(entry_status(&(struct outcome){.cause = END_TIMEOUT, .signal = SIGKILL}), 128 + SIGKILL);
    ck_assert_uint_eq(entry_status(&(struct outcome){.cause = END_TIMEOUT}), 128 + SIGTERM);
    ck_assert_uint_eq(entry_status(&(struct outcome){.cause = END_NOT_RUN, .status = 127}), 127);
    ck_assert_uint_eq(entry_status(&(struct outcome){.cause = END_NOT_RUN}), 126);
}
END_TEST

START_TEST(what_was_cancelled_has_no_line)
{
    struct outlet *o = new_jsonl(100);

    put(o, PIECE_OUT, "a", 1);
    ck_assert_int_eq(put_end(o, (struct outcome){.cause = END_CANCELLED}), 0);
    ck_assert_uint_eq(fake.got.len, 0);
    ck_assert_int_eq(put_end(o, (struct outcome){.attempt = 1}), 0);
    ck_assert_ptr_nonnull(strstr(buf_cstr(&fake.got), "\"stdout\":\"\""));
    o->ops->close(o, true);
}
END_TEST

/* LEN bytes, VALID text or not, through a sink that takes one part at a time. */
static void pass_large(size_t len, bool valid)
{
    struct outlet *o = new_jsonl(0);
    char *bytes = malloc(len);
    size_t expected = valid ? len : (len + 2) / 3 * 4, times = 0;

    memset(bytes, valid ? 'x' : '\xfe', len);
    for (size_t at = 0; at < len; at += 65536)
        ck_assert_int_eq(put(o, PIECE_OUT, bytes + at, len - at < 65536 ? len - at : 65536), 0);
    ck_assert_int_eq(put_end(o, (struct outcome){.attempt = 1}), 0);
    for (; o->ops->busy(o); times++) {
        fake.room = 1;
        ck_assert_int_eq(o->ops->flush(o), 0);
        if (times % 2 == 0 && o->ops->busy(o))
            ck_assert(!o->ops->ready(o));
    }
    const char *text = strstr(buf_cstr(&fake.got), valid ? "\"stdout\":\"" : "\"stdout_base64\":\"");

    ck_assert_ptr_nonnull(text);
    ck_assert_uint_eq(strspn(text + (valid ? 10 : 17), valid ? "x" : "/v74+="), expected);
    ck_assert_uint_gt(times, len >> 17);
    o->ops->close(o, true);
    free(bytes);
}

START_TEST(large_results_come_in_parts)
{
    pass_large(100000, true);
    pass_large(5000000, true);
    pass_large(5000000, false);
    pass_large(3 << 20, false);
}
END_TEST

START_TEST(a_sink_that_fails_ends_it)
{
    struct outlet *o = new_jsonl(100);

    fake.broken = true;
    ck_assert_int_eq(put_end(o, (struct outcome){.attempt = 1}), -1);
    ck_assert(!o->ops->ready(o) && !o->ops->busy(o));
    ck_assert_int_eq(o->ops->flush(o), -1);
    o->ops->close(o, true);
    ck_assert(fake.closed && !fake.complete);
}
END_TEST

Suite *jsonl_suite(void)
{
    Suite *s = suite_create("jsonl");
    TCase *c = tcase_create("lines");

    tcase_add_test(c, a_task_is_a_line);
    tcase_add_test(c, the_status_is_a_shell_s);
    tcase_add_test(c, what_was_cancelled_has_no_line);
    tcase_add_test(c, large_results_come_in_parts);
    tcase_add_test(c, a_sink_that_fails_ends_it);
    suite_add_tcase(s, c);
    return s;
}
