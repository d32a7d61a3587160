/* Real shells for the tests. */
#include "shells.h"

#include "base/io.h"

#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static char back[PATH_MAX], place[] = "/tmp/check_smap.XXXXXX";

const char *const *shells_here(void)
{
    static const char *const all[] = {"/bin/sh", "/bin/dash", "/bin/bash", "/bin/ksh", "/bin/zsh"};
    static const char *here[6];
    size_t n = 0;

    for (size_t i = 0; i < 5; i++)
        if (access(all[i], X_OK) == 0)
            here[n++] = all[i];
    here[n] = NULL;
    return here;
}

int shells_run(char *const *word, struct buf *out)
{
    posix_spawn_file_actions_t actions;
    int fd[2], status = -1;
    ssize_t n;
    pid_t pid;

    ck_assert_int_eq(io_pipe(fd), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fd[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid, word[0], &actions, NULL, word, environ) != 0)
        pid = 0;
    close(fd[1]);
    buf_clear(out);
    while ((n = io_read(fd[0], buf_room(out, 4096), 4096)) > 0)
        out->len += (size_t)n;
    close(fd[0]);
    posix_spawn_file_actions_destroy(&actions);
    if (pid)
        waitpid(pid, &status, 0);
    return status;
}

void shells_enter(void)
{
    memcpy(place + sizeof place - 7, "XXXXXX", 6);
    ck_assert(getcwd(back, sizeof back));
    ck_assert(mkdtemp(place));
    ck_assert_int_eq(chdir(place), 0);
}

bool shells_leave(void)
{
    ck_assert_int_eq(chdir(back), 0);
    return rmdir(place) == 0; /* refuses one that is not empty */
}
