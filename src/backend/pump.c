/*
 * A rank other than 0. Two brakes: at most PUMP_WINDOW messages are on their way to rank 0, else the executor is not read (it will wait, and its
 * tasks with it); at most DOWN_LIMIT bytes wait for the executor, else no message is received.
 *
 * Nobody waits for ever. Rank 0 receives always, also while its own output is stuck, so messages to it do go. The executor reads always, but while it
 * waits for this rank to read, and this rank stops reading only until rank 0 has received. So of the circle rank 0, this rank, executor at
 * least one link moves, and a link that broke ends all three: the executor's end is told to rank 0, rank 0's silence ends this rank,
 * this rank's end closes the executor's socket.
 */
#include "backend/pump.h"

#include "backend/executor.h"
#include "backend/nap.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/xalloc.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DOWN_LIMIT = 1 << 20, LOOK_LONGEST = 1000000 };

struct pump {
    const struct pump_spec *spec;
    struct loop *loop;
    struct buf down; /* from rank 0, for the executor */
    size_t written;
    bool leave, failed;
    int64_t heard; /* of rank 0, by `silence` */
    struct silence silence;
    struct nap nap;
    struct loop_timer beat;
};

int64_t silence_now(struct silence *s, int64_t now, int64_t longest_look)
{
    if (s->looked && now - s->looked > longest_look)
        s->missed += now - s->looked - longest_look;
    s->looked = now;
    return now - s->missed;
}

static int64_t now_heard(struct pump *p)
{
    return silence_now(&p->silence, clock_now(), LOOK_LONGEST);
}

static void send_up(struct pump *p, enum pump_tag tag, const char *bytes, size_t len)
{
    char *copy = xmemdup(bytes, len);

    if (p->spec->transport->send(0, tag, copy, len) < 0)
        p->failed = true;
    nap_event(&p->nap, clock_now());
}

static void end_executor(struct pump *p)
{
    if (p->spec->executor->fd < 0)
        return;
    loop_remove(p->loop, p->spec->executor->fd);
    executor_end(p->spec->executor);
    p->down.len = p->written = 0;
    send_up(p, PUMP_END, "", 0);
}

static void write_down(struct pump *p)
{
    while (p->written < p->down.len) {
        ssize_t n = io_write(p->spec->executor->fd, p->down.ptr + p->written, p->down.len - p->written);

        if (n < 0) {
            if (errno != EAGAIN)
                end_executor(p);
            buf_trim(&p->down, &p->written);
            return;
        }
        p->written += (size_t)n;
    }
    p->down.len = p->written = 0;
}

static void on_executor(void *ctx, short events)
{
    static char buffer[PUMP_CHUNK]; /* lent until send_up has copied */
    struct pump *p = ctx;

    if (events & POLLOUT)
        write_down(p);
    if (!(events & (POLLIN | POLLHUP | POLLERR)) || p->spec->executor->fd < 0 ||
        p->spec->transport->unsent(0) >= PUMP_WINDOW)
        return;
    ssize_t n = io_read(p->spec->executor->fd, buffer, sizeof buffer);

    if (n > 0)
        send_up(p, PUMP_STREAM, buffer, (size_t)n);
    else if (n == 0 || errno != EAGAIN)
        end_executor(p);
}

static void take_message(struct pump *p, const struct transport_message *m)
{
    if (m->from != 0)
        return;
    p->heard = now_heard(p);
    switch (m->tag) {
    case PUMP_STREAM:
        if (p->spec->executor->fd < 0)
            return;
        buf_put(&p->down, m->ptr, m->len);
        write_down(p);
        return;
    case PUMP_LEAVE:
        p->leave = true;
        return;
    default:
        return;
    }
}

static void receive(struct pump *p)
{
    struct transport_message m;

    while (!p->leave && p->down.len - p->written < DOWN_LIMIT) {
        int got = p->spec->transport->receive(&m);

        if (got < 0)
            p->failed = true;
        if (got <= 0)
            return;
        take_message(p, &m);
        nap_event(&p->nap, clock_now());
    }
}

static int64_t beat_every(const struct pump *p)
{
    return p->spec->lost_after / PUMP_BEATS;
}

static void on_beat(void *ctx)
{
    struct pump *p = ctx;

    if (p->spec->transport->unsent(0) < PUMP_WINDOW)
        send_up(p, PUMP_BEAT, "", 0);
    loop_timer_set(p->loop, &p->beat, clock_now() + beat_every(p));
}

static void check_silence(struct pump *p)
{
    if (!p->spec->lost_after || now_heard(p) - p->heard < p->spec->lost_after)
        return;
    diag("rank %u has not heard of rank 0 for %d s: it ends the job", p->spec->rank, (int)(p->spec->lost_after / 1000000));
    p->failed = true;
}

static void on_drain(void *ctx, short events)
{
    struct pump *p = ctx;
    char buffer[65536];

    (void)events;
    if (read(p->spec->drain, buffer, sizeof buffer) <= 0)
        loop_remove(p->loop, p->spec->drain);
}

/* What to wait for, by what there is room for. While the executor is not read not even its end is looked at. */
static void choose_events(struct pump *p)
{
    short events = 0;

    if (p->spec->executor->fd < 0)
        return;
    if (p->spec->transport->unsent(0) < PUMP_WINDOW)
        events |= POLLIN;
    if (p->written < p->down.len)
        events |= POLLOUT;
    loop_change(p->loop, p->spec->executor->fd, events ? events : -1);
}

static void begin(struct pump *p)
{
    p->loop = loop_new();
    p->heard = now_heard(p);
    nap_event(&p->nap, clock_now());
    loop_timer_init(&p->beat, on_beat, p);
    if (p->spec->lost_after)
        loop_timer_set(p->loop, &p->beat, clock_now() + beat_every(p));
    if (p->spec->drain >= 0)
        loop_add(p->loop, p->spec->drain, POLLIN, on_drain, p);
    if (p->spec->executor->fd >= 0)
        loop_add(p->loop, p->spec->executor->fd, POLLIN, on_executor, p);
    else
        send_up(p, PUMP_END, "", 0);
}

int pump_run(const struct pump_spec *spec)
{
    struct pump p = {.spec = spec};

    begin(&p);
    while (!p.leave && !p.failed) {
        receive(&p);
        check_silence(&p);
        choose_events(&p);
        if (!p.leave && !p.failed && loop_wait(p.loop, nap_until(&p.nap, clock_now())) < 0)
            p.failed = true;
    }
    loop_free(p.loop);
    buf_release(&p.down);
    executor_end(spec->executor);
    if (!p.failed)
        send_up(&p, PUMP_BYE, "", 0);
    return p.failed ? -1 : 0;
}
