/*
 * The executor. It owns every batch it was sent until the last task of it has ended. Batches wait in a queue and are cut to the local backend's
 * taste (single tasks for commands), so that all slots of a rank share what the rank was given and no task waits behind a long
 * one while a slot is idle; and so that what has not begun can be cancelled, or given back when other ranks have nothing to do.
 *
 * Nobody waits for ever: the executor waits for its rank only while the socket is full, and a rank that is gone closes it; its
 * tasks wait for the executor to read their pipes, which it does whenever the rank reads; the rank reads always (pump.c).
 */
#include "backend/serve.h"

#include "backend/backend.h"
#include "backend/setup.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/wire.h"
#include "base/xalloc.h"
#include "work/descend.h"
#include "work/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

extern char **environ;

enum {
    READ_SIZE = 65536,
    OUT_LIMIT = 1 << 20, /* bytes that may wait for the rank before the tasks must */
    END_US = 2000000,    /* for killing what is left */
    LAST_WORDS_MS = 100,
};

/* Tasks that the backend works on. */
struct part {
    struct batch *batch;
    uint32_t left; /* not ended yet */
    struct part *next;
};

struct serve {
    int fd;
    struct loop *loop;
    struct wire_reader in;
    struct buf out;
    size_t written; /* of out */
    bool stop, lost;
    bool ending;      /* the job was told to end by a signal */
    bool finishing;   /* nothing follows, as far as is known */
    bool finish_due;  /* the backend is to be told so, once the queue is empty */
    bool batched;     /* workers that may want more before they answer */
    bool asked;       /* for more */
    bool wanted;      /* other ranks have nothing to do: what cannot begin here goes back */
    int status;
    struct setup setup;
    struct backend *backend; /* NULL before SETUP */
    struct batch *queue, *last;  /* not begun, but for the first: */
    struct batch_cursor cursor;  /* what of it has been taken */
    struct part *parts;
};

static void lose(struct serve *s)
{
    s->lost = s->stop = true;
}

/* --- to the rank ------------------------------------------------------------------------------------------------ */

static void flush(struct serve *s)
{
    while (s->written < s->out.len && !s->lost) {
        ssize_t n = io_write(s->fd, s->out.ptr + s->written, s->out.len - s->written);

        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0)
            lose(s);
        else
            s->written += (size_t)n;
    }
    if (s->written == s->out.len || s->lost)
        s->out.len = s->written = 0;
    buf_trim(&s->out, &s->written);
}

/* Too much waits: nothing else is done, no pipe is read, until some of it has gone. */
static void flush_below_limit(struct serve *s)
{
    flush(s);
    while (s->out.len - s->written > OUT_LIMIT && !s->lost) {
        poll(&(struct pollfd){.fd = s->fd, .events = POLLOUT}, 1, -1);
        flush(s);
    }
}

static void tell(void *ctx, struct span line)
{
    struct serve *s = ctx;

    wire_note(&s->out, line);
}

static void say_hello(struct serve *s)
{
    char host[256] = "";
    struct hello h = {.version = (char *)(size_t)setup_version(), .host = host};

    if (gethostname(host, sizeof host - 1) < 0)
        host[0] = '\0';
    setup_measure(&h);
    setup_put_hello(&s->out, &h);
}

/* --- tasks ------------------------------------------------------------------------------------------------------ */

/* COUNT tasks from TASK on have ended, or were given back. Of several parts with this task the newest is meant, which comes first: in any other it has
 * failed before, or was given back. */
static void land(struct serve *s, uint64_t task, uint32_t count)
{
    struct part **at = &s->parts, *part;

    while ((part = *at) && task - part->batch->first >= part->batch->count)
        at = &part->next;
    if (!part)
        return;
    part->left -= count < part->left ? count : part->left;
    if (part->left)
        return;
    *at = part->next;
    batch_free(part->batch);
    free(part);
}

static void on_piece(void *ctx, const struct piece *p)
{
    struct serve *s = ctx;

    wire_piece(&s->out, p);
    if (p->kind == PIECE_END || p->kind == PIECE_RUN)
        land(s, p->task, p->count);
    flush_below_limit(s);
}

static bool is_wanted(void *ctx)
{
    const struct serve *s = ctx;

    return s->wanted && !s->stop;
}

static void on_give_back(void *ctx, uint64_t first, uint32_t count)
{
    struct serve *s = ctx;

    wire_range(&s->out, WIRE_BACK, first, count);
    land(s, first, count);
}

static struct batch *unqueue(struct serve *s)
{
    struct batch *b = s->queue;

    s->queue = b->next;
    b->next = NULL;
    if (s->queue)
        batch_walk(&s->cursor, s->queue);
    return b;
}

/* Up to MOST tasks of the first batch, taken from the queue; the batch itself when that is all of it. */
static struct batch *take(struct serve *s, uint32_t most)
{
    struct batch *b = s->queue;

    if (s->cursor.index == 0 && most >= b->count) {
        unqueue(s);
        return b;
    }
    b = batch_cut(&s->cursor, most);
    if (s->cursor.index == s->queue->count)
        batch_free(unqueue(s));
    return b;
}

static void begin(struct serve *s, struct batch *b)
{
    struct part *part = xcalloc(1, sizeof *part);

    *part = (struct part){b, b->count, s->parts};
    s->parts = part;
    if (s->backend->ops->submit(s->backend, b) < 0) {
        s->status = 3;
        s->stop = true;
    }
}

static uint32_t room(struct serve *s)
{
    return s->backend->ops->room(s->backend, UINT64_MAX).tasks;
}

/*
 * The master counts what it has given and waits for answers. A filter that collects its answers makes both wait for ever, unless it
 * may ask for more than the master would give by itself.
 */
static void ask_for_more(struct serve *s)
{
    if (!s->batched || s->asked || s->finishing || !s->parts || !room(s))
        return;
    wire_number(&s->out, WIRE_MORE, 0);
    s->asked = true;
}

/* All that no slot here has room for. */
static void return_queue(struct serve *s)
{
    while (s->queue) {
        wire_range(&s->out, WIRE_BACK, s->queue->first + s->cursor.index, s->queue->count - s->cursor.index);
        batch_free(unqueue(s));
    }
}

static void give_out(struct serve *s)
{
    uint32_t tasks;

    while (s->queue && !s->stop && (tasks = room(s)))
        begin(s, take(s, tasks));
    if (is_wanted(s))
        return_queue(s);
    if (s->queue || s->stop || !s->backend)
        return;
    if (s->finish_due && s->backend->ops->finish)
        s->backend->ops->finish(s->backend);
    s->finish_due = false;
    ask_for_more(s);
}

/* Smap is stopping: what has not begun never will. */
static void cancel_queue(struct serve *s)
{
    struct task t;

    while (s->queue) {
        while (batch_next(&s->cursor, &t)) {
            struct piece p = {.kind = PIECE_END, .task = t.number, .count = 1};

            p.end = (struct outcome){.cause = END_CANCELLED, .attempt = t.attempt, .rank = s->setup.rank,
                                     .slot = s->setup.first_slot};
            wire_piece(&s->out, &p);
        }
        batch_free(unqueue(s));
    }
}

/* --- from the rank ---------------------------------------------------------------------------------------------- */

static bool is_sound(const struct batch *b)
{
    struct batch_cursor c = {0};
    struct task t;

    batch_walk(&c, b);
    while (batch_next(&c, &t))
        ;
    bool sound = c.index == b->count && c.at == b->data.len;

    batch_walk_end(&c);
    return sound;
}

static bool on_batch(struct serve *s, struct span body)
{
    struct batch *b = s->backend ? wire_get_batch(body) : NULL;

    if (!b || !is_sound(b)) {
        batch_free(b);
        return false;
    }
    if (s->queue) {
        s->last->next = b;
    } else {
        s->queue = b;
        batch_walk(&s->cursor, b);
    }
    s->last = b;
    s->asked = false;
    s->finish_due = s->finishing; /* another attempt at a task, after the end of the input */
    return true;
}

/* Where the job runs and with what: 0, or the status with which this executor refuses. */
static int move_in(struct serve *s)
{
    const struct work *w = &s->setup.work;
    const struct worker_ops *kind = worker_ops_for(w);

    environ = setup_environment(s->setup.env, environ, w->keep_mpi_env);
    if (w->cwd && chdir(w->cwd) < 0) {
        diag_errno("cannot change to directory %s", w->cwd);
        return 3;
    }
    return kind->check ? kind->check(w) : 0;
}

static bool on_setup(struct serve *s, struct span body)
{
    if (s->backend || s->setup.slots || !setup_get(body, &s->setup))
        return false;
    struct backend_spec spec = {
        .loop = s->loop,
        .work = &s->setup.work,
        .slots = s->setup.slots,
        .first_slot = s->setup.first_slot,
        .rank = s->setup.rank,
        .chunk = s->setup.chunk,
        .on_piece = on_piece,
        .wanted = is_wanted,
        .give_back = on_give_back,
        .ctx = s,
    };
    int status = move_in(s);

    s->batched = worker_ops_for(&s->setup.work)->batched;
    if (!status && backend_find("procs")->open(&s->backend, &spec) < 0)
        status = 3;
    wire_number(&s->out, status ? WIRE_REFUSED : WIRE_READY, (uint32_t)status);
    return true;
}

static bool on_signal(struct serve *s, struct span body)
{
    struct wire_cursor c = wire_open(body);
    int sig = (int)wire_get_u32(&c);

    if (!wire_done(&c) || !s->backend)
        return false;
    if (!sig) {
        cancel_queue(s);
        return true;
    }
    if (sig == SIGINT || sig == SIGTERM || sig == SIGHUP || sig == SIGQUIT || sig == SIGKILL) {
        s->ending = true;
        cancel_queue(s);
    }
    s->backend->ops->signal(s->backend, sig);
    return true;
}

static bool on_wanted(struct serve *s, struct span body)
{
    struct wire_cursor c = wire_open(body);

    s->wanted = wire_get_u32(&c) != 0;
    return wire_done(&c) && s->backend;
}

static bool on_frame(struct serve *s, const struct wire_frame *f)
{
    switch (f->kind) {
    case WIRE_SETUP:
        return on_setup(s, f->body);
    case WIRE_BATCH:
        return on_batch(s, f->body);
    case WIRE_FINISH:
        s->finishing = s->finish_due = s->backend != NULL;
        return s->backend;
    case WIRE_SIGNAL:
        return on_signal(s, f->body);
    case WIRE_WANTED:
        return on_wanted(s, f->body);
    case WIRE_STOP:
        s->stop = true;
        return true;
    default:
        return false;
    }
}

static void on_socket(void *ctx, short events)
{
    struct serve *s = ctx;
    struct wire_frame f;
    char buffer[READ_SIZE];
    int got = 0;

    if (events & (POLLIN | POLLHUP | POLLERR)) {
        ssize_t n = io_read(s->fd, buffer, sizeof buffer);

        if (n == 0 || (n < 0 && errno != EAGAIN))
            lose(s);
        if (n > 0)
            wire_feed(&s->in, buffer, (size_t)n);
    }
    while (!s->stop && (got = wire_next(&s->in, &f)) == 1)
        if (!on_frame(s, &f)) {
            got = -1;
            break;
        }
    wire_feed(&s->in, "", 0); /* lets go of the memory of a large frame */
    if (got < 0) {
        diag("an executor was sent something it does not understand");
        s->status = 3;
        s->stop = true;
    }
}

/* --- begin, loop, end ------------------------------------------------------------------------------------------- */

static void ignore(int sig)
{
    (void)sig;
}

/* Whether the job ends is for the master to say; a handler, unlike SIG_IGN, is not inherited by the tasks. */
static void stay(void)
{
    static const int sig[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

    for (size_t i = 0; i < sizeof sig / sizeof *sig; i++) {
        struct sigaction old, now = {.sa_handler = ignore, .sa_flags = SA_RESTART};

        if (sigaction(sig[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(sig[i], &now, NULL);
    }
}

/* Both of what is done before each wait may be the end, after which nothing need ever happen again. */
static void run(struct serve *s)
{
    while (give_out(s), flush(s), !s->stop) {
        loop_change(s->loop, s->fd, s->out.len ? POLLIN | POLLOUT : POLLIN);
        int waited = s->backend ? s->backend->ops->wait(s->backend, CLOCK_NEVER) : loop_wait(s->loop, CLOCK_NEVER);

        if (waited < 0) {
            s->status = 3;
            s->stop = true;
        }
    }
}

/* After an orderly end a task's background processes are its own affair, as with any backend; when the job was stopped, something was still
 * running, or the rank is gone, all of them go; those with nobody to look after them while the guard still would. */
static void end(struct serve *s)
{
    bool broken_off = s->parts || s->lost || s->ending;
    int64_t until = clock_now() + END_US;

    if (broken_off)
        descend_clear(until);
    if (s->backend && s->backend->ops->close(s->backend) < 0)
        s->status = 3;
    if (broken_off)
        descend_kill(until);
    wire_number(&s->out, WIRE_ENDED, (uint32_t)s->status);
    while (flush(s), s->out.len && clock_now() < until + END_US)
        poll(&(struct pollfd){.fd = s->fd, .events = POLLOUT}, 1, LAST_WORDS_MS);
}

int serve_main(int fd)
{
    struct serve s = {.fd = fd, .loop = loop_new()};

    descend_adopt();
    stay();
    io_set_nonblock(fd);
    io_set_cloexec(fd);
    diag_divert(tell, &s);
    loop_add(s.loop, fd, POLLIN, on_socket, &s);
    say_hello(&s);
    run(&s);
    end(&s);
    diag_divert(NULL, NULL);
    while (s.parts) {
        struct part *p = s.parts;

        s.parts = p->next;
        batch_free(p->batch);
        free(p);
    }
    while (s.queue)
        batch_free(unqueue(&s));
    batch_walk_end(&s.cursor);
    setup_release(&s.setup);
    wire_release(&s.in);
    buf_release(&s.out);
    loop_free(s.loop);
    return s.status;
}
