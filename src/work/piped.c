/* A process with three pipes. */
#include "work/piped.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void piped_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* 0 or an errno. */
static int open_pipe(int *ours, int *theirs, bool to_write, int size)
{
    int fd[2];

    if (io_pipe(fd) < 0)
        return errno;
    *ours = fd[to_write];
    *theirs = fd[!to_write];
    if (io_set_nonblock(*ours) < 0)
        return errno;
    if (size && fcntl(*ours, F_SETPIPE_SZ, size) < 0) {
        /* the user's share of pipe memory is used up: 64 KiB do as well */
    }
    return 0;
}

int piped_start(struct piped *p, struct spawn *s, int size)
{
    int error;

    *p = (struct piped)PIPED_NONE;
    for (int i = 0; i < 3; i++)
        s->fd[i] = -1;
    if (!(error = open_pipe(&p->in, &s->fd[0], true, size)) && !(error = open_pipe(&p->out, &s->fd[1], false, size)) &&
        !(error = open_pipe(&p->err, &s->fd[2], false, 0)))
        error = spawn_start(s, &p->process);
    for (int i = 0; i < 3; i++)
        piped_close(&s->fd[i]);
    if (error) {
        piped_close(&p->in);
        piped_close(&p->out);
        piped_close(&p->err);
    }
    return error;
}
