/* Matching records to tasks. The filter is played by the tests: what it reads, what it writes, how it is cut into reads. */
#include "work/answers.h"

#include "base/buf.h"
#include "pieces.h"
#include "suites.h"

#include <stdlib.h>
#include <string.h>

static struct answers answers;

static void set_up(void)
{
    struct answers_spec spec = {.separator = '\n', .fill = {"?", 1}, .slot = 1, .on_piece = pieces_note};

    answers_init(&answers, &spec);
}

static void tear_down(void)
{
    answers_release(&answers);
    pieces_release();
}

static struct batch *raw(uint64_t first, uint32_t count, const char *text)
{
    struct batch *b = batch_new(first, '\n');

    buf_puts(&b->data, text);
    b->count = count;
    return b;
}

/* Reads all that is pending, as a filter with a large pipe. */
static const char *ask(void)
{
    static struct buf text;
    struct iovec iov[3];
    int n;

    buf_clear(&text);
    while ((n = answers_pending(&answers, iov, 3)) > 0) {
        size_t total = 0;

        for (int i = 0; i < n; i++) {
            buf_put(&text, iov[i].iov_base, iov[i].iov_len);
            total += iov[i].iov_len;
        }
        answers_wrote(&answers, total);
    }
    return buf_cstr(&text);
}

static int answer(const char *text)
{
    size_t room, len = strlen(text);
    char *to = answers_space(&answers, &room);

    ck_assert_uint_ge(room, len);
    memcpy(to, text, len);
    return answers_got(&answers, len);
}

START_TEST(records_answer_tasks)
{
    struct batch *a = raw(1, 3, "a\nb\nc\n"), *b = raw(4, 2, "d\ne\n");

    answers_add(&answers, a);
    answers_add(&answers, b);
    ck_assert_str_eq(ask(), "a\nb\nc\nd\ne\n");
    ck_assert_uint_eq(answers_waiting(&answers), 1);
    ck_assert_int_eq(answer("A\nB"), 0);
    ck_assert_str_eq(pieces_taken(), "run 1-1 A\n|");
    ck_assert_int_eq(answer("B\nC\nD\n"), 0);
    ck_assert_str_eq(pieces_taken(), "run 2-3 BB\nC\n|run 4-4 D\n|");
    ck_assert_uint_eq(answers_waiting(&answers), 5);
    ck_assert_int_eq(answer("\n"), 0);
    ck_assert_str_eq(pieces_taken(), "run 5-5 \n|");
    ck_assert_uint_eq(answers_waiting(&answers), 0);
    batch_free(a);
    batch_free(b);
}
END_TEST

START_TEST(what_was_not_asked_cannot_be_answered)
{
    struct batch *a = raw(1, 3, "a\nb\nc\n");

    answers_add(&answers, a);
    answers_wrote(&answers, 3); /* a and half of b */
    ck_assert_int_eq(answer("A\n"), 0);
    ck_assert_int_eq(answer("A\n"), -1);
    ck_assert_str_eq(pieces_taken(), "run 1-1 A\n|");
    batch_free(a);
}
END_TEST

START_TEST(more_answers_than_tasks_spoil_the_last_one)
{
    struct batch *a = raw(1, 2, "a\nb\n");

    answers_add(&answers, a);
    ask();
    ck_assert_int_eq(answer("A\nB\nC\n"), -1);
    ck_assert_str_eq(pieces_taken(), "run 1-1 A\n|");
    ck_assert_uint_eq(answers_waiting(&answers), 2);
    batch_free(a);
}
END_TEST

START_TEST(bytes_after_all_answers_are_too_many)
{
    struct batch *a = raw(1, 1, "a\n");

    answers_add(&answers, a);
    ask();
    ck_assert_int_eq(answer("A\n"), 0);
    ck_assert_uint_eq(answers.last, 1);
    ck_assert_int_eq(answer("x"), -1);
    batch_free(a);
}
END_TEST

START_TEST(the_last_answer_is_held_back)
{
    struct batch *a = raw(1, 2, "a\nb\n");

    answers_add(&answers, a);
    ask();
    answers.hold = true;
    ck_assert_int_eq(answer("A\nB\n"), 0);
    ck_assert_str_eq(pieces_taken(), "run 1-1 A\n|");
    ck_assert_int_eq(answers_end(&answers), 0);
    ck_assert_str_eq(pieces_taken(), "run 2-2 B\n|");
    answers.hold = true;
    a->first = 3;
    answers_add(&answers, a);
    ask();
    ck_assert_int_eq(answer("A\nB\n"), 0);
    ck_assert_int_eq(answer("C\n"), -1);
    ck_assert_uint_eq(answers_waiting(&answers), 4);
    batch_free(a);
}
END_TEST

START_TEST(a_failure_takes_the_next_task_and_half_its_answer)
{
    struct batch *a = raw(1, 3, "a\nb\nc\n");
    struct outcome end = {.cause = END_SIGNAL, .signal = 9, .reason = {"why", 3}};

    answers_add(&answers, a);
    ask();
    ck_assert_int_eq(answer("A\nha"), 0);
    answers_fail(&answers, &end);
    ck_assert_str_eq(pieces_taken(), "run 1-1 A\n|out 2 ?\n|end 2 status 0 why|");
    answers_restart(&answers);
    ck_assert_str_eq(ask(), "c\n");
    ck_assert_int_eq(answer("C\n"), 0);
    ck_assert_str_eq(pieces_taken(), "run 3-3 C\n|");
    batch_free(a);
}
END_TEST

START_TEST(text_is_the_waiting_tasks)
{
    struct batch *a = raw(1, 3, "a\nb\nc\n");

    ck_assert(!answers_text(&answers, span_of("early")));
    answers_add(&answers, a);
    ask();
    ck_assert_int_eq(answer("A\n"), 0);
    ck_assert(answers_text(&answers, span_of("hm")));
    ck_assert_int_eq(answer("B\nC\n"), 0);
    ck_assert_str_eq(pieces_taken(), "run 1-1 A\n|err 2 hm|out 2 B\n|end 2 ok|run 3-3 C\n|");
    batch_free(a);
}
END_TEST

START_TEST(structured_tasks_become_records)
{
    struct batch *b = batch_new(1, BATCH_STRUCTURED);

    batch_add(b, span_of("a b"), NULL, 0);
    batch_add(b, span_of("c\nd"), NULL, 0);
    batch_add(b, span_of(""), NULL, 0);
    answers_add(&answers, b);
    ck_assert_str_eq(ask(), "a b\n\n");
    static const char refused[] = "out 2 ?\n|end 2 status 126 the task holds";

    ck_assert_int_eq(strncmp(pieces_taken(), refused, sizeof refused - 1), 0);
    ck_assert_int_eq(answer("A\n\n"), 0);
    ck_assert_str_eq(pieces_taken(), "run 1-1 A\n|run 3-3 \n|");
    batch_free(b);
}
END_TEST

START_TEST(the_rest_can_be_cancelled)
{
    struct batch *a = raw(1, 2, "a\nb\n");

    answers_add(&answers, a);
    answers_cancel(&answers);
    ck_assert_str_eq(pieces_taken(), "end 1 status 0 |end 2 status 0 |");
    ck_assert_uint_eq(answers.tasks, 0);
    ck_assert_uint_eq(answers.bytes, 0);
    batch_free(a);
}
END_TEST

START_TEST(lengths_are_told)
{
    struct batch *a = raw(1, 3, "a\nb\nc\n");

    answers.spec.lengths = true;
    answers_add(&answers, a);
    ask();
    ck_assert_int_eq(answer("AAA\n\nC\n"), 0);
    ck_assert_str_eq(pieces_taken(), "run 1-3 AAA\n\nC\n|4 1 2 |");
    batch_free(a);
}
END_TEST

START_TEST(a_long_record_goes_on_in_parts)
{
    struct batch *a = raw(1, 1, "a\n");
    char part[100001];
    size_t bytes = 0;

    memset(part, 'x', 100000);
    part[100000] = '\0';
    answers_add(&answers, a);
    ask();
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(answer(part), 0);
        ck_assert_uint_le(answers.in.len, 2 << 20);
        bytes += 100000;
    }
    ck_assert_int_eq(answer("\n"), 0);
    const char *all = pieces_taken();

    ck_assert_uint_gt(strlen(all), bytes);
    ck_assert_int_eq(strncmp(all, "out 1 xxx", 9), 0);
    ck_assert_ptr_nonnull(strstr(all, "\n|end 1 ok|"));
    batch_free(a);
}
END_TEST

/* However writes and reads are cut: the k-th record is the k-th task's. */
START_TEST(any_cut_gives_the_same)
{
    srand(5);
    for (int round = 0; round < 200; round++) {
        struct batch *batch[20];
        struct buf all = BUF_INIT, pipe = BUF_INIT, out = BUF_INIT;
        uint64_t next = 1;

        for (int i = 0; i < 20; i++) {
            batch[i] = batch_new(next, '\n');
            for (int n = rand() % 5 + 1; n > 0; n--, next++) {
                buf_printf(&batch[i]->data, "%d\n", rand() % 1000);
                batch[i]->count++;
            }
            buf_put(&all, batch[i]->data.ptr, batch[i]->data.len);
        }
        for (int i = 0; i < 20 || answers.tasks;) {
            struct iovec iov;

            if (i < 20 && rand() % 2)
                answers_add(&answers, batch[i++]);
            if (answers_pending(&answers, &iov, 1)) {
                size_t n = (size_t)rand() % iov.iov_len + 1;

                buf_put(&pipe, iov.iov_base, n);
                answers_wrote(&answers, n);
            }
            if (pipe.len && rand() % 2) {
                size_t room, n = (size_t)rand() % pipe.len + 1;

                /* A filter answers whole records only. */
                while (n && pipe.ptr[n - 1] != '\n')
                    n--;
                memcpy(answers_space(&answers, &room), pipe.ptr, n);
                buf_put(&out, pipe.ptr, n);
                buf_shift(&pipe, n);
                ck_assert_int_eq(answers_got(&answers, n), 0);
            }
        }
        ck_assert(out.len == all.len && memcmp(out.ptr, all.ptr, all.len) == 0);
        ck_assert_uint_eq(answers.last, next - 1);
        for (int i = 0; i < 20; i++)
            batch_free(batch[i]);
        buf_release(&all);
        buf_release(&pipe);
        buf_release(&out);
    }
}
END_TEST

Suite *answers_suite(void)
{
    Suite *s = suite_create("answers");
    TCase *c = tcase_create("records");

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, records_answer_tasks);
    tcase_add_test(c, what_was_not_asked_cannot_be_answered);
    tcase_add_test(c, more_answers_than_tasks_spoil_the_last_one);
    tcase_add_test(c, bytes_after_all_answers_are_too_many);
    tcase_add_test(c, the_last_answer_is_held_back);
    tcase_add_test(c, a_failure_takes_the_next_task_and_half_its_answer);
    tcase_add_test(c, text_is_the_waiting_tasks);
    tcase_add_test(c, structured_tasks_become_records);
    tcase_add_test(c, the_rest_can_be_cancelled);
    tcase_add_test(c, lengths_are_told);
    tcase_add_test(c, a_long_record_goes_on_in_parts);
    tcase_add_test(c, any_cut_gives_the_same);
    suite_add_tcase(s, c);
    return s;
}
