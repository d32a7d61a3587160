/*
 * Descendants are found by their parents' numbers in /proc, and killed parents first, so that one that forks all the time loses the race
 * sooner. What was born between the look and the kill becomes our child (descend_adopt) and is found by the next look. It is over
 * when we have no children left, which the kernel says for certain (ECHILD).
 */
#include "work/descend.h"

#include "base/clock.h"
#include "work/guard.h"
#include "work/kin.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAUSE_MS = 5 };

void descend_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* SPARED as kin_kill has it. False: there was nobody alive. */
static bool kill_below(const char *spared)
{
    pid_t self = getpid();
    size_t n;
    struct kin *list = kin_list(&n);

    for (size_t i = 0; i < n; i++)
        list[i].ours = list[i].pid == self;
    kin_spread(list, n);
    bool any = kin_kill(list, n, spared);

    free(list);
    return any;
}

/* False when no child is left. */
static bool collect(void)
{
    pid_t pid;

    do
        pid = waitpid(-1, NULL, WNOHANG);
    while (pid > 0);
    return pid == 0 || errno != ECHILD;
}

void descend_kill(int64_t until)
{
    while (collect()) {
        kill_below(NULL);
        if (clock_now() >= until)
            return;
        poll(NULL, 0, PAUSE_MS);
    }
}

void descend_clear(int64_t until)
{
    while (kill_below(GUARD_VARIABLE) && clock_now() < until)
        poll(NULL, 0, PAUSE_MS);
}
