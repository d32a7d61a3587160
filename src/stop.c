/* The end of a run before its time, and its standstill. */
#include "stop.h"

#include "backend/backend.h"
#include "base/clock.h"
#include "base/signals.h"

#include <signal.h>

enum {
    GRACE_INT = 2000000, /* us from INT to KILL at most: somebody sits at the keyboard */
    SPREAD = 50000,      /* us for the news of a standstill to reach the tasks of other ranks */
};

static void tell_tasks(struct stop *s, int sig)
{
    s->backend->ops->signal(s->backend, sig);
}

void stop_soon(struct stop *s)
{
    s->soon = true;
}

void stop_leave(struct stop *s)
{
    s->soon = s->ending = s->leave = true;
}

static void end_tasks(struct stop *s, int sig, int64_t grace)
{
    s->soon = s->ending = true;
    tell_tasks(s, sig);
    loop_timer_set(s->loop, &s->kill, clock_now() + grace);
}

void stop_now(struct stop *s)
{
    if (!s->ending)
        end_tasks(s, SIGTERM, s->kill_after);
}

static void on_kill(void *ctx)
{
    tell_tasks(ctx, SIGKILL);
}

/* The kernel lets STOP through even where TSTP would be dropped (a process group whose parent is not there to continue it). */
static void on_suspend(void *ctx)
{
    (void)ctx;
    raise(SIGSTOP);
}

static void on_end_signal(struct stop *s, int sig)
{
    bool again = s->signal;

    if (!again)
        s->signal = sig;
    if (again || sig == SIGQUIT)
        stop_leave(s);
    else
        end_tasks(s, sig, sig == SIGINT && s->kill_after > GRACE_INT ? GRACE_INT : s->kill_after);
}

static void on_signal(void *ctx, int sig)
{
    struct stop *s = ctx;

    switch (sig) {
    case SIGUSR1:
        s->list(s->ctx);
        break;
    case SIGTSTP:
        tell_tasks(s, SIGSTOP);
        loop_timer_set(s->loop, &s->suspend, clock_now() + SPREAD);
        break;
    case SIGCONT:
        loop_timer_clear(s->loop, &s->suspend);
        tell_tasks(s, SIGCONT);
        break;
    default:
        on_end_signal(s, sig);
    }
}

int stop_open(struct stop *s)
{
    static const int extra[] = {SIGQUIT, SIGTSTP, SIGCONT, SIGUSR1, 0};

    loop_timer_init(&s->kill, on_kill, s);
    loop_timer_init(&s->suspend, on_suspend, s);
    return signals_open(s->loop, extra, on_signal, s);
}

void stop_close(struct stop *s)
{
    loop_timer_clear(s->loop, &s->kill);
    loop_timer_clear(s->loop, &s->suspend);
    signals_close();
}
