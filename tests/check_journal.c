/*
 * The journal as the corridor uses it. `run` plays corridor and backend: a task's result is its text in brackets, its failure is an `!` at its
 * beginning; it counts what had to be done.
 */
#include "results/identity.h"
#include "results/journal.h"
#include "suites.h"
#include "work/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64], path[96];

static void set_up(void)
{
    strcpy(dir, "/tmp/smap-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/journal", dir);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

static void tear_down(void)
{
    unlink(path);
    rmdir(dir);
}

struct play {
    struct journal *journal;
    struct identity identity;
    struct buf got;      /* what came out, in order of arrival */
    unsigned done;       /* tasks that were run */
    unsigned cancelled;
    uint64_t last;       /* the task of the last piece */
    unsigned ends;
    bool as_runs;        /* whole batches succeed as one run */
    size_t repeat;       /* the text so often in a result */
    struct batch *kept[64];
    unsigned keeps;
};

static void identify(struct identity *id, const char *word)
{
    char *words[] = {(char *)word};
    struct work w = {.kind = WORK_COMMAND, .word = words, .words = 1, .replace = "{}"};

    identity_put_work(id, &w);
    identity_seal(id);
}

static void begin_as(struct play *p, struct journal_spec spec, const char *word)
{
    *p = (struct play){.repeat = 1};
    identify(&p->identity, word);
    spec.path = path;
    spec.identity = &p->identity;
    ck_assert_int_eq(journal_open(&p->journal, &spec), 0);
}

static void begin(struct play *p)
{
    begin_as(p, (struct journal_spec){0}, "worker");
}

static void end(struct play *p)
{
    ck_assert_int_eq(journal_close(p->journal), 0);
    for (unsigned i = 0; i < p->keeps; i++)
        batch_free(p->kept[i]);
    identity_release(&p->identity);
    buf_release(&p->got);
}

/* What goes on to order. */
static void collect(void *ctx, const struct piece *piece)
{
    struct play *p = ctx;

    p->last = piece->task;
    if (piece->kind == PIECE_OUT || piece->kind == PIECE_RUN)
        buf_put(&p->got, piece->bytes.ptr, piece->bytes.len);
    if (piece->kind == PIECE_ERR)
        buf_printf(&p->got, "(%.*s)", (int)piece->bytes.len, piece->bytes.ptr);
    if (piece->kind != PIECE_END)
        return;
    p->ends++;
    if (piece->end.cause == END_CANCELLED)
        p->cancelled++;
    else if (!outcome_ok(&piece->end))
        buf_printf(&p->got, "=%u", piece->end.status);
}

static void put(struct play *p, const struct piece *piece)
{
    ck_assert_int_eq(journal_put(p->journal, piece), 0);
    collect(p, piece);
}

/* OUT in two parts, ERR for failures, END. */
static void answer(struct play *p, const struct task *t)
{
    bool bad = t->text.len && *t->text.ptr == '!';
    struct piece out = {.kind = PIECE_OUT, .task = t->number, .count = 1, .bytes = span_of("[")};
    struct piece end = {.kind = PIECE_END, .task = t->number, .count = 1};

    p->done++;
    put(p, &out);
    out.bytes = t->text;
    for (size_t i = 0; i < p->repeat; i++)
        put(p, &out);
    if (bad) {
        out.kind = PIECE_ERR;
        out.bytes = span_of("bad");
        put(p, &out);
    }
    end.end = (struct outcome){.status = bad ? 3 : 0, .attempt = 1, .slot = 1, .start = 5, .elapsed = 7, .host = "here"};
    put(p, &end);
}

static void answer_run(struct play *p, const struct batch *b)
{
    uint32_t length[256];
    struct buf bytes = BUF_INIT;
    struct batch_cursor c = {0};
    struct task t;

    batch_walk(&c, b);
    for (uint32_t i = 0; batch_next(&c, &t); i++) {
        length[i] = (uint32_t)t.text.len + 2;
        buf_printf(&bytes, "[%.*s]", (int)t.text.len, t.text.ptr);
    }
    struct piece run = {.kind = PIECE_RUN, .task = b->first, .count = b->count, .bytes = {bytes.ptr, bytes.len}, .lengths = length};

    p->done += b->count;
    run.end = (struct outcome){.attempt = 1, .slot = 2, .elapsed = 70};
    put(p, &run);
    buf_release(&bytes);
    batch_walk_end(&c);
}

static void work_on(struct play *p, const struct batch *b)
{
    struct batch_cursor c = {0};
    struct task t;

    if (p->as_runs) {
        answer_run(p, b);
        return;
    }
    batch_walk(&c, b);
    while (batch_next(&c, &t))
        answer(p, &t);
    batch_walk_end(&c);
}

static void replay(struct play *p)
{
    int got;

    while ((got = journal_replay(p->journal, collect, p)) > 0)
        continue;
    ck_assert_int_eq(got, 0);
}

/* Newline-separated tasks, from number FIRST on, as one batch. */
static struct batch *batch_from(uint64_t first, const char *lines)
{
    struct batch *b = batch_new(first, '\n');

    buf_puts(&b->data, lines);
    for (const char *c = lines; *c; c++)
        b->count += *c == '\n';
    return b;
}

/* The next part of the queue; what is fresh is done at once. */
static enum journal_kind take(struct play *p)
{
    enum journal_kind kind = JOURNAL_FRESH;

    ck_assert_ptr_nonnull(journal_next(p->journal, &kind));
    struct batch *b = journal_take(p->journal);

    if (kind == JOURNAL_FRESH)
        work_on(p, b);
    p->kept[p->keeps++] = b;
    return kind;
}

static void run(struct play *p, const char *lines)
{
    enum journal_kind kind;

    ck_assert_int_eq(journal_sift(p->journal, batch_from(1, lines)), 0);
    while (journal_next(p->journal, &kind)) {
        take(p);
        replay(p);
    }
    ck_assert_int_eq(journal_flush(p->journal), 0);
}

#define expect(p, lines, runs, text)                                                                                   \
    do {                                                                                                               \
        run(&(p), lines);                                                                                              \
        ck_assert_str_eq(buf_cstr(&(p).got), text);                                                                    \
        ck_assert_uint_eq((p).done, runs);                                                                             \
    } while (0)

START_TEST(what_was_done_is_replayed)
{
    struct play p;

    begin(&p);
    ck_assert_uint_eq(journal_usable(p.journal), 0);
    expect(p, "a\nb\n\nd\n", 4, "[a[b[[d");
    end(&p);
    begin(&p);
    ck_assert_uint_eq(journal_usable(p.journal), 4);
    expect(p, "a\nb\n\nd\n", 0, "[a[b[[d");
    ck_assert_uint_eq(p.ends, 4);
    end(&p);
}
END_TEST

START_TEST(inserted_removed_and_reordered_lines)
{
    struct play p;

    begin(&p);
    expect(p, "a\nb\nc\nd\n", 4, "[a[b[c[d");
    end(&p);
    begin(&p);
    expect(p, "d\nnew\na\nc\nmore\n", 2, "[d[new[a[c[more");
    ck_assert_uint_eq(p.last, 5);
    end(&p);
}
END_TEST

START_TEST(equal_lines_are_tasks_of_their_own)
{
    struct play p;

    begin(&p);
    expect(p, "a\na\nb\na\n", 4, "[a[a[b[a");
    end(&p);
    begin(&p);
    expect(p, "a\na\na\na\nb\nb\na\n", 3, "[a[a[a[a[b[b[a");
    end(&p);
    begin(&p);
    ck_assert_uint_eq(journal_usable(p.journal), 7);
    expect(p, "b\na\nb\nb\n", 1, "[b[a[b[b");
    end(&p);
}
END_TEST

START_TEST(failures_run_again_or_are_kept)
{
    struct play p;

    begin(&p);
    expect(p, "a\n!b\n", 2, "[a[!b(bad)=3");
    end(&p);
    begin(&p);
    ck_assert_uint_eq(journal_usable(p.journal), 1);
    expect(p, "a\n!b\n", 1, "[a[!b(bad)=3");
    end(&p);
    begin_as(&p, (struct journal_spec){.keep_failures = true}, "worker");
    ck_assert_uint_eq(journal_usable(p.journal), 2);
    expect(p, "a\n!b\n", 0, "[a[!b(bad)=3");
    end(&p);
}
END_TEST

START_TEST(another_worker_finds_nothing)
{
    struct play p;

    begin(&p);
    run(&p, "a\nb\n");
    end(&p);
    begin_as(&p, (struct journal_spec){0}, "changed");
    ck_assert_uint_eq(journal_usable(p.journal), 0);
    expect(p, "a\nb\n", 2, "[a[b");
    end(&p);
    begin(&p);
    expect(p, "a\nb\nc\n", 1, "[a[b[c");
    end(&p);
}
END_TEST

START_TEST(equal_tasks_share_a_result)
{
    struct play p;

    begin_as(&p, (struct journal_spec){.memoize = true}, "worker");
    expect(p, "a\na\n!b\na\n!b\nc\n", 3, "[a[a[!b(bad)=3[a[!b(bad)=3[c");
    ck_assert_uint_eq(p.ends, 6);
    end(&p);
    begin_as(&p, (struct journal_spec){.memoize = true}, "worker");
    expect(p, "a\na\n!b\na\n!b\n", 1, "[a[a[!b(bad)=3[a[!b(bad)=3");
    end(&p);
}
END_TEST

/* A twin waits until its task has ended, however that ends. */
START_TEST(twins_wait)
{
    struct play p;
    enum journal_kind kind;
    struct piece end_piece = {.kind = PIECE_END, .task = 1, .count = 1, .end.attempt = 1};
    struct piece out = {.kind = PIECE_OUT, .task = 1, .count = 1, .bytes = span_of("A")};

    begin_as(&p, (struct journal_spec){.memoize = true}, "worker");
    ck_assert_int_eq(journal_sift(p.journal, batch_from(1, "a\nb\na\nb\n")), 0);
    ck_assert_uint_eq(journal_next(p.journal, &kind)->count, 2);
    p.kept[p.keeps++] = journal_take(p.journal);
    ck_assert_uint_eq(journal_next(p.journal, &kind)->count, 2);
    ck_assert_int_eq(kind, JOURNAL_TWIN);
    p.kept[p.keeps++] = journal_take(p.journal);
    replay(&p);
    ck_assert_uint_eq(p.ends, 0);
    put(&p, &out);
    put(&p, &end_piece);
    replay(&p);
    ck_assert_uint_eq(p.ends, 2);
    ck_assert_uint_eq(p.last, 3);
    ck_assert_str_eq(buf_cstr(&p.got), "AA");
    end_piece.task = 2;
    end_piece.end.cause = END_CANCELLED;
    put(&p, &end_piece);
    replay(&p);
    ck_assert_uint_eq(p.ends, 4);
    ck_assert_uint_eq(p.cancelled, 2);
    end(&p);
    begin(&p);
    ck_assert_uint_eq(journal_usable(p.journal), 1); /* what was cancelled has no result */
    end(&p);
}
END_TEST

START_TEST(large_results_stream)
{
    struct play p;
    struct buf line = BUF_INIT, all = BUF_INIT;

    for (int i = 0; i < 5000; i++)
        buf_printf(&line, "%d", i);
    buf_putc(&line, '\n');
    begin(&p);
    p.repeat = 60; /* 1 MB */
    run(&p, buf_cstr(&line));
    buf_put(&all, p.got.ptr, p.got.len);
    end(&p);
    begin(&p);
    run(&p, buf_cstr(&line));
    ck_assert_uint_eq(p.done, 0);
    ck_assert_uint_eq(p.got.len, all.len);
    ck_assert_mem_eq(p.got.ptr, all.ptr, all.len);
    end(&p);
    buf_release(&line);
    buf_release(&all);
}
END_TEST

/* Altered on the disk where nobody looks when the journal is opened: that result is not used, its task is run again, and once only. */
START_TEST(a_damaged_result_is_done_again)
{
    struct play p;
    struct buf line = BUF_INIT;

    for (int i = 0; i < 20000; i++)
        buf_putc(&line, 'x');
    buf_putc(&line, '\n');
    begin(&p);
    p.repeat = 10;
    run(&p, buf_cstr(&line));
    end(&p);
    FILE *f = fopen(path, "r+");

    fseek(f, 100000, SEEK_SET);
    putc('y', f);
    fclose(f);
    for (int again = 0; again < 3; again++) {
        begin(&p);
        p.repeat = 10;
        run(&p, buf_cstr(&line));
        ck_assert_uint_eq(p.done, again == 0);
        ck_assert_uint_eq(p.got.len, 200001);
        ck_assert_ptr_null(memchr(p.got.ptr, 'y', p.got.len));
        end(&p);
    }
    buf_release(&line);
}
END_TEST

/* What a failed attempt printed is not part of the next one's result, be it in memory or in the file already. */
START_TEST(a_discarded_attempt_leaves_nothing)
{
    struct play p;
    static char junk[100000];

    memset(junk, 'j', sizeof junk);
    begin(&p);
    ck_assert_int_eq(journal_sift(p.journal, batch_from(1, "a\nb\n")), 0);
    struct batch *b = p.kept[p.keeps++] = journal_take(p.journal);

    for (uint64_t task = 1; task <= 2; task++) {
        struct piece out = {.kind = PIECE_OUT, .task = task, .count = 1, .bytes = {junk, task == 1 ? 100 : sizeof junk}};

        ck_assert_int_eq(journal_put(p.journal, &out), 0);
        journal_discard(p.journal, task);
    }
    work_on(&p, b);
    end(&p);
    begin(&p);
    expect(p, "a\nb\n", 0, "[a[b");
    end(&p);
}
END_TEST

START_TEST(runs_are_recorded_as_such)
{
    struct play p;
    struct buf lines = BUF_INIT, wanted = BUF_INIT;

    for (int i = 0; i < 200; i++) {
        buf_printf(&lines, "%d\n", i % 150);
        buf_printf(&wanted, "[%d]", i % 150);
    }
    begin(&p);
    p.as_runs = true;
    expect(p, buf_cstr(&lines), 200, buf_cstr(&wanted));
    end(&p);
    begin(&p);
    ck_assert_uint_eq(journal_usable(p.journal), 200);
    expect(p, buf_cstr(&lines), 0, buf_cstr(&wanted));
    ck_assert_uint_eq(p.ends, 200);
    end(&p);
    begin(&p);
    expect(p, "149\n7\n7\n7\n", 1, "[149][7][7][7");
    end(&p);
    buf_release(&lines);
    buf_release(&wanted);
}
END_TEST

START_TEST(hooks_are_remembered)
{
    struct play p;
    struct journal_spec spec = {.hooks = true};

    begin_as(&p, spec, "worker");
    run(&p, "a\n!b\nc\n");
    for (uint64_t task = 1; task <= 2; task++) {
        ck_assert(!journal_hook_was_done(p.journal, task));
        ck_assert_int_eq(journal_hook_done(p.journal, task), 0);
    }
    end(&p);
    begin_as(&p, spec, "worker");
    run(&p, "c\na\n!b\n");
    ck_assert(!journal_hook_was_done(p.journal, 1));
    ck_assert(journal_hook_was_done(p.journal, 2));
    ck_assert(!journal_hook_was_done(p.journal, 3)); /* it ran again: another result */
    for (uint64_t task = 1; task <= 3; task++)
        ck_assert_int_eq(journal_hook_done(p.journal, task), 0);
    end(&p);
    begin_as(&p, (struct journal_spec){.hooks = true, .keep_failures = true}, "worker");
    run(&p, "!b\nc\na\n");
    for (uint64_t task = 1; task <= 3; task++)
        ck_assert(journal_hook_was_done(p.journal, task));
    end(&p);
}
END_TEST

START_TEST(a_run_with_nothing_to_do_leaves_the_file_alone)
{
    struct play p;
    char before[4096], after[4096];
    size_t n;

    begin(&p);
    run(&p, "a\nb\n");
    end(&p);
    FILE *f = fopen(path, "r");

    n = fread(before, 1, sizeof before, f);
    fclose(f);
    begin(&p);
    run(&p, "b\na\n");
    end(&p);
    f = fopen(path, "r");
    ck_assert_uint_eq(fread(after, 1, sizeof after, f), n);
    ck_assert_mem_eq(before, after, n);
    fclose(f);
}
END_TEST

/*
 * Many sessions over changing inputs, each of them ended by cutting the file anywhere: what comes out is always the truth, and no task is done
 * twice that was recorded before the cut.
 */
START_TEST(any_past_gives_the_truth)
{
    srand(4711 + (unsigned)_i);
    for (int session = 0; session < 40; session++) {
        struct play p;
        struct buf lines = BUF_INIT, wanted = BUF_INIT;
        unsigned n = 1 + (unsigned)rand() % 30;

        for (unsigned i = 0; i < n; i++) {
            int what = rand() % 20;

            buf_printf(&lines, what ? "%d\n" : "!%d\n", what);
            buf_printf(&wanted, what ? "[%d" : "[!%d(bad)=3", what);
        }
        begin_as(&p, (struct journal_spec){.memoize = rand() % 4 == 0}, rand() % 5 ? "worker" : "other");
        run(&p, buf_cstr(&lines));
        ck_assert_str_eq(buf_cstr(&p.got), buf_cstr(&wanted));
        ck_assert_uint_eq(p.ends, n);
        end(&p);
        buf_release(&lines);
        buf_release(&wanted);
        if (rand() % 2) {
            FILE *f = fopen(path, "r+");

            fseek(f, 0, SEEK_END);
            ck_assert_int_eq(ftruncate(fileno(f), rand() % (ftell(f) + 1)), 0);
            fclose(f);
        }
    }
}
END_TEST

static int note_items(void *ctx, struct span items)
{
    struct work w;

    identity_get_work(items, &w);
    buf_printf(ctx, "%d %s:", w.kind, w.word[0]);
    identity_free_work(&w);
    return 0;
}

static int note_piece(void *ctx, const struct piece *p)
{
    if (p->kind == PIECE_OUT)
        buf_put(ctx, p->bytes.ptr, p->bytes.len);
    if (p->kind == PIECE_END)
        buf_printf(ctx, "<%llu %.*s %u>", (unsigned long long)p->task, (int)p->input.len, p->input.ptr, p->end.status);
    return 0;
}

/* Of the last worker, a failure only where nothing better followed, by task number. */
START_TEST(a_journal_can_be_read_alone)
{
    struct play p;
    struct buf got = BUF_INIT;
    struct journal_reader reader = {note_items, note_piece, &got};

    begin_as(&p, (struct journal_spec){0}, "other");
    run(&p, "x\ny\n");
    end(&p);
    begin(&p);
    p.as_runs = true;
    run(&p, "b\nb\n");
    p.as_runs = false;
    ck_assert_int_eq(journal_read(path, &reader), 0); /* in use */
    ck_assert_str_eq(buf_cstr(&got), "0 worker:[b]<1 b 0>[b]<2 b 0>");
    end(&p);
    begin(&p);
    run(&p, "a\n!c\nb\n");
    end(&p);
    begin(&p);
    run(&p, "!c\n");
    end(&p);
    buf_clear(&got);
    ck_assert_int_eq(journal_read(path, &reader), 0);
    ck_assert_str_eq(buf_cstr(&got), "0 worker:[b]<1 b 0>[a<1 a 0>[!c<1 !c 3>[b]<2 b 0>");
    unlink(path);
    ck_assert_int_eq(journal_read(path, &reader), -1);
    buf_release(&got);
}
END_TEST

START_TEST(keys_tell_tasks_apart)
{
    struct identity id = {0}, other = {0}, numbered = {0};
    static const char text[] = "a b c";
    struct span two[] = {{text, 3}, {text + 4, 1}}, too[] = {{text, 1}, {text + 2, 3}};
    struct task t = {.number = 1, .text = {text, 5}}, u = t;

    identify(&id, "worker");
    identify(&other, "worker2");
    identify(&numbered, "out.{#}");
    ck_assert(hash_equal(identity_key(&id, &t), identity_key(&id, &u)));
    u.number = 2;
    ck_assert(hash_equal(identity_key(&id, &t), identity_key(&id, &u)));
    ck_assert(!hash_equal(identity_key(&numbered, &t), identity_key(&numbered, &u)));
    ck_assert(!hash_equal(identity_key(&id, &t), identity_key(&other, &t)));
    t.fields = u.fields = 2;
    t.field = two;
    u.field = too;
    ck_assert(!hash_equal(identity_key(&id, &t), identity_key(&id, &u)));
    ck_assert(!hash_equal(identity_again(id.hash, 2), identity_again(id.hash, 3)));
    identity_release(&id);
    identity_release(&other);
    identity_release(&numbered);
}
END_TEST

START_TEST(items_can_be_read_again)
{
    struct identity id = {0};
    struct span name, value;
    size_t at = 0;

    identify(&id, "a=b");
    struct span items = {id.items.ptr, id.items.len};

    ck_assert(identity_next(items, &at, &name, &value));
    ck_assert(span_equal(name, span_of("worker")) && span_equal(value, span_of("command")));
    ck_assert(identity_next(items, &at, &name, &value));
    ck_assert(span_equal(name, span_of("word")) && span_equal(value, span_of("a=b")));
    while (identity_next(items, &at, &name, &value))
        continue;
    ck_assert_uint_eq(at, items.len);
    for (items.len--; items.len; items.len--)
        for (at = 0; identity_next(items, &at, &name, &value);)
            ck_assert(value.ptr + value.len <= items.ptr + items.len);
    ck_assert_int_eq(identity_put_file(&id, "depends", "/nonexistent/file"), -1);
    identity_release(&id);
}
END_TEST

Suite *journal_suite(void)
{
    Suite *s = suite_create("journal");
    TCase *c = tcase_create("journal");

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, what_was_done_is_replayed);
    tcase_add_test(c, inserted_removed_and_reordered_lines);
    tcase_add_test(c, equal_lines_are_tasks_of_their_own);
    tcase_add_test(c, failures_run_again_or_are_kept);
    tcase_add_test(c, another_worker_finds_nothing);
    tcase_add_test(c, equal_tasks_share_a_result);
    tcase_add_test(c, twins_wait);
    tcase_add_test(c, large_results_stream);
    tcase_add_test(c, a_damaged_result_is_done_again);
    tcase_add_test(c, a_discarded_attempt_leaves_nothing);
    tcase_add_test(c, runs_are_recorded_as_such);
    tcase_add_test(c, hooks_are_remembered);
    tcase_add_test(c, a_run_with_nothing_to_do_leaves_the_file_alone);
    tcase_add_loop_test(c, any_past_gives_the_truth, 0, 8);
    tcase_add_test(c, a_journal_can_be_read_alone);
    tcase_add_test(c, keys_tell_tasks_apart);
    tcase_add_test(c, items_can_be_read_again);
    suite_add_tcase(s, c);
    return s;
}
