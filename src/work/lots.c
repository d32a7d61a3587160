/* The batches in a function worker's hands. */
#include "work/lots.h"

#include <string.h>

void lots_add(struct lots *l, const struct batch *b)
{
    struct lot *lot = &l->lot[l->used++];

    *lot = (struct lot){.batch = b, .first = b->first, .count = b->count, .attempt = b->attempt};
    batch_walk(&lot->cursor, b);
}

void lots_drop(struct lots *l)
{
    batch_walk_end(&l->lot[0].cursor);
    l->used--;
    if (l->sent)
        l->sent--;
    memmove(&l->lot[0], &l->lot[1], sizeof l->lot[0] * (LOTS - 1));
    l->lot[LOTS - 1] = (struct lot){0};
}

void lots_rewind(struct lots *l, uint32_t done)
{
    struct lot *lot = &l->lot[0];
    struct task t;

    if (l->sent) {
        lot->skip += done;
        while (lot->skip < lot->count && lot->cursor.index < lot->skip && batch_next(&lot->cursor, &t))
            ;
    }
    while (lots_void(l))
        lots_drop(l);
    l->sent = 0;
}

void lots_cut(struct lots *l, uint32_t keep, void (*give)(void *ctx, const struct batch *b, uint32_t from), void *ctx)
{
    for (uint32_t i = 0; i < l->sent; i++, keep = 0) {
        struct lot *lot = &l->lot[i];
        const struct batch *b = lot->batch;
        uint32_t before = lot->count;

        lot->count = lot->skip + keep;
        if (lot->count < before)
            give(ctx, b, lot->count);
    }
}

bool lots_void(const struct lots *l)
{
    return l->used && l->lot[0].skip == l->lot[0].count;
}

struct span lot_rest(const struct lot *l)
{
    return (struct span){l->batch->data.ptr + l->cursor.at, l->batch->data.len - l->cursor.at};
}

void lots_cancel(struct lots *l, uint32_t slot, uint32_t rank, piece_fn on_piece, void *ctx)
{
    for (; l->used; lots_drop(l)) {
        const struct lot *lot = &l->lot[0];

        for (uint32_t i = lot->skip; i < lot->count; i++) {
            struct piece p = {.kind = PIECE_END, .task = lot->first + i, .count = 1};

            p.end = (struct outcome){.cause = END_CANCELLED, .attempt = lot->attempt, .slot = slot, .rank = rank};
            on_piece(ctx, &p);
        }
    }
}
