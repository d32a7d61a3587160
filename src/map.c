/*
 * The corridor. The life of one task:
 *
 *   source -> batch -> backend ...... pieces -> order -> outlets (sink, failure report, ...)
 *             | '---- journal ----------^   been done before? then its result is replayed from there; and whatever
 *             |                             comes up is written down there before it goes on
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
#include "results/journal.h"
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

    if (p->end.flags & OUTCOME_FROM_JOURNAL)
        c->replayed++;
    else
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
    put(m, p, text && flight_task(m->flight, p->task, &t) ? &t : NULL);
}

/* Takes a run apart for outlets that look at single tasks. */
static void put_single(struct map *m, const struct piece *run)
{
    const char *at = run->bytes.ptr;

    for (uint32_t i = 0; i < run->count; i++) {
        struct task t;
        struct piece out = {.kind = PIECE_OUT, .task = run->task + i, .count = 1, .bytes = {at, run->lengths[i]}};
        struct piece end = {.kind = PIECE_END, .task = run->task + i, .count = 1, .end = run->end};
        const struct task *text = m->wants_input && flight_task(m->flight, out.task, &t) ? &t : NULL;

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

/* What the backend says is written down before anybody else hears of it. */
static void on_fresh_piece(void *ctx, const struct piece *lent)
{
    struct map *m = ctx;
    struct piece p = *lent;

    if (p.kind == PIECE_END || p.kind == PIECE_RUN)
        p.end.host = m->spec->backend->host(m->backend, p.end.rank);
    if (m->spec->journal && journal_put(m->spec->journal, &p) < 0)
        fail(m);
    on_piece(m, &p);
}

static void deliver(struct map *m)
{
    if (m->leave)
        return;
    if (m->spec->journal && journal_flush(m->spec->journal) < 0) {
        fail(m);
        return;
    }
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
    m->counts->tasks += b->count;
    flight_start(m->flight, b);
    if (m->spec->on_start)
        m->spec->on_start(m->spec->ctx, b);
    if (m->spec->backend->submit(m->backend, b) < 0)
        fail(m);
}

/* With a journal a batch goes there first, and comes back cut into what is to be done and what has been done. */
static void take_batch(struct map *m, struct batch *b)
{
    m->taken += b->count;
    if (!m->spec->journal)
        submit(m, b);
    else if (journal_sift(m->spec->journal, b) < 0)
        fail(m);
}

/* One batch from the source; false when there is no input now, or no more. */
static bool take_input(struct map *m, struct backend_room room)
{
    struct batch *b;

    if (m->source_ended || m->source_waits)
        return false;
    switch (source_take(m->spec->source, room.tasks, room.bytes, &b)) {
    case SOURCE_BATCH:
        take_batch(m, b);
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

/* The next piece of a result that the journal has; false: nothing to replay now. */
static bool replay_one(struct map *m)
{
    int got = m->spec->journal ? journal_replay(m->spec->journal, on_piece, m) : 0;

    if (got < 0)
        fail(m);
    return got > 0;
}

/* What the journal has sifted and not yet given back; NULL: nothing. */
static const struct batch *sifted(const struct map *m, enum journal_kind *kind)
{
    return m->spec->journal ? journal_next(m->spec->journal, kind) : NULL;
}

static void take_sifted(struct map *m, enum journal_kind kind)
{
    struct batch *b = journal_take(m->spec->journal);

    if (kind == JOURNAL_FRESH) {
        submit(m, b);
        return;
    }
    m->counts->tasks += b->count;
    flight_start(m->flight, b);
}

/* One step down; false when there is no room, no input now, or an end of either. */
static bool take_one(struct map *m)
{
    enum journal_kind kind = JOURNAL_FRESH;

    if (!outlets_ready(m))
        return false;
    if (replay_one(m))
        return true;
    if (m->stopping || (m->spec->journal && journal_full(m->spec->journal)))
        return false;
    bool waits = sifted(m, &kind);
    struct backend_room room = {0};

    if (kind == JOURNAL_FRESH) {
        room = m->spec->backend->room(m->backend, tasks_left(m));
        if (!room.tasks)
            return false;
    }
    if (!waits)
        return take_input(m, room);
    take_sifted(m, kind);
    return true;
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

/* No task is left that has not been started, or found. */
static bool all_taken(const struct map *m)
{
    enum journal_kind kind;

    return m->source_ended && !sifted(m, &kind);
}

static bool is_over(const struct map *m)
{
    if (m->leave)
        return true;
    if (!m->stopping && !all_taken(m))
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
        if (m->spec->backend->wait(m->backend, burst ? CLOCK_NEVER : 0) < 0) {
            deliver(m); /* what had come by then */
            return -1;
        }
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
        .on_piece = on_fresh_piece,
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
    counts->stopped = !counts->broken && !all_taken(&m) && m.stopping;
    if (m.source_waits)
        loop_remove(spec->loop, source_fd(spec->source));
    counts->slots = spec->backend->slots(m.backend);
    if (spec->backend->close(m.backend) < 0)
        counts->broken = true;
    signals_close();
    order_free(m.order);
    flight_free(m.flight);
    return 0;
}
