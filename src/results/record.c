/*
 * Pieces as bytes:
 *
 *     OUT, ERR          tag, length, bytes
 *     INPUT             tag, length, bytes, length of the fields' description, description
 *     TASK              tag, number
 *     END               tag, attempt, slot, rank, start, elapsed, maxrss, [cause, status, signal, flags, host, length, reason]
 *     RUN               tag, attempt, slot, rank, start, elapsed, maxrss, count, length, [lengths], bytes
 *
 * The tag is the kind plus MORE when the part in brackets is there. Numbers are varints (varint.h).
 */
#include "results/record.h"

#include "base/varint.h"

#include <string.h>

#define MORE 0x80

static char *put_span(char *to, struct span s)
{
    to = varint_put(to, s.len);
    if (s.len)
        memcpy(to, s.ptr, s.len);
    return to + s.len;
}

/* What an END and a RUN have in common. */
static char *put_work(char *to, const struct outcome *o)
{
    to = varint_put(to, o->attempt);
    to = varint_put(to, o->slot);
    to = varint_put(to, o->rank);
    to = varint_put(to, (uint64_t)o->start);
    to = varint_put(to, (uint64_t)o->elapsed);
    return varint_put(to, (uint64_t)o->maxrss);
}

size_t record_room(const struct piece *p)
{
    size_t n = RECORD_HEAD_MAX + p->bytes.len + p->end.reason.len;

    return p->lengths ? n + p->count * sizeof *p->lengths : n;
}

static char *put_end(char *to, const struct outcome *o)
{
    bool more = !outcome_ok(o) || o->flags || o->signal || o->reason.len;

    *to++ = (char)(more ? PIECE_END | MORE : PIECE_END);
    to = put_work(to, o);
    if (!more)
        return to;
    *to++ = (char)o->cause;
    *to++ = (char)o->status;
    *to++ = (char)o->signal;
    *to++ = (char)o->flags;
    to = varint_put(to, (uintptr_t)o->host); /* this process's own memory, and the name stays */
    return put_span(to, o->reason);
}

static char *put_run(char *to, const struct piece *p)
{
    size_t size = p->lengths ? p->count * sizeof *p->lengths : 0;

    *to++ = (char)(size ? PIECE_RUN | MORE : PIECE_RUN);
    to = put_work(to, &p->end);
    to = varint_put(to, p->count);
    to = varint_put(to, p->bytes.len);
    if (size)
        memcpy(to, p->lengths, size);
    if (p->bytes.len)
        memcpy(to + size, p->bytes.ptr, p->bytes.len);
    return to + size + p->bytes.len;
}

char *record_put_bytes(char *to, enum piece_kind kind, struct span bytes)
{
    *to++ = (char)kind;
    return put_span(to, bytes);
}

char *record_put(char *to, const struct piece *p)
{
    switch (p->kind) {
    case PIECE_END:
        return put_end(to, &p->end);
    case PIECE_RUN:
        return put_run(to, p);
    default:
        return record_put_bytes(to, p->kind, p->bytes);
    }
}

char *record_put_input(char *to, struct span text, struct span fields)
{
    *to++ = RECORD_INPUT;
    to = put_span(to, text);
    return put_span(to, fields);
}

char *record_put_task(char *to, uint64_t task)
{
    *to++ = RECORD_TASK;
    return varint_put(to, task);
}

static struct span get_span(struct span *in)
{
    return varint_get_bytes(in, varint_get(in));
}

static void get_work(struct span *in, struct outcome *o)
{
    o->attempt = (uint32_t)varint_get(in);
    o->slot = (uint32_t)varint_get(in);
    o->rank = (uint32_t)varint_get(in);
    o->start = (int64_t)varint_get(in);
    o->elapsed = (int64_t)varint_get(in);
    o->maxrss = (int64_t)varint_get(in);
}

static void get_end(struct span *in, struct outcome *o, bool more)
{
    get_work(in, o);
    if (!more)
        return;
    struct span byte = varint_get_bytes(in, 4);

    if (!byte.ptr)
        return;
    o->cause = (uint8_t)byte.ptr[0];
    o->status = (uint8_t)byte.ptr[1];
    o->signal = (uint8_t)byte.ptr[2];
    o->flags = (uint8_t)byte.ptr[3];
    o->host = (const char *)(uintptr_t)varint_get(in);
    o->reason = get_span(in);
}

static void get_run(struct span *in, struct piece *p, bool more, struct buf *lengths)
{
    get_work(in, &p->end);
    p->count = (uint32_t)varint_get(in);
    uint64_t len = varint_get(in);

    if (more) {
        struct span raw = varint_get_bytes(in, p->count * sizeof *p->lengths);

        buf_clear(lengths);
        buf_put(lengths, raw.ptr, raw.len);
        p->lengths = (const uint32_t *)(void *)lengths->ptr;
    }
    p->bytes = varint_get_bytes(in, len);
}

size_t record_get(const char *from, size_t len, struct piece *p, struct buf *lengths)
{
    *p = (struct piece){.count = 1};
    if (!len)
        return 0;
    struct span in = {from + 1, len - 1};
    bool more = *from & MORE;

    p->kind = *from & 0x7f;
    switch ((int)p->kind) {
    case PIECE_OUT:
    case PIECE_ERR:
        p->bytes = get_span(&in);
        break;
    case PIECE_END:
        get_end(&in, &p->end, more);
        break;
    case PIECE_RUN:
        get_run(&in, p, more, lengths);
        break;
    case RECORD_INPUT:
        p->input = get_span(&in);
        p->fields = get_span(&in);
        break;
    case RECORD_TASK:
        p->task = varint_get(&in);
        break;
    default:
        return 0;
    }
    return in.ptr ? (size_t)(in.ptr - from) : 0;
}
