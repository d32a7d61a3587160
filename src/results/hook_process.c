/* The life of a hook's process, around spawn and channel. */
#include "results/hook_process.h"

#include "base/clock.h"
#include "base/io.h"
#include "work/program.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_AGAIN = 5000,    /* us between looks at a process without a pidfd */
    KILL_AFTER = 1000000, /* us from TERM to KILL */
    TERM_AFTER = 100000,  /* us from the end of its input to TERM, when smap leaves */
};

static void stop_feeding(struct hook_process *h)
{
    if (h->fed)
        channel_close(&h->in);
    h->fed = false;
}

/* Children of the process that it left behind are none of smap's business: they hold nothing of it.
 */
static void on_death(void *ctx, int status, const struct rusage *usage)
{
    struct hook_process *h = ctx;

    (void)usage;
    stop_feeding(h);
    loop_timer_clear(h->loop, &h->end);
    h->ended(h->ctx, WIFSIGNALED(status) ? 0 : WEXITSTATUS(status),
             WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

/* TERM the first time, KILL the second. */
static void on_end_time(void *ctx)
{
    struct hook_process *h = ctx;

    if (!h->process.pid)
        return;
    spawn_kill(&h->process, h->hurried ? SIGKILL : SIGTERM);
    spawn_kill(&h->process, SIGCONT);
    if (!h->hurried)
        loop_timer_set(h->loop, &h->end, clock_now() + KILL_AFTER);
    h->hurried = true;
}

void hook_process_init(struct hook_process *h, struct loop *l, hook_ended_fn *ended, void *ctx)
{
    *h = (struct hook_process){.loop = l, .process.pidfd = -1, .ended = ended, .ctx = ctx};
    reaper_init(&h->reaper, l, &h->process, on_death, h);
    loop_timer_init(&h->end, on_end_time, h);
}

int hook_process_start(struct hook_process *h, struct program *p, struct spawn *s)
{
    int fd[2];

    if (io_pipe(fd) < 0)
        return errno;
    s->fd[0] = fd[0];
    s->fd[1] = STDERR_FILENO;
    s->fd[2] = SPAWN_INHERIT;
    s->extra = SPAWN_NULL;
    int error = p ? program_start(p, s, &h->process) : spawn_start(s, &h->process);

    close(fd[0]);
    if (error) {
        close(fd[1]);
        h->process = (struct process){.pidfd = -1};
        return error;
    }
    h->fed = true;
    h->hurried = false;
    channel_take(&h->in, h->loop, fd[1], "the hook", true);
    reaper_watch(&h->reaper);
    return 0;
}

bool hook_process_hungry(const struct hook_process *h)
{
    return h->fed && !h->in.waiting && !h->in.closed && !h->in.failed;
}

void hook_process_feed(struct hook_process *h, struct span bytes)
{
    if (h->fed)
        channel_put(&h->in, bytes); /* if it fails that is reported, and it is hungry no more */
}

void hook_process_flush(struct hook_process *h)
{
    if (h->fed)
        channel_flush(&h->in);
}

bool hook_process_feed_end(struct hook_process *h)
{
    if (h->fed && !channel_busy(&h->in))
        stop_feeding(h);
    return !h->fed;
}

void hook_process_hurry(struct hook_process *h, int64_t until)
{
    if (h->process.pid && until != CLOCK_NEVER)
        loop_timer_set(h->loop, &h->end, until);
}

/* Not in the loop, which nobody runs any more. */
static bool wait_until(struct hook_process *h, int64_t until)
{
    while (!reaper_look(&h->reaper, false)) {
        int64_t left = until - clock_now();

        if (left <= 0)
            return false;
        struct pollfd p = {.fd = h->process.pidfd, .events = POLLIN};
        int ms = h->process.pidfd < 0 ? LOOK_AGAIN / 1000
                 : left < 1000000     ? (int)(left / 1000) + 1
                                      : 1000;

        poll(&p, 1, ms);
    }
    return true;
}

void hook_process_end(struct hook_process *h)
{
    stop_feeding(h);
    if (!wait_until(h, clock_now() + TERM_AFTER)) {
        h->hurried = true;
        spawn_kill(&h->process, SIGTERM);
        spawn_kill(&h->process, SIGCONT);
        if (!wait_until(h, clock_now() + KILL_AFTER)) {
            spawn_kill(&h->process, SIGKILL);
            reaper_look(&h->reaper, true);
        }
    }
    reaper_leave(&h->reaper);
    loop_timer_clear(h->loop, &h->end);
}
