/* A worker process without the process: the function is the test's, and what it does comes up through reader, the real other side. */
#include "work/caller.h"

#include "base/task.h"
#include "pieces.h"
#include "suites.h"
#include "work/reader.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct share *share;
static struct caller caller;
static struct reader reader;
static int bell = -1; /* smap's end */

/* "N" gives N bytes, "fail N" fails with status N; all else comes back, as its last field where it has some. */
static int obey(struct smap_context *smap, const struct smap_task *task)
{
    int number = atoi(task->text);
    const struct smap_field *last = task->fields ? &task->field[task->fields - 1] : NULL;

    if (last)
        return smap_emit(smap, last->text, last->length);
    if (strncmp(task->text, "fail ", 5) == 0)
        return smap_error(smap, "it was told to"), atoi(task->text + 5);
    if (!number)
        return smap_emit(smap, task->text, task->length);
    for (int i = 0; i < number; i++)
        if (smap_emit(smap, i ? "x" : "<", 1) < 0)
            return 1;
    return 0;
}

static void set_up_with(bool lengths)
{
    struct reader_spec spec = {.separator = '\n', .fill = {"?", 1}, .lengths = lengths, .slot = 1, .on_piece = pieces_note};
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    bell = pair[0];
    share = aligned_alloc(4096, (sizeof *share + 4095) / 4096 * 4096);
    memset(share, 0, sizeof *share);
    share->separator = '\n';
    share->lengths = lengths;
    reader_init(&reader, &spec);
    reader_begin(&reader, share);
    caller = (struct caller){.callee.run = obey};
    caller_begin(&caller, share, -1, pair[1]);
}

static void set_up(void)
{
    set_up_with(false);
}

static void tear_down(void)
{
    close(caller.writer.bell);
    if (bell >= 0)
        close(bell);
    caller_release(&caller);
    reader_release(&reader);
    free(share);
    pieces_release();
}

/* smap's hand: tasks FIRST.. with these texts, each ended by a newline. */
static void give(uint64_t first, uint32_t count, const char *text)
{
    uint32_t n = share->given % SHARE_BATCHES;

    share->batch[n] = (struct share_batch){.first = first, .count = count, .attempt = 1, .separator = '\n', .length = strlen(text)};
    memcpy(share->input[n], text, strlen(text));
    reader_batch(&reader, first, count, 1);
    share->given++;
}

static enum reader_news take(void)
{
    atomic_store(&share->bell_rung, 0);
    return reader_take(&reader);
}

START_TEST(successes_come_up_as_one_run)
{
    give(5, 3, "a\nbb\n\n");
    ck_assert(writer_await_batch(&caller.writer));
    ck_assert(caller_run_batch(&caller));
    ck_assert_int_eq(take(), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "run 5-7 a\nbb\n\n|");
    give(8, 1, "c\n");
    ck_assert(caller_run_batch(&caller));
    ck_assert_int_eq(take(), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "run 8-8 c\n|");
}
END_TEST

START_TEST(a_failure_stands_alone_with_its_reason)
{
    give(1, 4, "a\nfail 7\nb\nfail 300\n");
    ck_assert(caller_run_batch(&caller));
    ck_assert_int_eq(take(), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "run 1-1 a\n|out 2 ?\n|end 2 status 7 it was told to|run 3-3 b\n|"
                                     "out 4 ?\n|end 4 status 255 it was told to|");
}
END_TEST

START_TEST(a_result_moves_to_the_next_segment_as_a_whole)
{
    give(1, 3, "200000\n100000\nz\n");
    ck_assert(caller_run_batch(&caller));
    ck_assert_int_eq(take(), READER_BATCH);
    const char *all = pieces_taken();

    ck_assert_uint_eq(strlen(all), strlen("run 1-1 |run 2-3 |") + 200001 + 100001 + 2);
    ck_assert_ptr_nonnull(strstr(all, "x\n|run 2-3 <x"));
    ck_assert_ptr_nonnull(strstr(all, "x\nz\n|"));
}
END_TEST

/* Larger than a segment: in parts, of one task. */
START_TEST(a_large_result_goes_through_the_segments)
{
    give(1, 3, "a\n600000\nb\n");
    ck_assert(caller_run_batch(&caller));
    ck_assert_int_eq(take(), READER_BATCH);
    const char *all = pieces_taken();
    size_t bytes = 0;

    ck_assert_int_eq(strncmp(all, "run 1-1 a\n|out 2 <x", 19), 0);
    for (const char *p = all; *p; p++)
        bytes += *p == 'x' || *p == '<';
    ck_assert_uint_eq(bytes, 600000);
    ck_assert_ptr_nonnull(strstr(all, "x\n|end 2 ok|run 3-3 b\n|"));
}
END_TEST

START_TEST(lengths_are_told)
{
    tear_down();
    set_up_with(true);
    give(1, 3, "a\n\nccc\n");
    ck_assert(caller_run_batch(&caller));
    ck_assert_int_eq(take(), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "run 1-3 a\n\nccc\n|2 1 4 |");
}
END_TEST

START_TEST(times_of_single_tasks_take_an_event_each)
{
    share->singly = 1;
    caller_begin(&caller, share, -1, caller.writer.bell);
    give(1, 2, "a\nb\n");
    ck_assert(caller_run_batch(&caller));
    ck_assert_uint_eq(share->events, 2);
    ck_assert_int_eq(take(), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "run 1-1 a\n|run 2-2 b\n|");
}
END_TEST

START_TEST(structured_tasks_have_their_fields)
{
    struct span text = span_of("one,two"), field[] = {{text.ptr, 3}, {text.ptr + 4, 3}};
    struct batch *b = batch_new(1, BATCH_STRUCTURED);

    batch_add(b, text, field, 2);
    batch_add(b, span_of("fail 2"), NULL, 0);
    give(1, 2, "");
    share->batch[0].separator = BATCH_STRUCTURED;
    share->batch[0].length = b->data.len;
    memcpy(share->input[0], b->data.ptr, b->data.len);
    ck_assert(caller_run_batch(&caller));
    ck_assert_int_eq(take(), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "run 1-1 two\n|out 2 ?\n|end 2 status 2 it was told to|");
    batch_free(b);
}
END_TEST

/* --max-tasks-per-worker: the rest is for another process. */
START_TEST(its_share_may_end_within_a_batch)
{
    give(1, 3, "a\nb\nc\n");
    share->batch[0].limit = 2;
    ck_assert(!caller_run_batch(&caller));
    ck_assert_int_eq(take(), READER_NONE);
    ck_assert_str_eq(pieces_taken(), "run 1-2 a\nb\n|");
}
END_TEST

START_TEST(nothing_of_a_cut_batch_is_begun)
{
    give(1, 3, "a\nb\nc\n");
    share->cut = 1;
    ck_assert(caller_run_batch(&caller));
    ck_assert_int_eq(take(), READER_CUT);
    ck_assert_str_eq(pieces_taken(), "");
    give(4, 1, "d\n");
    ck_assert(caller_run_batch(&caller));
    ck_assert_int_eq(take(), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "run 4-4 d\n|");
}
END_TEST

/* smap hears one bell until it has looked; the end of file tells the worker that it is done. */
START_TEST(bells_ring_once_and_their_end_is_the_end)
{
    char bytes[8];

    caller_ready(&caller);
    give(1, 3, "a\nfail 1\nb\n");
    ck_assert(caller_run_batch(&caller));
    ck_assert_int_eq(recv(bell, bytes, sizeof bytes, MSG_DONTWAIT), 1);
    ck_assert_int_eq(take(), READER_READY);
    ck_assert_int_eq(take(), READER_BATCH);
    close(bell);
    bell = -1;
    ck_assert(!writer_await_batch(&caller.writer));
}
END_TEST

Suite *caller_suite(void)
{
    Suite *s = suite_create("caller");
    TCase *c = tcase_create("caller");

    suite_add_tcase(s, c);
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, successes_come_up_as_one_run);
    tcase_add_test(c, a_failure_stands_alone_with_its_reason);
    tcase_add_test(c, a_result_moves_to_the_next_segment_as_a_whole);
    tcase_add_test(c, a_large_result_goes_through_the_segments);
    tcase_add_test(c, lengths_are_told);
    tcase_add_test(c, times_of_single_tasks_take_an_event_each);
    tcase_add_test(c, structured_tasks_have_their_fields);
    tcase_add_test(c, its_share_may_end_within_a_batch);
    tcase_add_test(c, nothing_of_a_cut_batch_is_begun);
    tcase_add_test(c, bells_ring_once_and_their_end_is_the_end);
    return s;
}
