/* Frames: what goes in comes out however the stream is cut; no truncation and no flipped byte does harm. */
#include "base/wire.h"

#include "suites.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t three[] = {2, 0, 4};

static struct piece sample(enum piece_kind kind)
{
    struct piece p = {.kind = kind, .task = 7, .count = 1, .bytes = span_of("some\nbytes")};

    if (kind == PIECE_END || kind == PIECE_RUN)
        p.end = (struct outcome){.cause = END_EXIT, .attempt = 2, .slot = 70000, .rank = 3,
                                 .start = 1700000000000000, .elapsed = 12345, .maxrss = 4321,
                                 .flags = OUTCOME_CUT, .reason = span_of("")};
    if (kind == PIECE_END) {
        p.end.cause = END_SIGNAL;
        p.end.signal = 11;
        p.end.status = 126;
        p.end.reason = span_of("why");
        p.bytes = span_of("");
    }
    if (kind == PIECE_RUN) {
        p.count = 3;
        p.bytes = span_of("a\nbcd\n");
        p.lengths = three;
    }
    return p;
}

static void same_piece(const struct piece *a, const struct piece *b)
{
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert_uint_eq(a->task, b->task);
    ck_assert_uint_eq(a->count, b->count);
    ck_assert(span_equal(a->bytes, b->bytes));
    ck_assert_int_eq(!a->lengths, !b->lengths);
    if (a->lengths)
        ck_assert_mem_eq(a->lengths, b->lengths, a->count * sizeof *a->lengths);
    if (a->kind != PIECE_END && a->kind != PIECE_RUN)
        return;
    ck_assert_int_eq(a->end.cause, b->end.cause);
    ck_assert_int_eq(a->end.status, b->end.status);
    ck_assert_int_eq(a->end.signal, b->end.signal);
    ck_assert_int_eq(a->end.flags, b->end.flags);
    ck_assert_uint_eq(a->end.attempt, b->end.attempt);
    ck_assert_uint_eq(a->end.slot, b->end.slot);
    ck_assert_uint_eq(a->end.rank, b->end.rank);
    ck_assert_int_eq(a->end.start, b->end.start);
    ck_assert_int_eq(a->end.elapsed, b->end.elapsed);
    ck_assert_int_eq(a->end.maxrss, b->end.maxrss);
    ck_assert(span_equal(a->end.reason, b->end.reason));
}

/* Encodes P, gives the body of the one frame; lent from R. */
static struct span body_of(struct wire_reader *r, const struct piece *p)
{
    struct buf out = BUF_INIT;
    struct wire_frame f;

    wire_piece(&out, p);
    wire_feed(r, out.ptr, out.len);
    buf_release(&out);
    ck_assert_int_eq(wire_next(r, &f), 1);
    ck_assert_int_eq(f.kind, WIRE_PIECE);
    return f.body;
}

START_TEST(a_piece_comes_back)
{
    for (int kind = PIECE_OUT; kind <= PIECE_RUN; kind++) {
        struct wire_reader r = {0};
        struct piece p = sample((enum piece_kind)kind), got;

        ck_assert(wire_get_piece(body_of(&r, &p), &got));
        same_piece(&p, &got);
        p.lengths = NULL;
        ck_assert(wire_get_piece(body_of(&r, &p), &got));
        same_piece(&p, &got);
        wire_release(&r);
    }
}
END_TEST

static void same_batch(const struct batch *a, const struct batch *b)
{
    ck_assert_ptr_nonnull(b);
    ck_assert_uint_eq(a->first, b->first);
    ck_assert_uint_eq(a->count, b->count);
    ck_assert_uint_eq(a->attempt, b->attempt);
    ck_assert_int_eq(a->timeout, b->timeout);
    ck_assert_int_eq(a->separator, b->separator);
    ck_assert_uint_eq(a->data.len, b->data.len);
    if (a->data.len)
        ck_assert_mem_eq(a->data.ptr, b->data.ptr, a->data.len);
}

START_TEST(a_batch_comes_back)
{
    struct batch *raw = batch_new(9, '\n'), *cut = batch_new(1, BATCH_STRUCTURED);
    struct batch *both[] = {raw, cut};
    struct span field = span_of("x y");

    buf_puts(&raw->data, "one\ntwo\n");
    raw->count = 2;
    raw->attempt = 4;
    raw->timeout = 2500000;
    batch_add(cut, field, &field, 1);
    for (int i = 0; i < 2; i++) {
        struct wire_reader r = {0};
        struct wire_frame f;
        struct buf out = BUF_INIT;

        wire_batch(&out, both[i]);
        wire_feed(&r, out.ptr, out.len);
        ck_assert_int_eq(wire_next(&r, &f), 1);
        ck_assert_int_eq(f.kind, WIRE_BATCH);
        struct batch *got = wire_get_batch(f.body);

        same_batch(both[i], got);
        batch_free(got);
        for (size_t len = 0; len < f.body.len; len++)
            ck_assert_ptr_null(wire_get_batch((struct span){f.body.ptr, len}));
        batch_free(both[i]);
        buf_release(&out);
        wire_release(&r);
    }
}
END_TEST

static bool range_comes_back(uint64_t first, uint32_t count, size_t less)
{
    struct wire_reader r = {0};
    struct wire_frame f;
    struct buf out = BUF_INIT;
    uint64_t got_first;
    uint32_t got_count;

    wire_range(&out, WIRE_BACK, first, count);
    wire_feed(&r, out.ptr, out.len);
    buf_release(&out);
    ck_assert_int_eq(wire_next(&r, &f), 1);
    ck_assert_int_eq(f.kind, WIRE_BACK);
    bool got = wire_get_range((struct span){f.body.ptr, f.body.len - less}, &got_first, &got_count) && got_first == first && got_count == count;

    wire_release(&r);
    return got;
}

START_TEST(a_range_of_tasks_comes_back)
{
    ck_assert(range_comes_back(1, 1, 0));
    ck_assert(range_comes_back(UINT64_MAX - UINT32_MAX, UINT32_MAX, 0));
    ck_assert(!range_comes_back(0, 1, 0));
    ck_assert(!range_comes_back(1, 0, 0));
    ck_assert(!range_comes_back(UINT64_MAX, 1, 0));
    for (size_t less = 1; less <= 12; less++)
        ck_assert(!range_comes_back(7, 8, less));
}
END_TEST

START_TEST(long_output_is_cut)
{
    struct piece p = sample(PIECE_OUT), got;
    struct buf big = BUF_INIT, out = BUF_INIT, all = BUF_INIT;
    struct wire_reader r = {0};
    struct wire_frame f;

    for (size_t i = 0; i < 2 * WIRE_PIECE_MAX + 5; i++)
        buf_putc(&big, (char)(i * 31 >> 3));
    p.bytes = (struct span){big.ptr, big.len};
    wire_piece(&out, &p);
    wire_feed(&r, out.ptr, out.len);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(wire_next(&r, &f), 1);
        ck_assert(wire_get_piece(f.body, &got));
        ck_assert_uint_le(got.bytes.len, WIRE_PIECE_MAX);
        buf_put(&all, got.bytes.ptr, got.bytes.len);
    }
    ck_assert_int_eq(wire_next(&r, &f), 0);
    ck_assert(span_equal((struct span){all.ptr, all.len}, p.bytes));
    buf_release(&big);
    buf_release(&out);
    buf_release(&all);
    wire_release(&r);
}
END_TEST

/* Three frames, fed in portions of every size: the same three frames. */
START_TEST(cutting_the_stream_does_not_matter)
{
    struct buf out = BUF_INIT;

    wire_number(&out, WIRE_SIGNAL, 15);
    wire_note(&out, span_of("hello"));
    wire_number(&out, WIRE_STOP, 0);
    for (size_t step = 1; step <= out.len; step++) {
        struct wire_reader r = {0};
        struct wire_frame f;
        enum wire_kind seen[4];
        int n = 0;

        for (size_t at = 0; at < out.len; at += step) {
            wire_feed(&r, out.ptr + at, step < out.len - at ? step : out.len - at);
            while (n < 4 && wire_next(&r, &f) == 1) {
                struct wire_cursor c = wire_open(f.body);

                seen[n++] = f.kind;
                if (f.kind == WIRE_NOTE)
                    ck_assert(span_equal(wire_get_span(&c), span_of("hello")));
                else
                    ck_assert_uint_eq(wire_get_u32(&c), f.kind == WIRE_SIGNAL ? 15 : 0);
                ck_assert(wire_done(&c));
            }
        }
        ck_assert_int_eq(n, 3);
        ck_assert(seen[0] == WIRE_SIGNAL && seen[1] == WIRE_NOTE && seen[2] == WIRE_STOP);
        wire_release(&r);
    }
    buf_release(&out);
}
END_TEST

/* Reads all a decoder promises to be readable, so that the sanitizer sees a wrong span. */
static unsigned touch(const struct piece *p)
{
    unsigned sum = p->count + p->end.cause;

    for (size_t i = 0; i < p->bytes.len; i++)
        sum += (unsigned char)p->bytes.ptr[i];
    for (size_t i = 0; i < p->end.reason.len; i++)
        sum += (unsigned char)p->end.reason.ptr[i];
    for (uint32_t i = 0; p->lengths && i < p->count; i++)
        sum += p->lengths[i];
    return sum;
}

static volatile unsigned sink;

START_TEST(no_truncation_passes)
{
    for (int kind = PIECE_OUT; kind <= PIECE_RUN; kind++) {
        struct wire_reader r = {0};
        struct piece p = sample((enum piece_kind)kind), got;
        struct span body = body_of(&r, &p);

        for (size_t len = 0; len < body.len; len++) {
            char *copy = malloc(len + 1); /* of just this size: reading on is seen */

            memcpy(copy, body.ptr, len);
            ck_assert(!wire_get_piece((struct span){copy, len}, &got));
            free(copy);
        }
        wire_release(&r);
    }
}
END_TEST

/* A flipped byte gives another piece or none; what is given can be read. */
START_TEST(no_flip_harms)
{
    for (int kind = PIECE_OUT; kind <= PIECE_RUN; kind++) {
        struct buf out = BUF_INIT;
        struct piece p = sample((enum piece_kind)kind), got;

        wire_piece(&out, &p);
        for (size_t at = 0; at < out.len; at++)
            for (int bit = 0; bit < 9; bit++) {
                struct wire_reader r = {0};
                struct wire_frame f;
                char old = out.ptr[at];

                out.ptr[at] = bit < 8 ? (char)(old ^ 1 << bit) : (char)~old;
                wire_feed(&r, out.ptr, out.len);
                while (wire_next(&r, &f) == 1)
                    if (f.kind == WIRE_PIECE && wire_get_piece(f.body, &got))
                        sink += touch(&got);
                out.ptr[at] = old;
                wire_release(&r);
            }
        buf_release(&out);
    }
}
END_TEST

START_TEST(noise_is_harmless)
{
    uint32_t seed = 1;

    for (int round = 0; round < 20000; round++) {
        uint64_t noise[24];
        struct piece got;

        for (size_t i = 0; i < 24; i++) {
            seed = seed * 1664525 + 1013904223;
            noise[i] = seed >> 28 > 4 ? seed >> 27 : (uint64_t)seed << 32 | seed;
        }
        struct span body = {(const char *)noise, seed % sizeof noise};

        if (wire_get_piece(body, &got))
            sink += touch(&got);
        batch_free(wire_get_batch(body));
        struct wire_cursor c = wire_open(body);

        while (!c.bad && c.left)
            free(wire_get_text(&c));
    }
}
END_TEST

START_TEST(lengths_must_add_up)
{
    static const uint32_t wrong[] = {2, 1, 4};
    struct wire_reader r = {0};
    struct piece p = sample(PIECE_RUN), got;

    p.lengths = wrong;
    ck_assert(!wire_get_piece(body_of(&r, &p), &got));
    wire_release(&r);
}
END_TEST

START_TEST(unknown_kinds_end_the_stream)
{
    uint64_t head[2] = {0, WIRE_KINDS};
    struct wire_reader r = {0};
    struct wire_frame f;

    wire_feed(&r, head, sizeof head);
    ck_assert_int_eq(wire_next(&r, &f), -1);
    wire_release(&r);
}
END_TEST

START_TEST(texts_keep_null_apart)
{
    struct buf out = BUF_INIT;

    wire_put_text(&out, NULL);
    wire_put_text(&out, "");
    wire_put_text(&out, "text");
    struct wire_cursor c = wire_open((struct span){out.ptr, out.len});
    char *a = wire_get_text(&c), *b = wire_get_text(&c), *d = wire_get_text(&c);

    ck_assert_ptr_null(a);
    ck_assert_str_eq(b, "");
    ck_assert_str_eq(d, "text");
    ck_assert(wire_done(&c));
    free(b);
    free(d);
    buf_release(&out);
}
END_TEST

Suite *wire_suite(void)
{
    Suite *s = suite_create("wire");
    TCase *c = tcase_create("frames");

    tcase_add_test(c, a_piece_comes_back);
    tcase_add_test(c, a_batch_comes_back);
    tcase_add_test(c, a_range_of_tasks_comes_back);
    tcase_add_test(c, long_output_is_cut);
    tcase_add_test(c, cutting_the_stream_does_not_matter);
    tcase_add_test(c, no_truncation_passes);
    tcase_add_test(c, no_flip_harms);
    tcase_add_test(c, noise_is_harmless);
    tcase_add_test(c, lengths_must_add_up);
    tcase_add_test(c, unknown_kinds_end_the_stream);
    tcase_add_test(c, texts_keep_null_apart);
    suite_add_tcase(s, c);
    return s;
}
