/* What the outlets joblog and failed make of pieces. */
#include "results/failed.h"
#include "results/joblog.h"
#include "suites.h"
#include "work/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char dir[64], path[96];

static void set_up(void)
{
    strcpy(dir, "/tmp/smap-joblog-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/log", dir);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

static void tear_down(void)
{
    unlink(path);
    rmdir(dir);
}

static char content[4096];

static const char *file_content(void)
{
    FILE *f = fopen(path, "r");

    ck_assert_ptr_nonnull(f);
    content[fread(content, 1, sizeof content - 1, f)] = '\0';
    fclose(f);
    return content;
}

static void put_out(struct outlet *o, uint64_t task, size_t bytes)
{
    static const char zeros[1000];
    struct piece p = {.kind = PIECE_OUT, .task = task, .count = 1, .bytes = {zeros, bytes}};

    ck_assert_int_eq(o->ops->put(o, &p), 0);
}

static void put_end(struct outlet *o, uint64_t task, struct span input, struct outcome end)
{
    struct piece p = {.kind = PIECE_END, .task = task, .count = 1, .input = input, .end = end};

    p.end.host = task == 3 ? NULL : "node7";
    p.end.start = 1700000000250000;
    p.end.elapsed = 1500000;
    ck_assert_int_eq(o->ops->put(o, &p), 0);
}

static struct outlet *open_log(void)
{
    static char *word[] = {"gzip", "{}"};
    static struct work w = {
        .kind = WORK_COMMAND, .word = word, .words = 2, .shell = "/bin/sh", .replace = "{}", .cpus_per_slot = 1};
    struct outlet *o;

    ck_assert_int_eq(joblog_open(&o, path, &w), 0);
    return o;
}

#define HEAD "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n"
#define TIMES "\t1700000000.250\t     1.500\t0\t"

START_TEST(lines_are_those_of_parallel)
{
    struct outlet *o = open_log();

    put_out(o, 1, 100);
    put_out(o, 2, 7); /* of another, in between */
    put_out(o, 1, 50);
    put_end(o, 1, span_of("file"), (struct outcome){.status = 3});
    put_end(o, 2, span_of("a b\nc\td"), (struct outcome){.cause = END_SIGNAL, .signal = 11});
    put_end(o, 3, span_of("x"), (struct outcome){.cause = END_TIMEOUT, .signal = 15});
    put_end(o, 4, span_of("x"), (struct outcome){.cause = END_CANCELLED});
    put_end(o, 5, span_of("x"), (struct outcome){.cause = END_NOT_RUN, .status = 127});
    ck_assert_int_eq(o->ops->close(o, false), 0);
    ck_assert_str_eq(file_content(), HEAD "1\tnode7" TIMES "150\t3\t0\tgzip file\n"
                                          "2\tnode7" TIMES "7\t0\t11\tgzip 'a b\\nc\\td'\n"
                                          "3\t:" TIMES "0\t-1\t15\tgzip x\n"
                                          "5\tnode7" TIMES "0\t127\t0\tgzip x\n");
}
END_TEST

START_TEST(a_log_is_written_as_tasks_end)
{
    struct outlet *o = open_log();

    put_end(o, 1, span_of("file"), (struct outcome){0});
    ck_assert_int_eq(o->ops->flush(o), 0);
    ck_assert_str_eq(file_content(), HEAD "1\tnode7" TIMES "0\t0\t0\tgzip file\n");
    ck_assert_int_eq(o->ops->close(o, true), 0);
}
END_TEST

/* The results go on without it; the status will tell. */
START_TEST(a_log_that_cannot_be_written)
{
    struct outlet *o;

    ck_assert_int_eq(joblog_open(&o, "/nonexistent/log", NULL), -1);
    ck_assert_int_eq(joblog_open(&o, "/dev/full", NULL), 0);
    for (uint64_t task = 1; task < 3; task++) {
        put_end(o, task, span_of("x"), (struct outcome){0});
        ck_assert_int_eq(o->ops->flush(o), 0);
    }
    ck_assert_int_eq(o->ops->close(o, true), -1);
}
END_TEST

START_TEST(failed_tasks_as_they_were)
{
    struct outlet *o;

    ck_assert_int_eq(failed_open(&o, path, '\n'), 0);
    put_end(o, 1, span_of("good"), (struct outcome){0});
    put_end(o, 2, span_of("bad \t'\\"), (struct outcome){.status = 1});
    put_end(o, 3, span_of(""), (struct outcome){.cause = END_NOT_RUN});
    put_end(o, 4, span_of("not run"), (struct outcome){.cause = END_CANCELLED});
    ck_assert_int_eq(access(path, F_OK), -1); /* it may be the file that is being read */
    ck_assert_int_eq(o->ops->close(o, false), 0);
    ck_assert_str_eq(file_content(), "bad \t'\\\n\n");
    ck_assert_int_eq(failed_open(&o, path, '\n'), 0);
    ck_assert_int_eq(o->ops->close(o, true), 0);
    ck_assert_str_eq(file_content(), "");
}
END_TEST

Suite *joblog_suite(void)
{
    Suite *s = suite_create("joblog");
    TCase *c = tcase_create("joblog");

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, lines_are_those_of_parallel);
    tcase_add_test(c, a_log_is_written_as_tasks_end);
    tcase_add_test(c, a_log_that_cannot_be_written);
    tcase_add_test(c, failed_tasks_as_they_were);
    suite_add_tcase(s, c);
    return s;
}
