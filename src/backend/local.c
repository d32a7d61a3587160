/*
 * Slots on this machine. Serial is procs with one slot: the same code is the easiest way to the same behaviour.
 *
 * Workers are opened when a batch first needs them, so that `--procs 1000` for three tasks costs three. A slot's load is what was
 * submitted to it and has not come back, counted in tasks as pieces pass. Tasks that a slot gives back, being held up by a long one, go to idle slots
 * before anything new does; where there is none, back to whoever submitted them, if others want them.
 */
#include "backend/local.h"

#include "backend/returned.h"
#include "backend/schedule.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/xalloc.h"
#include "work/guard.h"
#include "work/stuck.h"
#include "work/work.h"
#include "work/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BATCH_BYTES = 262144, /* one block of input */
};

struct slot {
    struct local *owner;
    struct worker *worker; /* NULL: not opened yet */
    uint32_t load;         /* tasks submitted and not ended */
    bool starved;          /* the worker waits for a process to be had */
};

struct local {
    struct backend base;
    struct backend_spec spec;
    const struct worker_ops *kind;
    struct slot *slot;
    uint32_t busy, starved; /* slots with a load; those of them */
    struct schedule schedule; /* of batched workers */
    struct returned returned;
    struct guard *guard;
    bool ending;     /* the run is being stopped: nothing begins any more */
    int64_t stopped; /* since when all tasks are, by SIGSTOP; 0: they are not */
    char host[256];
};

static void set_starved(struct slot *s, bool starved)
{
    s->owner->starved += (uint32_t)starved - (uint32_t)s->starved;
    s->starved = starved;
}

static void lighten(struct slot *s, uint32_t tasks)
{
    s->load -= tasks;
    if (!tasks || s->load)
        return;
    s->owner->busy--;
    set_starved(s, false);
}

static void on_piece(void *ctx, const struct piece *p)
{
    struct slot *s = ctx;
    struct local *l = s->owner;
    uint32_t ended = p->kind == PIECE_RUN ? p->count : p->kind == PIECE_END;
    uint64_t task = p->task;
    uint32_t attempt = p->end.attempt;

    lighten(s, ended);
    if (ended && l->kind->batched)
        schedule_note(&l->schedule, ended, p->end.elapsed);
    l->spec.on_piece(l->spec.ctx, p);
    if (ended)
        returned_land(&l->returned, task, ended, attempt);
}

static bool wanted_elsewhere(const struct local *l)
{
    return l->spec.wanted && l->spec.wanted(l->spec.ctx);
}

static bool on_wanted(void *ctx)
{
    const struct local *l = ((const struct slot *)ctx)->owner;

    return (l->busy < l->spec.slots && !l->starved && !returned_any(&l->returned)) || wanted_elsewhere(l);
}

static void on_give_back(void *ctx, const struct batch *b, uint32_t from)
{
    struct slot *s = ctx;

    lighten(s, b->count - from);
    returned_put(&s->owner->returned, b, from, UINT32_MAX);
    schedule_note(&s->owner->schedule, 1, STUCK_LONG); /* so much the task has taken for which they were given back */
    returned_trim(&s->owner->returned, b, from); /* last: B may be gone */
}

static bool on_starved(void *ctx, int error)
{
    struct slot *s = ctx;

    set_starved(s, error != 0);
    return s->owner->busy <= s->owner->starved;
}

static int open_slots(struct backend **b, const struct backend_spec *spec, const struct backend_ops *ops, uint32_t slots)
{
    struct local *l = xcalloc(1, sizeof *l);

    l->base.ops = ops;
    l->spec = *spec;
    l->spec.slots = slots;
    l->kind = worker_ops_for(spec->work);
    schedule_init(&l->schedule, spec->chunk);
    l->slot = xcalloc(slots, sizeof *l->slot);
    for (uint32_t i = 0; i < slots; i++)
        l->slot[i].owner = l;
    if (gethostname(l->host, sizeof l->host - 1) < 0)
        l->host[0] = '\0';
    l->guard = guard_open(spec->loop);
    *b = &l->base;
    return 0;
}

static int serial_open(struct backend **b, const struct backend_spec *spec)
{
    return open_slots(b, spec, &serial_ops, 1);
}

static int procs_open(struct backend **b, const struct backend_spec *spec)
{
    return open_slots(b, spec, &procs_ops, spec->slots);
}

/*
 * An idle slot, the lowest; else the one with the least to do that may have a batch queued behind the running one, or asks for more; NULL: none.
 */
static struct slot *best_slot(struct local *l)
{
    struct slot *best = NULL;
    bool queue = l->kind->batched && schedule_depth(&l->schedule) > 1;

    for (uint32_t i = 0; i < l->spec.slots; i++) {
        struct slot *s = &l->slot[i];

        if (s->load == 0)
            return s;
        if (l->kind->room(s->worker) > !queue && (!best || s->load < best->load))
            best = s;
    }
    return best;
}

static struct backend_room local_room(struct backend *b, uint64_t left)
{
    struct local *l = (struct local *)b;
    uint32_t tasks = 1;

    /* What one lacks shall not go to tasks behind it: it would wait for ever. */
    if (l->starved || returned_any(&l->returned) || !best_slot(l))
        return (struct backend_room){0};
    if (l->kind->batched)
        tasks = schedule_next(&l->schedule, left, l->spec.slots);
    return (struct backend_room){.tasks = tasks, .bytes = l->spec.chunk ? SIZE_MAX : BATCH_BYTES};
}

static int give(struct local *l, struct slot *s, const struct batch *batch)
{
    if (!s->worker) {
        struct worker_spec spec = {
            .loop = l->spec.loop,
            .work = l->spec.work,
            .slot = l->spec.first_slot + (uint32_t)(s - l->slot),
            .rank = l->spec.rank,
            .on_piece = on_piece,
            .starved = on_starved,
            .wanted = on_wanted,
            .give_back = on_give_back,
            .ctx = s,
        };

        if (l->kind->open(&s->worker, &spec) < 0)
            return -1;
    }
    guard_watch(l->guard);
    if (s->load == 0)
        l->busy++;
    s->load += batch->count;
    return l->kind->give(s->worker, batch);
}

static int local_submit(struct backend *b, const struct batch *batch)
{
    struct local *l = (struct local *)b;

    return give(l, best_slot(l), batch);
}

/* The run is being stopped: nothing is started any more. */
static void cancel_returned(struct local *l)
{
    struct piece p = {.kind = PIECE_END, .count = 1};

    p.end = (struct outcome){.cause = END_CANCELLED, .slot = l->spec.first_slot, .rank = l->spec.rank};
    while ((p.task = returned_drop(&l->returned, &p.end.attempt)))
        l->spec.on_piece(l->spec.ctx, &p);
}

/* To idle slots only: behind another task they have waited long enough. */
static int give_returned(struct local *l)
{
    if (l->ending)
        cancel_returned(l);
    while (returned_any(&l->returned) && l->busy < l->spec.slots && !l->starved) {
        uint32_t most = schedule_next(&l->schedule, UINT64_MAX, l->spec.slots);

        if (give(l, best_slot(l), returned_take(&l->returned, most)) < 0)
            return -1;
    }
    return 0;
}

static void give_others(struct local *l)
{
    uint64_t first;
    uint32_t count;

    while (wanted_elsewhere(l) && (count = returned_shed(&l->returned, &first)))
        l->spec.give_back(l->spec.ctx, first, count);
}

static void local_finish(struct backend *b)
{
    struct local *l = (struct local *)b;

    for (uint32_t i = 0; l->kind->finish && i < l->spec.slots; i++)
        if (l->slot[i].worker)
            l->kind->finish(l->slot[i].worker);
}

static int local_wait(struct backend *b, int64_t until)
{
    struct local *l = (struct local *)b;

    if (give_returned(l) < 0 || loop_wait(l->spec.loop, until) < 0 || give_returned(l) < 0)
        return -1;
    give_others(l);
    return 0;
}

/* The time tasks stood still does not count against their limits. */
static void note_standstill(struct local *l, int sig)
{
    if (sig == SIGSTOP && !l->stopped)
        l->stopped = clock_now();
    if (sig != SIGCONT || !l->stopped)
        return;
    loop_delay(l->spec.loop, clock_now() - l->stopped);
    l->stopped = 0;
}

static void local_signal(struct backend *b, int sig)
{
    struct local *l = (struct local *)b;

    if (!sig)
        return; /* a slot begins with what it is given */
    note_standstill(l, sig);
    for (uint32_t i = 0; i < l->spec.slots; i++)
        if (l->slot[i].load)
            l->kind->signal(l->slot[i].worker, sig);
    if (!worker_ends_by(sig))
        return;
    l->ending = true;
    cancel_returned(l);
}

/* What a worker says, and where it sits. */
struct telling {
    running_fn tell;
    void *ctx;
    uint32_t slot, rank;
};

static void tell_one(void *ctx, uint64_t task, int64_t since, int pid)
{
    const struct telling *t = ctx;
    struct running r = {.task = task, .since = since, .pid = pid, .slot = t->slot, .rank = t->rank};

    t->tell(t->ctx, &r);
}

static void local_running(const struct backend *b, running_fn tell, void *ctx)
{
    const struct local *l = (const struct local *)b;
    struct telling t = {.tell = tell, .ctx = ctx, .rank = l->spec.rank};

    for (uint32_t i = 0; i < l->spec.slots; i++) {
        t.slot = l->spec.first_slot + i;
        if (l->slot[i].load && l->kind->running)
            l->kind->running(l->slot[i].worker, tell_one, &t);
    }
}

static uint32_t local_slots(const struct backend *b)
{
    return ((const struct local *)b)->spec.slots;
}

static const char *local_host(const struct backend *b, uint32_t rank)
{
    (void)rank;
    return ((const struct local *)b)->host;
}

static int local_close(struct backend *b)
{
    struct local *l = (struct local *)b;
    int status = 0;

    for (uint32_t i = 0; i < l->spec.slots; i++)
        if (l->slot[i].worker && l->kind->close(l->slot[i].worker) < 0)
            status = -1;
    guard_close(l->guard);
    returned_release(&l->returned);
    free(l->slot);
    free(l);
    return status;
}

const struct backend_ops serial_ops = {
    .name = "serial",
    .open = serial_open,
    .room = local_room,
    .submit = local_submit,
    .finish = local_finish,
    .wait = local_wait,
    .signal = local_signal,
    .running = local_running,
    .slots = local_slots,
    .host = local_host,
    .close = local_close,
};

const struct backend_ops procs_ops = {
    .name = "procs",
    .open = procs_open,
    .room = local_room,
    .submit = local_submit,
    .finish = local_finish,
    .wait = local_wait,
    .signal = local_signal,
    .running = local_running,
    .slots = local_slots,
    .host = local_host,
    .close = local_close,
};
