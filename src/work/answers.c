/*
 * Portions in a ring. Bytes go out from the portion `writing`, records come in for the one at the head:
 *
 *      head            writing
 *       ▼                 ▼
 *     [####..]  [......]  [___  ]  [     ]        # answered, . written and waited for, _ being written
 *
 * What is read collects in `in`; whole records leave it as one run per portion and read.
 */
#include "work/answers.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    READ_SIZE = 128 << 10,
    HOLD_MAX = 1 << 20, /* a record longer than this goes on in parts */
};

void answers_init(struct answers *a, const struct answers_spec *spec)
{
    *a = (struct answers){.spec = *spec};
}

static struct portion *at(const struct answers *a, uint32_t i)
{
    return &a->portion[(a->head + i) % a->cap];
}

static void drop_head(struct answers *a)
{
    struct portion *p = at(a, 0);

    a->bytes -= p->length;
    buf_release(&p->own);
    a->head = (a->head + 1) % a->cap;
    a->used--;
    if (a->writing)
        a->writing--;
}

void answers_release(struct answers *a)
{
    while (a->used)
        drop_head(a);
    free(a->portion);
    free(a->length);
    buf_release(&a->in);
    *a = (struct answers){0};
}

static void grow(struct answers *a)
{
    uint32_t cap = a->cap ? a->cap * 2 : 8;
    struct portion *bigger = xcalloc(cap, sizeof *bigger);

    for (uint32_t i = 0; i < a->used; i++)
        bigger[i] = *at(a, i);
    free(a->portion);
    a->portion = bigger;
    a->head = 0;
    a->cap = cap;
}

/* --- going out --------------------------------------------------------------------------------- */

static void append(struct answers *a, const struct portion *p)
{
    if (!p->count)
        return;
    if (a->used == a->cap)
        grow(a);
    if (!a->used)
        a->since = clock_now();
    *at(a, a->used++) = *p;
    a->tasks += p->count;
    a->bytes += p->length;
}

static void refuse(struct answers *a, const struct task *t)
{
    struct piece p = {.kind = PIECE_OUT, .task = t->number, .count = 1};
    struct buf record = BUF_INIT;

    buf_put(&record, a->spec.fill.ptr, a->spec.fill.len);
    buf_putc(&record, (char)a->spec.separator);
    p.bytes = (struct span){record.ptr, record.len};
    a->spec.on_piece(a->spec.ctx, &p);
    buf_release(&record);
    p.kind = PIECE_END;
    p.end = (struct outcome){
        .cause = END_NOT_RUN,
        .status = 126,
        .attempt = t->attempt,
        .slot = a->spec.slot,
        .rank = a->spec.rank,
        .reason = span_of("the task holds the separator of records: no filter could tell it from two tasks"),
    };
    a->spec.on_piece(a->spec.ctx, &p);
}

static struct portion begin_portion(uint64_t first, uint32_t attempt, int64_t timeout)
{
    return (struct portion){.first = first, .attempt = attempt, .timeout = timeout};
}

static void end_portion(struct answers *a, struct portion *p)
{
    p->data = p->own.ptr;
    p->length = p->own.len;
    append(a, p);
}

/* Records are made of the texts of the tasks. The last END may come from here and hands the batch
 * back, so nothing is looked at after it. */
static void add_structured(struct answers *a, const struct batch *b)
{
    struct batch_cursor c = {0};
    struct task t;
    int64_t timeout = b->timeout;
    struct portion p = begin_portion(b->first, b->attempt, timeout);
    uint32_t left = b->count;

    batch_walk(&c, b);
    while (left-- && batch_next(&c, &t)) {
        if (!memchr(t.text.ptr, a->spec.separator, t.text.len)) {
            buf_put(&p.own, t.text.ptr, t.text.len);
            buf_putc(&p.own, (char)a->spec.separator);
            p.count++;
            continue;
        }
        end_portion(a, &p);
        p = begin_portion(t.number + 1, t.attempt, timeout);
        refuse(a, &t);
    }
    end_portion(a, &p);
    batch_walk_end(&c);
}

void answers_add(struct answers *a, const struct batch *b)
{
    if (b->separator != a->spec.separator) {
        add_structured(a, b);
        return;
    }
    struct portion p = begin_portion(b->first, b->attempt, b->timeout);

    p.count = b->count;
    p.data = b->data.ptr;
    p.length = b->data.len;
    append(a, &p);
}

int answers_pending(const struct answers *a, struct iovec *iov, int max)
{
    int n = 0;

    for (uint32_t i = a->writing; i < a->used && n < max; i++) {
        const struct portion *p = at(a, i);

        iov[n].iov_base = (char *)p->data + p->written;
        iov[n++].iov_len = p->length - p->written;
    }
    return n;
}

static uint32_t count_records(const struct answers *a, const char *from, size_t n)
{
    const char *stop = from + n;
    uint32_t records = 0;

    while (from < stop && (from = memchr(from, a->spec.separator, (size_t)(stop - from)))) {
        records++;
        from++;
    }
    return records;
}

void answers_wrote(struct answers *a, size_t n)
{
    while (a->writing < a->used) {
        struct portion *p = at(a, a->writing);
        size_t part = p->length - p->written;

        if (n < part) {
            p->asked += count_records(a, p->data + p->written, n);
            p->written += n;
            return;
        }
        p->written = p->length;
        p->asked = p->count;
        n -= part;
        a->writing++;
    }
}

/* --- coming in --------------------------------------------------------------------------------- */

struct outcome answers_outcome(const struct answers *a)
{
    int64_t now = clock_now();

    return (struct outcome){
        .cause = END_EXIT,
        .attempt = a->used ? at(a, 0)->attempt : 1,
        .slot = a->spec.slot,
        .rank = a->spec.rank,
        .start = clock_wall() - (now - a->since),
        .elapsed = now - a->since,
    };
}

uint64_t answers_waiting(const struct answers *a)
{
    return a->used ? at(a, 0)->first + at(a, 0)->answered : 0;
}

bool answers_asked(const struct answers *a)
{
    return a->used && at(a, 0)->written > 0; /* a process is never given a batch from its middle on */
}

int64_t answers_timeout(const struct answers *a)
{
    return a->used ? at(a, 0)->timeout : 0;
}

static void hand_on(struct answers *a, enum piece_kind kind, struct span bytes, const struct outcome *end)
{
    struct piece p = {.kind = kind, .task = answers_waiting(a), .count = 1, .bytes = bytes};

    if (end)
        p.end = *end;
    a->spec.on_piece(a->spec.ctx, &p);
}

/* COUNT tasks of the head portion have ended. Their last piece may hand the batch back, so the
 * portion goes before it. */
static void retire(struct answers *a, uint32_t count)
{
    struct portion *p = at(a, 0);

    a->tasks -= count;
    p->answered += count;
    a->last = p->first + p->answered - 1;
    a->touched = a->streamed = false;
    a->since = clock_now();
    if (p->answered == p->count)
        drop_head(a);
}

static void hand_on_end(struct answers *a, const struct outcome *end)
{
    struct piece p = {.kind = PIECE_END, .task = answers_waiting(a), .count = 1, .end = *end};

    retire(a, 1);
    a->spec.on_piece(a->spec.ctx, &p);
}

static void hand_on_run(struct answers *a, uint32_t count, struct span bytes, const uint32_t *lengths)
{
    struct piece p = {
        .kind = PIECE_RUN,
        .task = answers_waiting(a),
        .count = count,
        .bytes = bytes,
        .lengths = lengths,
        .end = answers_outcome(a),
    };

    retire(a, count);
    a->spec.on_piece(a->spec.ctx, &p);
}

/* Up to MOST whole records of BYTES: how many, *LEN their bytes. */
static uint32_t find_records(struct answers *a, struct span bytes, uint32_t most, size_t *len)
{
    const char *from = bytes.ptr, *stop = bytes.ptr + bytes.len, *end;
    uint32_t n = 0;

    for (; n < most && from < stop && (end = memchr(from, a->spec.separator, (size_t)(stop - from))); n++) {
        if (a->spec.lengths) {
            if (n == a->length_cap) {
                a->length_cap = a->length_cap ? a->length_cap * 2 : 1024;
                a->length = xreallocarray(a->length, a->length_cap, sizeof *a->length);
            }
            a->length[n] = (uint32_t)(end + 1 - from);
        }
        from = end + 1;
    }
    *len = (size_t)(from - bytes.ptr);
    return n;
}

/* N whole records at the front of BYTES answer the first tasks of the head portion. */
static void take_records(struct answers *a, uint32_t n, struct span bytes)
{
    const uint32_t *lengths = a->spec.lengths ? a->length : NULL;

    if (a->touched) {
        const char *end = memchr(bytes.ptr, a->spec.separator, bytes.len);
        size_t len = (size_t)(end + 1 - bytes.ptr);
        struct outcome o = answers_outcome(a);

        hand_on(a, PIECE_OUT, (struct span){bytes.ptr, len}, NULL);
        hand_on_end(a, &o);
        bytes.ptr += len;
        bytes.len -= len;
        n--;
        if (lengths)
            lengths++;
    }
    if (n)
        hand_on_run(a, n, bytes, lengths);
}

char *answers_space(struct answers *a, size_t *n)
{
    *n = READ_SIZE;
    return buf_room(&a->in, READ_SIZE);
}

/* A record without an end in sight: its beginning goes on, so that memory stays bounded. */
static void stream_long(struct answers *a)
{
    if (a->in.len < HOLD_MAX || !a->used)
        return;
    hand_on(a, PIECE_OUT, (struct span){a->in.ptr, a->in.len}, NULL);
    a->touched = a->streamed = true;
    buf_clear(&a->in);
}

/* Of N records at the front of REST, hands on all but the last one; moves REST behind what was taken. */
static void take_all_but_last(struct answers *a, uint32_t n, size_t len, struct span *rest)
{
    const char *last = n > 1 ? memrchr(rest->ptr, a->spec.separator, len - 1) : NULL;

    if (!last)
        return;
    struct span bytes = {rest->ptr, (size_t)(last + 1 - rest->ptr)};

    rest->ptr += bytes.len;
    rest->len -= bytes.len;
    take_records(a, n - 1, bytes);
}

/* Takes whole records for the head portion. 1: go on; 0: no more for now; -1: too many. */
static int take_some(struct answers *a, struct span *rest)
{
    const struct portion *p = at(a, 0);
    uint32_t open = p->asked - p->answered;
    size_t len;
    uint32_t n = find_records(a, *rest, open, &len);

    if (!n)
        return open || !memchr(rest->ptr, a->spec.separator, rest->len) ? 0 : -1;
    if (n == open && p->asked == p->count && a->used == 1) {
        /* The very last answer; with bytes behind it, that task has been answered wrongly. */
        bool more = len < rest->len;

        if (more || a->hold) {
            take_all_but_last(a, n, len, rest);
            return more ? -1 : 0;
        }
    }
    struct span bytes = {rest->ptr, len};

    rest->ptr += len;
    rest->len -= len;
    take_records(a, n, bytes);
    return 1;
}

int answers_got(struct answers *a, size_t n)
{
    struct span rest = {a->in.ptr, a->in.len + n};
    int status = 1;

    while (status > 0 && a->used && rest.len)
        status = take_some(a, &rest);
    if (rest.len && !a->used)
        status = -1;
    if (status < 0)
        rest.len = 0;
    if (rest.len)
        memmove(a->in.ptr, rest.ptr, rest.len);
    a->in.len = rest.len;
    if (status >= 0)
        stream_long(a);
    return status < 0 ? -1 : 0;
}

int answers_end(struct answers *a)
{
    a->hold = false;
    return answers_got(a, 0);
}

bool answers_text(struct answers *a, struct span text)
{
    if (!a->used)
        return false;
    hand_on(a, PIECE_ERR, text, NULL);
    a->touched = true;
    return true;
}

/* --- when things go wrong ---------------------------------------------------------------------- */

void answers_fail(struct answers *a, const struct outcome *end)
{
    struct buf record = BUF_INIT;

    if (!a->streamed)
        buf_put(&record, a->spec.fill.ptr, a->spec.fill.len);
    buf_putc(&record, (char)a->spec.separator);
    hand_on(a, PIECE_OUT, (struct span){record.ptr, record.len}, NULL);
    buf_release(&record);
    buf_clear(&a->in);
    hand_on_end(a, end);
}

void answers_cancel(struct answers *a)
{
    struct outcome o = answers_outcome(a);

    o.cause = END_CANCELLED;
    buf_clear(&a->in);
    while (a->used)
        hand_on_end(a, &o);
}

static void rewind_portion(struct answers *a, struct portion *p)
{
    const char *from = p->data, *stop = p->data + p->length;

    for (uint32_t i = 0; i < p->answered; i++)
        from = (const char *)memchr(from, a->spec.separator, (size_t)(stop - from)) + 1;
    p->written = (size_t)(from - p->data);
    p->asked = p->answered;
}

void answers_restart(struct answers *a)
{
    buf_clear(&a->in);
    for (uint32_t i = 0; i < a->used; i++)
        rewind_portion(a, at(a, i));
    a->writing = 0;
    a->since = clock_now();
}
