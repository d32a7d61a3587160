/*
 * Two passes over a batch: the keys, and their places. A place of one key's n-th result is found under identity_again: those that have been seen come first, so
 * only keys that are there more than once are paid for.
 */
#include "results/jsift.h"

#include "base/xalloc.h"
#include "results/identity.h"
#include "results/jscan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void jsift_release(struct jsift *s)
{
    jread_release(&s->check);
    batch_walk_end(&s->cursor);
    free(s->key);
    free(s->place);
    free(s->kind);
}

bool jsift_idle(const struct jsift *s)
{
    return !s->index->places && !s->share;
}

/* Two tasks with the same hash are not one task: the text is compared, as far as it is kept. */
static bool same_task(const struct jentry_result *r, const struct task *t)
{
    return r->input_len == t->text.len && r->input.len <= t->text.len &&
           (!r->input.len || memcmp(r->input.ptr, t->text.ptr, r->input.len) == 0);
}

/* Of the N-th task of the batch: 1: the result of its place is there and whole; 0: it is not; -1. */
static int look_up(struct jsift *s, const struct jindex_place *p, uint32_t n)
{
    while (s->cursor.index <= n)
        batch_next(&s->cursor, &s->task);
    switch (jread_open(&s->check, p->at, (uint32_t)p->nth)) {
    case JFILE_GOOD:
        return hash_equal(s->check.result.key, s->key[n]) && same_task(&s->check.result, &s->task);
    case JFILE_BAD:
        return 0;
    case JFILE_FAILED:
    default:
        return -1;
    }
}

static bool is_usable(const struct jsift *s, const struct jindex_place *p)
{
    return p->at && (!(p->flags & JINDEX_FAILED) || s->failures);
}

static int kind_of(int found)
{
    return found < 0 ? -1 : found ? JOURNAL_FOUND : JOURNAL_FRESH;
}

static bool was_seen(const struct jindex *x, struct hash128 key)
{
    uint32_t place = jindex_find(x, key);

    return place != JINDEX_NONE && x->place[place].flags & JINDEX_SEEN;
}

/* The number of the first result of KEY that no task of this run has seen, which are those after the ones that have been. */
static uint64_t first_unseen(struct jsift *s, struct hash128 key)
{
    if (!was_seen(s->index, key))
        return 1;
    if (!s->again || !hash_equal(key, s->again_key)) {
        s->again_key = key;
        s->again = jscan_count(s->index, key, was_seen);
    }
    return s->again + 1;
}

/* The kind of the N-th task of the batch, or -1. */
static int sift_task(struct jsift *s, uint32_t n)
{
    struct hash128 key = s->key[n];
    int found = 0;

    s->place[n] = JINDEX_NONE;
    for (uint64_t nth = first_unseen(s, key); !found; nth++) {
        uint32_t place = jindex_find(s->index, nth == 1 ? key : identity_again(key, nth));

        if (place == JINDEX_NONE)
            return JOURNAL_FRESH;
        struct jindex_place *p = &s->index->place[place];

        p->flags |= JINDEX_SEEN;
        s->again = hash_equal(key, s->again_key) ? nth : s->again;
        s->place[n] = place;
        found = is_usable(s, p) ? look_up(s, p, n) : 0;
    }
    return kind_of(found);
}

/* With memoize one result serves all; of several the first good one. */
static int sift_shared(struct jsift *s, uint32_t n)
{
    struct hash128 key = s->key[n];
    uint32_t place = jindex_add(s->index, key);
    struct jindex_place *p = &s->index->place[place];
    int found = 0;

    s->place[n] = place;
    if (p->flags & JINDEX_RUNNING) {
        p->flags |= JINDEX_TWIN;
        return JOURNAL_TWIN;
    }
    /* A failure of this run is shared, too. */
    if (is_usable(s, p) || (p->at && p->flags & JINDEX_SEEN))
        found = look_up(s, p, n);
    for (uint64_t nth = 2; !found && !(p->flags & JINDEX_SEEN); nth++) {
        place = jindex_find(s->index, identity_again(key, nth));
        if (place == JINDEX_NONE)
            break;
        if (is_usable(s, &s->index->place[place]))
            found = look_up(s, &s->index->place[place], n);
        if (found > 0) {
            p->at = s->index->place[place].at;
            p->nth = s->index->place[place].nth;
        }
    }
    p->flags |= found ? JINDEX_SEEN : JINDEX_SEEN | JINDEX_RUNNING;
    return kind_of(found);
}

static void make_room(struct jsift *s, uint32_t count)
{
    if (s->cap >= count)
        return;
    s->cap = count;
    s->key = xreallocarray(s->key, count, sizeof *s->key);
    s->place = xreallocarray(s->place, count, sizeof *s->place);
    s->kind = xreallocarray(s->kind, count, sizeof *s->kind);
}

/* Each look-up misses the cache: all of a batch are announced before the first is made. */
static void find_keys(struct jsift *s, const struct batch *b)
{
    struct task t;
    uint32_t n = 0;

    for (batch_walk(&s->cursor, b); batch_next(&s->cursor, &t); n++) {
        s->key[n] = identity_key(s->identity, &t);
        jindex_expect(s->index, s->key[n]);
    }
    assert(n == b->count);
    batch_walk(&s->cursor, b);
}

int jsift_batch(struct jsift *s, const struct batch *b)
{
    make_room(s, b->count);
    find_keys(s, b);
    for (uint32_t n = 0; n < b->count; n++) {
        int kind = s->share ? sift_shared(s, n) : sift_task(s, n);

        if (kind < 0)
            return -1;
        s->kind[n] = (uint8_t)kind;
    }
    return 0;
}
