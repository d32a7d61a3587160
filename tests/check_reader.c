/* smap's side of the shared memory. The worker is played by the tests: they write events and bytes as it would, or as one gone mad would. */
#include "work/reader.h"

#include "pieces.h"
#include "suites.h"
#include "work/share.h"

#include <stdlib.h>
#include <string.h>

static struct share *share;
static struct reader reader;

static void set_up_with(bool lengths)
{
    struct reader_spec spec = {.separator = '\n', .fill = {"?", 1}, .lengths = lengths, .slot = 1, .on_piece = pieces_note};

    share = aligned_alloc(4096, sizeof *share);
    memset(share, 0, sizeof *share);
    reader_init(&reader, &spec);
    reader_begin(&reader, share);
}

static void set_up(void)
{
    set_up_with(false);
}

static void tear_down(void)
{
    reader_release(&reader);
    free(share);
    pieces_release();
}

/* The worker's hand: bytes at the end of the segment, events, progress. */
static uint32_t at;
static uint32_t in_segment;

static void write_bytes(const char *text)
{
    memcpy(share->segment[0] + at, text, strlen(text));
    at += (uint32_t)strlen(text);
}

static void post(uint32_t kind, uint32_t done, uint32_t status)
{
    share->event[share->events % SHARE_EVENTS] = (struct share_event){.kind = kind, .done = done, .end = at, .status = status};
    share->events++;
}

static void begin(uint64_t first, uint32_t count)
{
    at = in_segment = 0;
    reader_batch(&reader, first, count, 1);
    share->begun++;
    share->progress = share_progress(0, 0, 0);
}

START_TEST(a_run_comes_up_as_one_piece)
{
    begin(5, 3);
    write_bytes("a\nb\n");
    post(SHARE_RUN, 2, 0);
    ck_assert_int_eq(reader_take(&reader), READER_NONE);
    ck_assert_str_eq(pieces_taken(), "run 5-6 a\nb\n|");
    write_bytes("c\n");
    post(SHARE_RUN, 3, 0);
    ck_assert_int_eq(reader_take(&reader), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "run 7-7 c\n|");
    ck_assert_uint_eq(share->taken, 2);
}
END_TEST

START_TEST(a_failure_is_the_fill_record_and_an_end)
{
    begin(1, 3);
    write_bytes("a\n");
    post(SHARE_RUN, 1, 0);
    write_bytes("no such thing");
    post(SHARE_ENDED, 2, 3);
    write_bytes("c\n");
    post(SHARE_RUN, 3, 0);
    ck_assert_int_eq(reader_take(&reader), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "run 1-1 a\n|out 2 ?\n|end 2 status 3 no such thing|run 3-3 c\n|");
}
END_TEST

START_TEST(a_large_result_comes_in_parts)
{
    begin(1, 2);
    write_bytes("aaa");
    post(SHARE_PART, 0, 0);
    share->event[0].flags = SHARE_FULL;
    at = 0;
    memcpy(share->segment[1], "bb\n", 3);
    at = 3;
    post(SHARE_ENDED, 1, 0);
    ck_assert_int_eq(reader_take(&reader), READER_NONE);
    ck_assert_str_eq(pieces_taken(), "out 1 aaa|out 1 bb\n|end 1 ok|");
    ck_assert_uint_eq(share->released, 1);
}
END_TEST

START_TEST(what_was_finished_before_a_crash_is_kept)
{
    begin(10, 5);
    write_bytes("a\nb\n");
    share->progress = share_progress(0, 2, at);
    ck_assert_uint_eq(reader_running(&reader), 12);
    ck_assert(!reader_peek(&reader, true));
    ck_assert_str_eq(pieces_taken(), "run 10-11 a\nb\n|");
    struct outcome end = {.cause = END_SIGNAL, .signal = 11};

    reader_fail(&reader, &end);
    ck_assert_str_eq(pieces_taken(), "out 12 ?\n|end 12 status 0 |");
    ck_assert_uint_eq(reader.done, 3);
}
END_TEST

START_TEST(it_is_known_since_when_a_task_runs)
{
    begin(1, 4);
    reader_resume(&reader);
    int64_t begun = reader_since(&reader);

    ck_assert_int_gt(begun, 0);
    reader_peek(&reader, false); /* nothing new: that is no beginning */
    ck_assert_int_eq(reader_since(&reader), begun);
    write_bytes("a\n");
    share->progress = share_progress(0, 1, at);
    ck_assert_int_eq(reader_since(&reader), 0);
    reader_peek(&reader, false);
    ck_assert_int_ge(reader_since(&reader), begun);
}
END_TEST

START_TEST(a_peek_takes_nothing_twice)
{
    begin(1, 4);
    write_bytes("a\nb\n");
    share->progress = share_progress(0, 2, at);
    ck_assert(!reader_peek(&reader, false));
    ck_assert_str_eq(pieces_taken(), "run 1-2 a\nb\n|");
    ck_assert(!reader_peek(&reader, false));
    ck_assert_str_eq(pieces_taken(), "");
    write_bytes("c\n");
    post(SHARE_RUN, 3, 0);
    ck_assert(!reader_peek(&reader, false)); /* an event waits: not now */
    ck_assert_str_eq(pieces_taken(), "");
    ck_assert_int_eq(reader_take(&reader), READER_NONE);
    ck_assert_str_eq(pieces_taken(), "run 3-3 c\n|");
    write_bytes("d\n");
    share->progress = share_progress(0, 4, at);
    ck_assert(!reader_peek(&reader, false)); /* the last one is its event's */
    ck_assert_str_eq(pieces_taken(), "");
    post(SHARE_RUN, 4, 0);
    ck_assert_int_eq(reader_take(&reader), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "run 4-4 d\n|");
}
END_TEST

START_TEST(progress_of_another_batch_is_not_ours)
{
    begin(1, 4);
    share->progress = share_progress(1, 2, 0);
    ck_assert(!reader_peek(&reader, true));
    ck_assert_uint_eq(reader_running(&reader), 0);
    share->progress = share_progress(0, 2, 0);
    share->begun = 0;
    ck_assert_uint_eq(reader_running(&reader), 0);
}
END_TEST

START_TEST(text_belongs_to_the_running_task_and_splits_the_run)
{
    begin(1, 5);
    write_bytes("a\nb\n");
    share->progress = share_progress(0, 2, at);
    reader_text(&reader, span_of("hm"));
    write_bytes("c\nd\ne\n");
    post(SHARE_RUN, 5, 0);
    ck_assert_int_eq(reader_take(&reader), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "err 3 hm|run 1-2 a\nb\n|out 3 c\n|end 3 ok|run 4-5 d\ne\n|");
}
END_TEST

START_TEST(lengths_are_handed_on)
{
    tear_down();
    set_up_with(true);
    begin(1, 4);
    share->length[0][0] = 4;
    share->length[0][1] = 1;
    write_bytes("a\nb\n\n");
    post(SHARE_RUN, 2, 0);
    ck_assert_int_eq(reader_take(&reader), READER_NONE);
    ck_assert_str_eq(pieces_taken(), "run 1-2 a\nb\n\n|4 1 |");
    share->length[0][2] = 3;
    write_bytes("c\n");
    post(SHARE_RUN, 3, 0);
    ck_assert_int_eq(reader_take(&reader), READER_CORRUPT); /* 3 is not 2 */
}
END_TEST

START_TEST(news_are_told)
{
    post(SHARE_READY, 0, 0);
    ck_assert_int_eq(reader_take(&reader), READER_READY);
    begin(1, 1);
    post(SHARE_TEXT, 0, 0);
    ck_assert_int_eq(reader_take(&reader), READER_TEXT);
    reader_heard(&reader);
    ck_assert_uint_eq(share->heard, share->events);
    write_bytes("no table");
    post(SHARE_FATAL, 0, 0);
    ck_assert_int_eq(reader_take(&reader), READER_FATAL);
    ck_assert(span_equal(reader.fatal, span_of("no table")));
}
END_TEST

/* The worker has seen that it shall stop; then smap was sure before it had. */
START_TEST(a_batch_may_be_cut)
{
    begin(5, 9);
    write_bytes("a\n");
    post(SHARE_RUN, 1, 0);
    post(SHARE_CUT, 1, 1);
    ck_assert_int_eq(reader_take(&reader), READER_CUT);
    ck_assert_str_eq(pieces_taken(), "run 5-5 a\n|");
    reader_shorten(&reader, 1);
    ck_assert_int_eq(reader_take(&reader), READER_NONE);

    reader_skip(&reader); /* batch 2 was cut, too */
    reader_batch(&reader, 30, 4, 1);
    reader_shorten(&reader, 2);
    write_bytes("b\nc\n");
    post(SHARE_RUN, 2, 0);
    post(SHARE_CUT, 2, 3);
    ck_assert_int_eq(reader_take(&reader), READER_BATCH);
    ck_assert_str_eq(pieces_taken(), "run 30-31 b\nc\n|");
    reader_batch(&reader, 50, 2, 1); /* what is told of the old batch means nothing to the next */
    ck_assert_int_eq(reader_take(&reader), READER_NONE);
    post(SHARE_CUT, 1, 4);
    ck_assert_int_eq(reader_take(&reader), READER_CORRUPT);
}
END_TEST

START_TEST(nonsense_is_noticed)
{
    static const struct share_event bad[] = {
        {.kind = 0},
        {.kind = 99},
        {.kind = SHARE_RUN, .done = 4},
        {.kind = SHARE_RUN, .done = 1, .end = SHARE_SEGMENT + 1},
        {.kind = SHARE_RUN, .done = 0, .end = 1},
        {.kind = SHARE_ENDED, .done = 1, .end = UINT32_MAX},
        {.kind = SHARE_ENDED, .done = 1, .status = 256},
        {.kind = SHARE_PART, .done = 1, .end = UINT32_MAX},
        {.kind = SHARE_FATAL, .end = SHARE_SEGMENT + 1},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        tear_down();
        set_up();
        begin(1, 3);
        share->event[0] = bad[i];
        share->events = 1;
        ck_assert_int_eq(reader_take(&reader), READER_CORRUPT);
    }
    share->events = 1000000;
    ck_assert_int_eq(reader_take(&reader), READER_CORRUPT);
}
END_TEST

/* Whatever stands there: no read outside (the sanitizers would tell), never more ends than tasks. */
START_TEST(random_memory_does_no_harm)
{
    srand(3);
    for (int round = 0; round < 300; round++) {
        tear_down();
        set_up_with(round % 2);
        begin(1, (uint32_t)rand() % 8);
        for (int i = 0; i < SHARE_EVENTS; i++)
            share->event[i] = (struct share_event){
                .kind = (uint32_t)rand() % 8,
                .flags = (uint32_t)rand() % 2,
                .done = (uint32_t)rand() % 8,
                .end = rand() % 4 ? (uint32_t)rand() % 64 : (uint32_t)rand(),
                .status = (uint32_t)rand() % 300,
                .from = rand() - 1000,
                .at = rand() % 2 ? rand() : INT64_MIN,
            };
        for (int i = 0; i < 64; i++)
            share->length[0][i] = (uint32_t)rand() % 4;
        share->events = (uint32_t)rand() % SHARE_EVENTS;
        share->progress = (uint64_t)rand() << 32 ^ (uint64_t)rand();
        enum reader_news news;

        for (int i = 0; i < 2 * SHARE_EVENTS && (news = reader_take(&reader)) != READER_NONE && news != READER_CORRUPT; i++)
            ;
        reader_peek(&reader, false);
        reader_peek(&reader, true);
        reader_text(&reader, span_of("x"));
        ck_assert_uint_le(reader.done, reader.count);
    }
}
END_TEST

Suite *reader_suite(void)
{
    Suite *s = suite_create("reader");
    TCase *c = tcase_create("events");

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, a_run_comes_up_as_one_piece);
    tcase_add_test(c, a_failure_is_the_fill_record_and_an_end);
    tcase_add_test(c, a_large_result_comes_in_parts);
    tcase_add_test(c, what_was_finished_before_a_crash_is_kept);
    tcase_add_test(c, it_is_known_since_when_a_task_runs);
    tcase_add_test(c, a_peek_takes_nothing_twice);
    tcase_add_test(c, progress_of_another_batch_is_not_ours);
    tcase_add_test(c, text_belongs_to_the_running_task_and_splits_the_run);
    tcase_add_test(c, lengths_are_handed_on);
    tcase_add_test(c, news_are_told);
    tcase_add_test(c, a_batch_may_be_cut);
    tcase_add_test(c, nonsense_is_noticed);
    tcase_add_test(c, random_memory_does_no_harm);
    suite_add_tcase(s, c);
    return s;
}
