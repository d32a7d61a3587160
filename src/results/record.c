/*
 * Pieces as bytes:
 *
 *     OUT, ERR          tag, length, bytes
 *     INPUT             tag, length, bytes, length of the fields' description, description
 *     TASK              tag, number
 *     END               tag, attempt, slot, rank, start, elapsed, maxrss, [cause, status, signal, flags, host, length, reason]
 *     RUN               tag, attempt, slot, rank, start, elapsed, maxrss, count, length, [lengths], bytes
 *
 * The tag is the kind plus MORE when the part in brackets is there. Numbers are little-endian groups of seven
 * bits.
 */
#include "results/record.h"

#include <string.h>

#define MORE 0x80

static char *put_number(char *to, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        *to++ = (char)(n | 0x80);
    *to++ = (char)n;
    return to;
}

static char *put_span(char *to, struct span s)
{
    to = put_number(to, s.len);
    if (s.len)
        memcpy(to, s.ptr, s.len);
    return to + s.len;
}

/* What an END and a RUN have in common. */
static char *put_work(char *to, const struct outcome *o)
{
    to = put_number(to, o->attempt);
    to = put_number(to, o->slot);
    to = put_number(to, o->rank);
    to = put_number(to, (uint64_t)o->start);
    to = put_number(to, (uint64_t)o->elapsed);
    return put_number(to, (uint64_t)o->maxrss);
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
    to = put_number(to, (uintptr_t)o->host); /* this process's own memory, and the name stays */
    return put_span(to, o->reason);
}

static char *put_run(char *to, const struct piece *p)
{
    size_t size = p->lengths ? p->count * sizeof *p->lengths : 0;

    *to++ = (char)(size ? PIECE_RUN | MORE : PIECE_RUN);
    to = put_work(to, &p->end);
    to = put_number(to, p->count);
    to = put_number(to, p->bytes.len);
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
    return put_number(to, task);
}

/* What is left to read; once something is missing, ptr is NULL and every further read gives nothing. */
static uint64_t get_number(struct span *in)
{
    uint64_t n = 0;
    size_t most = in->len < 10 ? in->len : 10;

    for (size_t i = 0; i < most; i++) {
        uint8_t c = (uint8_t)in->ptr[i];

        n |= (uint64_t)(c & 0x7f) << (7 * i);
        if (c < 0x80) {
            in->ptr += i + 1;
            in->len -= i + 1;
            return n;
        }
    }
    *in = (struct span){NULL, 0};
    return 0;
}

static struct span get_bytes(struct span *in, uint64_t n)
{
    struct span got = {in->ptr, n};

    if (!in->ptr || n > in->len) {
        *in = (struct span){NULL, 0};
        return *in;
    }
    *in = (struct span){in->ptr + n, in->len - n};
    return got;
}

static struct span get_span(struct span *in)
{
    return get_bytes(in, get_number(in));
}

static void get_work(struct span *in, struct outcome *o)
{
    o->attempt = (uint32_t)get_number(in);
    o->slot = (uint32_t)get_number(in);
    o->rank = (uint32_t)get_number(in);
    o->start = (int64_t)get_number(in);
    o->elapsed = (int64_t)get_number(in);
    o->maxrss = (int64_t)get_number(in);
}

static void get_end(struct span *in, struct outcome *o, bool more)
{
    get_work(in, o);
    if (!more)
        return;
    struct span byte = get_bytes(in, 4);

    if (!byte.ptr)
        return;
    o->cause = (uint8_t)byte.ptr[0];
    o->status = (uint8_t)byte.ptr[1];
    o->signal = (uint8_t)byte.ptr[2];
    o->flags = (uint8_t)byte.ptr[3];
    o->host = (const char *)(uintptr_t)get_number(in);
    o->reason = get_span(in);
}

static void get_run(struct span *in, struct piece *p, bool more, struct buf *lengths)
{
    get_work(in, &p->end);
    p->count = (uint32_t)get_number(in);
    uint64_t len = get_number(in);

    if (more) {
        struct span raw = get_bytes(in, p->count * sizeof *p->lengths);

        buf_clear(lengths);
        buf_put(lengths, raw.ptr, raw.len);
        p->lengths = (const uint32_t *)(void *)lengths->ptr;
    }
    p->bytes = get_bytes(in, len);
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
        p->task = get_number(&in);
        break;
    default:
        return 0;
    }
    return in.ptr ? (size_t)(in.ptr - from) : 0;
}
