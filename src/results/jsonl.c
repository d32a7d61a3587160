/*
 * A result is gathered until its END, then its line goes to the sink part by part. While a part is left the outlet is not ready: the corridor
 * comes back by ready and flush, whenever the sink has become able to take more.
 */
#include "results/jsonl.h"

#include "base/xalloc.h"
#include "results/entry.h"

#include <stdlib.h>

struct jsonl {
    struct outlet outlet;
    struct outlet *sink;
    struct entry entry;
    bool writing, failed; /* parts of a line are left; the sink or the disk has failed */
    struct buf part;
};

static int to_sink(struct jsonl *j, enum piece_kind kind)
{
    struct piece p = {.kind = kind, .count = 1, .bytes = {j->part.ptr, j->part.len}};

    return j->sink->ops->put(j->sink, &p);
}

/* As much as the sink takes now: 0, or what the sink says. */
static int go_on(struct jsonl *j)
{
    int rc = 0;

    while (j->writing && rc == 0 && j->sink->ops->ready(j->sink)) {
        buf_clear(&j->part);
        int more = entry_next(&j->entry, &j->part);

        j->writing = more > 0;
        rc = more < 0 ? -1 : to_sink(j, PIECE_OUT);
    }
    if (rc < 0) {
        j->failed = true;
        j->writing = false;
    }
    return rc;
}

static int jsonl_put(struct outlet *o, const struct piece *p)
{
    struct jsonl *j = (struct jsonl *)o;

    if (entry_put(&j->entry, p) < 0)
        return -1;
    if (p->kind != PIECE_END)
        return 0;
    if (p->end.cause == END_CANCELLED) {
        entry_clear(&j->entry);
        return 0;
    }
    j->writing = true;
    int rc = go_on(j);

    /* The sink is to let go of stderr before the failure is reported there. */
    if (rc == 0 && !outcome_ok(&p->end))
        rc = j->sink->ops->put(j->sink, p);
    return rc;
}

static bool jsonl_ready(struct outlet *o)
{
    struct jsonl *j = (struct jsonl *)o;

    if (j->writing)
        go_on(j);
    return !j->writing && !j->failed && j->sink->ops->ready(j->sink);
}

static int jsonl_flush(struct outlet *o)
{
    struct jsonl *j = (struct jsonl *)o;

    return j->failed || go_on(j) < 0 ? -1 : j->sink->ops->flush(j->sink);
}

static bool jsonl_busy(struct outlet *o)
{
    struct jsonl *j = (struct jsonl *)o;

    return !j->failed && (j->writing || j->sink->ops->busy(j->sink));
}

/* A line that was begun when the run broke off stays without its end: the sink says that the output is not whole. */
static int jsonl_close(struct outlet *o, bool complete)
{
    struct jsonl *j = (struct jsonl *)o;
    int rc = j->sink->ops->close(j->sink, complete && !j->failed && !j->writing);

    entry_release(&j->entry);
    buf_release(&j->part);
    free(j);
    return rc;
}

static const struct outlet_ops jsonl_ops = {
    .name = "jsonl",
    .per_task = true,
    .wants_input = true,
    .put = jsonl_put,
    .ready = jsonl_ready,
    .flush = jsonl_flush,
    .busy = jsonl_busy,
    .close = jsonl_close,
};

struct outlet *jsonl_new(struct outlet *sink)
{
    struct jsonl *j = xcalloc(1, sizeof *j);

    j->outlet.ops = &jsonl_ops;
    j->sink = sink;
    return &j->outlet;
}
