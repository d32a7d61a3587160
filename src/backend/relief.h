/*
 * relief: what one rank has not begun goes to ranks that have nothing to do. Room: backend; on rank 0.
 *
 * In: which ranks have fewer tasks than slots, and which have more. When there are both for longer than short tasks would take, some of those with more
 * are told (WIRE_WANTED); they give back what they have not begun, now and until they are told otherwise. What comes back waits here, and goes out
 * before anything new does. Never blocks.
 */
#ifndef SMAP_RELIEF_H
#define SMAP_RELIEF_H

#include "backend/peer.h"
#include "backend/returned.h"

struct relief_spec {
    struct peer *peer; /* all of them, lent */
    uint32_t peers;
    void (*send)(void *ctx, struct peer *p); /* p->out has grown */
    void *ctx;
};

struct relief {
    struct relief_spec spec;
    struct returned returned;
    uint32_t idle, laden, told; /* ranks with fewer tasks than slots; with more; of those: told to give back */
    uint32_t next;              /* rank to begin with */
    int64_t since;              /* there are both, or some were told last; 0: there are not */
    bool over;                  /* the run is being stopped: nobody is told any more */
};

/* The tasks of P, or its state, have changed. */
void relief_weigh(struct relief *r, struct peer *p);
/* Before each wait: tells who is to be told. BATCH: us that a batch shall take. When to look again, though nothing may have happened. */
int64_t relief_look(struct relief *r, int64_t batch);
/* Copies COUNT tasks of B, from FIRST on, for others. */
void relief_put(struct relief *r, const struct batch *b, uint64_t first, uint32_t count);
/* The run is being stopped: what waits ends as cancelled, and so does what still comes. */
void relief_cancel(struct relief *r, piece_fn on_piece, void *ctx);
/* Of what waits a part that leaves something for all of SLOTS, MOST tasks at most; lent until relief_end. There must be some. */
const struct batch *relief_take(struct relief *r, uint32_t most, uint32_t slots);
/* Nothing is left of B, whoever has lent it; NULL: of none. */
void relief_end(struct relief *r, const struct batch *b);
void relief_release(struct relief *r);

#endif
