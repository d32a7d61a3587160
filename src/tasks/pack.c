/*
 * N consecutive tasks as one. The pack in the making is kept as its joined text and the end of each record in it; spans are
 * made when it is complete, since the text moves while it grows.
 */
#include "tasks/pack.h"

#include "base/xalloc.h"

#include <stdlib.h>

struct pack {
    struct source source;
    uint32_t size;
    int separator;
    struct buf text;
    uint32_t count, cap; /* records in the pack in the making */
    size_t *end;
    struct span *field;  /* as many as end */
    struct batch_cursor cursor;
};

static void pack_put(struct pack *p, struct span text)
{
    if (p->count == p->cap) {
        p->cap = p->cap ? p->cap * 2 : 16;
        p->end = xreallocarray(p->end, p->cap, sizeof *p->end);
        p->field = xreallocarray(p->field, p->cap, sizeof *p->field);
    }
    if (p->count)
        buf_putc(&p->text, (char)p->separator);
    buf_put(&p->text, text.ptr, text.len);
    p->end[p->count++] = p->text.len;
}

/* Puts the pack into OUT and begins the next. */
static void pack_finish(struct pack *p, struct batch *out)
{
    const char *text = buf_cstr(&p->text); /* never NULL, even of one empty record */
    size_t from = 0;

    for (uint32_t i = 0; i < p->count; i++) {
        p->field[i] = (struct span){text + from, p->end[i] - from};
        from = p->end[i] + 1;
    }
    batch_add(out, (struct span){text, p->text.len}, p->field, p->count);
    buf_clear(&p->text);
    p->count = 0;
}

static void pack_records(struct pack *p, const struct batch *records, struct batch *out)
{
    struct task t;

    batch_walk(&p->cursor, records);
    while (batch_next(&p->cursor, &t)) {
        pack_put(p, t.text);
        if (p->count == p->size)
            pack_finish(p, out);
    }
}

static enum source_state pack_take(struct source *s, uint32_t max, size_t bytes, struct batch **out)
{
    struct pack *p = (struct pack *)s;
    struct batch *packs = batch_new(0, BATCH_STRUCTURED), *records;
    enum source_state state = SOURCE_BATCH;

    while (packs->count == 0 && state == SOURCE_BATCH) {
        uint64_t want = (uint64_t)max * p->size; /* and what is begun stays less than a pack */

        state = source_take(s->inner, want < UINT32_MAX ? (uint32_t)want : UINT32_MAX, bytes, &records);
        if (state == SOURCE_BATCH) {
            pack_records(p, records, packs);
            batch_free(records);
        }
    }
    if (state == SOURCE_END && p->count)
        pack_finish(p, packs);
    if (packs->count == 0) {
        batch_free(packs);
        return state;
    }
    *out = packs;
    return SOURCE_BATCH;
}

static uint64_t pack_total(const struct source *s)
{
    const struct pack *p = (const struct pack *)s;
    uint64_t records = source_total(s->inner);

    return records == SOURCE_UNKNOWN ? records : records / p->size + (records % p->size != 0);
}

static void pack_free(struct source *s)
{
    struct pack *p = (struct pack *)s;

    batch_walk_end(&p->cursor);
    buf_release(&p->text);
    free(p->end);
    free(p->field);
    free(p);
}

static const struct source_ops pack_ops = {
    .take = pack_take,
    .total = pack_total,
    .free = pack_free,
};

struct source *pack_new(struct source *inner, uint32_t size, int separator)
{
    struct pack *p = xcalloc(1, sizeof *p);

    source_init(&p->source, &pack_ops, inner);
    p->size = size;
    p->separator = separator;
    return &p->source;
}
