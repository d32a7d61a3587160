/*
 * Numbers in, numbers out. What has arrived and not yet left lies in stretches:
 *
 *     1 2 3 4 5 6 7 8 9 10 11 12 ...
 *           ▲   └───┘ ▲  └──┘  ▲        head 4 (unfinished, streams live), stretches 6-8 and 10-11 finished,
 *          head     9: none    12       9 not heard of, 12 unfinished with what it has printed so far
 *
 * A finished stretch is a maximal range of tasks that ended, with one chain of records; it is found by its
 * first number and by the number that follows its last. A task that ends joins its neighbours, so there are
 * never more stretches than tasks in flight. An unfinished task that has printed something is a stretch of
 * its own, found by its number. The stretch at the head moves to `front`, where it is read while it still
 * grows at its end. Without an order of tasks (ARRIVAL, PASS) front is the queue of all that is to go out,
 * its records marked with their tasks. When memory is full, the chains farthest from the head go to the file
 * first: they are needed last.
 */
#include "results/order.h"

#include "base/xalloc.h"
#include "results/chain.h"
#include "results/numbers.h"
#include "results/record.h"
#include "results/spill.h"

#include <assert.h>
#include <stdlib.h>

struct stretch {
    uint64_t first, end; /* tasks FIRST..END-1 have ended; END == FIRST: one unfinished task */
    struct chain chain;
    bool has_input;      /* unfinished: the chain holds its input */
};

struct order {
    struct order_spec spec;
    struct store store;
    uint64_t head;
    struct stretch *front;     /* begins at the head and is being read; may be NULL under ORDER_TASKS */
    struct numbers unfinished; /* stretches by number */
    struct numbers by_first;   /* finished stretches but front */
    struct numbers by_end;     /* finished stretches, front too */
    struct buf input, fields;  /* of the task being delivered, once known */
    bool has_input;
    uint64_t marked;           /* the task of the record being read, where records are marked */
};

struct order *order_new(const struct order_spec *spec)
{
    struct order *o = xcalloc(1, sizeof *o);

    o->spec = *spec;
    o->head = spec->first;
    store_init(&o->store);
    if (spec->mode != ORDER_TASKS)
        o->front = xcalloc(1, sizeof *o->front);
    return o;
}

static void free_stretch(struct order *o, struct stretch *s)
{
    if (!s)
        return;
    chain_release(&o->store, &s->chain);
    free(s);
}

static void free_all(struct order *o, struct numbers *t)
{
    size_t at = 0;
    struct stretch *s;

    while ((s = numbers_walk(t, &at)))
        free_stretch(o, s);
    numbers_release(t);
}

void order_free(struct order *o)
{
    if (!o)
        return;
    free_all(o, &o->unfinished);
    free_all(o, &o->by_first);
    free_stretch(o, o->front);
    numbers_release(&o->by_end);
    store_release(&o->store);
    buf_release(&o->input);
    buf_release(&o->fields);
    free(o);
}

/* Room */

static int by_distance(const void *a, const void *b)
{
    const struct stretch *x = *(struct stretch *const *)a, *y = *(struct stretch *const *)b;

    return x->first < y->first ? 1 : x->first > y->first ? -1 : 0;
}

static size_t collect(const struct numbers *t, struct stretch **list, size_t n)
{
    size_t at = 0;
    struct stretch *s;

    while ((s = numbers_walk(t, &at)))
        if (s->chain.memory)
            list[n++] = s;
    return n;
}

/* Writes out down to half the limit, so that sorting the chains is paid by the many puts until the next time. */
static int make_room(struct order *o)
{
    size_t limit = o->spec.memory, n = 0;

    if (o->store.memory <= limit)
        return 0;
    struct stretch **list = xreallocarray(NULL, o->unfinished.count + o->by_first.count + 1, sizeof *list);
    int result = 0;

    if (o->front)
        list[n++] = o->front;
    n = collect(&o->unfinished, list, n);
    n = collect(&o->by_first, list, n);
    qsort(list, n, sizeof *list, by_distance);
    for (size_t i = 0; i < n && result == 0 && o->store.memory > limit / 2; i++)
        result = chain_spill(&o->store, &list[i]->chain, o->store.memory - limit / 2);
    free(list);
    return result < 0 ? -1 : spill_flush(o->store.spill);
}

/* In */

static struct stretch *new_stretch(uint64_t task)
{
    struct stretch *s = xmalloc(sizeof *s);

    *s = (struct stretch){.first = task, .end = task};
    return s;
}

static struct stretch *unfinished(struct order *o, uint64_t task)
{
    struct stretch *u = numbers_get(&o->unfinished, task);

    if (!u) {
        u = new_stretch(task);
        numbers_put(&o->unfinished, task, u);
    }
    return u;
}

/* Bytes of a task that has not ended. */
static void put_part(struct order *o, const struct piece *p)
{
    struct stretch *u = unfinished(o, p->task);

    if (p->input.ptr && !u->has_input) {
        chain_put_input(&o->store, &u->chain, p);
        u->has_input = true;
    }
    chain_put(&o->store, &u->chain, p);
}

/* Makes the end of S known, and joins what begins there. */
static void settle(struct order *o, struct stretch *s)
{
    struct stretch *right = numbers_take(&o->by_first, s->end);

    if (right) {
        numbers_take(&o->by_end, right->end);
        chain_move(&o->store, &s->chain, &right->chain);
        s->end = right->end;
        free_stretch(o, right);
    }
    numbers_put(&o->by_end, s->end, s);
}

static bool is_last(const struct piece *p)
{
    return p->kind == PIECE_END || p->kind == PIECE_RUN;
}

static uint32_t tasks_of(const struct piece *p)
{
    return p->kind == PIECE_RUN ? p->count : 1;
}

/* A task or a run has ended: its records and this last one join the finished stretch to the left, or begin one. */
static void put_last(struct order *o, const struct piece *p)
{
    struct stretch *u = numbers_take(&o->unfinished, p->task);
    struct stretch *s = numbers_take(&o->by_end, p->task);

    assert(p->task >= o->head && (!u || p->kind == PIECE_END));
    if (!s) {
        s = u ? u : new_stretch(p->task);
        numbers_put(&o->by_first, s->first, s);
    } else if (u) {
        chain_move(&o->store, &s->chain, &u->chain);
    }
    if (p->input.ptr && !(u && u->has_input))
        chain_put_input(&o->store, &s->chain, p);
    chain_put(&o->store, &s->chain, p);
    if (s != u)
        free(u);
    s->end = p->task + tasks_of(p);
    settle(o, s);
}

/* ARRIVAL: a whole result goes to the end of the queue. */
static void put_arrived(struct order *o, const struct piece *p)
{
    struct stretch *u = numbers_take(&o->unfinished, p->task);
    struct chain *queue = &o->front->chain;

    chain_put_task(&o->store, queue, p->task);
    if (u)
        chain_move(&o->store, queue, &u->chain);
    if (p->input.ptr && !(u && u->has_input))
        chain_put_input(&o->store, queue, p);
    chain_put(&o->store, queue, p);
    free(u);
}

static void put_passing(struct order *o, const struct piece *p)
{
    struct chain *queue = &o->front->chain;

    chain_put_task(&o->store, queue, p->task);
    if (p->input.ptr)
        chain_put_input(&o->store, queue, p);
    chain_put(&o->store, queue, p);
}

int order_put(struct order *o, const struct piece *p)
{
    if (o->spec.mode == ORDER_PASS)
        put_passing(o, p);
    else if (!is_last(p))
        put_part(o, p);
    else if (o->spec.mode == ORDER_ARRIVAL)
        put_arrived(o, p);
    else
        put_last(o, p);
    return make_room(o);
}

void order_discard(struct order *o, uint64_t task)
{
    struct stretch *u = numbers_take(&o->unfinished, task);

    if (!u)
        return;
    if (o->spec.mode == ORDER_TASKS && task == o->head)
        store_forget_window(&o->store);
    free_stretch(o, u);
}

/* Out */

static bool in_order(const struct order *o)
{
    return o->spec.mode == ORDER_TASKS;
}

/* The stretch from which something can be taken now, or NULL. */
static struct stretch *readable(struct order *o)
{
    struct stretch *s = o->front;

    if (!s && in_order(o)) {
        s = o->front = numbers_take(&o->by_first, o->head);
        if (!s && !o->spec.hold)
            s = numbers_get(&o->unfinished, o->head);
    }
    return s && chain_pending(&o->store, &s->chain) ? s : NULL;
}

bool order_pending(const struct order *o)
{
    const struct stretch *s = o->front;

    if (!s && in_order(o)) {
        s = numbers_get(&o->by_first, o->head);
        if (!s && !o->spec.hold)
            s = numbers_get(&o->unfinished, o->head);
    }
    return s && chain_pending(&o->store, &s->chain);
}

static void remember_input(struct order *o, const struct piece *p)
{
    buf_clear(&o->input);
    buf_put(&o->input, p->input.ptr, p->input.len);
    buf_clear(&o->fields);
    buf_put(&o->fields, p->fields.ptr, p->fields.len);
    o->has_input = true;
}

static void add_input(struct order *o, struct piece *p)
{
    p->input = (struct span){buf_cstr(&o->input), o->input.len};
    p->fields = (struct span){o->fields.ptr, o->fields.len};
}

/* Records that only say something of those behind them. */
static bool take_note(struct order *o, const struct piece *p)
{
    if ((int)p->kind == RECORD_INPUT) {
        remember_input(o, p);
    } else if ((int)p->kind == RECORD_TASK) {
        o->marked = p->task;
        o->has_input = false;
    } else {
        return false;
    }
    return true;
}

/* P has been handed over. */
static void advance(struct order *o, const struct piece *p)
{
    if (!is_last(p))
        return;
    o->has_input = false;
    if (in_order(o))
        o->head += tasks_of(p);
}

/* Hands over what the stretch has: 1 when that was all, 0 when READY said no, -1. */
static int drain(struct order *o, struct stretch *s, order_ready_fn ready, piece_fn deliver, void *ctx)
{
    struct piece p;
    size_t size;
    int got;

    while ((got = chain_peek(&o->store, &s->chain, &p, &size)) > 0) {
        if (!take_note(o, &p)) {
            if (ready && !ready(ctx))
                return 0;
            p.task = in_order(o) ? o->head : o->marked;
            if (o->has_input)
                add_input(o, &p);
            deliver(ctx, &p);
            advance(o, &p);
        }
        chain_skip(&o->store, &s->chain, size);
    }
    return got < 0 ? -1 : 1;
}

/* Front has been read to its end. */
static void retire_front(struct order *o)
{
    assert(o->front->end == o->head);
    numbers_take(&o->by_end, o->front->end);
    free_stretch(o, o->front);
    o->front = NULL;
}

int order_deliver(struct order *o, order_ready_fn ready, piece_fn deliver, void *ctx)
{
    struct stretch *s;

    while ((s = readable(o))) {
        int rc = drain(o, s, ready, deliver, ctx);

        if (rc <= 0)
            return rc;
        if (!in_order(o) || s != o->front)
            return 0;
        retire_front(o);
    }
    return 0;
}

/* True when nothing is before P: neither earlier tasks nor stored pieces of its own. */
static bool is_next(const struct order *o, const struct piece *p)
{
    if (in_order(o) && (p->task != o->head || o->front || (o->spec.hold && !is_last(p))))
        return false;
    if (!in_order(o) && chain_pending(&o->store, &o->front->chain))
        return false;
    if (o->spec.mode == ORDER_PASS)
        return true;
    const struct stretch *u = numbers_get(&o->unfinished, p->task);

    if (!in_order(o))
        return !u && is_last(p);
    return !u || !chain_pending(&o->store, &u->chain);
}

/* Hands P over as it is. Its stretch, if it had one, is empty by now. */
static void hand_over(struct order *o, const struct piece *p, piece_fn deliver, void *ctx)
{
    struct piece with = *p;

    if (o->spec.mode == ORDER_PASS) {
        deliver(ctx, p);
        return;
    }
    if (p->input.ptr && !o->has_input && !is_last(p))
        remember_input(o, p);
    if (o->has_input && !p->input.ptr)
        add_input(o, &with);
    deliver(ctx, &with);
    if (is_last(p) && o->unfinished.count)
        free(numbers_take(&o->unfinished, p->task));
    advance(o, p);
}

int order_pass(struct order *o, const struct piece *p, order_ready_fn ready, piece_fn deliver, void *ctx)
{
    if (!is_next(o, p) || (ready && !ready(ctx))) {
        if (order_put(o, p) < 0)
            return -1;
    } else {
        hand_over(o, p, deliver, ctx);
        if (!is_last(p))
            return 0;
    }
    return order_deliver(o, ready, deliver, ctx);
}

uint64_t order_head(const struct order *o)
{
    return o->head;
}

size_t order_memory(const struct order *o)
{
    return o->store.memory;
}

uint64_t order_spilled(const struct order *o)
{
    return spill_live(o->store.spill);
}
