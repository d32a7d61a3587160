/* Starting an executor, and seeing it out. */
#include "backend/executor.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "work/descend.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    GRACE_US = 3000000, /* its own limit for ending what runs is shorter */
    KILL_US = 2000000,
};

int executor_start(struct executor *e)
{
    char *argv[] = {(char *)"smap", (char *)EXECUTOR_OPTION, NULL};
    int pair[2];

    *e = (struct executor){.fd = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return diag_errno("cannot make a socket pair");
    char **env = spawn_env(true, NULL); /* launcher's variables too: --keep-mpi-env may want them back */
    struct spawn s = {
        .path = "/proc/self/exe",
        .argv = argv,
        .env = env,
        .fd = {SPAWN_NULL, SPAWN_NULL, SPAWN_INHERIT},
        .extra = pair[1],
        .session = true,
        .trusted = true,
    };

    descend_adopt(); /* should it be killed, its tasks become ours to end */
    int error = spawn_start(&s, &e->process);

    spawn_env_free(env);
    close(pair[1]);
    if (error) {
        close(pair[0]);
        return diag("cannot start an executor: %s", strerror(error));
    }
    io_set_nonblock(pair[0]);
    e->fd = pair[0];
    return 0;
}

/* Its status once it has left, by itself or not. */
static int see_out(struct executor *e)
{
    int64_t until = clock_now() + GRACE_US;
    struct rusage usage;
    int status;

    while (!spawn_reap(&e->process, false, &status, &usage)) {
        struct pollfd p = {.fd = e->process.pidfd, .events = POLLIN};

        if (clock_now() > until) {
            spawn_kill(&e->process, SIGKILL);
            spawn_reap(&e->process, true, &status, &usage);
            break;
        }
        poll(&p, 1, e->process.pidfd >= 0 ? 100 : 2);
    }
    return status;
}

void executor_end(struct executor *e)
{
    if (e->fd < 0)
        return;
    close(e->fd);
    e->fd = -1;
    if (WIFSIGNALED(see_out(e)))
        descend_kill(clock_now() + KILL_US);
}
