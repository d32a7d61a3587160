/*
 * The stream of frames. All integers are padded to their size and all bytes to 8, so a body begins and stays aligned as long as the
 * buffer is, and the lengths of a run can be lent as an array where they lie.
 *
 *     u64 body length | u32 kind | u32 0 | body ... | zeros
 *
 * A frame holds at most what its writer put in: pieces are cut at 1 MiB, batches are as long as their tasks. The reader therefore has no limit of its
 * own, but grows with the bytes that came and not with the length that was promised.
 */
#include "base/wire.h"

#include "base/xalloc.h"

#include <string.h>

#define KEEP ((size_t)1 << 18) /* an emptied reader keeps a buffer up to this size */

static size_t padding(size_t len)
{
    return -len & 7;
}

static void pad(struct buf *out, size_t len)
{
    static const char zero[8];

    buf_put(out, zero, padding(len));
}

size_t wire_begin(struct buf *out, enum wire_kind kind)
{
    size_t begin = out->len;

    wire_put_u64(out, 0);
    wire_put_u32(out, kind);
    wire_put_u32(out, 0);
    return begin;
}

void wire_end(struct buf *out, size_t begin)
{
    uint64_t len = out->len - begin - WIRE_HEAD;

    memcpy(out->ptr + begin, &len, sizeof len);
    pad(out, len);
}

void wire_put_u32(struct buf *out, uint32_t n)
{
    buf_put(out, &n, sizeof n);
}

void wire_put_u64(struct buf *out, uint64_t n)
{
    buf_put(out, &n, sizeof n);
}

void wire_put_span(struct buf *out, struct span bytes)
{
    wire_put_u64(out, bytes.len);
    buf_put(out, bytes.ptr, bytes.len);
    pad(out, bytes.len);
}

/* The length is one more than the text's; 0 stands for NULL. */
void wire_put_text(struct buf *out, const char *text)
{
    wire_put_span(out, text ? (struct span){text, strlen(text) + 1} : (struct span){"", 0});
}

void wire_batch(struct buf *out, const struct batch *b)
{
    buf_room(out, WIRE_HEAD + 48 + b->data.len);
    size_t begin = wire_begin(out, WIRE_BATCH);

    wire_put_u64(out, b->first);
    wire_put_u32(out, b->count);
    wire_put_u32(out, b->attempt);
    wire_put_u64(out, (uint64_t)(int64_t)b->separator);
    wire_put_u64(out, (uint64_t)b->timeout);
    wire_put_span(out, (struct span){b->data.ptr, b->data.len});
    wire_end(out, begin);
}

static void put_outcome(struct buf *out, const struct outcome *o)
{
    const uint8_t small[4] = {o->cause, o->status, o->signal, o->flags};

    buf_put(out, small, sizeof small);
    wire_put_u32(out, o->attempt);
    wire_put_u32(out, o->slot);
    wire_put_u32(out, o->rank);
    wire_put_u64(out, (uint64_t)o->start);
    wire_put_u64(out, (uint64_t)o->elapsed);
    wire_put_u64(out, (uint64_t)o->maxrss);
    wire_put_span(out, o->reason);
}

/* kind, count, task, bytes; END and RUN: outcome; RUN: lengths as a span. */
static void put_piece(struct buf *out, const struct piece *p, struct span bytes)
{
    buf_room(out, WIRE_HEAD + 128 + bytes.len);
    size_t begin = wire_begin(out, WIRE_PIECE);

    wire_put_u32(out, p->kind);
    wire_put_u32(out, p->count);
    wire_put_u64(out, p->task);
    wire_put_span(out, bytes);
    if (p->kind == PIECE_END || p->kind == PIECE_RUN)
        put_outcome(out, &p->end);
    if (p->kind == PIECE_RUN)
        wire_put_span(out, (struct span){(const char *)p->lengths,
                                         p->lengths ? p->count * sizeof *p->lengths : 0});
    wire_end(out, begin);
}

void wire_piece(struct buf *out, const struct piece *p)
{
    struct span rest = p->bytes;

    if (p->kind == PIECE_OUT || p->kind == PIECE_ERR)
        while (rest.len > WIRE_PIECE_MAX) {
            put_piece(out, p, (struct span){rest.ptr, WIRE_PIECE_MAX});
            rest.ptr += WIRE_PIECE_MAX;
            rest.len -= WIRE_PIECE_MAX;
        }
    put_piece(out, p, rest);
}

void wire_note(struct buf *out, struct span text)
{
    size_t begin = wire_begin(out, WIRE_NOTE);

    wire_put_span(out, text);
    wire_end(out, begin);
}

void wire_number(struct buf *out, enum wire_kind kind, uint32_t n)
{
    size_t begin = wire_begin(out, kind);

    wire_put_u32(out, n);
    wire_end(out, begin);
}

void wire_range(struct buf *out, enum wire_kind kind, uint64_t first, uint32_t count)
{
    size_t begin = wire_begin(out, kind);

    wire_put_u64(out, first);
    wire_put_u32(out, count);
    wire_end(out, begin);
}

struct wire_cursor wire_open(struct span body)
{
    return (struct wire_cursor){body.ptr, body.len, false};
}

/* The next N bytes, NULL when there are not so many. */
static const char *get(struct wire_cursor *c, size_t n)
{
    if (c->bad || c->left < n) {
        c->bad = true;
        return NULL;
    }
    const char *p = c->ptr;

    c->ptr += n;
    c->left -= n;
    return p;
}

uint32_t wire_get_u32(struct wire_cursor *c)
{
    uint32_t n = 0;
    const char *p = get(c, sizeof n);

    if (p)
        memcpy(&n, p, sizeof n);
    return n;
}

uint64_t wire_get_u64(struct wire_cursor *c)
{
    uint64_t n = 0;
    const char *p = get(c, sizeof n);

    if (p)
        memcpy(&n, p, sizeof n);
    return n;
}

struct span wire_get_span(struct wire_cursor *c)
{
    uint64_t len = wire_get_u64(c);

    if (len > c->left)
        c->bad = true;
    const char *p = get(c, len);

    get(c, padding(len));
    return p && !c->bad ? (struct span){p, len} : (struct span){"", 0};
}

char *wire_get_text(struct wire_cursor *c)
{
    struct span s = wire_get_span(c);

    if (!s.len)
        return NULL;
    if (memchr(s.ptr, '\0', s.len) != s.ptr + s.len - 1) {
        c->bad = true;
        return NULL;
    }
    return xmemdup(s.ptr, s.len - 1);
}

bool wire_done(const struct wire_cursor *c)
{
    return !c->bad && !c->left;
}

struct batch *wire_get_batch(struct span body)
{
    struct wire_cursor c = wire_open(body);
    uint64_t first = wire_get_u64(&c);
    uint32_t count = wire_get_u32(&c);
    uint32_t attempt = wire_get_u32(&c);
    int64_t separator = (int64_t)wire_get_u64(&c);
    int64_t timeout = (int64_t)wire_get_u64(&c);
    struct span data = wire_get_span(&c);

    if (!wire_done(&c) || separator < BATCH_STRUCTURED || separator > 255 || !first || !count ||
        first + count < first || timeout < 0)
        return NULL;
    struct batch *b = batch_new(first, (int)separator);

    b->count = count;
    b->attempt = attempt;
    b->timeout = timeout;
    buf_put(&b->data, data.ptr, data.len);
    return b;
}

static void get_outcome(struct wire_cursor *c, struct outcome *o)
{
    const char *small = get(c, 4);

    if (small) {
        o->cause = (uint8_t)small[0];
        o->status = (uint8_t)small[1];
        o->signal = (uint8_t)small[2];
        o->flags = (uint8_t)small[3];
    }
    o->attempt = wire_get_u32(c);
    o->slot = wire_get_u32(c);
    o->rank = wire_get_u32(c);
    o->start = (int64_t)wire_get_u64(c);
    o->elapsed = (int64_t)wire_get_u64(c);
    o->maxrss = (int64_t)wire_get_u64(c);
    o->reason = wire_get_span(c);
    if (o->cause > END_CANCELLED)
        c->bad = true;
}

/* No lengths, or COUNT of them that add up to the bytes of the run. */
static void get_lengths(struct wire_cursor *c, struct piece *p)
{
    struct span s = wire_get_span(c);
    uint64_t sum = 0;

    if (!s.len)
        return;
    if (s.len != (uint64_t)p->count * sizeof *p->lengths) {
        c->bad = true;
        return;
    }
    p->lengths = (const uint32_t *)(const void *)s.ptr;
    for (uint32_t i = 0; i < p->count; i++)
        sum += p->lengths[i];
    if (sum != p->bytes.len)
        c->bad = true;
}

bool wire_get_piece(struct span body, struct piece *p)
{
    struct wire_cursor c = wire_open(body);

    *p = (struct piece){0};
    uint32_t kind = wire_get_u32(&c);

    if (kind > PIECE_RUN)
        return false;
    p->kind = (enum piece_kind)kind;
    p->count = wire_get_u32(&c);
    p->task = wire_get_u64(&c);
    p->bytes = wire_get_span(&c);
    if (kind == PIECE_END || kind == PIECE_RUN)
        get_outcome(&c, &p->end);
    if (kind == PIECE_RUN)
        get_lengths(&c, p);
    return wire_done(&c) && p->task && p->count && p->task + p->count > p->task &&
           (kind == PIECE_RUN ? outcome_ok(&p->end) : p->count == 1);
}

bool wire_get_range(struct span body, uint64_t *first, uint32_t *count)
{
    struct wire_cursor c = wire_open(body);

    *first = wire_get_u64(&c);
    *count = wire_get_u32(&c);
    return wire_done(&c) && *first && *count && *first + *count > *first;
}

/* What was given is dropped first, so that the buffer holds one unfinished frame at most beside the new bytes. */
void wire_feed(struct wire_reader *r, const void *ptr, size_t len)
{
    if (r->at == r->data.len) {
        r->data.len = 0;
        if (r->data.cap > KEEP + WIRE_PIECE_MAX)
            buf_release(&r->data);
    } else if (r->at) {
        buf_shift(&r->data, r->at);
    }
    r->at = 0;
    buf_put(&r->data, ptr, len);
}

int wire_next(struct wire_reader *r, struct wire_frame *f)
{
    struct wire_cursor c = wire_open((struct span){r->data.ptr + r->at, r->data.len - r->at});

    if (c.left < WIRE_HEAD)
        return 0;
    uint64_t len = wire_get_u64(&c);
    uint32_t kind = wire_get_u32(&c), zero = wire_get_u32(&c);

    if (!kind || kind >= WIRE_KINDS || zero || len > SIZE_MAX / 2)
        return -1;
    if (c.left < len + padding(len))
        return 0;
    *f = (struct wire_frame){(enum wire_kind)kind, {c.ptr, len}};
    r->at += WIRE_HEAD + len + padding(len);
    return 1;
}

void wire_release(struct wire_reader *r)
{
    buf_release(&r->data);
    *r = (struct wire_reader){0};
}
