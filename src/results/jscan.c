/* The index is as large as the keys are many, so each look-up misses the cache: a RUN's are announced before they are made. */
#include "results/jscan.h"

#include "results/jentry.h"
#include "results/jhosts.h"

static void settle(struct jindex *x, struct hash128 key, uint64_t at, uint32_t nth, unsigned flags)
{
    uint32_t place = jindex_add(x, key);
    struct jindex_place *p = &x->place[place];

    p->at = at;
    p->nth = nth;
    p->flags = flags;
}

static void scan_result(struct jscan *s, uint64_t at, struct span body)
{
    struct jentry_result r;

    if (!jentry_get_result(body, &r))
        return;
    if (s->mine)
        settle(s->index, r.key, at, 0, outcome_ok(&r.end) ? 0 : JINDEX_FAILED);
    else
        s->others++;
}

static void scan_run(struct jscan *s, uint64_t at, struct span body)
{
    struct jentry_walk w;

    if (!jentry_walk(&w, body))
        return;
    if (!s->mine) {
        s->others += w.count;
        return;
    }
    for (uint32_t i = 0; i < w.count; i++)
        jindex_expect(s->index, jentry_walk_key(&w, i));
    for (uint32_t i = 0; i < w.count; i++)
        settle(s->index, jentry_walk_key(&w, i), at, i, 0);
}

static void scan_hook(struct jscan *s, struct span body)
{
    struct hash128 key;
    uint32_t place = jentry_get_hook(body, &key) ? jindex_find(s->index, key) : JINDEX_NONE;

    if (place != JINDEX_NONE)
        s->index->place[place].flags |= JINDEX_HOOKED;
}

static void scan_session(struct jscan *s, struct span body)
{
    struct jentry_session session;

    s->mine = jentry_get_session(body, &session) && (!s->identity || hash_equal(session.identity, *s->identity));
}

/* A later smap may add types that can be skipped. */
static void on_record(void *ctx, uint64_t at, unsigned type, struct span body)
{
    struct jscan *s = ctx;

    switch (type) {
    case JENTRY_SESSION:
        scan_session(s, body);
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
    *counts = (struct jscan_counts){.others = scan->others};
    for (uint32_t i = 0; i < scan->index->places; i++) {
        if (scan->failures || !(scan->index->place[i].flags & JINDEX_FAILED))
            counts->usable++;
        else
            counts->failed++;
    }
    return 0;
}
