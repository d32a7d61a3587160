/*
 * Chains of chunks. Chunks start small and double, so that thousands of unfinished tasks with a line each
 * cost little, and long chains are made of full ones. Long output is cut to fill a chunk exactly. When chains
 * are joined, what fits into the last chunk is copied there: millions of tiny results become a few large
 * chunks.
 *
 *     window │ first chunk ─▶ chunk ─▶ ... ─▶ last chunk
 *     (read    extent or memory               (written here,
 *      here)                                   when memory)
 */
#include "results/chain.h"

#include "base/diag.h"
#include "base/xalloc.h"
#include "results/record.h"
#include "results/spill.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_MIN ((size_t)256)
#define CHUNK_SIZE (((size_t)64 << 10) - 64)
#define WINDOW ((size_t)256 << 10) /* read back at a time */
#define CUT_MIN 1024               /* less room than this is left unused rather than cut a piece for it */

struct chunk {
    struct chunk *next;
    char *data;      /* NULL: an extent */
    size_t from, to; /* memory: the records not yet taken */
    size_t cap;
    off_t at;        /* extent: TO bytes from here (FROM is 0) */
};

void store_init(struct store *s)
{
    *s = (struct store){.spill = spill_new()};
}

void store_release(struct store *s)
{
    spill_free(s->spill);
    buf_release(&s->window);
    buf_release(&s->lengths);
}

static size_t chunk_cost(const struct chunk *k)
{
    return k->data ? k->cap + sizeof *k : 0;
}

static void count(struct store *s, struct chain *c, size_t more, size_t less)
{
    s->memory += more - less;
    c->memory += more - less;
}

static void link_last(struct chain *c, struct chunk *k)
{
    if (c->last)
        c->last->next = k;
    else
        c->first = k;
    c->last = k;
}

static struct chunk *add_chunk(struct store *s, struct chain *c, size_t cap)
{
    struct chunk *k = xmalloc(sizeof *k);

    *k = (struct chunk){.data = xmalloc(cap), .cap = cap};
    link_last(c, k);
    count(s, c, chunk_cost(k), 0);
    return k;
}

static void grow_chunk(struct store *s, struct chain *c, struct chunk *k, size_t need)
{
    size_t before = chunk_cost(k), cap = k->cap * 2;

    if (cap > CHUNK_SIZE)
        cap = CHUNK_SIZE;
    k->cap = cap < need ? need : cap;
    k->data = xreallocarray(k->data, k->cap, 1);
    count(s, c, chunk_cost(k), before);
}

/* Bytes that the last chunk could still take, grown to its full size. */
static size_t last_room(const struct chain *c)
{
    return c->last && c->last->data && c->last->to < CHUNK_SIZE ? CHUNK_SIZE - c->last->to : 0;
}

/* The chunk whose end has room for N bytes. */
static struct chunk *chunk_for(struct store *s, struct chain *c, size_t n)
{
    struct chunk *k = c->last;

    if (k && k->data && k->cap - k->to >= n)
        return k;
    if (last_room(c) >= n) {
        grow_chunk(s, c, k, k->to + n);
        return k;
    }
    size_t cap = k && k->data && k->cap >= CHUNK_SIZE ? CHUNK_SIZE : CHUNK_MIN;

    return add_chunk(s, c, n > cap ? n : cap);
}

static void put_bytes(struct store *s, struct chain *c, enum piece_kind kind, struct span bytes)
{
    while (bytes.len) {
        size_t room = last_room(c);
        size_t most = (room < CUT_MIN ? CHUNK_SIZE : room) - RECORD_HEAD_MAX;
        struct span part = {bytes.ptr, bytes.len < most ? bytes.len : most};
        struct chunk *k = chunk_for(s, c, part.len + RECORD_HEAD_MAX);

        k->to = (size_t)(record_put_bytes(k->data + k->to, kind, part) - k->data);
        bytes = (struct span){bytes.ptr + part.len, bytes.len - part.len};
    }
}

void chain_put(struct store *s, struct chain *c, const struct piece *p)
{
    if (p->kind == PIECE_OUT || p->kind == PIECE_ERR) {
        put_bytes(s, c, p->kind, p->bytes);
        return;
    }
    struct chunk *k = chunk_for(s, c, record_room(p));

    k->to = (size_t)(record_put(k->data + k->to, p) - k->data);
}

void chain_put_input(struct store *s, struct chain *c, const struct piece *p)
{
    struct chunk *k = chunk_for(s, c, p->input.len + p->fields.len + RECORD_HEAD_MAX);

    k->to = (size_t)(record_put_input(k->data + k->to, p->input, p->fields) - k->data);
}

void chain_put_task(struct store *s, struct chain *c, uint64_t task)
{
    struct chunk *k = chunk_for(s, c, RECORD_HEAD_MAX);

    k->to = (size_t)(record_put_task(k->data + k->to, task) - k->data);
}

/* Takes the first chunk off; its memory or extent becomes the caller's. */
static struct chunk *unlink_first(struct store *s, struct chain *c)
{
    struct chunk *k = c->first;

    c->first = k->next;
    if (!c->first)
        c->last = NULL;
    k->next = NULL;
    count(s, c, 0, chunk_cost(k));
    return k;
}

static void free_chunk(struct chunk *k)
{
    free(k->data);
    free(k);
}

void chain_move(struct store *s, struct chain *to, struct chain *from)
{
    struct chunk *k = from->first;

    if (k && k->data && k->to - k->from <= last_room(to)) {
        size_t n = k->to - k->from;
        struct chunk *last = chunk_for(s, to, n);

        memcpy(last->data + last->to, k->data + k->from, n);
        last->to += n;
        free_chunk(unlink_first(s, from));
    }
    if (from->first) {
        link_last(to, from->first);
        to->last = from->last;
        to->memory += from->memory;
    }
    *from = (struct chain){0};
}

/* An extent that follows its neighbour in the file as in the chain becomes part of it: the index stays small. */
static bool joins(const struct chunk *before, const struct chunk *k)
{
    return before && !before->data && before->at + (off_t)before->to == k->at;
}

static int spill_chunk(struct store *s, struct chain *c, struct chunk *k)
{
    size_t n = k->to - k->from;
    off_t at = spill_append(s->spill, k->data + k->from, n);

    if (at < 0)
        return -1;
    count(s, c, 0, chunk_cost(k));
    free(k->data);
    *k = (struct chunk){.next = k->next, .at = at, .to = n};
    return 0;
}

/* Memory before KEEP bytes stays: the end of a chain is wanted last, and an extent is the longer the more
 * goes at once. */
int chain_spill(struct store *s, struct chain *c, size_t want)
{
    size_t keep = c->memory > want ? c->memory - want : 0;
    struct chunk *before = NULL;

    for (struct chunk *k = c->first, *next; k; k = next) {
        next = k->next;
        if (k->data && keep) {
            keep -= keep < chunk_cost(k) ? keep : chunk_cost(k);
        } else if (k->data) {
            if (spill_chunk(s, c, k) < 0)
                return -1;
            if (joins(before, k)) {
                before->to += k->to;
                before->next = next;
                if (c->last == k)
                    c->last = before;
                free_chunk(k);
                continue;
            }
        }
        before = k;
    }
    return 0;
}

void chain_release(struct store *s, struct chain *c)
{
    while (c->first) {
        struct chunk *k = unlink_first(s, c);

        if (!k->data)
            spill_drop(s->spill, k->at, k->to);
        free_chunk(k);
    }
}

void store_forget_window(struct store *s)
{
    if (s->window.cap > 4 * WINDOW)
        buf_release(&s->window); /* one huge record need not be paid for ever */
    buf_clear(&s->window);
    s->window_at = 0;
}

static size_t window_left(const struct store *s)
{
    return s->window.len - s->window_at;
}

bool chain_pending(const struct store *s, const struct chain *c)
{
    return window_left(s) || c->first;
}

/* Reads on in the first chunk, an extent, behind what is left of the window. */
static int refill(struct store *s, struct chain *c)
{
    struct chunk *k = c->first;
    size_t n = k->to < WINDOW ? k->to : WINDOW;

    if (s->window_at)
        buf_shift(&s->window, s->window_at);
    s->window_at = 0;
    if (spill_read(s->spill, buf_room(&s->window, n), n, k->at) < 0)
        return -1;
    s->window.len += n;
    spill_drop(s->spill, k->at, n);
    k->at += (off_t)n;
    k->to -= n;
    if (!k->to)
        free_chunk(unlink_first(s, c));
    return 0;
}

static int peek_file(struct store *s, struct chain *c, struct piece *p, size_t *size)
{
    for (;;) {
        *size = window_left(s) ? record_get(s->window.ptr + s->window_at, window_left(s), p, &s->lengths) : 0;
        if (*size)
            return 1;
        if (!c->first || c->first->data)
            return diag("the temporary file for waiting results is damaged");
        if (refill(s, c) < 0)
            return -1;
    }
}

int chain_peek(struct store *s, struct chain *c, struct piece *p, size_t *size)
{
    struct chunk *k = c->first;

    if (window_left(s) || (k && !k->data))
        return peek_file(s, c, p, size);
    if (!k)
        return 0;
    *size = record_get(k->data + k->from, k->to - k->from, p, &s->lengths);
    assert(*size);
    return 1;
}

void chain_skip(struct store *s, struct chain *c, size_t size)
{
    if (window_left(s)) {
        s->window_at += size;
        if (!window_left(s))
            store_forget_window(s);
        return;
    }
    c->first->from += size;
    if (c->first->from == c->first->to)
        free_chunk(unlink_first(s, c));
}
