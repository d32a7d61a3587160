/*
 * The corridor. The life of one task:
 *
 *   source -> batch -> backend ...... pieces -> order -> outlets (sink, failure report, ...)
 *             |                                 ^
 *             +-- flight: its text, until its last piece has come
 *
 * Everything that holds the flow is one question, `has_room`: a backend without an idle slot, an outlet that waits for a slow reader, a
 * stop. While it says no, nothing is read from the input and nothing is started; what runs is still read and put into order.
 * The corridor sees every task exactly twice, when it is submitted and when it has ended, whatever the backend.
 */
#include "map.h"

#include "backend/backend.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/loop.h"
#include "base/signals.h"
#include "base/task.h"
#include "base/xalloc.h"
#include "flight.h"
#include "results/order.h"
#include "results/outlet.h"
#include "results/sink.h"
#include "tasks/source.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>

enum { SUBMIT_BURST = 256 }; /* submissions between two looks at what came back */

struct map {
    const struct map_spec *spec;
    struct map_counts *counts;
    struct backend *backend;
    struct order *order;
    struct flight *flight;
    bool per_task, wants_input;
    bool source_ended, source_waits, finishing;
    bool stopping; /* nothing new starts */
    bool leave;    /* at once: what runs is killed */
    uint64_t taken;
};

static void fail(struct map *m)
{
    m->counts->broken = true;
    m->stopping = m->leave = true;
}

/* --- out: to the outlets ---------------------------------------------------------------------------------------- */

static bool outlets_ready(void *ctx)
{
    struct map *m = ctx;

    if (m->leave)
        return false;
    for (struct outlet *o = m->spec->outlets; o; o = o->next)
        if (o->ops->ready && !o->ops->ready(o))
            return false;
    return true;
}

static void deliver_piece(void *ctx, const struct piece *p)
{
    struct map *m = ctx;

    for (struct outlet *o = m->spec->outlets; o && !m->leave; o = o->next) {
        int vote = o->ops->put(o, p);

        if (vote < 0)
            fail(m);
        else if (vote == OUTLET_STOP)
            m->stopping = true;
    }
}

/* --- up: pieces ------------------------------------------------------------------------------------------------- */

static void put(struct map *m, struct piece *p, const struct task *t)
{
    if (t)
        p->input = t->text;
    if (order_pass(m->order, p, outlets_ready, deliver_piece, m) < 0)
        fail(m);
}

static void count_end(struct map *m, const struct piece *p)
{
    struct map_counts *c = m->counts;

    c->task_time += p->end.elapsed;
    if (outcome_ok(&p->end))
        c->succeeded += p->count;
    else if (p->end.cause == END_CANCELLED)
        c->cancelled++;
    else
        c->failed++;
}

static void put_end(struct map *m, struct piece *p)
{
    struct task t;
    bool text = m->wants_input || !outcome_ok(&p->end);

    count_end(m, p);
    p->end.host = m->spec->backend->host(m->backend, p->end.rank);
    put(m, p, text && flight_task(m->flight, p->task, &t) ? &t : NULL);
}

/* Takes a run apart for outlets that look at single tasks. */
static void put_single(struct map *m, const struct piece *run)
{
    const char *at = run->bytes.ptr;
    const char *host = m->spec->backend->host(m->backend, run->end.rank);

    for (uint32_t i = 0; i < run->count; i++) {
        struct task t;
        struct piece out = {.kind = PIECE_OUT, .task = run->task + i, .count = 1, .bytes = {at, run->lengths[i]}};
        struct piece end = {.kind = PIECE_END, .task = run->task + i, .count = 1, .end = run->end};
        const struct task *text = m->wants_input && flight_task(m->flight, out.task, &t) ? &t : NULL;

        end.end.host = host;
        end.end.elapsed = run->end.elapsed / run->count;
        if (out.bytes.len)
            put(m, &out, text);
        put(m, &end, text);
        at += out.bytes.len;
    }
}

static void on_piece(void *ctx, const struct piece *lent)
{
    struct map *m = ctx;
    struct piece p = *lent;
    struct task t;

    switch (p.kind) {
    case PIECE_OUT:
    case PIECE_ERR:
        put(m, &p, m->wants_input && flight_task(m->flight, p.task, &t) ? &t : NULL);
        return;
    case PIECE_END:
        put_end(m, &p);
        break;
    case PIECE_RUN:
        count_end(m, &p);
        if (m->per_task && p.lengths)
            put_single(m, &p);
        else
            put(m, &p, NULL);
        break;
    }
    flight_land(m->flight, p.task, p.count);
}

static void deliver(struct map *m)
{
    if (m->leave)
        return;
    if (order_deliver(m->order, outlets_ready, deliver_piece, m) < 0)
        fail(m);
    for (struct outlet *o = m->spec->outlets; o && !m->leave; o = o->next)
        if (o->ops->flush && o->ops->flush(o) < 0)
            fail(m);
    if (m->spec->sink && sink_closed(m->spec->sink)) {
        m->counts->sigpipe = true;
        m->stopping = m->leave = true;
    }
}

static bool outlets_busy(const struct map *m)
{
    for (struct outlet *o = m->spec->outlets; o; o = o->next)
        if (o->ops->busy && o->ops->busy(o))
            return true;
    return false;
}

/* --- down: tasks ------------------------------------------------------------------------------------------------ */

static void on_input(void *ctx, short events)
{
    struct map *m = ctx;

    (void)events;
    loop_remove(m->spec->loop, source_fd(m->spec->source));
    m->source_waits = false;
}

static void wait_for_input(struct map *m)
{
    m->source_waits = true;
    loop_add(m->spec->loop, source_fd(m->spec->source), POLLIN, on_input, m);
}

static uint64_t tasks_left(const struct map *m)
{
    uint64_t total = source_total(m->spec->source);

    return total == SOURCE_UNKNOWN ? UINT64_MAX : total - m->taken;
}

static void submit(struct map *m, struct batch *b)
{
    m->taken += b->count;
    m->counts->tasks += b->count;
    flight_start(m->flight, b);
    if (m->spec->on_start)
        m->spec->on_start(m->spec->ctx, b);
    if (m->spec->backend->submit(m->backend, b) < 0)
        fail(m);
}

/* One batch from the source to the backend; false when there is no room, no input now, or an end of either. */
static bool take_one(struct map *m)
{
    struct batch *b;

    if (m->stopping || m->source_ended || m->source_waits || !outlets_ready(m))
        return false;
    struct backend_room room = m->spec->backend->room(m->backend, tasks_left(m));

    if (!room.tasks)
        return false;
    switch (source_take(m->spec->source, room.tasks, room.bytes, &b)) {
    case SOURCE_BATCH:
        submit(m, b);
        return true;
    case SOURCE_WAIT:
        wait_for_input(m);
        return false;
    case SOURCE_END:
        m->source_ended = true;
        return false;
    case SOURCE_FAILED:
        /* What was read runs to its end and is written; then the status says that the input was not whole. */
        m->source_ended = m->counts->broken = true;
        return false;
    }
    return false;
}

/* --- the loop --------------------------------------------------------------------------------------------------- */

static void on_signal(void *ctx, int sig)
{
    struct map *m = ctx;

    if (m->counts->signal) {
        m->leave = true;
        return;
    }
    m->counts->signal = sig;
    m->stopping = true;
    m->spec->backend->signal(m->backend, sig);
}

static bool is_over(const struct map *m)
{
    if (m->leave)
        return true;
    if (!m->stopping && !m->source_ended)
        return false;
    return flight_empty(m->flight) && !order_pending(m->order) && !outlets_busy(m);
}

/* Nothing more will be submitted: those who wait for company are told. */
static void finish(struct map *m)
{
    bool nothing_follows = m->source_ended || m->stopping;

    if (nothing_follows && !m->finishing && m->spec->backend->finish)
        m->spec->backend->finish(m->backend);
    m->finishing = nothing_follows;
}

static int run_loop(struct map *m)
{
    for (;;) {
        int burst = SUBMIT_BURST;

        while (burst && take_one(m))
            burst--;
        finish(m);
        deliver(m);
        if (is_over(m))
            return 0;
        /* A full burst means that more could be started at once: only look, do not wait. */
        if (m->spec->backend->wait(m->backend, burst ? CLOCK_NEVER : 0) < 0)
            return -1;
    }
}

static void look_at_outlets(struct map *m)
{
    for (struct outlet *o = m->spec->outlets; o; o = o->next) {
        m->per_task |= o->ops->per_task;
        m->wants_input |= o->ops->wants_input;
    }
}

int map_run(const struct map_spec *spec, struct map_counts *counts)
{
    struct map m = {.spec = spec, .counts = counts};
    struct order_spec order = {.mode = (enum order_mode)spec->order, .first = 1, .memory = spec->buffer};
    struct backend_spec backend = {
        .loop = spec->loop,
        .work = spec->work,
        .slots = spec->slots,
        .first_slot = 1,
        .chunk = spec->chunk,
        .on_piece = on_piece,
        .ctx = &m,
    };

    *counts = (struct map_counts){0};
    look_at_outlets(&m);
    if (spec->backend->open(&m.backend, &backend) < 0)
        return -1;
    m.flight = flight_new();
    m.order = order_new(&order);
    if (signals_open(spec->loop, NULL, on_signal, &m) < 0 || run_loop(&m) < 0)
        fail(&m);
    counts->stopped = !counts->broken && !m.source_ended && m.stopping;
    if (m.source_waits)
        loop_remove(spec->loop, source_fd(spec->source));
    if (spec->backend->close(m.backend) < 0)
        counts->broken = true;
    signals_close();
    order_free(m.order);
    flight_free(m.flight);
    return 0;
}
