/*
 * The far side of the protocol that is drawn in share.h: when to ring, when to sleep, and what an event says. Neither side believes
 * the other to be there: a wait that smap cannot end any more ends with the bell's end of file.
 */
#include "work/writer.h"

#include "base/clock.h"
#include "base/diag.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    STATUS_BROKEN = 70, /* the process cannot go on; it has said why on stderr */
};

void writer_broken(const char *what)
{
    diag_errno("worker process: %s", what);
    _exit(STATUS_BROKEN);
}

void writer_spoilt(void)
{
    diag("worker process: the function has written over the tasks behind its own");
    _exit(STATUS_BROKEN);
}

/* --- bells ------------------------------------------------------------------------------------- */

static void ring(struct writer *w)
{
    if (atomic_exchange(&w->share->bell_rung, 1))
        return;
    while (send(w->bell, "", 1, MSG_NOSIGNAL) < 0) {
        if (errno == EPIPE || errno == ECONNRESET)
            return; /* smap has gone: the next wait ends */
        if (errno != EINTR)
            writer_broken("cannot reach smap (did the function close descriptor 3?)");
    }
}

typedef bool (*condition_fn)(const struct writer *w);

/* Sleeps until HOLDS. False: smap wants us to end, or is gone. */
static bool wait_for(struct writer *w, condition_fn holds)
{
    char bytes[64];

    while (!holds(w)) {
        atomic_store(&w->share->worker_waits, 1);
        if (holds(w))
            break;
        ring(w);
        ssize_t n = read(w->bell, bytes, sizeof bytes);

        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return false;
        if (n < 0 && errno != EINTR)
            writer_broken("cannot hear smap (did the function close descriptor 3?)");
    }
    return true;
}

static bool has_batch(const struct writer *w)
{
    return atomic_load(&w->share->given) != w->batch;
}

static bool has_event(const struct writer *w)
{
    return atomic_load(&w->share->events) - atomic_load(&w->share->taken) < SHARE_EVENTS;
}

static bool has_segment(const struct writer *w)
{
    return w->segment + 1 - atomic_load(&w->share->released) < SHARE_SEGMENTS;
}

static bool has_heard(const struct writer *w)
{
    return atomic_load(&w->share->heard) == atomic_load(&w->share->events);
}

/* In the middle of a task there is nobody to hand anything to: not even _fini can be called sensibly. */
static void wait_or_leave(struct writer *w, condition_fn holds)
{
    if (!wait_for(w, holds))
        _exit(0);
}

/* --- events and segments ----------------------------------------------------------------------- */

static void post(struct writer *w, enum share_kind kind, uint32_t flags, const char *end, uint32_t status)
{
    struct share *s = w->share;
    uint32_t n = atomic_load_explicit(&s->events, memory_order_relaxed);

    wait_or_leave(w, has_event);
    int64_t now = clock_now();

    s->event[n % SHARE_EVENTS] = (struct share_event){
        .kind = kind,
        .flags = flags,
        .done = w->done,
        .end = (uint32_t)(end - w->base),
        .status = status,
        .from = w->since,
        .at = now,
    };
    w->since = now;
    w->posted = w->done;
    atomic_store_explicit(&s->events, n + 1, memory_order_release);
    ring(w);
}

void writer_post(struct writer *w, enum share_kind kind, const char *end, uint32_t status)
{
    post(w, kind, 0, end, status);
}

/* The one byte held back is for the separator. */
void writer_resume(struct writer *w, char *at)
{
    w->result = w->context.at = at;
    w->context.end = w->base + SHARE_SEGMENT - 1;
}

static void use_segment(struct writer *w)
{
    w->base = w->share->segment[w->segment % SHARE_SEGMENTS];
    w->in_segment = 0;
    writer_resume(w, w->base);
}

void writer_turn(struct writer *w, enum share_kind kind, const char *end)
{
    post(w, kind, SHARE_FULL, end, 0);
    wait_or_leave(w, has_segment);
    w->segment++;
    use_segment(w);
    writer_publish(w);
}

void writer_flush(struct writer *w)
{
    if (w->posted != w->done)
        writer_post(w, SHARE_RUN, w->result, 0);
}

void writer_end_alone(struct writer *w, int status, char *end)
{
    w->done++;
    writer_post(w, SHARE_ENDED, end, (uint32_t)status);
    writer_resume(w, end);
    writer_publish(w);
    if (end >= w->context.end)
        writer_turn(w, SHARE_RUN, w->result);
}

void writer_await_reader(struct writer *w)
{
    writer_post(w, SHARE_TEXT, w->result, 0);
    wait_or_leave(w, has_heard);
}

/* --- the whole --------------------------------------------------------------------------------- */

void writer_begin(struct writer *w, struct share *share, int bell)
{
    w->share = share;
    w->bell = bell;
    w->since = clock_now();
    use_segment(w);
}

bool writer_await_batch(struct writer *w)
{
    return wait_for(w, has_batch);
}

void writer_batch(struct writer *w)
{
    w->batch++;
    w->done = w->posted = 0;
    w->since = clock_now();
    writer_publish(w);
    atomic_store(&w->share->begun, w->batch);
}
