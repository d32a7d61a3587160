/*
 * The corridor. The life of one task:
 *
 *   source -> batch -> backend ...... pieces -> order -> outlets (sink, failure report, ...)
 *             | '---- journal ----------^   been done before? then its result is replayed from there; and whatever
 *             |                             comes up is written down there before it goes on
 *             +-- flight: its text, until its last piece has come
 *
 * A failed attempt that is to be followed by another turns round at the top (try_again): what it printed is forgotten, the task goes down once more.
 *
 * Everything that holds the flow is one question, `has_room`: a backend without an idle slot, an outlet that waits for a slow reader, a
 * stop. While it says no, nothing is read from the input and nothing is started; what runs is still read and put into order.
 * The corridor sees every task exactly twice, when it is submitted and when it has ended, whatever the backend.
 */
#include "corridor.h"

#include "backend/backend.h"
#include "base/clock.h"
#include "base/loop.h"
#include "flight.h"
#include "muster.h"
#include "results/order.h"
#include "retry.h"
#include "tasks/source.h"
#include "work/work.h"

enum { SUBMIT_BURST = 256 }; /* submissions between two looks at what came back */

/* --halt and --time-limit. */
static void consult_policy(struct map *m)
{
    int halt = policy_halt(m->policy, down_total(m));
    int64_t last = policy_last_start(m->policy);

    if (halt != HALT_NEVER && !m->counts->halted) {
        m->counts->halted = true;
        stop_soon(&m->stop);
        if (halt == HALT_NOW)
            stop_now(&m->stop);
    }
    if (!m->stop.soon && last != CLOCK_NEVER && down_waits(m) && clock_now() > last) {
        m->counts->late = true;
        stop_soon(&m->stop);
    }
}

/* The run is stopping: tasks that wait at a rank, and attempts that wait here, will never begin. */
static void cancel_waiting(struct map *m)
{
    uint64_t task;

    if (!m->told) {
        m->told = true;
        m->spec->backend->signal(m->backend, 0);
    }
    while ((task = retry_drop(m->retry))) {
        struct piece p = {.kind = PIECE_END, .task = task, .count = 1, .end = {.cause = END_CANCELLED}};

        up_piece(m, &p);
    }
}

static void hurry_outlets(struct map *m)
{
    if (m->stop.signal && !m->hurried)
        outlets_hurry(&m->outlets, m->spec->work->kill_after);
    m->hurried = m->stop.signal;
}

static bool all_delivered(const struct map *m)
{
    return (m->stop.soon || down_all_taken(m)) && flight_empty(m->flight) && (m->enough || !order_pending(m->order));
}

/* The outlets come to their end before the run does: a signal can still reach what they wait for. */
static bool is_over(const struct map *m)
{
    if (m->stop.leave)
        return true;
    if (!all_delivered(m))
        return false;
    outlets_finish(&m->outlets);
    return !outlets_busy(&m->outlets);
}

static void list_running(void *ctx)
{
    struct map *m = ctx;

    muster_tell(m->backend, m->flight, m->counts);
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When there will be something to do although nothing has happened. What is overdue now waits for something that does happen. */
static int64_t next_event(const struct map *m)
{
    int64_t now = clock_now(), at = CLOCK_NEVER;

    if (m->stop.soon || !down_waits(m))
        return CLOCK_NEVER;
    if (retry_due(m->retry) > now)
        at = retry_due(m->retry);
    if (m->pace.next > now)
        at = sooner(at, m->pace.next);
    if (policy_last_start(m->policy) != CLOCK_NEVER)
        at = sooner(at, policy_last_start(m->policy) + 1);
    return at;
}

static int run_loop(struct map *m)
{
    for (;;) {
        int burst = SUBMIT_BURST;

        for (; burst; burst--) {
            consult_policy(m);
            if (!down_step(m))
                break;
        }
        down_finish(m);
        bool again = up_deliver(m);

        if (m->stop.soon)
            cancel_waiting(m);
        hurry_outlets(m);
        if (is_over(m))
            return 0;
        /* After a full burst more could be started at once: only look, do not wait. */
        if (m->spec->backend->wait(m->backend, burst && !again ? next_event(m) : 0) < 0) {
            up_deliver(m); /* what had come by then */
            return -1;
        }
    }
}

static void open_corridor(struct map *m)
{
    const struct map_spec *spec = m->spec;
    struct order_spec order = {
        .mode = (enum order_mode)spec->order,
        .first = 1,
        .memory = spec->buffer,
        .hold = spec->policy.retries > 0,
    };

    m->flight = flight_new();
    m->order = order_new(&order);
    m->retry = retry_new();
    m->policy = policy_new(&spec->policy);
    m->stop = (struct stop){
        .loop = spec->loop,
        .backend = m->backend,
        .kill_after = spec->work->kill_after,
        .list = list_running,
        .ctx = m,
    };
}

static void close_corridor(struct map *m)
{
    down_close(m);
    if (m->spec->backend->close(m->backend) < 0)
        m->counts->broken = true;
    stop_close(&m->stop);
    order_free(m->order);
    flight_free(m->flight);
    buf_release(&m->fields);
    retry_free(m->retry);
    policy_free(m->policy);
}

/* What ended behind the last result that was delivered depends on the backend; it does not count. */
static void count_delivered(struct map *m)
{
    struct counts *c = m->counts;
    const struct counts *d = &m->delivered;
    uint64_t delivered = d->succeeded + d->failed + d->cancelled;

    c->stopped |= !c->broken && delivered < m->taken;
    c->total = source_total(m->spec->source); /* how much of an input has been read depends on it, too */
    c->succeeded = d->succeeded;
    c->failed = d->failed;
    c->cancelled = d->cancelled;
    c->replayed = d->replayed;
    c->failed_255 = d->failed_255;
    c->failed_signal = d->failed_signal;
    c->failed_start = d->failed_start;
}

int map_run(const struct map_spec *spec, struct counts *counts)
{
    struct map m = {.spec = spec, .counts = counts};
    struct backend_spec backend = {
        .loop = spec->loop,
        .work = spec->work,
        .slots = spec->slots,
        .first_slot = 1,
        .chunk = spec->chunk,
        .on_piece = up_piece,
        .ctx = &m,
    };

    *counts = (struct counts){0};
    if (pace_init(&m.pace, &spec->pace, "") < 0)
        return -1;
    outlets_init(&m.outlets, spec->outlets);
    if (spec->backend->open(&m.backend, &backend) < 0)
        return -1;
    open_corridor(&m);
    if (stop_open(&m.stop) < 0 || run_loop(&m) < 0)
        map_fail(&m);
    counts->stopped = down_left_over(&m);
    counts->total = down_total(&m);
    if (m.enough)
        count_delivered(&m);
    /* Nobody has asked for their end: a worker that could not go on has let them fall, and said why. */
    counts->broken |= counts->cancelled && !m.stop.soon;
    counts->slots = spec->backend->slots(m.backend);
    counts->signal = m.stop.signal;
    close_corridor(&m);
    return 0;
}
