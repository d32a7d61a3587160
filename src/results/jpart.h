/*
 * jpart: batches of one kind on their way through the journal: in queues, or running. Room: results.
 */
#ifndef SMAP_JPART_H
#define SMAP_JPART_H

#include "base/task.h"
#include "results/journal.h"

struct jgather;

struct jpart {
    struct jpart *next;
    enum journal_kind kind;
    struct batch *batch; /* lent once the corridor has taken it */
    uint64_t first;
    uint32_t count, left; /* left: FRESH: not ended; FOUND, TWIN: not replayed */
    uint32_t *place;      /* in the index, of each task; NULL: none has one */
    struct jgather **gather; /* FRESH: of tasks that have printed something; NULL: none has */
    struct batch_cursor cursor;
};

/* Takes B; copies the places, which may be NULL. */
struct jpart *jpart_new(enum journal_kind kind, struct batch *b, const uint32_t *place);
void jpart_free(struct jpart *p);
struct jgather **jpart_gather(struct jpart *p, uint64_t task);
void jpart_drop_gather(struct jpart *p, uint64_t task);
/* Walks so that batch_next gives TASK. */
void jpart_seek(struct jpart *p, uint64_t task);

struct jqueue {
    struct jpart *head, **tail;
};

void jqueue_init(struct jqueue *q);
void jqueue_put(struct jqueue *q, struct jpart *p);
/* NULL: empty. */
struct jpart *jqueue_take(struct jqueue *q);
/* With the parts, and their batches where they are still the journal's. */
void jqueue_release(struct jqueue *q, bool with_batches);

/* FRESH parts until their last task has ended. Zeroed it is empty. */
struct jrunning {
    struct jpart **part;
    size_t count, cap, dead;
};

/* Takes P; parts come in ascending order of their tasks. */
void jrunning_put(struct jrunning *r, struct jpart *p);
/* The part with TASK in it: it must be there. */
struct jpart *jrunning_find(const struct jrunning *r, uint64_t task);
/* COUNT tasks of P have ended; P is gone with the last. */
void jrunning_land(struct jrunning *r, struct jpart *p, uint32_t count);
void jrunning_release(struct jrunning *r);

#endif
