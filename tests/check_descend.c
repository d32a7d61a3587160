/* Descendants: children, their children, and those that left for a session of their own are gone afterwards. */
#include "work/descend.h"

#include "base/clock.h"
#include "suites.h"
#include "work/guard.h"
#include "work/kin.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* A family: each member keeps the pipe open, so that its end tells when all are gone. */
static void family(int keep)
{
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();

        if (child > 0)
            continue;
        if (i == 1)
            setsid();
        pid_t grandchild = fork();

        if (grandchild == 0) {
            setsid();
            signal(SIGTERM, SIG_IGN);
        } else if (i == 2) {
            _exit(0); /* leaves an orphan */
        }
        if (write(keep, "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
}

START_TEST(nobody_is_left)
{
    int fd[2];
    char c;

    ck_assert_int_eq(pipe(fd), 0);
    descend_adopt();
    family(fd[1]);
    close(fd[1]);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(read(fd[0], &c, 1), 1); /* five live: all have said so */
    descend_kill(clock_now() + 10000000);
    ck_assert_int_eq(read(fd[0], &c, 1), 0); /* nobody holds the pipe */
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

/* Left to be collected by whoever started them. */
START_TEST(a_guard_outlives_the_others)
{
    pid_t guard = fork(), task = guard ? fork() : 0;
    int status;

    if (!guard || !task) {
        if (!guard)
            putenv("SMAP_GUARD=1");
        execlp("sleep", "sleep", "60", (char *)NULL);
        _exit(127);
    }
    while (!kin_has_variable(guard, GUARD_VARIABLE)) /* it has been executed */
        usleep(1000);
    descend_clear(clock_now() + 10000000);
    ck_assert_int_eq(waitpid(task, &status, 0), task);
    ck_assert_int_eq(WTERMSIG(status), SIGKILL);
    ck_assert_int_eq(waitpid(guard, &status, WNOHANG), 0);
    kill(guard, SIGKILL);
    ck_assert_int_eq(waitpid(guard, &status, 0), guard);
}
END_TEST

START_TEST(nothing_to_do_is_quick)
{
    int64_t before = clock_now();

    descend_kill(before + 60000000);
    ck_assert_int_lt(clock_now() - before, 30000000);
}
END_TEST

Suite *descend_suite(void)
{
    Suite *s = suite_create("descend");
    TCase *c = tcase_create("processes"); /* each test in a process of its own: Check forks */

    tcase_add_test(c, nobody_is_left);
    tcase_add_test(c, a_guard_outlives_the_others);
    tcase_add_test(c, nothing_to_do_is_quick);
    suite_add_tcase(s, c);
    return s;
}
