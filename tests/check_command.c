/* Commands on the local backend: what comes back for tasks that print, fail, die, read, leave children behind, or cannot start. */
#include "backend/backend.h"
#include "base/clock.h"
#include "base/loop.h"
#include "suites.h"
#include "work/spawn.h"
#include "work/work.h"
#include "work/worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { TASKS = 16 };

struct result {
    struct buf out, err;
    struct outcome end;
    int ends;
    char reason[200];
};

static struct result result[TASKS + 1];
static uint32_t ended;

static void on_piece(void *ctx, const struct piece *p)
{
    struct result *r = &result[p->task];

    (void)ctx;
    ck_assert_uint_le(p->task, TASKS);
    ck_assert_int_eq(r->ends, 0); /* nothing comes after the END */
    if (p->kind == PIECE_OUT)
        buf_put(&r->out, p->bytes.ptr, p->bytes.len);
    if (p->kind == PIECE_ERR)
        buf_put(&r->err, p->bytes.ptr, p->bytes.len);
    if (p->kind != PIECE_END)
        return;
    r->end = p->end;
    snprintf(r->reason, sizeof r->reason, "%.*s", (int)p->end.reason.len, p->end.reason.ptr);
    r->ends++;
    ended++;
}

/* Runs the texts as tasks 1.., BATCH at a time, on SLOTS slots, to the end. */
static void run(const struct work *work, const char *const *text, uint32_t batch, uint32_t slots)
{
    const struct backend_ops *ops = backend_find(slots > 1 ? "procs" : "serial");
    struct backend_spec spec = {.loop = loop_new(), .work = work, .slots = slots, .first_slot = 1, .on_piece = on_piece};
    struct batch *kept[TASKS];
    struct backend *b;
    uint32_t count = 0, given = 0, batches = 0;

    for (uint32_t i = 0; i <= TASKS; i++) {
        buf_release(&result[i].out);
        buf_release(&result[i].err);
        result[i] = (struct result){0};
    }
    ended = 0;
    while (text[count])
        count++;
    ck_assert_int_eq(ops->open(&b, &spec), 0);
    while (ended < count) {
        while (given < count && ops->room(b, UINT64_MAX).tasks) {
            struct batch *next = batch_new(given + 1, BATCH_STRUCTURED);

            for (uint32_t i = 0; i < batch && given < count; i++)
                batch_add(next, span_of(text[given++]), NULL, 0);
            kept[batches++] = next;
            ck_assert_int_eq(ops->submit(b, next), 0);
        }
        if (ended < count)
            ck_assert_int_eq(ops->wait(b, CLOCK_NEVER), 0);
    }
    ops->close(b);
    while (batches)
        batch_free(kept[--batches]);
    loop_free(spec.loop);
}

static struct work lines_of_shell(void)
{
    return (struct work){.kind = WORK_LINES, .shell = "/bin/sh", .replace = "{}", .separator = '\n', .linger = 1000000};
}

static void expect_out(uint64_t task, const char *want)
{
    ck_assert_str_eq(buf_cstr(&result[task].out), want);
}

START_TEST(output_and_status_come_back)
{
    static const char *const text[] = {"echo a; echo b >&2", "exit 3", "kill -9 $$", "head -c 200000 /dev/zero | wc -c", "", NULL};
    struct work w = lines_of_shell();

    for (uint32_t slots = 1; slots <= 3; slots++) {
        run(&w, text, slots, slots);
        expect_out(1, "a\n");
        ck_assert_str_eq(buf_cstr(&result[1].err), "b\n");
        ck_assert(outcome_ok(&result[1].end));
        ck_assert_uint_eq(result[2].end.status, 3);
        ck_assert_uint_eq(result[3].end.cause, END_SIGNAL);
        ck_assert_uint_eq(result[3].end.signal, 9);
        expect_out(4, "200000\n");
        ck_assert(outcome_ok(&result[5].end));
        ck_assert_int_ge(result[4].end.maxrss, 1);
    }
}
END_TEST

/* What a shell makes of it, and what the way without one makes of it, are the same. */
START_TEST(lines_without_a_shell_look_the_same)
{
    static const char *const text[] = {"/bin/echo a  b", "nosuchprogram x", "/bin/false", "/nonexistent/x", "/", "printenv SMAP_TASK", NULL};
    struct work w = lines_of_shell();
    struct outcome end[TASKS + 1];
    char out[TASKS + 1][200], err[TASKS + 1][200];

    run(&w, text, 1, 2);
    for (int i = 1; text[i - 1]; i++) {
        end[i] = result[i].end;
        snprintf(out[i], sizeof out[i], "%s", buf_cstr(&result[i].out));
        snprintf(err[i], sizeof err[i], "%s", buf_cstr(&result[i].err));
    }
    unsetenv("PWD"); /* closes the fast way */
    run(&w, text, 1, 2);
    for (int i = 1; text[i - 1]; i++) {
        expect_out((uint64_t)i, out[i]);
        ck_assert_str_eq(buf_cstr(&result[i].err), err[i]);
        ck_assert_uint_eq(result[i].end.cause, end[i].cause);
        ck_assert_uint_eq(result[i].end.status, end[i].status);
    }
    expect_out(6, "6\n");
}
END_TEST

START_TEST(environment_names_task_slot_and_attempt)
{
    static const char *const text[] = {"x", "y", NULL};
    char *word[] = {"echo $SMAP_TASK $SMAP_SLOT $SMAP_ATTEMPT $SMAP_RANK $OMP_NUM_THREADS $OUTER {}"};
    char *env[] = {"OUTER=given", NULL};
    struct work w = {.kind = WORK_SHELL, .word = word, .words = 1, .shell = "/bin/sh", .replace = "{}", .env = env, .cpus_per_slot = 5};

    setenv("SMAP_TASK", "99", 1);
    unsetenv("OMP_NUM_THREADS");
    run(&w, text, 1, 1);
    expect_out(1, "1 1 1 0 5 given x\n");
    expect_out(2, "2 1 1 0 5 given y\n");
}
END_TEST

START_TEST(stdin_is_null_or_the_task)
{
    static char big[300001];
    static const char *text[] = {"one\ntwo", "", big, NULL};
    char *word[] = {"wc", "-c"};
    struct work w = {.kind = WORK_COMMAND, .word = word, .words = 2, .replace = "{}", .feed = true, .linger = 1000000};

    spawn_init(); /* ignores SIGPIPE */
    memset(big, 'x', sizeof big - 1);
    run(&w, text, 1, 2);
    expect_out(1, "7\n");
    expect_out(2, "0\n");
    expect_out(3, "300000\n");
    word[0] = "true"; /* reads nothing: no error */
    w.words = 1;
    run(&w, text, 3, 1);
    ck_assert(outcome_ok(&result[3].end));
}
END_TEST

START_TEST(a_child_left_behind_is_cut_off)
{
    static const char *const text[] = {"sleep 100 & echo $!", NULL};
    struct work w = lines_of_shell();

    w.linger = 50000;
    run(&w, text, 1, 1);
    ck_assert(outcome_ok(&result[1].end));
    ck_assert(result[1].end.flags & OUTCOME_CUT);
    kill(atoi(buf_cstr(&result[1].out)), SIGKILL);
}
END_TEST

START_TEST(tasks_that_cannot_start_fail_alone)
{
    static const char *const text[] = {"/bin/echo", "/nonexistent", "/etc/passwd", "/bin/true", NULL};
    char *word[] = {"{}", "x"};
    struct work w = {.kind = WORK_COMMAND, .word = word, .words = 2, .replace = "{}"};

    run(&w, text, 4, 1);
    expect_out(1, "x\n");
    ck_assert_uint_eq(result[2].end.cause, END_NOT_RUN);
    ck_assert_uint_eq(result[2].end.status, 127);
    ck_assert_str_eq(result[2].reason, "/nonexistent: No such file or directory");
    ck_assert_uint_eq(result[3].end.status, 126);
    ck_assert(outcome_ok(&result[4].end));
}
END_TEST

/* Seven descriptors are enough for one task at a time; the others wait for it instead of failing. */
START_TEST(few_descriptors_mean_waiting)
{
    static const char *const text[] = {"echo 1", "echo 2", "echo 3", "echo 4", "echo 5", "echo 6", NULL};
    struct work w = lines_of_shell();
    int free_one[7];

    for (int i = 0; i < 7; i++)
        free_one[i] = dup(0); /* what the caller left open may lie anywhere */
    struct rlimit few = {(rlim_t)free_one[6] + 1, (rlim_t)free_one[6] + 1};

    for (int i = 0; i < 7; i++)
        close(free_one[i]);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    run(&w, text, 1, 4);
    for (uint64_t i = 1; i <= 6; i++)
        ck_assert_msg(outcome_ok(&result[i].end), "task %d cause %d status %d: %s", (int)i, result[i].end.cause, result[i].end.status, result[i].reason);
}
END_TEST

START_TEST(missing_commands_are_found_before)
{
    char *word[] = {"nosuchcommand", "{}"};
    struct work w = {.kind = WORK_COMMAND, .word = word, .words = 2, .replace = "{}", .shell = "/bin/sh"};
    const struct worker_ops *ops = worker_ops_for(&w);

    ck_assert_int_eq(ops->check(&w), 127);
    word[0] = "/etc/passwd";
    ck_assert_int_eq(ops->check(&w), 126);
    word[0] = "{}";
    ck_assert_int_eq(ops->check(&w), 0);
    w.kind = WORK_LINES;
    w.shell = "/nonexistent/sh";
    ck_assert_int_eq(ops->check(&w), 127);
}
END_TEST

Suite *command_suite(void)
{
    Suite *s = suite_create("command");
    TCase *c = tcase_create("local backend");

    tcase_set_timeout(c, 30);
    tcase_add_test(c, output_and_status_come_back);
    tcase_add_test(c, lines_without_a_shell_look_the_same);
    tcase_add_test(c, environment_names_task_slot_and_attempt);
    tcase_add_test(c, stdin_is_null_or_the_task);
    tcase_add_test(c, a_child_left_behind_is_cut_off);
    tcase_add_test(c, tasks_that_cannot_start_fail_alone);
    tcase_add_test(c, few_descriptors_mean_waiting);
    tcase_add_test(c, missing_commands_are_found_before);
    suite_add_tcase(s, c);
    return s;
}
