/* What the guard does to whom: this test is the smap that dies. */
#include "base/clock.h"
#include "suites.h"
#include "work/groups.h"
#include "work/kin.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(places_are_given_again)
{
    volatile int32_t *a = groups_reserve(), *b = groups_reserve();

    ck_assert(a != NULL);
    ck_assert(b != NULL && b != a);
    ck_assert_int_ge(groups_fd(), 0);
    *a = 17;
    groups_release(a);
    ck_assert_int_eq(*a, 0);
    ck_assert_ptr_eq((void *)groups_reserve(), (void *)a);
    groups_release(NULL);
}
END_TEST

START_TEST(the_mark_is_one_per_run)
{
    const char *mark = groups_mark();

    ck_assert(strncmp(mark, GROUPS_MARK_NAME "=", strlen(GROUPS_MARK_NAME) + 1) == 0);
    ck_assert_str_eq(mark, groups_mark());
}
END_TEST

START_TEST(processes_know_their_kin)
{
    int ready[2];
    char byte;

    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();

    if (child == 0) {
        setpgid(0, 0);
        dup2(ready[1], 1);
        execle("/bin/sh", "sh", "-c", "echo; exec sleep 60", (char *)NULL, (char *[]){"KIN=a b", "PATH=/bin:/usr/bin", NULL});
        _exit(127);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    size_t n;
    struct kin *list = kin_list(&n), *found = NULL;

    for (size_t i = 0; i < n; i++)
        if (list[i].pid == child)
            found = &list[i];
    ck_assert_ptr_nonnull(found);
    ck_assert_int_eq(found->parent, getpid());
    ck_assert_int_eq(found->group, child);
    ck_assert(!found->dead);
    ck_assert(kin_has_variable(child, "KIN=a b"));
    ck_assert(!kin_has_variable(child, "KIN=a"));
    ck_assert(!kin_has_variable(child, "IN=a b"));
    ck_assert(!kin_has_variable(1 << 30, "KIN=a b"));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    free(list);
}
END_TEST

START_TEST(descendants_are_found_in_any_order)
{
    struct kin list[] = {{.pid = 2, .parent = 1}, {.pid = 3, .parent = 7}, {.pid = 5, .parent = 9}, {.pid = 7, .parent = 9}, {.pid = 9, .parent = 2}, {.pid = 11, .parent = 4}};

    list[4].ours = true;
    kin_spread(list, 6);
    ck_assert(list[1].ours && list[2].ours && list[3].ours && list[4].ours);
    ck_assert(!list[0].ours && !list[5].ours);
}
END_TEST

START_TEST(zombies_do_not_make_a_group)
{
    int ready[2];
    char byte;

    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();

    if (child == 0) {
        setpgid(0, 0);
        close(ready[0]);
        if (write(ready[1], "", 1) == 1)
            pause();
        _exit(0);
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert(kin_group_lives(child));
    kill(child, SIGKILL);
    ck_assert_int_eq(read(ready[0], &byte, 1), 0);
    siginfo_t info;

    ck_assert_int_eq(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    ck_assert_int_eq(kill(-child, 0), 0); /* the kernel still counts it */
    ck_assert(!kin_group_lives(child));
    waitpid(child, NULL, 0);
    close(ready[0]);
}
END_TEST

Suite *guard_suite(void)
{
    Suite *s = suite_create("guard");
    TCase *c = tcase_create("kin");

    tcase_add_test(c, places_are_given_again);
    tcase_add_test(c, the_mark_is_one_per_run);
    tcase_add_test(c, processes_know_their_kin);
    tcase_add_test(c, descendants_are_found_in_any_order);
    tcase_add_test(c, zombies_do_not_make_a_group);
    suite_add_tcase(s, c);
    return s;
}
