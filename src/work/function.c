/*
 * The worker that calls a function in a process of its own. The far side is child.c, what is
 * between them share.h.
 *
 * Up to two batches are in the process's hands, so that it never waits for the next one. When it
 * dies, what it had finished is taken from the shared memory, the one task it was in fails with the
 * cause of death, and the rest goes to a fresh process:
 *
 *     lot[0].batch   t t t t t t t t t t        lot[1].batch   t t t t ...
 *                    └──────┘ ▲ └──────┘                       └────────┘
 *                     ended   │  goes to the next process, and all of this
 *                          fails with signal 11
 */
#include "work/function.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/xalloc.h"
#include "work/again.h"
#include "work/dl.h"
#include "work/ended.h"
#include "work/link.h"
#include "work/lots.h"
#include "work/reader.h"
#include "work/reaper.h"
#include "work/share.h"
#include "work/signature.h"
#include "work/slotenv.h"
#include "work/stuck.h"
#include "work/work.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    TEXT_SIZE = 16384,
    BAD_STARTS = 3,          /* in a row: the worker cannot be started */
    FINI_TIME = 10000000,    /* us for _fini and exit handlers at the end */
};

struct function {
    struct worker base;
    struct worker_spec spec;
    char *library;
    char **env;
    struct link link;
    struct reaper reaper;
    struct reader reader;
    struct lots lots;
    uint32_t served;        /* tasks sent to this process */
    uint32_t bad_starts;    /* in a row */
    bool ready;             /* _init has run */
    bool renewing;          /* nothing more is sent to this process: its tasks are up */
    bool corrupt, timed_out;
    bool stopping;          /* a signal ends the run: nothing is started again */
    bool broken;            /* given up (reported) */
    struct again again;
    struct loop_timer timer; /* the next attempt to start; else watches progress */
    struct stuck stuck;
    struct buf reason;
};

static void start(struct function *f);

/* --- text -------------------------------------------------------------------------------------- */

/* Of a task, or, before and after all tasks, of nobody. */
static void hand_on_text(struct function *f, struct span text)
{
    if (f->link.share && reader_running(&f->reader))
        reader_text(&f->reader, text);
    else
        io_write_all(STDERR_FILENO, text.ptr, text.len);
}

static ssize_t read_text(struct function *f)
{
    char buffer[TEXT_SIZE];
    ssize_t n = link_read(&f->link, buffer, sizeof buffer);

    if (n > 0)
        hand_on_text(f, (struct span){buffer, (size_t)n});
    return n;
}

/* --- lots -------------------------------------------------------------------------------------- */

static void read_lot(struct function *f)
{
    const struct lot *l = &f->lots.lot[0];

    reader_batch(&f->reader, l->first + l->skip, l->count - l->skip, l->attempt);
}

static void cancel(struct function *f)
{
    lots_cancel(&f->lots, f->spec.slot, f->spec.rank, f->spec.on_piece, f->spec.ctx);
}

static void give_up(struct function *f, const char *why)
{
    diag("worker %s:%s: %s", f->spec.work->word[0], f->spec.work->word[1], why);
    f->broken = true;
    f->corrupt = f->link.process.pid != 0; /* whatever it may still say */
    cancel(f);
}

/* All tasks of the first lot have ended: the batch is no longer ours. */
static void next_lot(struct function *f)
{
    lots_drop(&f->lots);
    while (f->lots.sent && lots_void(&f->lots)) {
        lots_drop(&f->lots);
        reader_skip(&f->reader);
    }
    f->bad_starts = 0;
    if (f->lots.sent)
        read_lot(f);
    else
        f->stuck.cutting = false;
}

static int send_lot(struct function *f, struct lot *l)
{
    uint32_t count = l->count - l->skip, most = f->spec.work->max_tasks;
    struct share_batch head = {
        .first = l->first + l->skip,
        .count = count,
        .attempt = l->attempt,
        .separator = l->batch->separator,
    };

    l->limit = most && most - f->served <= count ? most - f->served : 0;
    f->served += count;
    head.limit = l->limit;
    f->renewing = l->limit != 0;
    return link_give(&f->link, &head, lot_rest(l));
}

static void send_lots(struct function *f)
{
    while (f->link.process.pid && f->lots.sent < f->lots.used && !f->renewing) {
        if (send_lot(f, &f->lots.lot[f->lots.sent]) < 0) {
            diag_errno("memory shared with a worker");
            spawn_kill(&f->link.process, SIGKILL);
            give_up(f, "giving up");
            return;
        }
        if (f->lots.sent++ == 0) {
            reader_resume(&f->reader);
            read_lot(f);
        }
    }
    if (f->lots.sent && !f->timer.place)
        loop_timer_set(f->spec.loop, &f->timer, stuck_first(&f->stuck, clock_now()));
}

/* The process ends KEEP tasks of the first lot, and no other of those it has. */
static void give_back(struct function *f, uint32_t keep)
{
    f->stuck.cutting = false;
    lots_cut(&f->lots, keep, f->spec.give_back, f->spec.ctx);
    reader_shorten(&f->reader, keep);
}

/* --- what the process says --------------------------------------------------------------------- */

static void take_news(struct function *f)
{
    for (;;) {
        switch (reader_take(&f->reader)) {
        case READER_NONE:
            link_wake(&f->link);
            return;
        case READER_BATCH:
            if (!f->lots.sent)
                return;
            next_lot(f);
            break;
        case READER_TEXT:
            while (read_text(f) > 0)
                ;
            reader_heard(&f->reader);
            break;
        case READER_READY:
            f->ready = true;
            break;
        case READER_FATAL:
            buf_clear(&f->reason);
            buf_put(&f->reason, f->reader.fatal.ptr, f->reader.fatal.len);
            break;
        case READER_CUT:
            if (f->stuck.cutting) {
                give_back(f, f->reader.done);
                next_lot(f);
                break;
            }
            /* fall through */
        case READER_CORRUPT:
            f->corrupt = true;
            spawn_kill(&f->link.process, SIGKILL);
            return;
        }
    }
}

static void on_bell(void *ctx, short events)
{
    struct function *f = ctx;

    (void)events;
    if (!link_answer(&f->link))
        loop_remove(f->spec.loop, f->link.bell); /* its end will tell */
    if (!f->corrupt)
        take_news(f);
}

static void on_text(void *ctx, short events)
{
    struct function *f = ctx;

    (void)events;
    if (!f->corrupt)
        take_news(f);
    if (read_text(f) == 0)
        loop_remove(f->spec.loop, f->link.err);
}

/* --- the end of a process ---------------------------------------------------------------------- */

static void describe(struct function *f, struct outcome *o, int status)
{
    ended_describe(o, status, "the function has ended its process",
                   "the function has ended its process with exit status 0");
    o->flags = OUTCOME_CRASH;
    if (o->cause != END_SIGNAL)
        return;
    if (f->timed_out) {
        o->flags = 0;
        o->cause = END_TIMEOUT;
        o->elapsed = clock_now() - f->stuck.since;
    } else if (f->corrupt) {
        o->reason = span_of("the function has written over smap's memory");
    } else if (o->signal == SIGKILL && !f->stopping) {
        o->reason = span_of("killed from outside (out of memory?)");
    }
}

/* Before _init was through: the task could not be given to anybody. */
static void describe_start(struct function *f, struct outcome *o, int status)
{
    if (!f->reason.len && WIFSIGNALED(status))
        buf_printf(&f->reason, "its init function ended the process (signal %d)", WTERMSIG(status));
    else if (!f->reason.len)
        buf_printf(&f->reason, "its init function ended the process (exit status %d)", WEXITSTATUS(status));
    o->cause = END_NOT_RUN;
    o->status = 126;
    o->reason = (struct span){f->reason.ptr, f->reason.len};
}

/* With nothing to do, or after its last task (--max-tasks-per-worker). */
static bool ended_in_peace(const struct function *f, int status)
{
    const struct lot *l = &f->lots.lot[0];

    return !f->lots.sent || (l->limit && f->reader.done >= l->limit && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* When the task that runs began, or was first seen. */
static int64_t running_since(const struct function *f, int64_t now)
{
    int64_t since = reader_since(&f->reader);

    if (!since)
        since = f->stuck.progress == atomic_load(&f->link.share->progress) ? f->stuck.since : now;
    return since < now ? since : now; /* what stands in shared memory may be anything */
}

/* Takes all that the dead process has left behind, and fails the task it was in. False: it could not
 * be started, or did not come to a task. */
static bool bury(struct function *f, int status)
{
    int64_t now = clock_now(), since = running_since(f, now);

    if (!f->corrupt) {
        take_news(f);
        since = running_since(f, now);
        if (reader_peek(&f->reader, true))
            take_news(f);
    }
    for (int left = 64; left && read_text(f) > 0; left--)
        ;
    if (ended_in_peace(f, status))
        return true;
    if (f->ready && !reader_running(&f->reader))
        return false; /* between two tasks, somebody else's doing */
    if (!f->ready && f->stopping)
        return false; /* ours: the tasks are cancelled */
    struct outcome o = reader_outcome(&f->reader, since, now);

    if (f->ready)
        describe(f, &o, status);
    else
        describe_start(f, &o, status);
    reader_fail(&f->reader, &o);
    return f->ready;
}

static void unwatch(struct function *f)
{
    struct loop *l = f->spec.loop;
    int fd[] = {f->link.bell, f->link.err};

    for (int i = 0; i < 2; i++)
        if (loop_has(l, fd[i]))
            loop_remove(l, fd[i]);
    loop_timer_clear(l, &f->timer);
}

/* A process that fails its tasks one by one comes to an end of them; one that does not get so far never would. */
static void check_start(struct function *f)
{
    if (++f->bad_starts < BAD_STARTS)
        return;
    if (!f->reason.len)
        buf_puts(&f->reason, "its process has ended again and again before it took a task");
    give_up(f, buf_cstr(&f->reason));
}

static void on_death(void *ctx, int status, const struct rusage *usage)
{
    struct function *f = ctx;

    (void)usage;
    unwatch(f);
    bool served = bury(f, status);

    link_close(&f->link);
    f->stuck.cutting = false;
    lots_rewind(&f->lots, f->reader.done);
    reader_begin(&f->reader, NULL);
    if (f->stopping)
        cancel(f);
    else if (!served)
        check_start(f);
    if (f->lots.used)
        start(f);
}

/* --- the beginning of a process ---------------------------------------------------------------- */

static void watch(struct function *f)
{
    struct loop *l = f->spec.loop;

    loop_add(l, f->link.bell, POLLIN, on_bell, f);
    loop_add(l, f->link.err, POLLIN, on_text, f);
    reaper_watch(&f->reaper);
}

static void start_later(struct function *f, int error)
{
    bool alone = f->spec.starved(f->spec.ctx, error);
    int64_t at = again_next(&f->again, error, clock_now(), alone);

    if (at >= 0)
        loop_timer_set(f->spec.loop, &f->timer, at);
    else
        give_up(f, strerror(error));
}

static void start(struct function *f)
{
    int error = link_start(&f->link, f->spec.work, f->library, f->env);

    if (error) {
        start_later(f, error);
        return;
    }
    f->spec.starved(f->spec.ctx, 0);
    f->again = (struct again){0};
    f->ready = f->renewing = f->corrupt = f->timed_out = false;
    f->served = 0;
    stuck_begin(&f->stuck);
    buf_clear(&f->reason);
    reader_begin(&f->reader, f->link.share);
    watch(f);
    send_lots(f);
}

/* --- watching ---------------------------------------------------------------------------------- */

/* A long task holds up others, which another slot could have at once. Not from a process that counts its tasks. */
static bool holds_up(const struct function *f, int64_t now)
{
    bool behind = f->reader.done + 1 < f->reader.count || f->lots.sent > 1;

    return behind && stuck_is_long(&f->stuck, now) && !f->renewing && !f->stopping && f->spec.wanted(f->spec.ctx);
}

static void consider_cut(struct function *f, int64_t now)
{
    struct share *s = f->link.share;

    if (stuck_sure(&f->stuck, now)) {
        give_back(f, f->reader.done + 1);
    } else if (!f->stuck.cutting && holds_up(f, now)) {
        atomic_store(&s->cut, atomic_load(&s->given));
        stuck_cut(&f->stuck, now);
    }
}

/* A batch may hold one long task among short ones: those finished are handed on meanwhile. */
static void on_watch(struct function *f)
{
    int64_t now = clock_now(), timeout;

    take_news(f);
    reader_peek(&f->reader, false);
    timeout = f->lots.sent ? f->lots.lot[0].batch->timeout : 0;
    stuck_look(&f->stuck, atomic_load(&f->link.share->progress), reader_running(&f->reader), now);
    if (timeout && now - f->stuck.since >= timeout) {
        f->timed_out = true;
        spawn_kill(&f->link.process, SIGKILL);
    } else {
        consider_cut(f, now);
    }
    if (f->lots.used)
        loop_timer_set(f->spec.loop, &f->timer, stuck_next(&f->stuck, now, timeout));
}

static void on_timer(void *ctx)
{
    struct function *f = ctx;

    if (f->link.process.pid && !f->corrupt)
        on_watch(f);
    else if (!f->link.process.pid && f->lots.used)
        start(f);
}

/* --- the contract ------------------------------------------------------------------------------ */

static int function_check(const struct work *work)
{
    char *library = dl_resolve(work->word[0]);
    int status = link_check(work, library);

    free(library);
    return status;
}

static int function_open(struct worker **w, const struct worker_spec *spec)
{
    struct function *f = xcalloc(1, sizeof *f);
    const struct work *work = spec->work;
    struct reader_spec reader = {
        .separator = work->separator,
        .fill = span_of(work->fill ? work->fill : ""),
        .lengths = work->lengths,
        .slot = spec->slot,
        .rank = spec->rank,
        .on_piece = spec->on_piece,
        .ctx = spec->ctx,
    };

    f->base.ops = &function_ops;
    f->spec = *spec;
    f->library = dl_resolve(work->word[0]);
    f->env = slotenv_new(work, spec->slot, spec->rank);
    f->link = (struct link)LINK_NONE;
    reaper_init(&f->reaper, spec->loop, &f->link.process, on_death, f);
    reader_init(&f->reader, &reader);
    loop_timer_init(&f->timer, on_timer, f);
    *w = &f->base;
    return 0;
}

static uint32_t function_room(const struct worker *w)
{
    const struct function *f = (const struct function *)w;

    return f->stuck.cutting ? 0 : LOTS - f->lots.used;
}

static int function_give(struct worker *w, const struct batch *b)
{
    struct function *f = (struct function *)w;
    if (f->broken)
        return -1;
    lots_add(&f->lots, b);
    if (f->link.process.pid)
        send_lots(f);
    else if (f->lots.used == 1)
        start(f);
    return f->broken ? -1 : 0;
}

static void function_signal(struct worker *w, int sig)
{
    struct function *f = (struct function *)w;

    if (worker_ends_by(sig))
        f->stopping = true;
    if (f->link.process.pid)
        spawn_kill(&f->link.process, sig);
    else if (f->stopping)
        cancel(f);
}

static void function_running(const struct worker *w,
                             void (*tell)(void *ctx, uint64_t task, int64_t since, int pid), void *ctx)
{
    const struct function *f = (const struct function *)w;

    if (f->lots.sent && reader_running(&f->reader))
        tell(ctx, reader_running(&f->reader), running_since(f, clock_now()), f->link.process.pid);
}

/* Lets it call _fini and flush what it has; its last words are nobody's. */
static void await_end(struct function *f)
{
    int64_t limit = clock_now() + FINI_TIME;
    struct pollfd p[] = {{.fd = f->link.process.pidfd, .events = POLLIN}, {.fd = f->link.err, .events = POLLIN}};

    shutdown(f->link.bell, SHUT_WR);
    reader_begin(&f->reader, NULL);
    while (clock_now() < limit && poll(p, 2, p[0].fd < 0 ? 5 : 1000) >= 0) {
        if (p[1].revents && read_text(f) <= 0)
            p[1].fd = -1;
        if (p[0].revents || p[0].fd < 0)
            break;
    }
    while (read_text(f) > 0)
        ;
}

static int function_close(struct worker *w)
{
    struct function *f = (struct function *)w;

    unwatch(f);
    reaper_leave(&f->reaper);
    if (f->link.process.pid && !f->lots.used && !f->corrupt)
        await_end(f);
    reaper_end(&f->reaper);
    link_close(&f->link);
    while (f->lots.used)
        lots_drop(&f->lots);
    reader_release(&f->reader);
    spawn_env_free(f->env);
    buf_release(&f->reason);
    free(f->library);
    free(f);
    return 0;
}

const struct worker_ops function_ops = {
    .name = "function",
    .batched = true,
    .check = function_check,
    .open = function_open,
    .room = function_room,
    .give = function_give,
    .signal = function_signal,
    .running = function_running,
    .close = function_close,
};
