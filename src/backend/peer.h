/*
 * peer: one rank's executor as rank 0 sees it: the stream to it, the stream from it, and what it has been given. Room: backend.
 *
 * Plain data and bookkeeping for ranks.c; no decisions here. Rank 0's own executor is reached through a socket, the others through messages.
 */
#ifndef SMAP_PEER_H
#define SMAP_PEER_H

#include "backend/setup.h"
#include "backend/transport.h"
#include "base/task.h"
#include "base/wire.h"

enum peer_state {
    PEER_NEW,   /* has said nothing yet */
    PEER_KNOWN, /* has said HELLO */
    PEER_ASKED, /* was sent SETUP */
    PEER_READY,
    PEER_ENDED, /* its executor has gone */
};

/* A batch on its way. With an MPI that survives the loss of a rank its unfinished tasks could be given to another. */
struct voyage {
    const struct batch *batch; /* lent until its last task has ended, or was given back */
    uint32_t left;
    uint32_t back;   /* tasks given back */
    int64_t elapsed; /* us, of its tasks together */
    int64_t since;   /* when it was sent, monotonic */
    struct voyage *next;
};

/* What it has to do, as far as is known: fewer tasks than slots, just as many, or more (or it is not at work). */
enum peer_load { PEER_BUSY, PEER_IDLE, PEER_LADEN };

struct peer_queue {
    struct peer *first, *last;
};

struct peer {
    uint32_t rank;
    enum peer_state state;
    struct hello hello;
    uint32_t slots, first_slot;
    struct voyage *voyages;
    uint32_t batches; /* voyages */
    uint64_t tasks;   /* on their way */
    enum peer_load load; /* by which it is counted (relief.h) */
    bool told;        /* that others are idle */
    bool wants_more;  /* whatever it has already */
    struct wire_reader in;
    struct buf out;   /* frames still to be sent */
    size_t written;
    int64_t heard;    /* by the count of silence_now */
    bool quiet;       /* nothing was sent to it since the last beat */
    struct peer_queue *queue; /* it stands in: has room for a batch */
    struct peer *before, *after;
};

void peer_release(struct peer *p);

/* Sends what it can of p->out: to FD (0 or more) or as messages. True when all has gone; false: later; -1 never, a broken link is seen by reading. */
bool peer_push(struct peer *p, const struct transport_ops *t, int fd);

/* Encodes B and notes that it is on its way. */
void peer_embark(struct peer *p, const struct batch *b);
/*
 * Notes what PIECE says of a batch on its way. NULL: there is none it could belong to (a bad peer). When it was the last of its batch, *DONE is that voyage: free it
 * after the piece has been passed on; else NULL.
 */
struct voyage *peer_land(struct peer *p, const struct piece *piece, struct voyage **done);

/* COUNT tasks from FIRST on come back: gives their voyage as peer_land does. */
struct voyage *peer_return(struct peer *p, uint64_t first, uint32_t count, struct voyage **done);
enum peer_load peer_weigh(const struct peer *p);

/* Puts P at the end of Q (NULL: nowhere). */
void peer_queue_move(struct peer *p, struct peer_queue *q);

#endif
