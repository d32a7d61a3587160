/*
 * The worker that starts a process for every task: a command with placeholders, a shell line, or a task that is itself a shell line.
 *
 * The life of a task here: expand -> start -> read both pipes as they fill -> the process ends (pidfd) -> both pipes end -> END.
 * A process may end before its pipes do (a child of its own holds them) and the other way round; the task is over when both are,
 * or when the process has ended and the pipes stay open longer than work->linger: then they are cut off. A task that takes too long, or
 * whose run is being stopped, is over when nobody of its process group is left (ending.h).
 */
#include "work/command.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/xalloc.h"
#include "work/again.h"
#include "work/ending.h"
#include "work/program.h"
#include "work/reaper.h"
#include "work/spawn.h"
#include "work/work.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READ_SIZE = 65536,          /* one pipe full */
};

struct command {
    struct worker base;
    struct worker_spec spec;
    struct program *program;
    const struct batch *batch; /* being worked on; NULL: idle */
    struct batch_cursor cursor;
    struct task task;          /* the current one, inside batch */
    struct process process;
    struct reaper reaper;
    int out, err, in;          /* our ends of its pipes, -1: closed */
    size_t fed;                /* bytes of the task written to its stdin */
    bool ended;                /* the process has; STATUS is known */
    int status;
    bool timed_out;
    int unread;                /* why its output could not be read to the end; 0: it was */
    char why[128];             /* the same in words */
    bool stopping;             /* the run is: nothing is started any more */
    struct outcome outcome;
    int64_t started;           /* monotonic */
    struct loop_timer timer;   /* linger; or the next attempt to start */
    struct again again;
    struct loop_timer limit;   /* --timeout */
    struct ending ending;      /* what comes then, or when the run is stopped */
};

static void advance(struct command *c);

static void emit(struct command *c, enum piece_kind kind, struct span bytes)
{
    struct piece p = {.kind = kind, .task = c->task.number, .count = 1, .bytes = bytes};

    if (kind == PIECE_END)
        p.end = c->outcome;
    c->spec.on_piece(c->spec.ctx, &p);
}

static void drop(struct command *c, int *fd)
{
    if (*fd < 0)
        return;
    if (loop_has(c->spec.loop, *fd))
        loop_remove(c->spec.loop, *fd);
    close(*fd);
    *fd = -1;
}

/* The last END hands the batch back, so it is let go of before. */
static void close_task(struct command *c)
{
    loop_timer_clear(c->spec.loop, &c->timer);
    ending_clear(&c->ending, true);
    drop(c, &c->in);
    drop(c, &c->out);
    drop(c, &c->err);
    if (c->cursor.index == c->batch->count)
        c->batch = NULL;
    emit(c, PIECE_END, (struct span){0});
}

static void begin_outcome(struct command *c)
{
    c->outcome = (struct outcome){
        .cause = END_EXIT,
        .attempt = c->task.attempt,
        .slot = c->spec.slot,
        .rank = c->spec.rank,
        .start = clock_wall(),
    };
    c->started = clock_now();
    c->ended = c->timed_out = false;
    c->unread = 0;
    c->fed = 0;
}

/* The task could not be started: data like any other failure. False, for start to return. */
static bool not_run(struct command *c, int status, struct span reason)
{
    c->outcome.cause = END_NOT_RUN;
    c->outcome.status = (uint8_t)status;
    c->outcome.reason = reason;
    return false;
}

/* A result of which some may be missing is none. */
static void fail_unread(struct command *c)
{
    snprintf(c->why, sizeof c->why, "its output cannot be read: %s", strerror(c->unread));
    c->outcome.cause = END_NOT_RUN;
    c->outcome.status = 126;
    c->outcome.reason = span_of(c->why);
}

static void finish(struct command *c)
{
    struct buf message = BUF_INIT;

    c->outcome.elapsed = clock_now() - c->started;
    if (!c->timed_out && !c->stopping && program_ended(c->program, &c->status, &message))
        emit(c, PIECE_ERR, (struct span){message.ptr, message.len});
    buf_release(&message);
    if (WIFSIGNALED(c->status)) {
        c->outcome.cause = END_SIGNAL;
        c->outcome.signal = (uint8_t)WTERMSIG(c->status);
    } else {
        c->outcome.status = (uint8_t)WEXITSTATUS(c->status);
    }
    if (c->timed_out)
        c->outcome.cause = END_TIMEOUT;
    else if (c->unread && outcome_ok(&c->outcome))
        fail_unread(c);
    close_task(c);
    advance(c);
}

static void finish_if_over(struct command *c)
{
    if (c->ended && c->out < 0 && c->err < 0 && !ending_left(&c->ending))
        finish(c);
}

static char *read_buffer(void)
{
    static char buffer[READ_SIZE]; /* lent for the length of one emit */

    return buffer;
}

/* One read: the pipes of other tasks have their turn, and a full pipe is one read anyway. False at the end. */
static bool read_some(struct command *c, int fd, enum piece_kind kind)
{
    char *buffer = read_buffer();
    ssize_t n = io_read(fd, buffer, READ_SIZE);

    if (n < 0 && errno == EAGAIN)
        return true;
    if (n < 0)
        c->unread = errno;
    if (n <= 0)
        return false;
    emit(c, kind, (struct span){buffer, (size_t)n});
    return true;
}

static void on_out(void *ctx, short events)
{
    struct command *c = ctx;

    (void)events;
    if (read_some(c, c->out, PIECE_OUT))
        return;
    drop(c, &c->out);
    finish_if_over(c);
}

static void on_err(void *ctx, short events)
{
    struct command *c = ctx;

    (void)events;
    if (read_some(c, c->err, PIECE_ERR))
        return;
    drop(c, &c->err);
    finish_if_over(c);
}

/* A task that does not read its input is no error: it had what it wanted. */
static void on_in(void *ctx, short events)
{
    struct command *c = ctx;

    (void)events;
    ssize_t n = io_write(c->in, c->task.text.ptr + c->fed, c->task.text.len - c->fed);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n > 0)
        c->fed += (size_t)n;
    if (n < 0 || c->fed == c->task.text.len)
        drop(c, &c->in);
}

/* What the dead process wrote is all in the pipe: take it, then leave whoever still holds the other end. */
static void cut_off(struct command *c, int *fd, enum piece_kind kind)
{
    if (*fd < 0)
        return;
    struct pollfd p = {.fd = *fd, .events = POLLIN};

    for (int left = 64; left > 0 && poll(&p, 1, 0) == 1; left--)
        if (!read_some(c, *fd, kind))
            break;
    drop(c, fd);
}

static bool start(struct command *c);

/* The whole group has gone, and with it all that wrote for the task: who still holds a pipe has left the group, and its output is not waited for. */
static void on_gone(void *ctx)
{
    struct command *c = ctx;

    cut_off(c, &c->out, PIECE_OUT);
    cut_off(c, &c->err, PIECE_ERR);
    finish(c);
}

static void on_limit(void *ctx)
{
    struct command *c = ctx;

    c->timed_out = true;
    ending_begin(&c->ending, c->process.pid, SIGTERM, c->spec.work->kill_after);
}

/* Smap is stopping before the task was started. False, for start to return. */
static bool not_begun(struct command *c)
{
    c->outcome.cause = END_CANCELLED;
    return false;
}

/* Two uses that never overlap: the next attempt to start, and the linger time. */
static void on_timer(void *ctx)
{
    struct command *c = ctx;

    if (!c->ended) {
        if (!start(c)) {
            close_task(c);
            advance(c);
        }
        return;
    }
    cut_off(c, &c->out, PIECE_OUT);
    cut_off(c, &c->err, PIECE_ERR);
    c->outcome.flags |= OUTCOME_CUT;
    finish(c);
}

static void on_death(void *ctx, int status, const struct rusage *usage)
{
    struct command *c = ctx;

    c->ended = true;
    c->status = status;
    c->outcome.maxrss = usage->ru_maxrss;
    loop_timer_clear(c->spec.loop, &c->limit);
    drop(c, &c->in);
    if (ending_left(&c->ending))
        return;
    if (c->out < 0 && c->err < 0)
        finish(c);
    else
        loop_timer_set(c->spec.loop, &c->timer, clock_now() + c->spec.work->linger);
}

/* Pipes for what the task shall have; -1 with errno, nothing left open. */
static int open_pipes(struct command *c, int theirs[3])
{
    const struct work *w = c->spec.work;
    int *ours[] = {&c->in, &c->out, &c->err};

    for (int i = 0; i < 3; i++) {
        int fd[2];

        theirs[i] = i == 0 ? SPAWN_NULL : SPAWN_INHERIT;
        if (i == 0 ? !w->feed : w->inherit)
            continue;
        if (io_pipe(fd) < 0) {
            int error = errno;

            while (i-- > 0) {
                drop(c, ours[i]);
                if (theirs[i] >= 0)
                    close(theirs[i]);
            }
            errno = error;
            return -1;
        }
        *ours[i] = fd[i == 0];
        theirs[i] = fd[i != 0];
    }
    return 0;
}

static void watch_process(struct command *c)
{
    struct loop *l = c->spec.loop;

    reaper_watch(&c->reaper);
    if (c->batch->timeout)
        loop_timer_set(l, &c->limit, c->started + c->batch->timeout);
    if (c->out >= 0)
        loop_add(l, c->out, POLLIN, on_out, c);
    if (c->err >= 0)
        loop_add(l, c->err, POLLIN, on_err, c);
    if (c->in < 0)
        return;
    if (c->task.text.len == 0) {
        drop(c, &c->in);
        return;
    }
    io_set_nonblock(c->in);
    loop_add(l, c->in, POLLOUT, on_in, c);
}

/* No process or descriptor to be had: the task is tried again, or fails. False: it has, for start to return. */
static bool try_later(struct command *c, int error)
{
    bool alone = c->spec.starved(c->spec.ctx, error);
    int64_t at = again_next(&c->again, error, clock_now(), alone);

    if (at < 0)
        return not_run(c, 126, span_of(strerror(error)));
    loop_timer_set(c->spec.loop, &c->timer, at);
    return true;
}

/* Starts the current task's process, at once or later. False: it is over already, the outcome says why. */
static bool start(struct command *c)
{
    struct spawn s = {.extra = SPAWN_NULL, .cwd = c->spec.work->cwd, .nice = c->spec.work->nice};

    if (c->stopping)
        return not_begun(c);
    int status = program_prepare(c->program, &c->task, &s);

    if (status)
        return not_run(c, status, program_reason(c->program));
    if (open_pipes(c, s.fd) < 0)
        return try_later(c, errno);
    int error = program_start(c->program, &s, &c->process);

    for (int i = 0; i < 3; i++)
        if (s.fd[i] >= 0)
            close(s.fd[i]);
    if (!error) {
        c->spec.starved(c->spec.ctx, 0);
        c->again = (struct again){0};
        watch_process(c);
        return true;
    }
    drop(c, &c->in);
    drop(c, &c->out);
    drop(c, &c->err);
    if (again_may_pass(error))
        return try_later(c, error);
    return not_run(c, error == ENOENT ? 127 : 126, program_reason(c->program));
}

/* Goes through the batch until a task runs. A loop, not a recursion: all tasks of a batch may fail to start. */
static void advance(struct command *c)
{
    while (c->batch) {
        if (!batch_next(&c->cursor, &c->task))
            abort(); /* a batch holds as many tasks as it says */
        begin_outcome(c);
        if (start(c))
            return;
        close_task(c);
    }
}

static int command_open(struct worker **w, const struct worker_spec *spec)
{
    struct command *c = xcalloc(1, sizeof *c);

    c->base.ops = &command_ops;
    c->spec = *spec;
    c->process.pidfd = c->in = c->out = c->err = -1;
    reaper_init(&c->reaper, spec->loop, &c->process, on_death, c);
    loop_timer_init(&c->timer, on_timer, c);
    loop_timer_init(&c->limit, on_limit, c);
    ending_init(&c->ending, spec->loop, on_gone, c);
    if (program_new(&c->program, spec->work, spec->slot, spec->rank) < 0) {
        free(c);
        return -1;
    }
    *w = &c->base;
    return 0;
}

static uint32_t command_room(const struct worker *w)
{
    return !((const struct command *)w)->batch;
}

static int command_give(struct worker *w, const struct batch *b)
{
    struct command *c = (struct command *)w;

    c->batch = b;
    batch_walk(&c->cursor, b);
    advance(c);
    return 0;
}

static void command_signal(struct worker *w, int sig)
{
    struct command *c = (struct command *)w;

    if (sig == SIGSTOP || sig == SIGCONT) {
        spawn_kill(&c->process, sig);
        return;
    }
    c->stopping = true;
    if (c->process.pid)
        ending_begin(&c->ending, c->process.pid, sig, CLOCK_NEVER);
    else if (c->ending.group)
        ending_begin(&c->ending, c->ending.group, sig, CLOCK_NEVER);
    else if (c->batch && !c->ended)
        loop_timer_set(c->spec.loop, &c->timer, clock_now()); /* waits for a process: no longer */
}

static void command_running(const struct worker *w, void (*tell)(void *, uint64_t, int64_t, int), void *ctx)
{
    const struct command *c = (const struct command *)w;

    if (c->batch)
        tell(ctx, c->task.number, c->started, c->process.pid);
}

static int command_close(struct worker *w)
{
    struct command *c = (struct command *)w;

    loop_timer_clear(c->spec.loop, &c->timer);
    loop_timer_clear(c->spec.loop, &c->limit);
    ending_clear(&c->ending, true);
    spawn_kill(&c->process, SIGKILL);
    reaper_end(&c->reaper);
    drop(c, &c->in);
    drop(c, &c->out);
    drop(c, &c->err);
    batch_walk_end(&c->cursor);
    program_free(c->program);
    free(c);
    return 0;
}

const struct worker_ops command_ops = {
    .name = "command",
    .check = program_check,
    .open = command_open,
    .room = command_room,
    .give = command_give,
    .signal = command_signal,
    .running = command_running,
    .close = command_close,
};
