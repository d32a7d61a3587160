/* Collecting processes: with a pidfd and without, by the loop and without it. */
#include "work/reaper.h"

#include "base/clock.h"
#include "suites.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct loop *loop;
static struct process process;
static struct reaper reaper;
static int ends, last; /* what was told: how often, and the status */

static void on_ended(void *ctx, int status, const struct rusage *usage)
{
    ck_assert_ptr_eq(ctx, &reaper);
    ck_assert_ptr_nonnull(usage);
    ck_assert_int_eq(process.pid, 0); /* another one may be started here */
    ends++;
    last = status;
}

static void set_up(void)
{
    spawn_init();
    loop = loop_new();
    process = (struct process){.pidfd = -1};
    reaper_init(&reaper, loop, &process, on_ended, &reaper);
}

static void tear_down(void)
{
    reaper_end(&reaper);
    loop_free(loop);
}

/* PIDFD: as on most kernels; else as on one that has none. */
static void start(const char *line, bool pidfd)
{
    char *argv[] = {"sh", "-c", (char *)line, NULL};
    char *env[] = {NULL};
    struct spawn s = {.path = "/bin/sh", .argv = argv, .env = env, .fd = {SPAWN_NULL, SPAWN_INHERIT, SPAWN_INHERIT}, .extra = SPAWN_NULL};

    ck_assert_int_eq(spawn_start(&s, &process), 0);
    if (!pidfd && process.pidfd >= 0) {
        close(process.pidfd);
        process.pidfd = -1;
    }
    reaper_watch(&reaper);
}

static void await_end(void)
{
    int64_t limit = clock_now() + 20000000;

    while (!ends && clock_now() < limit)
        ck_assert_int_ge(loop_wait(loop, limit), 0);
    ck_assert_int_eq(ends, 1);
}

START_TEST(the_loop_tells_of_the_end)
{
    start("exit 7", _i);
    await_end();
    ck_assert(WIFEXITED(last) && WEXITSTATUS(last) == 7);
    ck_assert_int_eq(process.pidfd, -1);
    ck_assert(loop_next_timer(loop) == CLOCK_NEVER);
    ck_assert(reaper_look(&reaper, false));
    ck_assert_int_eq(ends, 1);
}
END_TEST

START_TEST(it_can_be_looked_at_between)
{
    start("kill -STOP $$", _i);
    ck_assert(!reaper_look(&reaper, false));
    ck_assert_int_eq(ends, 0);
    spawn_kill(&process, SIGKILL);
    ck_assert(reaper_look(&reaper, true));
    ck_assert_int_eq(ends, 1);
    ck_assert(WIFSIGNALED(last) && WTERMSIG(last) == SIGKILL);
}
END_TEST

START_TEST(what_has_been_looked_at_is_watched_on)
{
    start("kill -STOP $$", _i);
    ck_assert(!reaper_look(&reaper, false));
    spawn_kill(&process, SIGKILL);
    await_end();
}
END_TEST

START_TEST(an_owner_that_leaves_hears_no_more)
{
    start("kill -STOP $$", _i);
    reaper_end(&reaper);
    ck_assert_int_eq(process.pid, 0);
    ck_assert_int_eq(ends, 0);
    ck_assert(loop_next_timer(loop) == CLOCK_NEVER);
    reaper_end(&reaper);
}
END_TEST

Suite *reaper_suite(void)
{
    Suite *s = suite_create("reaper");
    TCase *c = tcase_create("reaper");

    suite_add_tcase(s, c);
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_loop_test(c, the_loop_tells_of_the_end, 0, 2);
    tcase_add_loop_test(c, it_can_be_looked_at_between, 0, 2);
    tcase_add_loop_test(c, what_has_been_looked_at_is_watched_on, 0, 2);
    tcase_add_loop_test(c, an_owner_that_leaves_hears_no_more, 0, 2);
    return s;
}
