/* Where a record will lie is known when it is begun: whoever reads it makes jfile flush first. */
#include "results/jwrite.h"

#include "base/xalloc.h"
#include "results/identity.h"
#include "results/jhosts.h"

#include <stdlib.h>

enum {
    GATHER_MAX = 32768,  /* bytes of a running task that are kept in memory */
    DATA_MAX = 262144,   /* bytes in one DATA */
    RUN_BYTES = 1 << 20, /* a RUN record is not let grow beyond */
    REASON_MAX = 4096,
};

void jwrite_release(struct jwrite *w)
{
    jentry_run_release(&w->run);
}

void jgather_free(struct jgather *g)
{
    if (!g)
        return;
    buf_release(&g->out);
    buf_release(&g->err);
    free(g);
}

/* A run in which nothing new is done leaves the journal as it was: the session begins with its first record. */
static int begin_session(struct jwrite *w)
{
    uint64_t at;

    if (w->begun)
        return 0;
    w->begun = true;
    jentry_put_session(jfile_begin(w->file, JENTRY_SESSION, &at), &w->session);
    return jfile_end(w->file);
}

/* The number of a host, which is written down when it is new. 0: not known; -1. */
static int64_t host_number(struct jwrite *w, const char *name)
{
    uint64_t at;

    if (!name || !*name)
        return 0;
    uint32_t known = jhosts_find(w->hosts, name);

    if (known)
        return known;
    buf_puts(jfile_begin(w->file, JENTRY_HOST, &at), name);
    return jfile_end(w->file) < 0 ? -1 : (int64_t)jhosts_add(w->hosts, span_of(name));
}

static int write_data(struct jwrite *w, struct jgather *g, const struct piece *p, struct span bytes)
{
    struct jentry_data d = {.task = p->task, .kind = p->kind, .bytes = bytes};

    while (bytes.len) {
        d.bytes.ptr = bytes.ptr;
        d.bytes.len = bytes.len < DATA_MAX ? bytes.len : DATA_MAX;
        d.previous = g->last;
        jentry_put_data(jfile_begin(w->file, JENTRY_DATA, &g->last), &d);
        if (jfile_end(w->file) < 0)
            return -1;
        bytes.ptr += d.bytes.len;
        bytes.len -= d.bytes.len;
    }
    return 0;
}

/* What has been gathered of one stream goes out. */
static int write_gathered(struct jwrite *w, struct jgather *g, const struct piece *p, enum piece_kind kind)
{
    struct buf *b = kind == PIECE_ERR ? &g->err : &g->out;
    struct piece of = {.kind = kind, .task = p->task};
    int result = write_data(w, g, &of, (struct span){b->ptr, b->len});

    buf_clear(b);
    return result;
}

int jwrite_part(struct jwrite *w, struct jgather *g, const struct piece *p)
{
    struct buf *b = p->kind == PIECE_ERR ? &g->err : &g->out;

    *(p->kind == PIECE_ERR ? &g->err_len : &g->out_len) += p->bytes.len;
    if (b->len + p->bytes.len <= GATHER_MAX) {
        buf_put(b, p->bytes.ptr, p->bytes.len);
        return 0;
    }
    if (begin_session(w) < 0 || write_gathered(w, g, p, p->kind) < 0)
        return -1;
    return write_data(w, g, p, p->bytes);
}

static void describe(struct jentry_result *r, const struct jgather *g, const struct piece *p)
{
    r->task = p->task;
    r->end = p->end;
    if (r->end.reason.len > REASON_MAX)
        r->end.reason.len = REASON_MAX;
    if (!g)
        return;
    r->out_len = g->out_len;
    r->err_len = g->err_len;
    r->out = (struct span){g->out.ptr, g->out.len};
    r->err = (struct span){g->err.ptr, g->err.len};
}

static void tell(const struct jwrite *w, uint64_t first, uint32_t count, uint64_t at, bool failed)
{
    if (w->written)
        w->written(w->ctx, first, count, at, failed);
}

int jwrite_result(struct jwrite *w, const struct task *t, struct jgather *g, const struct piece *p)
{
    struct jentry_result r = {.key = identity_key(w->identity, t)};
    uint64_t at;

    if (begin_session(w) < 0)
        return -1;
    if (g && g->last && (write_gathered(w, g, p, PIECE_OUT) < 0 || write_gathered(w, g, p, PIECE_ERR) < 0))
        return -1;
    int64_t host = host_number(w, p->end.host);

    if (host < 0)
        return -1;
    describe(&r, g, p);
    r.host = (uint32_t)host;
    r.last = g ? g->last : 0;
    jentry_put_result(jfile_begin(w->file, JENTRY_RESULT, &at), &r, t);
    tell(w, p->task, 1, at, !outcome_ok(&p->end));
    return jfile_end(w->file);
}

/* END as of one task of the run. */
static struct outcome share(const struct piece *p)
{
    struct outcome end = p->end;

    end.elapsed /= p->count;
    return end;
}

static int finish_run(struct jwrite *w, const struct piece *p)
{
    struct outcome end = share(p);
    uint32_t count = w->run.count;
    uint64_t at;

    if (!count)
        return 0;
    int64_t host = host_number(w, p->end.host);

    if (host < 0)
        return -1;
    jentry_run_take(&w->run, jfile_begin(w->file, JENTRY_RUN, &at), w->run_first, &end, (uint32_t)host);
    tell(w, w->run_first, count, at, false);
    return jfile_end(w->file);
}

/* A task too large for a record with others. */
static int write_alone(struct jwrite *w, const struct task *t, struct span out, const struct piece *run)
{
    struct jgather g = {0};
    struct piece p = {.kind = PIECE_OUT, .task = t->number, .count = 1, .bytes = out, .end = share(run)};
    int result = jwrite_part(w, &g, &p);

    if (result == 0)
        result = jwrite_result(w, t, &g, &p);
    buf_release(&g.out);
    buf_release(&g.err);
    return result;
}

static int put_in_run(struct jwrite *w, const struct task *t, bool raw, struct span out, const struct piece *p)
{
    size_t bytes = t->text.len + out.len;
    bool alone = bytes > JENTRY_INPUT_MAX || t->fields > JENTRY_FIELDS_MAX;

    if ((alone || w->run.count == JENTRY_RUN_MAX || w->run.inputs.len + w->run.outs.len + bytes > RUN_BYTES) &&
        finish_run(w, p) < 0)
        return -1;
    if (alone)
        return write_alone(w, t, out, p);
    if (!w->run.count)
        w->run_first = t->number;
    jentry_run_put(&w->run, t, raw, out);
    return 0;
}

/*
 * Most lines are short, as are their results: for millions of these a task may cost but a few nanoseconds here. Puts those at the front of OUT
 * (LENGTH is of each result, for COUNT tasks), as far as one record goes: how many.
 */
static uint32_t put_short(struct jwrite *w, struct batch_cursor *cursor, const char *out, const uint32_t *length, uint32_t count)
{
    uint8_t input[JENTRY_RUN_MAX];
    const char *inputs = cursor->batch->data.ptr + cursor->at;
    uint64_t first = cursor->batch->first + cursor->index;
    uint32_t n = 0;

    if (w->run.inputs.len + w->run.outs.len > RUN_BYTES / 2 || cursor->batch->separator == BATCH_STRUCTURED)
        return 0;
    if (count > JENTRY_RUN_MAX - w->run.count)
        count = JENTRY_RUN_MAX - w->run.count;
    while (n < count && length[n] < JENTRY_SHORT)
        n++;
    n = batch_next_short(cursor, input, n);
    if (n && !w->run.count)
        w->run_first = first;
    jentry_run_put_short(&w->run, n, inputs, input, out, length);
    return n;
}

static int put_next(struct jwrite *w, struct batch_cursor *cursor, struct span out, const struct piece *p)
{
    struct task t;

    if (!batch_next(cursor, &t))
        return 0;
    return put_in_run(w, &t, cursor->batch->separator != BATCH_STRUCTURED, out, p);
}

int jwrite_run(struct jwrite *w, struct batch_cursor *cursor, const struct piece *p)
{
    const char *at = p->bytes.ptr;
    uint32_t all = (uint32_t)p->bytes.len; /* a run of one may come without lengths */
    const uint32_t *length = p->lengths ? p->lengths : &all;

    if (begin_session(w) < 0)
        return -1;
    for (uint32_t i = 0, n; i < p->count;) {
        for (n = put_short(w, cursor, at, length + i, p->count - i); n; n--)
            at += length[i++];
        if (i == p->count)
            break;
        if (put_next(w, cursor, (struct span){at, length[i]}, p) < 0)
            return -1;
        at += length[i++];
    }
    return finish_run(w, p);
}

int jwrite_hook(struct jwrite *w, const struct jentry_hook *h)
{
    uint64_t at;

    if (begin_session(w) < 0)
        return -1;
    jentry_put_hook(jfile_begin(w->file, JENTRY_HOOK, &at), h);
    return jfile_end(w->file);
}
