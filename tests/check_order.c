/*
 * order against a slow model: random tasks, random interleavings, runs among pieces, attempts discarded,
 * readers that stall, and so little memory that the temporary file is in use all the time.
 */
#include "results/order.h"
#include "suites.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Pieces as text; neighbours of one task and kind are one line, since order may cut or keep them as it likes. */
struct note {
    struct buf text;
    uint64_t task;
    int kind; /* -1: at the start of a line */
    size_t largest;
};

static void note_piece(struct note *n, const struct piece *p)
{
    bool bytes = p->kind == PIECE_OUT || p->kind == PIECE_ERR;

    if (bytes && !p->bytes.len)
        return;
    if (p->bytes.len > n->largest)
        n->largest = p->bytes.len;
    if (!bytes || n->kind != (int)p->kind || n->task != p->task) {
        buf_printf(&n->text, "\n%llu %d ", (unsigned long long)p->task, p->kind);
        if (p->input.ptr)
            buf_printf(&n->text, "<%.*s %.*s> ", (int)p->input.len, p->input.ptr, (int)p->fields.len, p->fields.ptr);
    }
    if (p->kind == PIECE_RUN) {
        buf_printf(&n->text, "*%u ", p->count);
        for (uint32_t i = 0; p->lengths && i < p->count; i++)
            buf_printf(&n->text, "%u,", p->lengths[i]);
    }
    if (!bytes)
        buf_printf(&n->text, "c%d s%d g%d f%d a%u s%u r%u %lld %lld %lld (%.*s) ", p->end.cause, p->end.status,
                   p->end.signal, p->end.flags, p->end.attempt, p->end.slot, p->end.rank, (long long)p->end.start,
                   (long long)p->end.elapsed, (long long)p->end.maxrss, (int)p->end.reason.len,
                   p->end.reason.len ? p->end.reason.ptr : "");
    buf_put(&n->text, p->bytes.ptr, p->bytes.len);
    n->task = p->task;
    n->kind = bytes ? (int)p->kind : -1;
}

static void deliver(void *ctx, const struct piece *p)
{
    note_piece(ctx, p);
}

static unsigned rnd(unsigned n)
{
    return (unsigned)rand() % n;
}

/* One task, or a run, that is being played. */
struct actor {
    uint64_t task;
    uint32_t count;
    struct note expected;
    int steps; /* pieces still to come before the last */
    bool input_known, wants_input;
    char input[32];
};

struct play {
    struct order_spec spec;
    struct order *o;
    struct note got;
    struct buf expected; /* ARRIVAL, PASS: grows as it goes; TASKS: joined at the end */
    struct note passing;
    struct note *by_task;
    int stall; /* one time in STALL the reader is not ready; 0: always ready */
    int discards;
    unsigned largest;
};

struct ready {
    struct note *note; /* first: the context of deliver too */
    int stall;
};

static bool is_ready(void *ctx)
{
    struct ready *r = ctx;

    return !r->stall || rnd((unsigned)r->stall);
}

static void deliver_ready(void *ctx, const struct piece *p)
{
    note_piece(((struct ready *)ctx)->note, p);
}

static char noise[1 << 20];

static void put(struct play *play, struct actor *a, struct piece *p)
{
    struct ready r = {&play->got, play->stall};

    p->task = a->task;
    if (a->wants_input && (a->input_known || p->kind == PIECE_END || rnd(3) == 0))
        p->input = span_of(a->input), p->fields = (struct span){a->input, a->task % 3};
    struct piece seen = *p;
    bool known = a->input_known;

    if (play->spec.mode == ORDER_PASS)
        note_piece(&play->passing, &seen);
    a->input_known = a->input_known || p->input.ptr;
    note_piece(&a->expected, &seen);
    if (known && rnd(2) && play->spec.mode != ORDER_PASS)
        p->input = (struct span){NULL, 0}; /* order must know it by now */
    if (rnd(2)) {
        ck_assert_int_eq(order_put(play->o, p), 0);
        if (rnd(4))
            return;
        ck_assert_int_eq(order_deliver(play->o, is_ready, deliver_ready, &r), 0);
    } else {
        ck_assert_int_eq(order_pass(play->o, p, is_ready, deliver_ready, &r), 0);
    }
    ck_assert(play->stall || !order_pending(play->o));
}

static struct span random_bytes(const struct play *play)
{
    size_t len = rnd(20) ? rnd(30) : rnd(play->largest);

    return (struct span){noise + rnd(sizeof noise - (unsigned)len), len};
}

static void play_part(struct play *play, struct actor *a)
{
    struct piece p = {.kind = rnd(3) ? PIECE_OUT : PIECE_ERR, .count = 1, .bytes = random_bytes(play)};

    put(play, a, &p);
    a->steps--;
}

static void discard(struct play *play, struct actor *a)
{
    order_discard(play->o, a->task);
    buf_clear(&a->expected.text);
    a->expected.kind = -1;
    a->input_known = false;
    a->steps = (int)rnd(6);
    play->discards--;
}

static struct outcome random_outcome(void)
{
    struct outcome o = {.attempt = 1 + rnd(3), .slot = rnd(300), .rank = rnd(70000),
                        .start = rnd(2) ? 1700000000000000 + rnd(9999) : 0,
                        .elapsed = rnd(1000000), .maxrss = rnd(100000)};

    if (rnd(4) == 0) {
        o.cause = (uint8_t)rnd(5);
        o.status = (uint8_t)rnd(256);
        o.signal = (uint8_t)rnd(65);
        o.flags = (uint8_t)rnd(4);
        o.reason = rnd(2) ? span_of("could not be started") : span_of("");
    }
    return o;
}

static void play_last(struct play *play, struct actor *a)
{
    struct piece p = {.kind = PIECE_END, .count = rnd(2), .end = random_outcome()};
    uint32_t lengths[8];

    if (a->count > 1) {
        p.kind = PIECE_RUN;
        p.count = a->count;
        p.bytes = random_bytes(play);
        p.end.cause = p.end.status = p.end.signal = p.end.flags = 0;
        p.end.reason.len = 0;
        for (uint32_t i = 0; i < a->count; i++)
            lengths[i] = rnd(1000);
        p.lengths = rnd(2) ? lengths : NULL;
    }
    put(play, a, &p);
    if (play->spec.mode == ORDER_ARRIVAL)
        buf_put(&play->expected, a->expected.text.ptr, a->expected.text.len);
    play->by_task[a->task] = a->expected;
}

static struct actor new_actor(uint64_t task)
{
    struct actor a = {.task = task, .count = rnd(4) ? 1 : 2 + rnd(6), .expected.kind = -1, .wants_input = rnd(3) == 0};

    a.steps = a.count > 1 ? 0 : (int)rnd(6);
    if (a.count > 1)
        a.wants_input = false;
    snprintf(a.input, sizeof a.input, "input of %llu", (unsigned long long)task);
    return a;
}

static void check_end(struct play *play, uint64_t tasks)
{
    ck_assert_int_eq(order_deliver(play->o, NULL, deliver, &play->got), 0);
    ck_assert(!order_pending(play->o));
    ck_assert_uint_eq(order_spilled(play->o), 0);
    ck_assert_uint_eq(order_memory(play->o), 0);
    if (play->spec.mode == ORDER_TASKS) {
        ck_assert_uint_eq(order_head(play->o), tasks + 1);
        for (uint64_t i = 1; i <= tasks; i++)
            buf_put(&play->expected, play->by_task[i].text.ptr, play->by_task[i].text.len);
    } else if (play->spec.mode == ORDER_PASS) {
        buf_put(&play->expected, play->passing.text.ptr, play->passing.text.len);
    }
    const char *got = buf_cstr(&play->got.text), *expected = buf_cstr(&play->expected);
    size_t same = 0;

    while (same < play->got.text.len && same < play->expected.len && got[same] == expected[same])
        same++;
    if (same < play->got.text.len || same < play->expected.len)
        ck_abort_msg("mode %d, hold %d, memory %zu: expected \"%.99s\", got \"%.99s\"", play->spec.mode,
                     play->spec.hold, play->spec.memory, expected + same, got + same);
}

static void release(struct play *play, uint64_t tasks)
{
    order_free(play->o);
    for (uint64_t i = 1; i <= tasks; i++)
        buf_release(&play->by_task[i].text);
    free(play->by_task);
    buf_release(&play->got.text);
    buf_release(&play->passing.text);
    buf_release(&play->expected);
}

enum { FLIGHT = 12, MOST = 400 };

/* Each turn one of the tasks in flight moves on; the first often stands still, as stragglers do. */
static uint64_t run_play(struct play *play)
{
    struct actor flight[FLIGHT];
    uint64_t next = 1;
    int flying = 0;

    while (flying || next < MOST) {
        if (next < MOST && flying < FLIGHT && rnd(3)) {
            flight[flying] = new_actor(next);
            next += flight[flying++].count;
            continue;
        }
        if (!flying)
            continue;
        int i = rnd(8) ? (int)rnd((unsigned)flying) : 0;
        struct actor *a = &flight[i];

        if (a->task == order_head(play->o) && next < MOST && rnd(5))
            continue;
        if (a->count == 1 && play->spec.hold && play->discards && rnd(4) == 0) {
            discard(play, a);
        } else if (a->steps) {
            play_part(play, a);
        } else {
            play_last(play, a);
            *a = flight[--flying];
        }
    }
    return next - 1;
}

static void play_seed(unsigned seed)
{
    static const size_t memory[] = {0, 100, 1000, 20000, 1 << 20};

    srand(seed);
    struct play play = {.spec = {.mode = rnd(2) ? ORDER_TASKS : rnd(2) ? ORDER_ARRIVAL : ORDER_PASS, .first = 1,
                                 .memory = memory[rnd(5)], .hold = rnd(2)},
                        .got.kind = -1, .passing.kind = -1, .stall = rnd(2) ? (int)(2 + rnd(10)) : 0,
                        .discards = 50, .largest = seed % 50 ? 3000 : 700000};

    play.o = order_new(&play.spec);
    play.by_task = calloc(MOST + 10, sizeof *play.by_task);
    uint64_t tasks = run_play(&play);

    check_end(&play, tasks);
    release(&play, tasks);
}

START_TEST(agrees_with_the_model)
{
    srand(1);
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)('a' + rnd(26));
    for (unsigned seed = (unsigned)_i * 100; seed < (unsigned)_i * 100 + 100; seed++)
        play_seed(seed);
}
END_TEST

static struct piece part(uint64_t task, struct span bytes)
{
    return (struct piece){.kind = PIECE_OUT, .task = task, .count = 1, .bytes = bytes};
}

static struct piece end(uint64_t task)
{
    return (struct piece){.kind = PIECE_END, .task = task, .count = 1};
}

START_TEST(head_streams_live_unless_held)
{
    for (int hold = 0; hold < 2; hold++) {
        struct order *o = order_new(&(struct order_spec){ORDER_TASKS, 1, 1000, hold});
        struct note got = {.kind = -1};
        struct piece p = part(1, span_of("live")), q = part(2, span_of("later"));

        order_pass(o, &p, NULL, deliver, &got);
        ck_assert_uint_eq(got.text.len != 0, !hold);
        order_pass(o, &q, NULL, deliver, &got);
        p = end(1);
        order_pass(o, &p, NULL, deliver, &got);
        ck_assert(strstr(buf_cstr(&got.text), "live"));
        ck_assert_int_eq(strstr(buf_cstr(&got.text), "later") != NULL, !hold); /* 2 is the head now */
        ck_assert_uint_eq(order_head(o), 2);
        order_free(o);
        buf_release(&got.text);
    }
}
END_TEST

struct lent {
    const char *ptr;
    int calls;
};

static void deliver_lent(void *ctx, const struct piece *p)
{
    struct lent *lent = ctx;

    lent->ptr = p->bytes.ptr;
    lent->calls++;
}

START_TEST(next_run_passes_without_a_copy)
{
    struct order *o = order_new(&(struct order_spec){ORDER_TASKS, 1, 1000, true});
    struct piece run = {.kind = PIECE_RUN, .task = 1, .count = 1000000, .bytes = span_of("many")};
    struct lent lent = {NULL, 0};

    for (int i = 0; i < 1000; i++, run.task += run.count) {
        order_pass(o, &run, NULL, deliver_lent, &lent);
        ck_assert_ptr_eq(lent.ptr, run.bytes.ptr);
    }
    ck_assert_int_eq(lent.calls, 1000);
    ck_assert_uint_eq(order_head(o), 1000000001);
    order_free(o);
}
END_TEST

/* What waits behind a straggler costs its own bytes and a few more, and memory stays at the limit. */
START_TEST(many_tiny_results_wait_in_little_room)
{
    enum { TASKS = 300000, LIMIT = 1 << 20 };
    struct order *o = order_new(&(struct order_spec){ORDER_TASKS, 1, LIMIT, false});
    struct note got = {.kind = -1};
    struct piece p;

    for (uint64_t i = 2; i <= TASKS; i++) {
        p = part(i, span_of("ten bytes\n"));
        ck_assert_int_eq(order_put(o, &p), 0);
        p = end(i);
        p.end = (struct outcome){.attempt = 1, .slot = 7, .rank = 3, .elapsed = 1234, .maxrss = 5000};
        p.end.start = 1700000000000000;
        ck_assert_int_eq(order_put(o, &p), 0);
        ck_assert_uint_le(order_memory(o), LIMIT);
    }
    ck_assert_uint_ge(order_spilled(o), TASKS * 10 - LIMIT);
    ck_assert_uint_le(order_spilled(o), TASKS * 40);
    ck_assert(!order_pending(o));
    p = end(1);
    ck_assert_int_eq(order_pass(o, &p, NULL, deliver, &got), 0);
    ck_assert_uint_eq(order_head(o), TASKS + 1);
    ck_assert_uint_eq(order_memory(o) + order_spilled(o), 0);
    order_free(o);
    buf_release(&got.text);
}
END_TEST

struct sum {
    size_t bytes, largest;
    unsigned long sum;
};

static void add_up(struct sum *s, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        s->sum = s->sum * 31 + (unsigned char)bytes.ptr[i];
    s->bytes += bytes.len;
    if (bytes.len > s->largest)
        s->largest = bytes.len;
}

static void deliver_sum(void *ctx, const struct piece *p)
{
    add_up(ctx, p->bytes);
}

START_TEST(large_result_passes_in_pieces)
{
    enum { LIMIT = 1 << 20, ROUNDS = 40 };
    struct order *o = order_new(&(struct order_spec){ORDER_TASKS, 1, LIMIT, false});
    struct sum put_in = {0}, got = {0};
    struct piece p;

    for (int i = 0; i < ROUNDS; i++) {
        memset(noise, 'a' + i % 26, sizeof noise - (size_t)i);
        p = part(2, (struct span){noise, sizeof noise - (size_t)i});
        add_up(&put_in, p.bytes);
        ck_assert_int_eq(order_put(o, &p), 0);
        ck_assert_uint_le(order_memory(o), LIMIT);
    }
    for (uint64_t task = 2; task >= 1; task--) {
        p = end(task);
        ck_assert_int_eq(order_pass(o, &p, NULL, deliver_sum, &got), 0);
    }
    ck_assert_uint_eq(got.bytes, put_in.bytes);
    ck_assert_uint_eq(got.sum, put_in.sum);
    ck_assert_uint_le(got.largest, 256 << 10);
    order_free(o);
}
END_TEST

/* Puts until the temporary file fails; what was said on stderr is in TEXT then. */
static void fail_to_spill(struct buf *text)
{
    struct order *o = order_new(&(struct order_spec){ORDER_TASKS, 1, 100000, false});
    struct piece p = part(2, (struct span){noise, 10000});
    int said[2], keep = dup(2), rc = 0;

    ck_assert_int_eq(pipe(said), 0);
    dup2(said[1], 2);
    for (int i = 0; i < 1000 && rc == 0; i++)
        rc = order_put(o, &p);
    dup2(keep, 2);
    close(keep);
    close(said[1]);
    ck_assert_int_eq(rc, -1);
    ssize_t n = read(said[0], buf_room(text, 1000), 1000);

    ck_assert_int_gt(n, 0);
    text->len = (size_t)n;
    close(said[0]);
    order_free(o);
}

START_TEST(failing_temporary_file_is_reported)
{
    struct buf text = BUF_INIT;

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, 1 << 20});
    setenv("TMPDIR", "/tmp", 1);
    fail_to_spill(&text);
    ck_assert(strstr(buf_cstr(&text), "/tmp"));
    ck_assert(strstr(buf_cstr(&text), "File too large"));
    buf_release(&text);
}
END_TEST

START_TEST(missing_temporary_directory_is_reported)
{
    struct buf text = BUF_INIT;

    setenv("TMPDIR", "/nonexistent/place", 1);
    fail_to_spill(&text);
    ck_assert(strstr(buf_cstr(&text), "/nonexistent/place"));
    buf_release(&text);
}
END_TEST

Suite *order_suite(void)
{
    Suite *s = suite_create("order");
    TCase *c = tcase_create("model");

    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, agrees_with_the_model, 0, 4);
    suite_add_tcase(s, c);
    c = tcase_create("cases");
    tcase_set_timeout(c, 60);
    tcase_add_test(c, head_streams_live_unless_held);
    tcase_add_test(c, next_run_passes_without_a_copy);
    tcase_add_test(c, many_tiny_results_wait_in_little_room);
    tcase_add_test(c, large_result_passes_in_pieces);
    tcase_add_test(c, failing_temporary_file_is_reported);
    tcase_add_test(c, missing_temporary_directory_is_reported);
    suite_add_tcase(s, c);
    return s;
}
