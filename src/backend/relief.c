/*
 * Relief. In the flow of short tasks nobody is told anything: there are no idle ranks, or not for long. A rank that was told is told otherwise as soon as it
 * has no more than it can do, or nobody is idle, or something has come back that the idle ones can have: else it would go on giving back what it
 * could do itself.
 */
#include "backend/relief.h"

#include "base/clock.h"
#include "work/stuck.h"

static void tell(struct relief *r, struct peer *p, bool wanted)
{
    r->told += wanted ? 1 : -1u;
    p->told = wanted;
    wire_number(&p->out, WIRE_WANTED, wanted);
    r->spec.send(r->spec.ctx, p);
}

static void count(struct relief *r, enum peer_load load, uint32_t by)
{
    r->idle += load == PEER_IDLE ? by : 0;
    r->laden += load == PEER_LADEN ? by : 0;
}

void relief_weigh(struct relief *r, struct peer *p)
{
    enum peer_load load = peer_weigh(p);

    if (load == p->load)
        return;
    count(r, p->load, -1u);
    count(r, load, 1);
    p->load = load;
    if (p->told && load != PEER_LADEN)
        tell(r, p, false);
}

static void tell_otherwise(struct relief *r)
{
    for (uint32_t i = 0; i < r->spec.peers && r->told; i++)
        if (r->spec.peer[i].told)
            tell(r, &r->spec.peer[i], false);
}

/* Has more than it can do, and has had some of that for long. */
static bool is_held_up(const struct peer *p, int64_t before)
{
    if (p->load != PEER_LADEN)
        return false;
    for (const struct voyage *v = p->voyages; v; v = v->next)
        if (v->since <= before)
            return true;
    return false;
}

/* As many as there are idle ones; the others have their turn when those have not helped. */
static void tell_some(struct relief *r, int64_t before)
{
    uint32_t left = r->idle;

    for (uint32_t i = 0; i < r->spec.peers && left; i++) {
        struct peer *p = &r->spec.peer[r->next++ % r->spec.peers];

        if (p->told || !is_held_up(p, before))
            continue;
        tell(r, p, true);
        left--;
    }
}

/* The last two batches of a rank may last so long without anything being wrong; nor is a task long before. */
static int64_t patience(int64_t batch)
{
    return 2 * batch > STUCK_LONG ? 2 * batch : STUCK_LONG;
}

int64_t relief_look(struct relief *r, int64_t batch)
{
    int64_t now, time = patience(batch);

    if (!r->idle || !r->laden || r->over || returned_any(&r->returned)) {
        r->since = 0;
        tell_otherwise(r);
        return CLOCK_NEVER;
    }
    if (r->told == r->laden)
        return CLOCK_NEVER;
    now = clock_now();
    if (!r->since)
        r->since = now;
    if (now >= r->since + time) {
        tell_some(r, now - time);
        r->since = now;
    }
    return r->since + time;
}

void relief_put(struct relief *r, const struct batch *b, uint64_t first, uint32_t count)
{
    returned_put(&r->returned, b, (uint32_t)(first - b->first), count);
}

void relief_cancel(struct relief *r, piece_fn on_piece, void *ctx)
{
    struct piece p = {.kind = PIECE_END, .count = 1, .end = {.cause = END_CANCELLED}};

    r->over = true;
    while ((p.task = returned_drop(&r->returned, &p.end.attempt)))
        on_piece(ctx, &p);
}

const struct batch *relief_take(struct relief *r, uint32_t most, uint32_t slots)
{
    uint64_t share = r->returned.tasks / (2 * (uint64_t)slots);

    if (share < most)
        most = share ? (uint32_t)share : 1;
    return returned_take(&r->returned, most);
}

void relief_end(struct relief *r, const struct batch *b)
{
    if (b)
        returned_end(&r->returned, b);
}

void relief_release(struct relief *r)
{
    returned_release(&r->returned);
}
