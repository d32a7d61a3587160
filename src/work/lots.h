/*
 * lots: the batches in a function worker's hands, and how far each has come. Layer: work; pure.
 *
 * A batch is lent until its last task has ended; then nothing of it is looked at any more, hence
 * the copies of its numbers.
 */
#ifndef SMAP_LOTS_H
#define SMAP_LOTS_H

#include "base/piece.h"
#include "base/task.h"

#include <stdbool.h>

enum { LOTS = 2 }; /* one is worked on, one waits */

struct lot {
    const struct batch *batch;
    struct batch_cursor cursor; /* at the first task that has not ended */
    uint64_t first;
    uint32_t count, attempt;
    uint32_t skip;  /* tasks that ended before the rest went to the present process */
    uint32_t limit; /* the process ends after so many of the rest; 0: no */
};

struct lots {
    struct lot lot[LOTS];
    uint32_t used;
    uint32_t sent; /* the first so many are in the process's hands */
};

/* Lends the batch. There must be room. */
void lots_add(struct lots *l, const struct batch *b);
/* All tasks of the first lot have ended, or nobody cares any more. */
void lots_drop(struct lots *l);
/* The process is gone, and DONE more tasks of the first lot have ended: what is left is to be sent again. */
void lots_rewind(struct lots *l, uint32_t done);
/*
 * Of all that the process has been sent it ends KEEP more tasks of the first lot, the others go: GIVE is told of each lot's. What is left of a lot may be
 * nothing; it keeps its place until it is dropped.
 */
void lots_cut(struct lots *l, uint32_t keep, void (*give)(void *ctx, const struct batch *b, uint32_t from), void *ctx);
/* Nothing is left of the first lot. */
bool lots_void(const struct lots *l);
/* The tasks of a lot that have not ended, as bytes. */
struct span lot_rest(const struct lot *l);
/* All tasks that are left end as cancelled. SLOT and RANK are for their outcomes. */
void lots_cancel(struct lots *l, uint32_t slot, uint32_t rank, piece_fn on_piece, void *ctx);

#endif
