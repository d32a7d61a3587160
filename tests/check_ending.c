/* Process groups that end, willingly or not. */
#include "base/clock.h"
#include "suites.h"
#include "work/ending.h"
#include "work/spawn.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct loop *loop;
static int gone;

static void on_gone(void *ctx)
{
    (void)ctx;
    gone++;
}

/* A shell line in a group of its own, that says it is ready by a byte. */
static struct process start(const char *line)
{
    char *argv[] = {"sh", "-c", (char *)line, NULL}, *env[] = {"PATH=/usr/bin:/bin", NULL};
    struct spawn s = {.path = "/bin/sh", .argv = argv, .env = env, .fd = {SPAWN_NULL, SPAWN_NULL, SPAWN_INHERIT}, .extra = SPAWN_NULL};
    struct process p;
    int ready[2];
    char byte;

    ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
    s.fd[1] = ready[1];
    ck_assert_int_eq(spawn_start(&s, &p), 0);
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return p;
}

static int reap(struct process *p)
{
    struct rusage usage;
    int status;

    ck_assert(spawn_reap(p, true, &status, &usage));
    return status;
}

static void run_until_gone(int64_t limit)
{
    for (int64_t end = clock_now() + limit; !gone && clock_now() < end;)
        loop_wait(loop, end);
    ck_assert_int_eq(gone, 1);
}

static void set_up(void)
{
    spawn_init();
    loop = loop_new();
    gone = 0;
}

static void tear_down(void)
{
    loop_free(loop);
}

START_TEST(the_willing_are_gone_with_their_leader)
{
    struct ending e;
    struct process p = start("echo; exec sleep 60");

    ending_init(&e, loop, on_gone, NULL);
    ending_begin(&e, p.pid, SIGTERM, 60000000);
    int status = reap(&p);

    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    ck_assert(!ending_left(&e));
    ck_assert_int_eq(gone, 0);
}
END_TEST

START_TEST(a_stopped_one_hears_it_too)
{
    struct ending e;
    struct process p = start("echo; exec sleep 60");

    kill(p.pid, SIGSTOP);
    ending_init(&e, loop, on_gone, NULL);
    ending_begin(&e, p.pid, SIGTERM, 60000000);
    ck_assert_int_eq(WTERMSIG(reap(&p)), SIGTERM);
    ck_assert(!ending_left(&e));
}
END_TEST

/* The leader leaves, its child refuses: the last of the group is waited for, and killed when its time is over. */
START_TEST(the_unwilling_are_killed)
{
    struct ending e;
    struct process p = start("(trap '' TERM; echo; exec sleep 60) & wait");
    pid_t group = p.pid;
    int64_t began = clock_now();

    ending_init(&e, loop, on_gone, NULL);
    ending_begin(&e, p.pid, SIGTERM, 200000);
    reap(&p);
    ck_assert(ending_left(&e));
    run_until_gone(5000000);
    ck_assert_int_ge(clock_now() - began, 200000);
    for (int i = 0; i < 500 && kill(-group, 0) == 0; i++)
        poll(NULL, 0, 10);
    ck_assert_int_eq(kill(-group, SIGKILL), -1);
}
END_TEST

START_TEST(a_sterner_signal_may_follow)
{
    struct ending e;
    struct process p = start("trap '' TERM; (trap '' TERM; sleep 60) & echo; sleep 60");

    ending_init(&e, loop, on_gone, NULL);
    ending_begin(&e, p.pid, SIGTERM, CLOCK_NEVER);
    ck_assert_int_eq(loop_next_timer(loop), CLOCK_NEVER);
    ending_begin(&e, p.pid, SIGKILL, CLOCK_NEVER);
    ck_assert_int_eq(WTERMSIG(reap(&p)), SIGKILL);
    ck_assert(!ending_left(&e));
    ck_assert_int_eq(loop_next_timer(loop), CLOCK_NEVER);
}
END_TEST

Suite *ending_suite(void)
{
    Suite *s = suite_create("ending");
    TCase *c = tcase_create("groups");

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 30);
    tcase_add_test(c, the_willing_are_gone_with_their_leader);
    tcase_add_test(c, a_stopped_one_hears_it_too);
    tcase_add_test(c, the_unwilling_are_killed);
    tcase_add_test(c, a_sterner_signal_may_follow);
    suite_add_tcase(s, c);
    return s;
}
