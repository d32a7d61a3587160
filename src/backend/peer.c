/* One rank's executor: its streams and what is on its way to it. */
#include "backend/peer.h"

#include "backend/pump.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/xalloc.h"

#include <errno.h>
#include <stdlib.h>

enum { KEEP = 1 << 18 };

void peer_release(struct peer *p)
{
    while (p->voyages) {
        struct voyage *v = p->voyages;

        p->voyages = v->next;
        free(v);
    }
    setup_release_hello(&p->hello);
    wire_release(&p->in);
    buf_release(&p->out);
}

static void push_socket(struct peer *p, int fd)
{
    while (p->written < p->out.len) {
        ssize_t n = io_write(fd, p->out.ptr + p->written, p->out.len - p->written);

        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0)
            p->written = p->out.len; /* gone: reading will tell */
        else
            p->written += (size_t)n;
    }
}

/* What fits into one message leaves as it is; the memory goes along. */
static void push_messages(struct peer *p, const struct transport_ops *t)
{
    while (p->written < p->out.len && t->unsent(p->rank) < PUMP_WINDOW) {
        size_t left = p->out.len - p->written, len = left < TRANSPORT_MAX ? left : TRANSPORT_MAX;

        p->quiet = false;
        if (p->written == 0 && len == left) {
            t->send(p->rank, PUMP_STREAM, p->out.ptr, len);
            p->out = (struct buf)BUF_INIT;
            return;
        }
        t->send(p->rank, PUMP_STREAM, xmemdup(p->out.ptr + p->written, len), len);
        p->written += len;
    }
}

bool peer_push(struct peer *p, const struct transport_ops *t, int fd)
{
    if (fd >= 0)
        push_socket(p, fd);
    else
        push_messages(p, t);
    buf_trim(&p->out, &p->written);
    if (p->written < p->out.len)
        return false;
    p->out.len = p->written = 0;
    if (p->out.cap > KEEP)
        buf_release(&p->out);
    return true;
}

void peer_embark(struct peer *p, const struct batch *b)
{
    struct voyage *v = xcalloc(1, sizeof *v);

    *v = (struct voyage){.batch = b, .left = b->count, .since = clock_now(), .next = p->voyages};
    p->voyages = v;
    p->batches++;
    p->tasks += b->count;
    wire_batch(&p->out, b);
}

static bool holds(const struct batch *b, uint64_t task, uint32_t count)
{
    return task >= b->first && task - b->first < b->count && count <= b->count - (task - b->first);
}

/* The newest voyage with these tasks, which comes first: in any other they have failed before, or have come back from it. */
static struct voyage **find(struct peer *p, uint64_t task, uint32_t count)
{
    struct voyage **at = &p->voyages;

    while (*at && !holds((*at)->batch, task, count))
        at = &(*at)->next;
    return at;
}

/* COUNT tasks of the voyage are no longer on their way: itself, *DONE when that was all of it; NULL: it has not so many. */
static struct voyage *settle(struct peer *p, struct voyage **at, uint32_t count, struct voyage **done)
{
    struct voyage *v = *at;

    if (count > v->left)
        return NULL;
    v->left -= count;
    p->tasks -= count;
    if (v->left)
        return v;
    *at = v->next;
    p->batches--;
    return *done = v;
}

struct voyage *peer_land(struct peer *p, const struct piece *piece, struct voyage **done)
{
    struct voyage **at = find(p, piece->task, piece->count), *v = *at;

    *done = NULL;
    if (!v || piece->kind == PIECE_OUT || piece->kind == PIECE_ERR)
        return v;
    v->elapsed += piece->end.elapsed;
    return settle(p, at, piece->count, done);
}

struct voyage *peer_return(struct peer *p, uint64_t first, uint32_t count, struct voyage **done)
{
    struct voyage **at = find(p, first, count), *v = *at;

    *done = NULL;
    if (!v)
        return NULL;
    v->back += count;
    return settle(p, at, count, done);
}

enum peer_load peer_weigh(const struct peer *p)
{
    if (p->state != PEER_READY || p->tasks == p->slots)
        return PEER_BUSY;
    return p->tasks < p->slots ? PEER_IDLE : PEER_LADEN;
}

void peer_queue_move(struct peer *p, struct peer_queue *q)
{
    struct peer_queue *old = p->queue;

    if (old) {
        *(p->before ? &p->before->after : &old->first) = p->after;
        *(p->after ? &p->after->before : &old->last) = p->before;
    }
    p->queue = q;
    p->before = q ? q->last : NULL;
    p->after = NULL;
    if (!q)
        return;
    *(q->last ? &q->last->after : &q->first) = p;
    q->last = p;
}
