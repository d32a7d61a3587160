/*
 * The worker that is a filter: a shell line, started once, with three pipes.
 *
 * How much to give it is silence.c's to say, which answer is whose answers.c's. Here is the life of the process.
 *
 * The end: filter_finish closes its stdin once all is written. The last answer is believed only when the process has ended, since only
 * then is it known that no other record follows.
 */
#include "work/filter.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/xalloc.h"
#include "work/again.h"
#include "work/answers.h"
#include "work/ended.h"
#include "work/ending.h"
#include "work/piped.h"
#include "work/program.h"
#include "work/reaper.h"
#include "work/shfast.h"
#include "work/silence.h"
#include "work/slotenv.h"
#include "work/work.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PIPE_SIZE = 256 << 10,
    SPANS = 64,                /* of one writev */
    TEXT_SIZE = 16384,
    READS = 8,                 /* of 128 KiB, before others have their turn */
    REST_TASKS = 64, REST_BYTES = 8192, /* as long as more answers are owed, and fewer bytes have come at a time, ... */
    REST = 500,                /* ... its output is left alone for these us */
    END_TIME = 10000000,       /* us a filter has to leave after its last answer */
};

struct filter {
    struct worker base;
    struct worker_spec spec;
    char *shell;
    char **env;
    struct piped pipes;
    struct reaper reaper;
    struct answers answers;
    struct silence silence;
    bool answered;           /* some process of this slot has answered */
    bool finishing;          /* nothing follows: its stdin is closed when all is written */
    bool closed;             /* that has been done: what comes nevertheless (another attempt) is for the next process */
    bool stopping, broken, timed_out, surplus;
    struct again again;
    struct ending ending;    /* of one that has had its time */
    struct loop_timer timer; /* the next attempt to start; else watches for silence */
    struct loop_timer rest;  /* set: its output collects in the pipe */
};

static void start(struct filter *f);
static void on_in(void *ctx, short events);

static void drop(struct filter *f, int *fd)
{
    if (*fd < 0)
        return;
    if (loop_has(f->spec.loop, *fd))
        loop_remove(f->spec.loop, *fd);
    piped_close(fd);
}

static void give_up(struct filter *f, const char *why)
{
    diag("filter %s: %s", f->spec.work->word[0], why);
    f->broken = true;
    if (f->pipes.process.pid)
        spawn_kill(&f->pipes.process, SIGKILL);
    answers_cancel(&f->answers);
}

/* --- its input --------------------------------------------------------------------------------- */

/* False: the pipe is full, or closed. */
static bool write_some(struct filter *f)
{
    struct iovec iov[SPANS];
    int n = answers_pending(&f->answers, iov, SPANS);

    if (!n)
        return false;
    ssize_t wrote;

    do
        wrote = writev(f->pipes.in, iov, n);
    while (wrote < 0 && errno == EINTR);
    if (wrote > 0) {
        answers_wrote(&f->answers, (size_t)wrote);
        return true;
    }
    if (errno != EAGAIN)
        drop(f, &f->pipes.in); /* it reads no more: its end will tell why */
    return false;
}

static void write_all(struct filter *f)
{
    struct iovec iov;

    if (f->pipes.in < 0)
        return;
    while (write_some(f))
        ;
    if (f->pipes.in < 0)
        return;
    bool more = answers_pending(&f->answers, &iov, 1);

    if (!more && f->finishing) {
        f->answers.hold = f->closed = true;
        drop(f, &f->pipes.in);
        return;
    }
    if (more != loop_has(f->spec.loop, f->pipes.in)) {
        if (more)
            loop_add(f->spec.loop, f->pipes.in, POLLOUT, on_in, f);
        else
            loop_remove(f->spec.loop, f->pipes.in);
    }
}

static void on_in(void *ctx, short events)
{
    (void)events;
    write_all(ctx);
}

/* --- its output -------------------------------------------------------------------------------- */

/* More records than tasks: from here on nobody can say which answers which. */
static void too_much(struct filter *f)
{
    struct outcome o = answers_outcome(&f->answers);
    uint64_t waiting = answers_waiting(&f->answers);
    struct buf why = BUF_INIT;

    buf_printf(&why, "task %llu was answered with more than one record",
               (unsigned long long)(waiting ? waiting : f->answers.last));
    f->surplus = true;
    if (waiting) {
        o.cause = END_NOT_RUN;
        o.status = 126;
        o.reason = span_of("answered with more than one record");
        answers_fail(&f->answers, &o);
    }
    give_up(f, buf_cstr(&why));
    buf_release(&why);
}

/* One read; >0: there may be more. */
static ssize_t read_out(struct filter *f)
{
    size_t room;
    char *to = answers_space(&f->answers, &room);
    ssize_t n = io_read(f->pipes.out, to, room);

    if (n <= 0)
        return n;
    f->answered = true;
    if (f->broken || f->timed_out)
        f->answers.in.len = 0;
    else if (answers_got(&f->answers, (size_t)n) < 0)
        too_much(f);
    silence_end(&f->silence, clock_now(), !f->answers.tasks);
    return n;
}

/*
 * A filter that writes every line by itself would have smap woken for each, and be put off its processor for that. As long as it has plenty to
 * do nobody waits for its answers so soon.
 */
static void rest(struct filter *f)
{
    loop_change(f->spec.loop, f->pipes.out, -1);
    loop_timer_set(f->spec.loop, &f->rest, clock_now() + REST);
}

static ssize_t read_err(struct filter *f)
{
    char buffer[TEXT_SIZE];
    ssize_t n = io_read(f->pipes.err, buffer, sizeof buffer);

    if (n > 0 && !answers_text(&f->answers, (struct span){buffer, (size_t)n}))
        io_write_all(STDERR_FILENO, buffer, (size_t)n);
    return n;
}

static void on_out(void *ctx, short events)
{
    struct filter *f = ctx;
    ssize_t n = 1, sum = 0;

    (void)events;
    for (int left = READS; left && n > 0 && f->pipes.out >= 0; left--, sum += n)
        n = read_out(f);
    if (n == 0)
        drop(f, &f->pipes.out); /* it can answer no more; if it does not end by itself, the watch ends it */
    else if (sum < REST_BYTES && f->answers.tasks >= REST_TASKS)
        rest(f);
}

static void on_rested(void *ctx)
{
    struct filter *f = ctx;

    if (!loop_has(f->spec.loop, f->pipes.out))
        return;
    loop_change(f->spec.loop, f->pipes.out, POLLIN);
    on_out(f, POLLIN);
}

static void on_err(void *ctx, short events)
{
    struct filter *f = ctx;

    (void)events;
    if (f->rest.place)
        on_rested(f); /* what it says belongs to the task behind these */
    if (read_err(f) == 0)
        drop(f, &f->pipes.err);
}

/* --- its end ----------------------------------------------------------------------------------- */

static bool cannot_run(const struct filter *f, int status)
{
    return !f->answered && WIFEXITED(status) && (WEXITSTATUS(status) == 127 || WEXITSTATUS(status) == 126);
}

static void blame(struct filter *f, int status)
{
    struct outcome o = answers_outcome(&f->answers);

    ended_describe(&o, status, "the filter has ended", "the filter has ended (exit status 0) without an answer");
    if (f->timed_out && o.cause == END_SIGNAL)
        o.cause = END_TIMEOUT;
    else if (cannot_run(f, status))
        o.cause = END_NOT_RUN;
    else
        o.flags = OUTCOME_CRASH;
    answers_fail(&f->answers, &o);
    if (o.cause == END_NOT_RUN)
        give_up(f, o.status == 127 ? "cannot be run (exit status 127)" : "cannot be run (exit status 126)");
}

/* What the dead process wrote is all in the pipes: take it, then leave whoever still holds the other ends. */
static void drain(struct filter *f)
{
    for (int left = 1024; left && f->pipes.out >= 0 && read_out(f) > 0; left--)
        ;
    for (int left = 64; left && f->pipes.err >= 0 && read_err(f) > 0; left--)
        ;
    drop(f, &f->pipes.in);
    drop(f, &f->pipes.out);
    drop(f, &f->pipes.err);
}

/* It answered all that it was asked. */
static void note_end(const struct filter *f, int status)
{
    if (WIFSIGNALED(status))
        diag_note("filter %s: ended by signal %d after its last answer", f->spec.work->word[0], WTERMSIG(status));
    else if (WEXITSTATUS(status))
        diag_note("filter %s: ended with status %d after its last answer", f->spec.work->word[0], WEXITSTATUS(status));
}

/* Tasks wait for the process that follows. */
static bool is_in_the_way(const struct filter *f)
{
    return f->closed && f->answers.tasks && !answers_asked(&f->answers);
}

static void on_death(void *ctx, int status, const struct rusage *usage)
{
    struct filter *f = ctx;

    (void)usage;
    loop_timer_clear(f->spec.loop, &f->timer);
    ending_clear(&f->ending, true);
    drain(f);
    if (!f->broken && answers_end(&f->answers) < 0)
        too_much(f);
    if (f->broken)
        return;
    if (!f->answers.tasks || is_in_the_way(f))
        note_end(f, status);
    else
        blame(f, status);
    if (f->stopping)
        answers_cancel(&f->answers);
    answers_restart(&f->answers);
    if (f->answers.tasks)
        start(f);
}

/* --- its beginning ----------------------------------------------------------------------------- */

static int start_process(struct filter *f)
{
    char *argv[] = {(char *)f->spec.work->shell, "-c", f->spec.work->word[0], NULL};
    struct spawn s = {.path = f->shell, .argv = argv, .env = f->env, .cwd = f->spec.work->cwd, .extra = SPAWN_NULL};

    return piped_start(&f->pipes, &s, PIPE_SIZE);
}

static void start_later(struct filter *f, int error)
{
    bool alone = f->spec.starved(f->spec.ctx, error);
    int64_t at = again_next(&f->again, error, clock_now(), alone);

    if (at >= 0)
        loop_timer_set(f->spec.loop, &f->timer, at);
    else
        give_up(f, strerror(error));
}

static void watch_silence(struct filter *f)
{
    loop_timer_set(f->spec.loop, &f->timer, silence_begin(&f->silence, clock_now()));
}

static void start(struct filter *f)
{
    struct loop *l = f->spec.loop;
    int error = start_process(f);

    if (error) {
        start_later(f, error);
        return;
    }
    f->spec.starved(f->spec.ctx, 0);
    f->again = (struct again){0};
    f->timed_out = f->closed = false;
    loop_add(l, f->pipes.out, POLLIN, on_out, f);
    loop_add(l, f->pipes.err, POLLIN, on_err, f);
    reaper_watch(&f->reaper);
    watch_silence(f);
    write_all(f);
}

/* --- its silence ------------------------------------------------------------------------------- */

static bool has_read_all(const struct filter *f)
{
    struct iovec iov;
    int unread;

    return f->pipes.in >= 0 && !answers_pending(&f->answers, &iov, 1) &&
           ioctl(f->pipes.in, FIONREAD, &unread) == 0 && unread == 0;
}

/* It has answered all, or is about to leave: no reason to ask about its silence. */
static bool is_leaving(const struct filter *f)
{
    return is_in_the_way(f) || (f->answers.hold && f->answers.tasks == 1 && f->answers.in.len);
}

static void hint(struct filter *f, int64_t now)
{
    uint64_t n = f->answers.tasks;

    if (!n || f->spec.slot != 1 || is_leaving(f) || !silence_hint(&f->silence, now))
        return;
    diag_note("filter %s: no answer for %d s, %llu task%s: does it keep its output in a buffer?"
              " (python3 -u, awk fflush(), jq --unbuffered, sed -u, stdbuf -oL)",
              f->spec.work->word[0], (int)((now - f->silence.heard) / 1000000), (unsigned long long)n, n == 1 ? " waits" : "s wait");
}

static void look(struct filter *f)
{
    int64_t now = clock_now(), timeout = answers_timeout(&f->answers);

    silence_look(&f->silence, now, has_read_all(f));
    hint(f, now);
    if (f->answers.hold && now - f->silence.heard >= END_TIME && answers_end(&f->answers) < 0)
        too_much(f); /* it does not leave: the answer counts all the same */
    if (is_in_the_way(f)) {
        if (now - f->silence.heard >= END_TIME)
            spawn_kill(&f->pipes.process, SIGKILL);
    } else if (f->pipes.out < 0 && now - f->silence.heard >= f->spec.work->linger) {
        spawn_kill(&f->pipes.process, SIGKILL); /* it will never answer */
    } else if (timeout && !f->timed_out && now - f->answers.since >= timeout) {
        f->timed_out = true; /* from here on no answer counts */
        ending_begin(&f->ending, f->pipes.process.pid, SIGTERM, f->spec.work->kill_after);
    }
    if (f->answers.tasks || f->pipes.out < 0)
        loop_timer_set(f->spec.loop, &f->timer, silence_next(&f->silence, now, timeout));
}

static void on_timer(void *ctx)
{
    struct filter *f = ctx;

    if (f->pipes.process.pid)
        look(f);
    else if (f->answers.tasks && !f->broken)
        start(f);
}

/* --- the contract ------------------------------------------------------------------------------ */

/* Where the line is plain words, the first one must be a program; what else it may be only the shell knows. */
static int filter_check(const struct work *work)
{
    struct argv words = {0};
    int status = program_check_file(work, work->shell, "the shell");

    if (!status && shfast_split(span_of(work->word[0]), &words))
        status = program_check_file(work, words.word[0], "the filter");
    argv_release(&words);
    return status;
}

static int filter_open(struct worker **w, const struct worker_spec *spec)
{
    struct filter *f = xcalloc(1, sizeof *f);
    const struct work *work = spec->work;
    struct span fill = span_of(work->fill ? work->fill : "");
    struct answers_spec answers = {.separator = work->separator, .fill = fill, .lengths = work->lengths, .slot = spec->slot,
                                   .rank = spec->rank, .on_piece = spec->on_piece, .ctx = spec->ctx};

    f->base.ops = &filter_ops;
    f->spec = *spec;
    f->pipes = (struct piped)PIPED_NONE;
    reaper_init(&f->reaper, spec->loop, &f->pipes.process, on_death, f);
    silence_init(&f->silence);
    f->shell = spawn_lookup(work->shell);
    if (!f->shell)
        f->shell = xstrdup(work->shell); /* it was there a moment ago; starting it will tell */
    f->env = slotenv_new(work, spec->slot, spec->rank);
    answers_init(&f->answers, &answers);
    loop_timer_init(&f->timer, on_timer, f);
    loop_timer_init(&f->rest, on_rested, f);
    ending_init(&f->ending, spec->loop, NULL, NULL);
    *w = &f->base;
    return 0;
}

static uint32_t filter_room(const struct worker *w)
{
    const struct filter *f = (const struct filter *)w;

    return f->broken ? 1 : silence_room(&f->silence, f->answers.used, f->answers.bytes);
}

static int filter_give(struct worker *w, const struct batch *b)
{
    struct filter *f = (struct filter *)w;
    bool idle = !f->answers.tasks;

    if (f->broken)
        return -1;
    f->finishing = f->answers.hold = false;
    answers_add(&f->answers, b);
    if (!f->answers.tasks)
        return 0;
    if (!f->pipes.process.pid) {
        if (idle)
            start(f);
    } else {
        if (f->closed && answers_got(&f->answers, 0) < 0) /* an answer kept back is not the last one any more */
            too_much(f);
        write_all(f);
        if (idle)
            watch_silence(f);
    }
    return f->broken ? -1 : 0;
}

static void filter_finish(struct worker *w)
{
    struct filter *f = (struct filter *)w;

    f->finishing = true;
    if (f->pipes.process.pid)
        write_all(f);
}

static void filter_signal(struct worker *w, int sig)
{
    struct filter *f = (struct filter *)w;

    if (worker_ends_by(sig))
        f->stopping = true;
    if (f->pipes.process.pid)
        spawn_kill(&f->pipes.process, sig);
    else if (f->stopping)
        answers_cancel(&f->answers);
}

static void filter_running(const struct worker *w, void (*tell)(void *ctx, uint64_t task, int64_t since, int pid), void *ctx)
{
    const struct filter *f = (const struct filter *)w;

    if (f->pipes.process.pid && f->answers.tasks)
        tell(ctx, answers_waiting(&f->answers), f->answers.since, f->pipes.process.pid);
}

/* All is answered: it reads the end of its input, and may have last words. */
static void await_end(struct filter *f)
{
    int64_t limit = clock_now() + END_TIME;

    drop(f, &f->pipes.in);
    while (clock_now() < limit) {
        struct pollfd p[] = {{.fd = f->pipes.process.pidfd, .events = POLLIN},
                             {.fd = f->pipes.out, .events = POLLIN},
                             {.fd = f->pipes.err, .events = POLLIN}};

        if (poll(p, 3, p[0].fd < 0 ? 5 : 1000) < 0 && errno != EINTR)
            return;
        if (p[1].revents && read_out(f) == 0)
            drop(f, &f->pipes.out);
        if (p[2].revents && read_err(f) == 0)
            drop(f, &f->pipes.err);
        if (p[0].revents || (p[0].fd < 0 && f->pipes.out < 0))
            return;
    }
}

static int filter_close(struct worker *w)
{
    struct filter *f = (struct filter *)w;
    int result;

    reaper_leave(&f->reaper);
    if (f->pipes.process.pid && !f->answers.tasks && !f->broken)
        await_end(f);
    reaper_end(&f->reaper);
    ending_clear(&f->ending, true);
    drain(f);
    result = f->surplus ? -1 : 0;
    loop_timer_clear(f->spec.loop, &f->timer);
    loop_timer_clear(f->spec.loop, &f->rest);
    answers_release(&f->answers);
    spawn_env_free(f->env);
    free(f->shell);
    free(f);
    return result;
}

const struct worker_ops filter_ops = {
    .name = "filter",
    .batched = true,
    .check = filter_check,
    .open = filter_open,
    .room = filter_room,
    .give = filter_give,
    .finish = filter_finish,
    .signal = filter_signal,
    .running = filter_running,
    .close = filter_close,
};
