/* Collecting closes the pidfd, so that leaves the loop before. */
#include "work/reaper.h"

#include "base/clock.h"

#include <poll.h>
#include <signal.h>

enum { LOOK_AGAIN = 2000 }; /* us between looks at a process without a pidfd (Linux before 5.3) */

static void on_exit_event(void *ctx, short events)
{
    (void)events;
    reaper_look(ctx, false);
}

static void on_timer(void *ctx)
{
    reaper_look(ctx, false);
}

void reaper_init(struct reaper *r, struct loop *l, struct process *p, reaper_fn ended, void *ctx)
{
    *r = (struct reaper){.loop = l, .process = p, .ended = ended, .ctx = ctx};
    loop_timer_init(&r->timer, on_timer, r);
}

void reaper_watch(struct reaper *r)
{
    if (r->process->pidfd >= 0)
        loop_add(r->loop, r->process->pidfd, POLLIN, on_exit_event, r);
    else
        loop_timer_set(r->loop, &r->timer, clock_now() + LOOK_AGAIN);
}

void reaper_leave(struct reaper *r)
{
    if (r->process->pidfd >= 0 && loop_has(r->loop, r->process->pidfd))
        loop_remove(r->loop, r->process->pidfd);
    loop_timer_clear(r->loop, &r->timer);
}

bool reaper_look(struct reaper *r, bool block)
{
    struct rusage usage = {0};
    int status;

    if (!r->process->pid)
        return true;
    reaper_leave(r);
    if (!spawn_reap(r->process, block, &status, &usage)) {
        reaper_watch(r);
        return false;
    }
    r->ended(r->ctx, status, &usage);
    return true;
}

void reaper_end(struct reaper *r)
{
    struct rusage usage;
    int status;

    reaper_leave(r);
    if (!r->process->pid || spawn_reap(r->process, false, &status, &usage))
        return;
    spawn_kill(r->process, SIGKILL);
    spawn_reap(r->process, true, &status, &usage);
}
