/*
 * order: puts what comes back in the order of the tasks. Room: results.
 *
 * In: pieces (base/piece.h) of any task at any time. Out: the same bytes, in task order, each task's pieces
 * together; the head task's pieces as they arrive. What must wait is kept as records in memory up to a limit,
 * then in one unlinked temporary file (one descriptor), in extents of many consecutive tasks, so that memory
 * stays flat however many wait behind a straggler: the index costs bytes per extent, not per task. Sequence
 * numbers as in pigz's write_thread; no clock, no process here. Runs on rank 0 only. May block on the
 * temporary file only.
 */
#ifndef SMAP_ORDER_H
#define SMAP_ORDER_H

#include "base/piece.h"

enum order_mode {
    ORDER_TASKS,   /* by task number; the head streams live */
    ORDER_ARRIVAL, /* --unordered: whole results, as tasks end */
    ORDER_PASS,    /* -u, --line-buffer: every piece at once, in the order of arrival */
};

struct order_spec {
    enum order_mode mode;
    uint64_t first; /* number of the first task, 1 */
    size_t memory;  /* --buffer, bytes */
    bool hold;      /* the head does not stream before its END: an attempt may yet be discarded */
};

struct order;

struct order *order_new(const struct order_spec *spec);
void order_free(struct order *o);

/*
 * Takes a copy of the piece. -1: the temporary file failed (reported, names the reason): the run cannot go on whole.
 */
int order_put(struct order *o, const struct piece *p);
/* Forgets what arrived of TASK so far: its attempt failed and another follows. It must not have ended, and with HOLD
 * only is it certain that nothing of it was delivered yet. */
void order_discard(struct order *o, uint64_t task);

/* Asked before every piece: false makes order_deliver stop. NULL: always. */
typedef bool (*order_ready_fn)(void *ctx);
/*
 * Hands over, through DELIVER, all that is next in order, until nothing is or READY says no. Long output may
 * come in other pieces than it was put in. Once a piece of a task was put with an input text, every piece of
 * it put from there on is handed over with it (it is stored once); under ORDER_PASS each piece carries what
 * it was put with. -1: the temporary file could not be read back (reported). DELIVER and READY must not call
 * order.
 */
int order_deliver(struct order *o, order_ready_fn ready, piece_fn deliver, void *ctx);
/*
 * order_put and then order_deliver in one: a piece that is next in order, when READY says yes, is handed over as it is,
 * without a copy. This is how runs of millions of tasks pass.
 */
int order_pass(struct order *o, const struct piece *p, order_ready_fn ready, piece_fn deliver, void *ctx);

/* ORDER_TASKS: number of the task the next delivery begins with: all before it are delivered. Else the first. */
uint64_t order_head(const struct order *o);
/* Bytes waiting in memory and in the temporary file. */
size_t order_memory(const struct order *o);
uint64_t order_spilled(const struct order *o);
/* True when something could be delivered at once. */
bool order_pending(const struct order *o);

#endif
