/* The index is as large as the keys are many, so each look-up misses the cache: those of many results are announced before the first is made. */
#include "results/jscan.h"

#include "results/identity.h"
#include "results/jentry.h"
#include "results/jhosts.h"

struct hash128 jscan_hooked(uint64_t at, uint32_t nth)
{
    uint64_t place[2] = {at, nth};

    return hash128(place, sizeof place);
}

uint64_t jscan_count(const struct jindex *x, struct hash128 key, jscan_claim_fn claim)
{
    uint64_t low = 1, high = 2;

    while (claim(x, identity_again(key, high))) {
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        uint64_t mid = low + (high - low) / 2;

        if (claim(x, identity_again(key, mid)))
            low = mid;
        else
            high = mid;
    }
    return low;
}

static bool is_there(const struct jindex *x, struct hash128 key)
{
    return jindex_find(x, key) != JINDEX_NONE;
}

/* The place for another result of KEY, whose first one has P. */
static struct jindex_place *next_place(struct jscan *s, struct hash128 key, struct jindex_place *p)
{
    if (!p->at || (p->flags & JINDEX_FAILED && p->at < s->session))
        return p;
    if (!s->again || !hash_equal(key, s->again_key)) {
        s->again_key = key;
        s->again = jscan_count(s->index, key, is_there);
    }
    uint32_t place = jindex_add(s->index, identity_again(key, ++s->again));

    return &s->index->place[place];
}

static void settle(struct jscan *s, struct hash128 key, uint64_t at, uint32_t nth, unsigned flags)
{
    uint32_t first = jindex_add(s->index, key);
    struct jindex_place *p = next_place(s, key, &s->index->place[first]);

    p->at = at;
    p->nth = nth;
    p->flags = flags;
}

static void settle_waiting(struct jscan *s)
{
    for (uint32_t i = 0; i < s->waits; i++)
        settle(s, s->waiting[i].key, s->waiting[i].at, 0, s->waiting[i].flags);
    s->waits = 0;
}

static void scan_result(struct jscan *s, uint64_t at, struct span body)
{
    struct jscan_waiting *w = &s->waiting[s->waits];
    bool failed;

    if (!jentry_peek_result(body, &w->key, &failed))
        return;
    if (!s->mine) {
        s->others++;
        return;
    }
    w->at = at;
    w->flags = failed ? JINDEX_FAILED : 0;
    jindex_expect(s->index, w->key);
    if (++s->waits == JSCAN_WAITING)
        settle_waiting(s);
}

static void scan_run(struct jscan *s, uint64_t at, struct span body)
{
    struct hash128 key[JENTRY_RUN_MAX];
    struct jentry_walk w;

    if (!jentry_walk(&w, body))
        return;
    if (!s->mine) {
        s->others += w.count;
        return;
    }
    settle_waiting(s);
    struct jentry_result r;
    uint32_t n = 0;

    for (; jentry_walk_next(&w, &r) && jentry_key(&r, s->identity); n++) {
        key[n] = r.key;
        jindex_expect(s->index, r.key);
    }
    for (uint32_t i = 0; i < n; i++)
        settle(s, key[i], at, i, 0);
}

static void scan_hook(struct jscan *s, struct span body)
{
    struct jentry_hook h;

    if (!s->hooked || !jentry_get_hook(body, &h))
        return;
    uint32_t n = jindex_add(s->hooked, jscan_hooked(h.at, h.nth));

    s->hooked->place[n].at++;
}

static void scan_session(struct jscan *s, uint64_t at, struct span body)
{
    struct jentry_session session;

    settle_waiting(s);
    s->session = at;
    s->mine = jentry_get_session(body, &session) && hash_equal(session.identity, s->identity->hash);
}

/* A later smap may add types that can be skipped. */
static void on_record(void *ctx, uint64_t at, unsigned type, struct span body)
{
    struct jscan *s = ctx;

    switch (type) {
    case JENTRY_SESSION:
        scan_session(s, at, body);
        break;
    case JENTRY_HOST:
        jhosts_add(s->hosts, body);
        break;
    case JENTRY_RESULT:
        scan_result(s, at, body);
        break;
    case JENTRY_RUN:
        scan_run(s, at, body);
        break;
    case JENTRY_HOOK:
        scan_hook(s, body);
        break;
    default:
        break;
    }
}

int jscan(struct jfile *f, struct jscan *scan, struct jscan_counts *counts)
{
    if (jfile_scan(f, on_record, scan) < 0)
        return -1;
    settle_waiting(scan);
    *counts = (struct jscan_counts){.others = scan->others};
    for (uint32_t i = 0; i < scan->index->places; i++) {
        if (scan->failures || !(scan->index->place[i].flags & JINDEX_FAILED))
            counts->usable++;
        else
            counts->failed++;
    }
    return 0;
}
