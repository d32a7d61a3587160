/*
 * The end of a process group. There is no event for "the group is empty", so after its leader it is looked at again and again, for the grace
 * time at most. The number cannot have come to mean others meanwhile: while one process of the group is left, the kernel gives it to nobody.
 */
#include "work/ending.h"

#include "base/clock.h"
#include "work/kin.h"

#include <assert.h>
#include <signal.h>
#include <sys/wait.h>

enum { LOOK_AGAIN = 10000, LOOK_CLOSER = 60000 }; /* us */

/*
 * KILL leaves nobody, whatever the kernel still shows: a zombie counts as a member, and some containers have an init that collects none, or late. Those
 * that were handed to us (an executor adopts its orphans) we collect; whether the others live /proc knows, which takes long enough to ask seldom.
 */
static bool is_left(struct ending *e)
{
    int64_t now = clock_now();

    if (!e->group || e->killed)
        return false;
    while (waitpid(-e->group, NULL, WNOHANG) > 0)
        ;
    if (kill(-e->group, 0) < 0)
        return false;
    if (!e->look_at)
        e->look_at = now + LOOK_CLOSER;
    if (now < e->look_at)
        return true;
    e->look_at = now + LOOK_CLOSER;
    return kin_group_lives(e->group);
}

static void send(struct ending *e, int sig)
{
    kill(-e->group, sig);
    if (sig == SIGKILL)
        e->killed = true;
    else
        kill(-e->group, SIGCONT);
}

static void set_timer(struct ending *e, int64_t now)
{
    int64_t at = e->kill_at;

    if (e->waiting && at > now + LOOK_AGAIN)
        at = now + LOOK_AGAIN;
    if (at != CLOCK_NEVER)
        loop_timer_set(e->loop, &e->timer, at);
}

static void on_timer(void *ctx)
{
    struct ending *e = ctx;
    int64_t now = clock_now();

    if (now >= e->kill_at) {
        send(e, SIGKILL);
        e->kill_at = CLOCK_NEVER;
    }
    if (e->waiting && !is_left(e)) {
        ending_clear(e, false);
        e->gone(e->ctx);
        return;
    }
    set_timer(e, now);
}

void ending_init(struct ending *e, struct loop *l, void (*gone)(void *ctx), void *ctx)
{
    *e = (struct ending){.loop = l, .gone = gone, .ctx = ctx};
    loop_timer_init(&e->timer, on_timer, e);
}

void ending_begin(struct ending *e, pid_t group, int sig, int64_t grace)
{
    int64_t now = clock_now(), at = grace == CLOCK_NEVER ? CLOCK_NEVER : now + grace;

    assert(group > 1); /* 0 would be our own, 1 everybody */
    if (!e->group || at < e->kill_at)
        e->kill_at = at;
    e->group = group;
    send(e, sig);
    set_timer(e, now);
}

bool ending_left(struct ending *e)
{
    if (!is_left(e)) {
        ending_clear(e, false);
        return false;
    }
    e->waiting = true;
    set_timer(e, clock_now());
    return true;
}

void ending_clear(struct ending *e, bool kill_rest)
{
    if (e->group && kill_rest)
        kill(-e->group, SIGKILL);
    if (e->loop)
        loop_timer_clear(e->loop, &e->timer);
    e->group = 0;
    e->look_at = 0;
    e->waiting = e->killed = false;
}
