/* The master and the pumps, with real executors, over sockets instead of MPI: every task once, and
 * no rank is missed in silence. */
#include "backend/ranks.h"

#include "backend/executor.h"
#include "backend/pump.h"
#include "backend/serve.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/wire.h"
#include "stream_transport.h"
#include "suites.h"
#include "work/descend.h"
#include "work/work.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 3, TASKS = 300 };

/* The whole job as the test sees it: rank 0. */
static struct job {
    pid_t rank[SIZE], executor_0;
    struct executor executor;
    struct loop *loop;
    struct backend *backend;
    uint32_t ends[TASKS + 1], by_rank[SIZE], highest_slot;
    size_t bytes[TASKS + 1];
    struct buf said;    /* diag */
    struct batch *lent; /* to the backend, until it is closed */
} job;

static void on_piece(void *ctx, const struct piece *p)
{
    (void)ctx;
    ck_assert_uint_ge(p->task, 1);
    ck_assert_uint_le(p->task, TASKS);
    if (p->kind == PIECE_OUT)
        job.bytes[p->task] += p->bytes.len;
    if (p->kind != PIECE_END)
        return;
    job.ends[p->task]++;
    job.by_rank[p->end.rank]++;
    if (p->end.slot > job.highest_slot)
        job.highest_slot = p->end.slot;
}

static void say(void *ctx, struct span line)
{
    (void)ctx;
    buf_put(&job.said, line.ptr, line.len);
}

/* As executor_start, but in a forked child: the test program has no internal mode. */
static void fork_executor(struct executor *e)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        abort();
    pid_t pid = fork();

    if (pid == 0) {
        close(pair[0]);
        _exit(serve_main(pair[1]));
    }
    close(pair[1]);
    io_set_nonblock(pair[0]);
    *e = (struct executor){.fd = pair[0], .process = {.pid = pid, .pidfd = -1}};
}

static void be_rank(uint32_t rank, int64_t lost_after)
{
    struct executor e;

    diag_divert(say, NULL);
    fork_executor(&e);
    stream_become(rank);
    struct pump_spec spec = {.transport = &stream_transport,
                             .executor = &e,
                             .rank = rank,
                             .lost_after = lost_after,
                             .drain = -1};
    int result = pump_run(&spec);

    stream_transport.close();
    _exit(result < 0 ? 3 : 0);
}

/* Everything that is forked goes with the test (Check kills the group only when a test hangs). */
static void begin_work(const struct work *work, int64_t lost_after, uint32_t slots, bool dedicated)
{
    descend_adopt();
    spawn_init();
    stream_world(SIZE);
    job = (struct job){.loop = loop_new(), .executor.fd = -1};
    for (uint32_t i = 1; i < SIZE; i++)
        if ((job.rank[i] = fork()) == 0)
            be_rank(i, lost_after);
    if (!dedicated)
        fork_executor(&job.executor);
    job.executor_0 = job.executor.process.pid;
    stream_become(0);
    diag_divert(say, NULL);
    struct backend_spec spec = {
        .loop = job.loop, .work = work, .slots = slots, .first_slot = 1, .on_piece = on_piece};
    struct ranks_spec ranks = {.transport = &stream_transport,
                               .size = SIZE,
                               .executor = &job.executor,
                               .slots = {CPUS_COUNT, slots},
                               .lost_after = lost_after,
                               .launcher = "mpirun"};

    ck_assert_int_eq(ranks_open(&job.backend, &spec, &ranks), 0);
}

static void begin(int64_t lost_after, const char *command, uint32_t slots, bool dedicated)
{
    static char *word[4];
    static struct work work;

    word[0] = (char *)(size_t)command;
    work = (struct work){.kind = WORK_SHELL,
                         .word = word,
                         .words = 1,
                         .shell = "/bin/sh",
                         .replace = "{}",
                         .separator = '\n',
                         .linger = 1000000,
                         .cpus_per_slot = 1};
    begin_work(&work, lost_after, slots, dedicated);
}

static struct batch *make_batch(uint64_t first, uint32_t count)
{
    struct batch *b = batch_new(first, '\n');

    for (uint32_t i = 0; i < count; i++)
        buf_printf(&b->data, "%d\n", (int)(first + i));
    b->count = count;
    return b;
}

static uint64_t ended(void)
{
    uint64_t n = 0;

    for (int i = 1; i <= TASKS; i++)
        n += job.ends[i];
    return n;
}

/* Hands out tasks up to LAST and waits until all have ended; -1: the backend failed. */
static int run(uint64_t last, int64_t limit_s)
{
    uint64_t next = 1;
    int64_t until = clock_now() + limit_s * 1000000;
    int result = 0;

    while (result == 0 && ended() < last) {
        struct backend_room room = job.backend->ops->room(job.backend, last - next + 1);

        if (next <= last && room.tasks) {
            uint32_t n = room.tasks < last - next + 1 ? room.tasks : (uint32_t)(last - next + 1);
            struct batch *b = make_batch(next, n);

            b->next = job.lent;
            job.lent = b;
            next += n;
            ck_assert_int_eq(job.backend->ops->submit(job.backend, b), 0);
            continue;
        }
        result = job.backend->ops->wait(job.backend, until);
        ck_assert_int_lt(clock_now(), until);
    }
    return result;
}

static void close_backend(void)
{
    job.backend->ops->close(job.backend);
    while (job.lent) {
        struct batch *b = job.lent;

        job.lent = b->next;
        batch_free(b);
    }
}

/* Closes the backend as the corridor does, then sends the ranks away as the world does; their
 * statuses must be 0. */
static void finish(void)
{
    int status;

    close_backend();
    ck_assert(ranks_whole());
    for (uint32_t i = 1; i < SIZE; i++)
        stream_transport.send(i, PUMP_LEAVE, calloc(1, 1), 0);
    for (uint32_t i = 1; i < SIZE; i++) {
        ck_assert_int_eq(waitpid(job.rank[i], &status, 0), job.rank[i]);
        ck_assert_int_eq(status, 0);
    }
    stream_transport.close();
    loop_free(job.loop);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no executor, no task */
}

START_TEST(every_task_is_done_once)
{
    begin(60000000, "echo {}", 2, false);
    ck_assert_int_eq(run(TASKS, 60), 0);
    for (int i = 1; i <= TASKS; i++) {
        ck_assert_uint_eq(job.ends[i], 1);
        ck_assert_uint_eq(job.bytes[i], i < 10 ? 2 : i < 100 ? 3 : 4);
    }
    for (int i = 0; i < SIZE; i++)
        ck_assert_uint_gt(job.by_rank[i], 0);
    ck_assert_uint_eq(job.highest_slot, 6);
    ck_assert_uint_eq(job.backend->ops->slots(job.backend), 6);
    ck_assert_uint_gt(strlen(job.backend->ops->host(job.backend, 2)), 0);
    ck_assert_str_eq(job.backend->ops->host(job.backend, 99), "");
    finish();
    ck_assert_uint_eq(job.said.len, 0);
}
END_TEST

START_TEST(a_dedicated_master_does_no_task)
{
    begin(60000000, "echo {}", 1, true);
    ck_assert_int_eq(run(40, 60), 0);
    ck_assert_uint_eq(job.by_rank[0], 0);
    ck_assert_uint_eq(job.by_rank[1] + job.by_rank[2], 40);
    ck_assert_uint_eq(job.highest_slot, 2);
    finish();
}
END_TEST

START_TEST(no_tasks_at_all)
{
    begin(60000000, "echo {}", 1, false);
    finish();
}
END_TEST

START_TEST(fewer_tasks_than_ranks)
{
    begin(60000000, "echo {}", 1, false);
    ck_assert_int_eq(run(1, 60), 0);
    finish();
}
END_TEST

START_TEST(large_results_come_whole)
{
    begin(60000000, "head -c {}000000 /dev/zero", 1, false);
    ck_assert_int_eq(run(9, 60), 0);
    for (size_t i = 1; i <= 9; i++)
        ck_assert_uint_eq(job.bytes[i], i * 1000000);
    finish();
}
END_TEST

/* Every task of one batch waits until three run at a time: one rank has all of them, and two have none. */
START_TEST(tasks_behind_a_long_one_go_to_idle_ranks)
{
    char dir[] = "/tmp/smap-ranks-XXXXXX", command[200];

    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(command, sizeof command, "cd %s; : > {}; until [ $(ls | wc -l) -ge 3 ]; do sleep 0.01; done", dir);
    begin(60000000, command, 1, false);
    while (!job.backend->ops->room(job.backend, 6).tasks)
        ck_assert_int_eq(job.backend->ops->wait(job.backend, CLOCK_NEVER), 0);
    job.lent = make_batch(1, 6);
    ck_assert_int_eq(job.backend->ops->submit(job.backend, job.lent), 0);
    while (ended() < 6)
        ck_assert_int_eq(job.backend->ops->wait(job.backend, CLOCK_NEVER), 0);
    for (int i = 1; i <= 6; i++)
        ck_assert_uint_eq(job.ends[i], 1);
    for (int i = 0; i < SIZE; i++)
        ck_assert_uint_gt(job.by_rank[i], 0);
    finish();
    ck_assert_uint_eq(job.said.len, 0);
    for (int i = 1; i <= 6; i++) {
        snprintf(command, sizeof command, "%s/%d", dir, i);
        ck_assert_int_eq(unlink(command), 0);
    }
    ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(a_command_that_nobody_has_is_refused)
{
    static char *word[] = {(char *)"/no/such", NULL};
    static const struct work work = {.kind = WORK_COMMAND,
                                     .word = word,
                                     .words = 1,
                                     .shell = "/bin/sh",
                                     .replace = "{}",
                                     .separator = '\n'};

    begin_work(&work, 0, 1, false);
    ck_assert_int_eq(run(3, 60), -1);
    ck_assert_ptr_nonnull(strstr(buf_cstr(&job.said), "/no/such"));
    ck_assert_ptr_nonnull(strstr(job.said.ptr, "cannot take part"));
    finish();
}
END_TEST

/* A dead executor is told by its rank. */
START_TEST(a_lost_executor_ends_the_run)
{
    begin(60000000, "kill -9 $PPID; sleep 1000", 1, true);
    ck_assert_int_eq(run(2, 60), -1);
    ck_assert_ptr_nonnull(strstr(buf_cstr(&job.said), "has ended before its work was done"));
    close_backend();
    descend_kill(clock_now() + 5000000);
}
END_TEST

/* A rank that is stopped says nothing, nor does anybody else: only its silence does. */
START_TEST(a_silent_rank_ends_the_run)
{
    begin(1200000, "sleep 1000", 1, true);
    kill(job.rank[2], SIGSTOP);
    ck_assert_int_eq(run(2, 60), -1);
    ck_assert_ptr_nonnull(strstr(buf_cstr(&job.said), "rank 2"));
    ck_assert_ptr_nonnull(strstr(job.said.ptr, "lost"));
    close_backend();
    ck_assert(!ranks_whole());
    descend_kill(clock_now() + 5000000);
}
END_TEST

/* Rank 0 is silent: the ranks leave by themselves. */
START_TEST(ranks_miss_a_silent_master)
{
    int status;

    begin(1200000, "sleep 1000", 1, true);
    for (uint32_t i = 1; i < SIZE; i++) {
        ck_assert_int_eq(waitpid(job.rank[i], &status, 0), job.rank[i]);
        ck_assert_int_eq(WEXITSTATUS(status), 3);
    }
    descend_kill(clock_now() + 5000000);
}
END_TEST

START_TEST(stopped_time_is_no_silence)
{
    struct silence s = {0};
    int64_t heard = silence_now(&s, 1000000, 500000);

    ck_assert_int_eq(silence_now(&s, 1400000, 500000) - heard, 400000);
    ck_assert_int_eq(silence_now(&s, 901400000, 500000) - heard,
                     900000); /* a quarter of an hour without a look */
}
END_TEST

Suite *ranks_suite(void)
{
    Suite *s = suite_create("ranks");
    TCase *c = tcase_create("master");

    tcase_set_timeout(c, 60);
    tcase_add_test(c, every_task_is_done_once);
    tcase_add_test(c, a_dedicated_master_does_no_task);
    tcase_add_test(c, no_tasks_at_all);
    tcase_add_test(c, fewer_tasks_than_ranks);
    tcase_add_test(c, large_results_come_whole);
    tcase_add_test(c, tasks_behind_a_long_one_go_to_idle_ranks);
    tcase_add_test(c, a_command_that_nobody_has_is_refused);
    tcase_add_test(c, a_lost_executor_ends_the_run);
    tcase_add_test(c, a_silent_rank_ends_the_run);
    tcase_add_test(c, ranks_miss_a_silent_master);
    tcase_add_test(c, stopped_time_is_no_silence);
    suite_add_tcase(s, c);
    return s;
}
