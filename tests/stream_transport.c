/* Messages as a head (tag, length) and bytes on a socket pair between rank 0 and each other rank. Sends wait in a buffer, as MPI's do. */
#include "stream_transport.h"

#include "base/buf.h"
#include "base/io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RANKS = 8 };

struct head {
    int tag;
    uint32_t len;
};

static struct {
    uint32_t size, rank;
    int pair[RANKS][2];
    int fd[RANKS]; /* by rank of the other side; -1: none */
    struct buf in[RANKS], out[RANKS];
    char *lent;
} w;

void stream_world(uint32_t size)
{
    w.size = size;
    for (uint32_t i = 1; i < size; i++)
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, w.pair[i]) < 0)
            abort();
}

void stream_become(uint32_t rank)
{
    w.rank = rank;
    for (uint32_t i = 0; i < w.size; i++)
        w.fd[i] = -1;
    for (uint32_t i = 1; i < w.size; i++) {
        if (rank == 0)
            w.fd[i] = w.pair[i][0];
        else if (rank == i)
            w.fd[0] = w.pair[i][1];
        close(w.pair[i][rank == 0]);
        if (rank && rank != i)
            close(w.pair[i][1]);
        io_set_nonblock(rank == 0 ? w.fd[i] : w.fd[0]);
    }
}

static int stream_open(uint32_t *rank, uint32_t *size, int (*report)(const char *format, ...))
{
    (void)report;
    *rank = w.rank;
    *size = w.size;
    return 0;
}

static void push(uint32_t to)
{
    ssize_t n;

    while (w.out[to].len && (n = io_write(w.fd[to], w.out[to].ptr, w.out[to].len)) > 0)
        buf_shift(&w.out[to], (size_t)n);
}

static int stream_send(uint32_t to, int tag, char *ptr, size_t len)
{
    struct head h = {tag, (uint32_t)len};

    if (len > TRANSPORT_MAX)
        abort();
    buf_put(&w.out[to], &h, sizeof h);
    buf_put(&w.out[to], ptr, len);
    free(ptr);
    push(to);
    return 0;
}

static uint32_t stream_unsent(uint32_t to)
{
    push(to);
    return w.out[to].len ? 4 : 0;
}

static bool take(uint32_t from, struct transport_message *m)
{
    struct buf *in = &w.in[from];
    struct head h;

    if (in->len < sizeof h)
        return false;
    memcpy(&h, in->ptr, sizeof h);
    if (in->len < sizeof h + h.len)
        return false;
    w.lent = malloc(h.len + 1);
    memcpy(w.lent, in->ptr + sizeof h, h.len);
    buf_shift(in, sizeof h + h.len);
    *m = (struct transport_message){from, h.tag, w.lent, h.len};
    return true;
}

static int stream_receive(struct transport_message *m)
{
    free(w.lent);
    w.lent = NULL;
    for (uint32_t i = 0; i < w.size; i++) {
        if (w.fd[i] < 0)
            continue;
        push(i);
        ssize_t n = take(i, m) ? 1 : io_read(w.fd[i], buf_room(&w.in[i], 65536), 65536);

        if (w.lent)
            return 1;
        if (n > 0)
            w.in[i].len += (size_t)n;
        if (n == 0)
            w.fd[i] = -1; /* as in MPI: nobody is told */
        if (n > 0 && take(i, m))
            return 1;
    }
    return 0;
}

static void stream_close(void)
{
    for (uint32_t i = 0; i < w.size; i++) {
        while (w.fd[i] >= 0 && w.out[i].len && io_write_all(w.fd[i], w.out[i].ptr, w.out[i].len) == 0)
            w.out[i].len = 0;
        buf_release(&w.in[i]);
        buf_release(&w.out[i]);
    }
}

static void stream_abort(int status)
{
    _exit(status);
}

const struct transport_ops stream_transport = {
    .abi = TRANSPORT_ABI,
    .library = "stream",
    .open = stream_open,
    .send = stream_send,
    .unsent = stream_unsent,
    .receive = stream_receive,
    .close = stream_close,
    .abort = stream_abort,
};
