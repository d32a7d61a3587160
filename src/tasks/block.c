/*
 * Tasks of whole lines. Lines are asked for as much as the block still lacks: within that, or the one line that reaches it.
 */
#include "tasks/block.h"

#include "base/xalloc.h"
#include "tasks/lines.h"

#include <stdlib.h>

struct block {
    struct source source;
    uint64_t size;
    struct buf text; /* the block in the making */
};

/* BATCH: the block is complete, or the last. */
static enum source_state block_fill(struct block *b)
{
    while (b->text.len < b->size) {
        struct batch *lines;
        enum source_state state = source_take(b->source.inner, UINT32_MAX, b->size - b->text.len, &lines);

        if (state == SOURCE_END && b->text.len)
            return SOURCE_BATCH;
        if (state != SOURCE_BATCH)
            return state;
        buf_put(&b->text, lines->data.ptr, lines->data.len);
        if (lines_unfinished(b->source.inner))
            b->text.len--;
        batch_free(lines);
    }
    return SOURCE_BATCH;
}

static enum source_state block_take(struct source *s, uint32_t max, size_t bytes, struct batch **out)
{
    struct block *b = (struct block *)s;
    struct batch *blocks = batch_new(0, BATCH_STRUCTURED);
    enum source_state state;

    while ((state = block_fill(b)) == SOURCE_BATCH) {
        batch_add(blocks, (struct span){b->text.ptr, b->text.len}, NULL, 0);
        buf_clear(&b->text);
        if (blocks->count == max || blocks->data.len >= bytes)
            break;
    }
    if (blocks->count == 0) {
        batch_free(blocks);
        return state;
    }
    *out = blocks;
    return SOURCE_BATCH;
}

static uint64_t block_total(const struct source *s)
{
    (void)s;
    return SOURCE_UNKNOWN;
}

static void block_free(struct source *s)
{
    struct block *b = (struct block *)s;

    buf_release(&b->text);
    free(b);
}

static const struct source_ops block_ops = {
    .take = block_take,
    .total = block_total,
    .free = block_free,
};

struct source *block_new(struct source *inner, uint64_t size)
{
    struct block *b = xcalloc(1, sizeof *b);

    source_init(&b->source, &block_ops, inner);
    b->size = size;
    return &b->source;
}
