/*
 * How to write without ever blocking, and without O_NONBLOCK on a descriptor that is shared with whoever
 * started smap (it would strike the shell and the neighbours in the pipeline): a pipe, FIFO or terminal is
 * opened a second time through /proc/self/fd, which gives a description of its own. Where that is refused,
 * bytes go in steps that poll(2) vouches for.
 */
#include "results/channel.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define GATHER ((size_t)64 << 10) /* bytes gathered before they are written */
#define KEEP ((size_t)1 << 20)    /* a larger buffer is given back once it is empty */
#define TTY_STEP 256              /* what a terminal surely takes when poll says that it takes something */

static size_t pending(const struct channel *c)
{
    return c->buf.len - c->sent;
}

static bool stuck(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

static void drop_all(struct channel *c)
{
    buf_release(&c->buf);
    c->sent = 0;
    c->waiting = false;
    if (loop_has(c->loop, c->fd))
        loop_remove(c->loop, c->fd);
}

static int fail(struct channel *c)
{
    if (errno == EPIPE || errno == ECONNRESET) {
        c->closed = true;
        drop_all(c);
        return 0;
    }
    c->failed = true;
    diag_errno("cannot write %s", c->name);
    drop_all(c);
    return -1;
}

static ssize_t step_carefully(const struct channel *c, struct span bytes)
{
    struct pollfd p = {.fd = c->fd, .events = POLLOUT};

    if (poll(&p, 1, 0) <= 0) {
        errno = EAGAIN;
        return -1;
    }
    return io_write(c->fd, bytes.ptr, bytes.len < c->step ? bytes.len : c->step);
}

static ssize_t write_some(const struct channel *c, struct span bytes)
{
    ssize_t n;

    switch (c->way) {
    case CHANNEL_SEND:
        do
            n = send(c->fd, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL);
        while (n < 0 && errno == EINTR);
        return n;
    case CHANNEL_CAREFUL:
        return step_carefully(c, bytes);
    default:
        return io_write(c->fd, bytes.ptr, bytes.len);
    }
}

/* Writes until all is out or the descriptor takes no more; what is left stays in BYTES. */
static int push(struct channel *c, struct span *bytes)
{
    while (bytes->len) {
        ssize_t n = write_some(c, *bytes);

        if (n < 0 && stuck(errno))
            return 0;
        if (n < 0)
            return fail(c);
        *bytes = (struct span){bytes->ptr + n, bytes->len - (size_t)n};
    }
    return 0;
}

static void on_event(void *ctx, short events);

/* Waits for the descriptor when bytes are left, else only for its end. */
static void set_watch(struct channel *c, bool waiting)
{
    short idle = c->watched ? 0 : -1;

    c->waiting = waiting;
    if (loop_has(c->loop, c->fd))
        loop_change(c->loop, c->fd, waiting ? POLLOUT : idle);
    else if (waiting || c->watched)
        loop_add(c->loop, c->fd, waiting ? POLLOUT : idle, on_event, c);
}

static int push_pending(struct channel *c)
{
    if (!pending(c))
        return 0;
    struct span rest = {c->buf.ptr + c->sent, pending(c)};

    if (push(c, &rest) < 0)
        return -1;
    if (c->closed)
        return 0;
    c->sent = c->buf.len - rest.len;
    if (!rest.len) {
        c->sent = 0;
        if (c->buf.cap > KEEP)
            buf_release(&c->buf);
        buf_clear(&c->buf);
    }
    if (c->waiting != (rest.len != 0))
        set_watch(c, rest.len != 0);
    return 0;
}

static void on_event(void *ctx, short events)
{
    struct channel *c = ctx;

    if (events & (POLLERR | POLLHUP | POLLNVAL)) {
        errno = EPIPE;
        fail(c);
    } else if (pending(c)) {
        push_pending(c); /* an error is told by the next call of the owner */
    }
}

/* A pipe without a reader cannot be opened again: ENXIO says so. */
static void reopen(struct channel *c)
{
    char path[32];

    snprintf(path, sizeof path, "/proc/self/fd/%d", c->fd);
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0) {
        c->fd = fd;
        c->owned = true;
        c->way = CHANNEL_OWN;
    } else if (errno == ENXIO && c->watched) {
        c->closed = true;
    }
}

static void find_way(struct channel *c)
{
    struct stat st;
    bool tty = isatty(c->fd);

    c->way = CHANNEL_DIRECT;
    c->step = tty ? TTY_STEP : PIPE_BUF;
    if (fstat(c->fd, &st) < 0)
        return;
    if (S_ISSOCK(st.st_mode)) {
        c->way = CHANNEL_SEND;
    } else if (S_ISFIFO(st.st_mode) || tty) {
        c->way = CHANNEL_CAREFUL;
        if (!c->owned)
            reopen(c);
        else if (io_set_nonblock(c->fd) == 0)
            c->way = CHANNEL_OWN;
    }
}

static void start(struct channel *c, bool watch)
{
    c->watched = watch;
    find_way(c);
    c->watched = watch && c->way != CHANNEL_DIRECT;
    if (c->watched && !c->closed)
        set_watch(c, false);
}

void channel_open(struct channel *c, struct loop *loop, int fd, const char *name, bool watch)
{
    *c = (struct channel){.loop = loop, .fd = fd, .name = name};
    start(c, watch);
}

void channel_take(struct channel *c, struct loop *loop, int fd, const char *name, bool watch)
{
    *c = (struct channel){.loop = loop, .fd = fd, .name = name, .owned = true};
    start(c, watch);
}

int channel_put(struct channel *c, struct span bytes)
{
    if (c->failed)
        return -1;
    if (c->closed || !bytes.len)
        return 0;
    if (!c->waiting && pending(c) + bytes.len >= GATHER) {
        if (push_pending(c) < 0)
            return -1;
        if (!pending(c) && bytes.len >= GATHER && push(c, &bytes) < 0)
            return -1;
        if (c->closed)
            return 0;
    }
    buf_put(&c->buf, bytes.ptr, bytes.len);
    if (!c->waiting && pending(c) >= GATHER)
        set_watch(c, true);
    return 0;
}

int channel_flush(struct channel *c)
{
    if (c->failed)
        return -1;
    return c->waiting || !pending(c) ? 0 : push_pending(c);
}

int channel_drain(struct channel *c, int64_t until)
{
    for (;;) {
        if (c->failed || (channel_busy(c) && push_pending(c) < 0))
            return -1;
        int64_t left = until - clock_now();

        if (!channel_busy(c) || left <= 0)
            return 0;
        int timeout = left < 1000000 ? (int)(left / 1000) + 1 : 1000;

        poll(&(struct pollfd){.fd = c->fd, .events = POLLOUT}, 1, timeout);
    }
}

bool channel_busy(const struct channel *c)
{
    return pending(c) && !c->closed && !c->failed;
}

void channel_close(struct channel *c)
{
    if (c->loop)
        drop_all(c);
    if (c->owned)
        close(c->fd);
    *c = (struct channel){0};
}
