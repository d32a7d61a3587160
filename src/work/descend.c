/*
 * Descendants are found by their parents' numbers in /proc, and killed parents first, so that one that forks all the time loses the race
 * sooner. What was born between the look and the kill becomes our child (descend_adopt) and is found by the next look. It is over
 * when we have no children left, which the kernel says for certain (ECHILD).
 */
#include "work/descend.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAUSE_MS = 5 };

struct pair {
    pid_t pid, parent;
    bool ours;
};

void descend_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* The fourth word of /proc/PID/stat; the second is a name in parentheses that may hold anything. */
static pid_t parent_of(const char *pid)
{
    char path[64], text[512];

    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);

    close(fd);
    if (n <= 0)
        return 0;
    text[n] = '\0';
    const char *name_end = strrchr(text, ')');
    int parent = 0;

    return name_end && sscanf(name_end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

static struct pair *list_processes(size_t *count)
{
    DIR *dir = opendir("/proc");
    struct pair *list = NULL;
    struct dirent *d;
    size_t cap = 0;

    *count = 0;
    while (dir && (d = readdir(dir))) {
        if (d->d_name[0] < '1' || d->d_name[0] > '9')
            continue;
        if (*count == cap) {
            cap = cap * 2 + 256;
            list = xreallocarray(list, cap, sizeof *list);
        }
        list[(*count)++] = (struct pair){atoi(d->d_name), parent_of(d->d_name), false};
    }
    if (dir)
        closedir(dir);
    return list;
}

/* Kills the children of PARENT, then theirs. A chain of processes is far shorter than any stack. */
static void kill_below(struct pair *list, size_t n, pid_t parent)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i].parent != parent || list[i].ours)
            continue;
        list[i].ours = true;
        kill(list[i].pid, SIGKILL);
        kill_below(list, n, list[i].pid);
    }
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
        size_t n;
        struct pair *list = list_processes(&n);

        kill_below(list, n, getpid());
        free(list);
        if (clock_now() >= until)
            return;
        poll(NULL, 0, PAUSE_MS);
    }
}
