/*
 * Bodies. Numbers are varints (varint.h); keys are 16 bytes, low half first.
 *
 *     SESSION   identity (16), start, items to the end
 *     HOST      name to the end
 *     DATA      task, kind, previous, bytes to the end
 *     RESULT    key (16), cause, status, signal, flags (a byte each), task, attempt, slot, rank, host, start, elapsed, maxrss,
 *               out length, err length, last, input length, kept of it, reason length, fields, [offset, length of each],
 *               input, reason, and if last is 0: out, err
 *     RUN       count, form, first task, attempt, slot, rank, host, start, elapsed, maxrss, lengths of meta and inputs, meta, inputs, outs;
 *               meta of each task: input length, out length, [fields, [offset, length of each]]
 *               form: 1 a byte behind each input is not part of it; 2 fields
 *     HOOK      place of the record, which task of it
 */
#include "results/jentry.h"

#include "base/le.h"
#include "base/varint.h"
#include "results/identity.h"

#include <string.h>

enum { KEY = 16, ENDED = 1, HAS_FIELDS = 2 };

static void put_number(struct buf *b, uint64_t n)
{
    b->len = (size_t)(varint_put(buf_room(b, VARINT_MAX), n) - b->ptr);
}

static void put_key(struct buf *b, struct hash128 key)
{
    char *p = buf_room(b, KEY);

    le_put64(p, key.low);
    le_put64(p + 8, key.high);
    b->len += KEY;
}

static struct hash128 key_at(const char *p)
{
    return (struct hash128){le_get64(p), le_get64(p + 8)};
}

static uint32_t get_small(struct span *in)
{
    uint64_t n = varint_get(in);

    if (n > UINT32_MAX)
        *in = (struct span){NULL, 0};
    return (uint32_t)n;
}

static struct hash128 get_key(struct span *in)
{
    struct span raw = varint_get_bytes(in, KEY);

    return raw.ptr ? key_at(raw.ptr) : (struct hash128){0, 0};
}

void jentry_put_session(struct buf *body, const struct jentry_session *s)
{
    put_key(body, s->identity);
    put_number(body, (uint64_t)s->start);
    buf_put(body, s->items.ptr, s->items.len);
}

bool jentry_get_session(struct span body, struct jentry_session *s)
{
    s->identity = get_key(&body);
    s->start = (int64_t)varint_get(&body);
    s->items = body;
    return body.ptr != NULL;
}

void jentry_put_data(struct buf *body, const struct jentry_data *d)
{
    put_number(body, d->task);
    put_number(body, d->kind);
    put_number(body, d->previous);
    buf_put(body, d->bytes.ptr, d->bytes.len);
}

bool jentry_get_data(struct span body, struct jentry_data *d)
{
    d->task = varint_get(&body);
    uint64_t kind = varint_get(&body);

    d->kind = kind == PIECE_ERR ? PIECE_ERR : PIECE_OUT;
    d->previous = varint_get(&body);
    d->bytes = body;
    return body.ptr && kind <= PIECE_ERR;
}

void jentry_put_hook(struct buf *body, const struct jentry_hook *h)
{
    put_number(body, h->at);
    put_number(body, h->nth);
}

bool jentry_get_hook(struct span body, struct jentry_hook *h)
{
    h->at = varint_get(&body);
    h->nth = get_small(&body);
    return body.ptr && !body.len;
}

/* What RESULT and RUN say alike. */
static void put_work(struct buf *b, const struct outcome *o, uint32_t host)
{
    put_number(b, o->attempt);
    put_number(b, o->slot);
    put_number(b, o->rank);
    put_number(b, host);
    put_number(b, (uint64_t)o->start);
    put_number(b, (uint64_t)o->elapsed);
    put_number(b, (uint64_t)o->maxrss);
}

static void get_work(struct span *in, struct jentry_result *r)
{
    r->end.attempt = get_small(in);
    r->end.slot = get_small(in);
    r->end.rank = get_small(in);
    r->host = get_small(in);
    r->end.start = (int64_t)varint_get(in);
    r->end.elapsed = (int64_t)varint_get(in);
    r->end.maxrss = (int64_t)varint_get(in);
}

/* None where the text is cut: they could lie behind the cut. */
static void put_fields(struct buf *b, const struct task *t)
{
    bool kept = t->fields <= JENTRY_FIELDS_MAX && t->text.len <= JENTRY_INPUT_MAX;

    put_number(b, kept ? t->fields : 0);
    for (uint32_t i = 0; kept && i < t->fields; i++) {
        put_number(b, (uint64_t)(t->field[i].ptr - t->text.ptr));
        put_number(b, t->field[i].len);
    }
}

static void get_fields(struct span *in, struct jentry_result *r)
{
    r->fields = get_small(in);
    if (r->fields > JENTRY_FIELDS_MAX)
        *in = (struct span){NULL, 0};
    const char *from = in->ptr;

    for (uint32_t i = 0; in->ptr && i < r->fields; i++) {
        varint_get(in);
        varint_get(in);
    }
    r->field_bytes = (struct span){from, in->ptr ? (size_t)(in->ptr - from) : 0};
}

bool jentry_fields(const struct jentry_result *r, struct span *field)
{
    struct span in = r->field_bytes;

    for (uint32_t i = 0; i < r->fields; i++) {
        uint64_t at = varint_get(&in), len = varint_get(&in);

        if (!in.ptr || at > r->input.len || len > r->input.len - at)
            return false;
        field[i] = (struct span){r->input.ptr + at, (size_t)len};
    }
    return true;
}

void jentry_put_result(struct buf *body, const struct jentry_result *r, const struct task *t)
{
    const uint8_t how[4] = {r->end.cause, r->end.status, r->end.signal, r->end.flags};
    size_t kept = t->text.len < JENTRY_INPUT_MAX ? t->text.len : JENTRY_INPUT_MAX;

    put_key(body, r->key);
    buf_put(body, how, sizeof how);
    put_number(body, r->task);
    put_work(body, &r->end, r->host);
    put_number(body, r->out_len);
    put_number(body, r->err_len);
    put_number(body, r->last);
    put_number(body, t->text.len);
    put_number(body, kept);
    put_number(body, r->end.reason.len);
    put_fields(body, t);
    buf_put(body, t->text.ptr, kept);
    buf_put(body, r->end.reason.ptr, r->end.reason.len);
    if (r->last)
        return;
    buf_put(body, r->out.ptr, r->out.len);
    buf_put(body, r->err.ptr, r->err.len);
}

static void get_how(struct span *in, struct outcome *o)
{
    struct span how = varint_get_bytes(in, 4);

    if (!how.ptr)
        return;
    o->cause = (uint8_t)how.ptr[0];
    o->status = (uint8_t)how.ptr[1];
    o->signal = (uint8_t)how.ptr[2];
    o->flags = (uint8_t)how.ptr[3];
    if (o->cause > END_CANCELLED)
        *in = (struct span){NULL, 0};
}

bool jentry_get_result(struct span body, struct jentry_result *r)
{
    *r = (struct jentry_result){.key = get_key(&body), .has_key = true};
    get_how(&body, &r->end);
    r->task = varint_get(&body);
    get_work(&body, r);
    r->out_len = varint_get(&body);
    r->err_len = varint_get(&body);
    r->last = varint_get(&body);
    r->input_len = varint_get(&body);
    uint64_t kept = varint_get(&body), reason = varint_get(&body);

    get_fields(&body, r);
    r->input = varint_get_bytes(&body, kept);
    r->end.reason = varint_get_bytes(&body, reason);
    if (!r->last) {
        r->out = varint_get_bytes(&body, r->out_len);
        r->err = varint_get_bytes(&body, r->err_len);
    }
    return body.ptr && !body.len && kept <= r->input_len;
}

bool jentry_peek_result(struct span body, struct hash128 *key, bool *failed)
{
    struct outcome end = {0};

    *key = get_key(&body);
    get_how(&body, &end);
    *failed = !outcome_ok(&end);
    return body.ptr != NULL;
}

void jentry_run_release(struct jentry_run *r)
{
    buf_release(&r->meta);
    buf_release(&r->copied);
}

void jentry_run_put_short(struct jentry_run *r, uint32_t count, const char *inputs, const uint8_t *input, const char *outs,
                          const uint32_t *out)
{
    char *to = buf_room(&r->meta, 2 * (size_t)count);
    size_t in_sum = 0, out_sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        to[2 * i] = (char)input[i];
        to[2 * i + 1] = (char)out[i];
        in_sum += input[i] + 1u;
        out_sum += out[i];
    }
    r->meta.len += 2 * (size_t)count;
    if (r->count == 0) {
        r->ended = true;
        r->inputs = (struct span){inputs, 0};
        r->outs = (struct span){outs, 0};
    }
    r->count += count;
    r->inputs.len += in_sum;
    r->outs.len += out_sum;
}

void jentry_run_put(struct jentry_run *r, const struct task *t, bool raw, struct span out)
{
    char *to = buf_room(&r->meta, 2 * VARINT_MAX);

    to = varint_put(to, t->text.len);
    to = varint_put(to, out.len);
    r->meta.len = (size_t)(to - r->meta.ptr);
    if (r->count++ == 0) {
        r->ended = raw;
        r->inputs = (struct span){t->text.ptr, 0};
        r->outs = (struct span){out.ptr, 0};
    }
    r->outs.len += out.len;
    if (raw) {
        r->inputs.len += t->text.len + 1;
        return;
    }
    put_fields(&r->meta, t);
    buf_put(&r->copied, t->text.ptr, t->text.len);
    r->inputs = (struct span){r->copied.ptr, r->copied.len};
}

void jentry_run_take(struct jentry_run *r, struct buf *body, uint64_t first, const struct outcome *end, uint32_t host)
{
    put_number(body, r->count);
    put_number(body, r->ended ? ENDED : HAS_FIELDS);
    put_number(body, first);
    put_work(body, end, host);
    put_number(body, r->meta.len);
    put_number(body, r->inputs.len);
    buf_put(body, r->meta.ptr, r->meta.len);
    buf_put(body, r->inputs.ptr, r->inputs.len);
    buf_put(body, r->outs.ptr, r->outs.len);
    buf_clear(&r->meta);
    buf_clear(&r->copied);
    r->count = 0;
}

bool jentry_walk(struct jentry_walk *w, struct span body)
{
    *w = (struct jentry_walk){.count = get_small(&body)};
    w->has = get_small(&body);
    w->common.task = varint_get(&body);
    get_work(&body, &w->common);
    uint64_t meta = varint_get(&body), inputs = varint_get(&body);

    w->meta = varint_get_bytes(&body, meta);
    w->inputs = varint_get_bytes(&body, inputs);
    w->outs = body;
    return body.ptr && w->count > 0 && w->count <= JENTRY_RUN_MAX;
}

bool jentry_walk_next(struct jentry_walk *w, struct jentry_result *r)
{
    if (w->index >= w->count)
        return false;
    *r = w->common;
    r->task += w->index;
    r->input_len = varint_get(&w->meta);
    r->out_len = varint_get(&w->meta);
    if (w->has & HAS_FIELDS)
        get_fields(&w->meta, r);
    r->input = varint_get_bytes(&w->inputs, r->input_len);
    if (w->has & ENDED)
        varint_get_bytes(&w->inputs, 1);
    r->out = varint_get_bytes(&w->outs, r->out_len);
    if (!w->meta.ptr || !w->inputs.ptr || !w->outs.ptr)
        return false;
    w->index++;
    return true;
}

bool jentry_key(struct jentry_result *r, struct identity *id)
{
    struct span field[JENTRY_FIELDS_MAX];
    struct task t = {.number = r->task, .text = r->input, .fields = r->fields, .field = field};

    if (r->has_key)
        return true;
    if (r->fields && !jentry_fields(r, field))
        return false;
    r->key = identity_key(id, &t);
    r->has_key = true;
    return true;
}
