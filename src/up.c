/*
 * The corridor, upwards: from the backend through the journal into order, from there to the outlets.
 *
 * Two things turn round here before anybody has heard of them: a failed attempt that is to be followed by another goes down once more, and what fails while the run
 * is being stopped counts as cancelled. What both have printed is forgotten.
 */
#include "corridor.h"

#include "backend/backend.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/task.h"
#include "flight.h"
#include "results/journal.h"
#include "results/order.h"
#include "results/sink.h"
#include "retry.h"

enum { PER_SLOT = 4, AT_LEAST = 64 }; /* results that may wait for a patient outlet before slots do */

static bool ready(void *ctx)
{
    const struct map *m = ctx;

    return !m->stop.leave && !m->enough && outlets_ready(&m->outlets);
}

static uint64_t ended(const struct counts *c)
{
    return c->succeeded + c->failed + c->cancelled;
}

bool up_open(const struct map *m)
{
    uint64_t most = (uint64_t)PER_SLOT * m->spec->backend->slots(m->backend) + AT_LEAST;

    return !m->stop.leave && !m->enough && outlets_open(&m->outlets, ended(m->counts) - ended(&m->delivered), most);
}

static void heed(struct map *m, int vote)
{
    if (vote < 0) {
        map_fail(m);
    } else if (vote) {
        m->enough = true;
        m->counts->broken |= (vote & OUTLET_BREAK) != 0;
        stop_soon(&m->stop);
        stop_now(&m->stop);
    }
}

static void deliver_piece(void *ctx, const struct piece *lent)
{
    struct map *m = ctx;
    struct piece p = *lent;

    if (m->stop.leave || m->enough)
        return;
    /* Of plain successes order keeps the rank only; what comes from the journal may have run anywhere. */
    if ((p.kind == PIECE_END || p.kind == PIECE_RUN) && !p.end.host && !(p.end.flags & OUTCOME_FROM_JOURNAL))
        p.end.host = m->spec->backend->host(m->backend, p.end.rank);
    heed(m, outlets_put(&m->outlets, &p));
    if (p.kind == PIECE_END || p.kind == PIECE_RUN)
        counts_end(&m->delivered, &p.end, p.count);
}

static void put(struct map *m, struct piece *p, const struct task *t)
{
    if (t) {
        p->input = t->text;
        buf_clear(&m->fields);
        if (t->fields)
            task_put_fields(&m->fields, t);
        p->fields = (struct span){m->fields.ptr, m->fields.len};
    }
    if (order_pass(m->order, p, ready, deliver_piece, m) < 0)
        map_fail(m);
}

static void count_end(struct map *m, const struct piece *p)
{
    counts_end(m->counts, &p->end, p->count);
    policy_note(m->policy, &p->end, p->count);
}

static void check_crashes(struct map *m, const struct outcome *o)
{
    if (policy_attempt(m->policy, o))
        return;
    diag("giving up: processes of the worker have ended %u times in the middle of a task (--max-worker-crashes)",
         m->spec->policy.max_crashes + 1);
    map_fail(m);
}

/* True: this attempt was not the last, and what it printed is forgotten. */
static bool try_again(struct map *m, const struct piece *p)
{
    int64_t delay;
    struct task t;

    if (m->stop.soon || !policy_retry(m->policy, &p->end, &delay) || !flight_task(m->flight, p->task, &t))
        return false;
    m->counts->task_time += p->end.elapsed;
    order_discard(m->order, p->task);
    if (m->spec->journal)
        journal_discard(m->spec->journal, p->task);
    retry_add(m->retry, batch_of(&t, p->end.attempt + 1), clock_now() + delay);
    return true;
}

static bool is_cancelled(const struct map *m, const struct outcome *o)
{
    return o->cause == END_CANCELLED || (m->stop.ending && o->cause != END_NOT_RUN && !outcome_ok(o));
}

static void put_end(struct map *m, struct piece *p)
{
    struct task t;
    bool text = m->outlets.wants_input || !outcome_ok(&p->end);

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
        const struct task *text = m->outlets.wants_input && flight_task(m->flight, out.task, &t) ? &t : NULL;

        end.end.elapsed = run->end.elapsed / run->count;
        if (out.bytes.len)
            put(m, &out, text);
        put(m, &end, text);
        at += out.bytes.len;
    }
}

void up_replayed(void *ctx, const struct piece *lent)
{
    struct map *m = ctx;
    struct piece p = *lent;
    struct task t;

    switch (p.kind) {
    case PIECE_OUT:
    case PIECE_ERR:
        put(m, &p, m->outlets.wants_input && flight_task(m->flight, p.task, &t) ? &t : NULL);
        return;
    case PIECE_END:
        put_end(m, &p);
        break;
    case PIECE_RUN:
        count_end(m, &p);
        if (m->outlets.per_task && p.lengths)
            put_single(m, &p);
        else
            put(m, &p, NULL);
        break;
    }
    flight_land(m->flight, p.task, p.count);
}

/* What the backend says is written down before anybody else hears of it. */
void up_piece(void *ctx, const struct piece *lent)
{
    struct map *m = ctx;
    struct piece p = *lent;

    if (p.kind == PIECE_END) {
        retry_end(m->retry, p.task);
        if (is_cancelled(m, &p.end)) {
            p.end.cause = END_CANCELLED;
            order_discard(m->order, p.task);
        }
        check_crashes(m, &p.end);
        if (p.end.cause != END_CANCELLED && try_again(m, &p)) {
            return;
        }
    }
    if (p.kind == PIECE_END || p.kind == PIECE_RUN)
        p.end.host = m->spec->backend->host(m->backend, p.end.rank);
    if (m->spec->journal && journal_put(m->spec->journal, &p) < 0)
        map_fail(m);
    up_replayed(m, &p);
}

bool up_deliver(struct map *m)
{
    bool waited;

    if (m->stop.leave)
        return false;
    if (m->spec->journal && journal_flush(m->spec->journal) < 0) {
        map_fail(m);
        return false;
    }
    if (order_deliver(m->order, ready, deliver_piece, m) < 0)
        map_fail(m);
    waited = !ready(m);
    if (!m->stop.leave)
        heed(m, outlets_flush(&m->outlets));
    if (m->spec->sink && sink_closed(m->spec->sink)) {
        m->counts->sigpipe = true;
        stop_leave(&m->stop);
    }
    return waited && ready(m);
}
