/* Ranks are counted one by one, which needs no search; those of one host are added up at the end.
 */
#include "watch/hosts.h"

#include "base/diag.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct done {
    char *host; /* NULL: nothing yet */
    uint64_t first, tasks, failed;
    int64_t time; /* us */
};

struct hosts {
    struct outlet base;
    struct done *rank;
    size_t ranks;
};

static struct done *of_rank(struct hosts *h, uint32_t rank)
{
    if (rank >= h->ranks) {
        size_t n = h->ranks;

        h->ranks = 2 * ((size_t)rank + 1);
        h->rank = xreallocarray(h->rank, h->ranks, sizeof *h->rank);
        memset(h->rank + n, 0, (h->ranks - n) * sizeof *h->rank);
    }
    return &h->rank[rank];
}

static int put(struct outlet *o, const struct piece *p)
{
    const struct outcome *end = &p->end;

    if ((p->kind != PIECE_END && p->kind != PIECE_RUN) || !end->host ||
        (end->flags & OUTCOME_FROM_JOURNAL))
        return 0;
    struct done *d = of_rank((struct hosts *)o, end->rank);

    if (!d->host) {
        d->first = p->task;
        d->host =
            xstrdup(end->host); /* the backend, which lends it, is closed before the outlets are */
    }
    d->tasks += p->count;
    d->failed += outcome_ok(end) ? 0 : p->count;
    d->time += end->elapsed;
    return 0;
}

static int by_host(const void *a, const void *b)
{
    const struct done *p = a, *q = b;

    if (!p->host || !q->host)
        return !p->host - !q->host;
    return strcmp(p->host, q->host);
}

static int by_first(const void *a, const void *b)
{
    const struct done *p = a, *q = b;

    return (p->first > q->first) - (p->first < q->first);
}

/* Ranks to hosts: how many there are. */
static size_t add_up(struct hosts *h)
{
    size_t n = 0;

    if (h->ranks)
        qsort(h->rank, h->ranks, sizeof *h->rank, by_host);
    for (size_t i = 0; i < h->ranks && h->rank[i].host; i++) {
        struct done *to = n ? &h->rank[n - 1] : NULL, *d = &h->rank[i];

        if (!to || strcmp(to->host, d->host) != 0) {
            h->rank[n++] = *d;
            continue;
        }
        to->first = d->first < to->first ? d->first : to->first;
        to->tasks += d->tasks;
        to->failed += d->failed;
        to->time += d->time;
        free(d->host);
    }
    if (n)
        qsort(h->rank, n, sizeof *h->rank, by_first);
    return n;
}

static int close_hosts(struct outlet *o, bool complete)
{
    struct hosts *h = (struct hosts *)o;
    size_t n = add_up(h);

    (void)complete;
    for (size_t i = 0; i < n; i++) {
        const struct done *d = &h->rank[i];

        if (n > 1)
            diag_note("host %s: %" PRIu64 " task%s, %" PRIu64 " failed, %.3f s in tasks", d->host,
                      d->tasks, d->tasks == 1 ? "" : "s", d->failed, (double)d->time / 1e6);
        free(d->host);
    }
    free(h->rank);
    free(h);
    return 0;
}

struct outlet *hosts_new(void)
{
    static const struct outlet_ops ops = {.name = "hosts", .put = put, .close = close_hosts};
    struct hosts *h = xcalloc(1, sizeof *h);

    h->base.ops = &ops;
    return &h->base;
}
