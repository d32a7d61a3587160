/* Processes as /proc lists them. */
#include "work/kin.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/xalloc.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ENVIRONMENT_MAX = 4 << 20 };

static int open_file(pid_t pid, const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Words three to five of /proc/PID/stat; the second is a name in parentheses that may hold anything. */
static bool read_stat(struct kin *k)
{
    char text[512], state;
    int fd = open_file(k->pid, "stat"), parent, group;

    if (fd < 0)
        return false;
    ssize_t n = io_read(fd, text, sizeof text - 1);

    close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    const char *name_end = strrchr(text, ')');

    if (!name_end || sscanf(name_end + 1, " %c %d %d", &state, &parent, &group) != 3)
        return false;
    k->parent = parent;
    k->group = group;
    k->dead = state == 'Z' || state == 'X';
    return true;
}

static int by_number(const void *a, const void *b)
{
    pid_t p = ((const struct kin *)a)->pid, q = ((const struct kin *)b)->pid;

    return (p > q) - (p < q);
}

struct kin *kin_list(size_t *count)
{
    DIR *dir = opendir("/proc");
    struct kin *list = NULL;
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
        list[*count] = (struct kin){.pid = atoi(d->d_name)};
        if (read_stat(&list[*count]))
            ++*count;
    }
    if (dir)
        closedir(dir);
    if (list)
        qsort(list, *count, sizeof *list, by_number);
    return list;
}

/* A child mostly has the higher number, so that few rounds find all. */
void kin_spread(struct kin *list, size_t n)
{
    for (bool more = true; more;) {
        more = false;
        for (size_t i = 0; i < n; i++) {
            struct kin key = {.pid = list[i].parent}, *parent;

            if (list[i].ours || !(parent = bsearch(&key, list, n, sizeof *list, by_number)) || !parent->ours)
                continue;
            list[i].ours = more = true;
        }
    }
}

size_t kin_kill(const struct kin *list, size_t n, const char *spared)
{
    size_t sent = 0;

    for (size_t i = 0; i < n; i++) {
        const struct kin *k = &list[i];

        if (!k->ours || k->dead || k->pid == getpid() || (spared && kin_has_variable(k->pid, spared)))
            continue;
        sent += kill(k->pid, SIGKILL) == 0;
    }
    return sent;
}

bool kin_group_lives(pid_t group)
{
    size_t n, dead = 0, alive = 0;
    struct kin *list = kin_list(&n);

    for (size_t i = 0; i < n; i++)
        if (list[i].group == group)
            *(list[i].dead ? &dead : &alive) += 1;
    free(list);
    return alive || !dead; /* none at all: they are hidden */
}

bool kin_has_variable(pid_t pid, const char *variable)
{
    struct buf text = BUF_INIT;
    size_t len = strlen(variable) + 1;
    bool found = false;
    int fd = open_file(pid, "environ");
    ssize_t n = fd < 0 ? -1 : 1;

    while (n > 0 && text.len < ENVIRONMENT_MAX) {
        n = io_read(fd, buf_room(&text, 65536), 65536);
        text.len += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    for (size_t at = 0; at + len <= text.len && !found;) {
        const char *end = memchr(text.ptr + at, '\0', text.len - at);

        found = memcmp(text.ptr + at, variable, len) == 0;
        if (!end)
            break;
        at = (size_t)(end - text.ptr) + 1;
    }
    buf_release(&text);
    return found;
}
