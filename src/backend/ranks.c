/*
 * The master of the ranks. A flat one: batches go out two deep to every slot once tasks are known to be short, and their size follows the measured
 * task time, so that rank 0 has a message to deal with every few milliseconds per slot and not per task. The second level, for
 * thousands of slots, is not another protocol but one rank per node with many slots.
 *
 *     rank 0                          rank r                       its executor
 *       |  <---------------------------- HELLO ------------------------ |
 *       |  ----------------------------- SETUP -----------------------> |
 *       |  <---------------------------- READY ------------------------ |
 *       |  ----------------------------- BATCH ... -------------------> |
 *       |  <---------------------------- PIECE ... -------------------- |
 *       |  ----------------------------- WANTED ----------------------> |   when other ranks have nothing to do
 *       |  <---------------------------- BACK ... --------------------- |   what has not begun, for them
 *       |  ----------------------------- STOP ------------------------> |
 *       |  <-------- END -------------- (its socket has ended) -------- x
 *       |  --------- LEAVE ---> x  (and BYE back)
 *
 * Nobody waits for ever. Rank 0 sends only what MPI takes at once, keeping the rest, and receives always: not when it wants results but whenever it waits
 * for anything. What comes BACK goes out again, before anything new, to whoever has room; while nobody has, every rank has a batch, whose end makes room.
 * Nothing waits for an answer to WANTED. A rank that ends, or is silent for too long, ends the run: stock MPI cannot be relied upon after the loss of a rank.
 */
#include "backend/ranks.h"

#include "backend/crew.h"
#include "backend/executor.h"
#include "backend/nap.h"
#include "backend/pump.h"
#include "backend/relief.h"
#include "backend/schedule.h"
#include "backend/world.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/xalloc.h"
#include "work/stuck.h"
#include "work/worker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    RECEIVE_BURST = 256,     /* messages between two looks at the rest of the program */
    BATCH_BYTES = 1 << 20,
    DEPTH = 2,
    SLOT_US = 40,            /* twice what rank 0 needs for a batch and its answer */
    LOOK_LONGEST = 1000000,
    END_US = 5000000,        /* for all ranks to end what runs */
};

struct ranks {
    struct backend base;
    struct backend_spec spec;
    struct ranks_spec ranks;
    struct crew crew;
    struct peer_queue idle, spare, eager; /* peers with a free slot; with room for a batch behind; that asked for more all the same */
    struct relief relief;
    struct schedule schedule;
    struct nap nap;
    struct silence silence;
    struct loop_timer beat;
    uint32_t unsent;               /* peers with something still to send */
    uint32_t ended;
    bool closing, failed;
    bool finishing; /* nothing follows, as far as is known */
    bool untrue;    /* an executor takes back its results */
};

static bool whole = true; /* no rank was lost */

bool ranks_whole(void)
{
    return whole;
}

static int fail(struct ranks *r)
{
    r->failed = true;
    return -1;
}

static const char *host_of(const struct peer *p)
{
    return p->hello.host ? p->hello.host : "host not known";
}

/* --- to the executors ------------------------------------------------------------------------------------------- */

static int socket_of(const struct ranks *r, const struct peer *p)
{
    return p->rank == 0 ? r->ranks.executor->fd : -1;
}

/* Sends what was appended to p->out, as far as it goes; the rest with the next look. */
static void send_out(struct ranks *r, struct peer *p)
{
    if (p->state == PEER_ENDED) {
        p->out.len = p->written = 0;
        return;
    }
    bool gone = peer_push(p, r->ranks.transport, socket_of(r, p));

    if (p->rank == 0)
        loop_change(r->spec.loop, r->ranks.executor->fd, gone ? POLLIN : POLLIN | POLLOUT);
}

static void push_all(struct ranks *r)
{
    for (uint32_t i = 1; i < r->ranks.size && r->unsent; i++)
        if (r->crew.peer[i].out.len)
            send_out(r, &r->crew.peer[i]);
    r->unsent = 0;
    for (uint32_t i = 1; i < r->ranks.size; i++)
        r->unsent += r->crew.peer[i].out.len > 0;
}

/* Something was appended to p->out. */
static void commit(void *ctx, struct peer *p)
{
    struct ranks *r = ctx;

    send_out(r, p);
    r->unsent += p->rank > 0 && p->out.len;
}

/* --- room and queues -------------------------------------------------------------------------------------------- */

/* By what it has to do a peer stands in one of the queues, or in none. At their end: work goes round. */
static void place(struct ranks *r, struct peer *p)
{
    struct peer_queue *q = p->batches < p->slots ? &r->idle : p->wants_more ? &r->eager : &r->spare;

    if (p->state != PEER_READY || (q == &r->spare && p->batches >= DEPTH * p->slots))
        q = NULL;
    peer_queue_move(p, q);
    relief_weigh(&r->relief, p);
}

static struct peer *next_peer(const struct ranks *r)
{
    if (r->idle.first)
        return r->idle.first;
    return r->spare.first && schedule_depth(&r->schedule) > 1 ? r->spare.first : r->eager.first;
}

static struct backend_room ranks_room(struct backend *b, uint64_t left)
{
    struct ranks *r = (struct ranks *)b;

    if (r->failed || returned_any(&r->relief.returned) || !next_peer(r))
        return (struct backend_room){0};
    return (struct backend_room){.tasks = schedule_next(&r->schedule, left, r->crew.slots), .bytes = BATCH_BYTES};
}

static int submit(struct ranks *r, struct peer *p, const struct batch *batch)
{
    peer_embark(p, batch);
    p->wants_more = false;
    place(r, p);
    commit(r, p);
    return r->failed ? -1 : 0;
}

static int ranks_submit(struct backend *b, const struct batch *batch)
{
    struct ranks *r = (struct ranks *)b;

    return submit(r, next_peer(r), batch);
}

/* A rank may count as idle by its batches and yet have as many tasks as slots: rather one that has not. */
static struct peer *neediest_peer(const struct ranks *r)
{
    for (struct peer *p = r->idle.first; p; p = p->after)
        if (p->load == PEER_IDLE)
            return p;
    return next_peer(r);
}

static int give_returned(struct ranks *r)
{
    struct peer *p;

    while (returned_any(&r->relief.returned) && (p = neediest_peer(r))) {
        uint32_t most = schedule_next(&r->schedule, UINT64_MAX, r->crew.slots);

        if (submit(r, p, relief_take(&r->relief, most, r->crew.slots)) < 0)
            return -1;
    }
    return 0;
}

/* --- from the executors ----------------------------------------------------------------------------------------- */

/* Something of P's has ended or come back: with it, unless DONE is NULL, all of that voyage, whose batch is given. */
static const struct batch *conclude(struct ranks *r, struct peer *p, struct voyage *done)
{
    relief_weigh(&r->relief, p);
    if (!done)
        return NULL;
    const struct batch *batch = done->batch;

    if (batch->count > done->back)
        schedule_note(&r->schedule, batch->count - done->back, done->elapsed);
    free(done);
    place(r, p);
    return batch;
}

static int on_piece(struct ranks *r, struct peer *p, struct span body)
{
    const struct batch *batch;
    struct piece piece;
    struct voyage *done;

    if (r->closing)
        return 0;
    if (!wire_get_piece(body, &piece) || !peer_land(p, &piece, &done))
        return -1;
    piece.end.rank = p->rank;
    batch = conclude(r, p, done);
    r->spec.on_piece(r->spec.ctx, &piece);
    relief_end(&r->relief, batch);
    return 0;
}

/* Tasks that P has not begun, since others are idle; or were. */
static int on_back(struct ranks *r, struct peer *p, struct span body)
{
    struct voyage *v, *done;
    uint64_t first;
    uint32_t count;

    if (r->closing)
        return 0;
    if (!wire_get_range(body, &first, &count) || !(v = peer_return(p, first, count, &done)))
        return -1;
    relief_put(&r->relief, v->batch, first, count);
    relief_end(&r->relief, conclude(r, p, done));
    schedule_note(&r->schedule, 1, STUCK_LONG); /* so much the task has taken that held them up */
    if (r->relief.over)
        relief_cancel(&r->relief, r->spec.on_piece, r->spec.ctx);
    return 0;
}

/* With very many slots rank 0 is what is short: batches last so long that dealing with all of them takes half of its time. Tasks that are
 * longer themselves still go one by one. */
static void set_target(struct ranks *r)
{
    int64_t us = (int64_t)r->crew.slots * SLOT_US;

    if (us > r->schedule.target_us)
        r->schedule.target_us = us;
}

static int on_ready(struct ranks *r, struct peer *p)
{
    if (p->state != PEER_ASKED)
        return -1;
    p->state = PEER_READY;
    set_target(r);
    place(r, p);
    if (r->finishing) {
        wire_number(&p->out, WIRE_FINISH, 0);
        commit(r, p);
    }
    return 0;
}

static int on_note(struct span body)
{
    struct wire_cursor c = wire_open(body);
    struct span line = wire_get_span(&c);

    if (line.len && line.ptr[line.len - 1] == '\n')
        line.len--;
    diag_line(line);
    return wire_done(&c) ? 0 : -1;
}

static int on_frame(struct ranks *r, struct peer *p, const struct wire_frame *f)
{
    switch (f->kind) {
    case WIRE_HELLO:
        return crew_hello(&r->crew, p, f->body) ? 0 : fail(r);
    case WIRE_READY:
        return on_ready(r, p);
    case WIRE_MORE:
        p->wants_more = true;
        place(r, p);
        return 0;
    case WIRE_ENDED:
        r->untrue |= f->body.len >= 4 && memcmp(f->body.ptr, "\0\0\0", 4) != 0;
        return 0;
    case WIRE_REFUSED:
        if (r->failed || r->closing)
            return 0;
        diag("rank %u (%s) cannot take part", p->rank, host_of(p));
        return fail(r);
    case WIRE_PIECE:
        return on_piece(r, p, f->body);
    case WIRE_BACK:
        return on_back(r, p, f->body);
    case WIRE_NOTE:
        return r->failed ? 0 : on_note(f->body);
    default:
        return -1;
    }
}

static void feed(struct ranks *r, struct peer *p, const char *bytes, size_t len)
{
    struct wire_frame f;
    int got = 0;

    wire_feed(&p->in, bytes, len);
    while ((got = wire_next(&p->in, &f)) == 1)
        if (on_frame(r, p, &f) < 0) {
            got = -1;
            break;
        }
    if (got < 0 && !r->failed) {
        diag("rank %u (%s) sent something that makes no sense", p->rank, host_of(p));
        fail(r);
    }
}

static void on_end(struct ranks *r, struct peer *p)
{
    if (p->state == PEER_ENDED)
        return;
    p->state = PEER_ENDED;
    r->ended++;
    place(r, p);
    if (r->closing || r->failed)
        return;
    if (r->untrue) {
        fail(r); /* it has said why */
        return;
    }
    diag("the executor of rank %u (%s) has ended before its work was done", p->rank, host_of(p));
    fail(r);
}

static void on_socket(void *ctx, short events)
{
    static char buffer[PUMP_CHUNK]; /* lent to feed */
    struct ranks *r = ctx;
    struct peer *p = &r->crew.peer[0];

    if (events & POLLOUT)
        send_out(r, p);
    if (!(events & (POLLIN | POLLHUP | POLLERR)))
        return;
    ssize_t n = io_read(r->ranks.executor->fd, buffer, sizeof buffer);

    if (n > 0) {
        feed(r, p, buffer, (size_t)n);
    } else if (n == 0 || errno != EAGAIN) {
        loop_remove(r->spec.loop, r->ranks.executor->fd);
        executor_end(r->ranks.executor);
        on_end(r, p);
    }
}

static void on_message(struct ranks *r, const struct transport_message *m)
{
    if (m->from == 0 || m->from >= r->ranks.size)
        return;
    struct peer *p = &r->crew.peer[m->from];

    p->heard = silence_now(&r->silence, clock_now(), LOOK_LONGEST);
    if (m->tag == PUMP_STREAM)
        feed(r, p, m->ptr, m->len);
    else if (m->tag == PUMP_END)
        on_end(r, p);
}

/* How many messages came; -1: failed. */
static int receive(struct ranks *r)
{
    struct transport_message m;
    int count = 0, got = 0;

    if (!r->ranks.transport)
        return 0;
    if (r->unsent)
        push_all(r);
    while (count < RECEIVE_BURST && (got = r->ranks.transport->receive(&m)) == 1) {
        on_message(r, &m);
        count++;
    }
    return got < 0 ? fail(r) : count;
}

/* --- signs of life ---------------------------------------------------------------------------------------------- */

static void check_peer(struct ranks *r, struct peer *p, int64_t now)
{
    if (p->state == PEER_ENDED || r->failed)
        return;
    if (p->quiet)
        r->ranks.transport->send(p->rank, PUMP_BEAT, xmalloc(1), 0);
    p->quiet = true;
    if (now - p->heard < r->ranks.lost_after)
        return;
    diag("rank %u (%s) has not been heard of for %d s: it is lost, and the run cannot go on", p->rank, host_of(p),
         (int)(r->ranks.lost_after / 1000000));
    whole = false;
    fail(r);
}

static void on_beat(void *ctx)
{
    struct ranks *r = ctx;
    int64_t now = silence_now(&r->silence, clock_now(), LOOK_LONGEST);

    for (uint32_t i = 1; i < r->ranks.size; i++)
        check_peer(r, &r->crew.peer[i], now);
    loop_timer_set(r->spec.loop, &r->beat, clock_now() + r->ranks.lost_after / PUMP_BEATS);
}

/* --- the backend ------------------------------------------------------------------------------------------------ */

int ranks_open(struct backend **b, const struct backend_spec *spec, const struct ranks_spec *ranks)
{
    struct ranks *r = xcalloc(1, sizeof *r);
    bool dedicated = ranks->executor->fd < 0;
    struct crew_spec crew = {.size = ranks->size, .dedicated = dedicated, .slots = ranks->slots, .chunk = spec->chunk,
                             .work = spec->work, .launcher = ranks->launcher, .send = commit, .ctx = r};
    int64_t now = clock_now();

    r->base.ops = &ranks_ops;
    r->spec = *spec;
    r->ranks = *ranks;
    whole = true;
    schedule_init(&r->schedule, spec->chunk);
    nap_event(&r->nap, now);
    crew_open(&r->crew, &crew);
    r->relief.spec = (struct relief_spec){.peer = r->crew.peer, .peers = ranks->size, .send = commit, .ctx = r};
    for (uint32_t i = 0; i < ranks->size; i++)
        r->crew.peer[i].heard = silence_now(&r->silence, now, LOOK_LONGEST);
    if (dedicated) {
        r->crew.peer[0].state = PEER_ENDED;
        r->ended = 1;
    } else {
        loop_add(spec->loop, ranks->executor->fd, POLLIN, on_socket, r);
    }
    loop_timer_init(&r->beat, on_beat, r);
    if (ranks->lost_after && ranks->size > 1)
        loop_timer_set(spec->loop, &r->beat, now + ranks->lost_after / PUMP_BEATS);
    *b = &r->base;
    return 0;
}

static int open_entered(struct backend **b, const struct backend_spec *spec)
{
    return ranks_open(b, spec, world_ranks());
}

/* Messages first, then descriptors for as long as the nap rule allows, then messages again. */
static int wait_once(struct ranks *r, int64_t until)
{
    int got = receive(r);

    if (got < 0)
        return -1;
    int64_t now = clock_now();

    if (got > 0) {
        nap_event(&r->nap, now);
        until = 0;
    }
    if (r->ranks.size > 1 && nap_until(&r->nap, now) < until)
        until = nap_until(&r->nap, now);
    int ran = loop_wait(r->spec.loop, until);

    if (ran > 0)
        nap_event(&r->nap, clock_now());
    return ran < 0 ? -1 : 0;
}

static int ranks_wait(struct backend *b, int64_t until)
{
    struct ranks *r = (struct ranks *)b;

    if (give_returned(r) < 0)
        return -1;
    int64_t look = relief_look(&r->relief, r->schedule.target_us);

    return wait_once(r, look < until ? look : until) < 0 || r->failed ? -1 : 0;
}

static void send_all(struct ranks *r, enum wire_kind kind, uint32_t n)
{
    for (uint32_t i = 0; i < r->ranks.size; i++) {
        struct peer *p = &r->crew.peer[i];

        if (p->state == PEER_ENDED || (kind != WIRE_STOP && p->state != PEER_READY))
            continue;
        wire_number(&p->out, kind, n);
        commit(r, p);
    }
}

static void ranks_finish(struct backend *b)
{
    struct ranks *r = (struct ranks *)b;

    r->finishing = true;
    send_all(r, WIRE_FINISH, 0);
}

/* A rank works through a batch more or less in order: of each batch the first task that has not ended by that count. */
static void ranks_running(const struct backend *b, running_fn tell, void *ctx)
{
    const struct ranks *r = (const struct ranks *)b;

    for (uint32_t i = 0; i < r->ranks.size; i++)
        for (const struct voyage *v = r->crew.peer[i].voyages; v; v = v->next) {
            struct running now = {.task = v->batch->first + v->batch->count - v->back - v->left, .since = v->since, .rank = i,
                                  .slot = r->crew.peer[i].first_slot};

            tell(ctx, &now);
        }
}

static void ranks_signal(struct backend *b, int sig)
{
    struct ranks *r = (struct ranks *)b;

    send_all(r, WIRE_SIGNAL, (uint32_t)sig);
    if (sig && !worker_ends_by(sig))
        return;
    relief_cancel(&r->relief, r->spec.on_piece, r->spec.ctx);
}

static uint32_t ranks_slots(const struct backend *b)
{
    return ((const struct ranks *)b)->crew.slots;
}

static const char *ranks_host(const struct backend *b, uint32_t rank)
{
    const struct ranks *r = (const struct ranks *)b;

    return rank < r->ranks.size && r->crew.peer[rank].hello.host ? r->crew.peer[rank].hello.host : "";
}

static void end_all(struct ranks *r)
{
    int64_t until = clock_now() + END_US;

    r->closing = true;
    send_all(r, WIRE_STOP, 0);
    while (r->ended < r->ranks.size && clock_now() < until)
        if (wait_once(r, until) < 0)
            break;
    for (uint32_t i = 0; whole && i < r->ranks.size; i++)
        if (r->crew.peer[i].state != PEER_ENDED) {
            diag("rank %u (%s) does not end", i, host_of(&r->crew.peer[i]));
            whole = false;
        }
}

static int ranks_close(struct backend *b)
{
    struct ranks *r = (struct ranks *)b;
    int result;

    if (whole)
        end_all(r);
    loop_timer_clear(r->spec.loop, &r->beat);
    if (r->ranks.executor->fd >= 0) {
        loop_remove(r->spec.loop, r->ranks.executor->fd);
        executor_end(r->ranks.executor);
    }
    result = r->untrue && !r->failed ? -1 : 0;
    crew_close(&r->crew);
    relief_release(&r->relief);
    free(r);
    return result;
}

const struct backend_ops ranks_ops = {
    .name = "mpi",
    .open = open_entered,
    .room = ranks_room,
    .submit = ranks_submit,
    .finish = ranks_finish,
    .wait = ranks_wait,
    .signal = ranks_signal,
    .running = ranks_running,
    .slots = ranks_slots,
    .host = ranks_host,
    .close = ranks_close,
};
