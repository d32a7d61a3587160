/*
 * A journal read without a run, in three passes: which worker was the last; which of its results count (jscan); and these, by task number. A
 * journal that is being written may be read: what counts is what was there at first.
 */
#include "results/journal.h"

#include "base/diag.h"
#include "base/xalloc.h"
#include "results/identity.h"
#include "results/jhosts.h"
#include "results/jread.h"
#include "results/jscan.h"

#include <stdlib.h>

struct result {
    uint64_t task, at;
    uint32_t nth;
};

struct review {
    const struct journal_reader *reader;
    struct jfile *file;
    struct identity identity; /* of the last worker */
    struct buf items;
    bool any;
    struct jhosts hosts;
    struct jread read;
    struct result *result;
    uint32_t results;
    struct span *field;
    struct buf fields;
};

static void find_last(void *ctx, uint64_t at, unsigned type, struct span body)
{
    struct review *r = ctx;
    struct jentry_session s;

    (void)at;
    if (type != JENTRY_SESSION || !jentry_get_session(body, &s))
        return;
    r->any = true;
    r->identity.hash = s.identity;
    buf_clear(&r->items);
    buf_put(&r->items, s.items.ptr, s.items.len);
}

static struct span items_of(const struct review *r)
{
    return (struct span){r->items.ptr, r->items.len};
}

/* In the order of the file, so that reading them is one pass. */
static int by_place(const void *a, const void *b)
{
    const struct result *x = a, *y = b;

    return x->at != y->at ? (x->at > y->at) - (x->at < y->at) : (x->nth > y->nth) - (x->nth < y->nth);
}

static int by_task(const void *a, const void *b)
{
    const struct result *x = a, *y = b;

    return x->task != y->task ? (x->task > y->task) - (x->task < y->task) : by_place(a, b);
}

static int find_results(struct review *r)
{
    struct jindex index = {0};
    struct jscan scan = {.index = &index, .hosts = &r->hosts, .identity = &r->identity, .failures = true};
    struct jscan_counts counts;
    int result = jscan(r->file, &scan, &counts);

    r->result = xreallocarray(NULL, index.places + !index.places, sizeof *r->result);
    for (uint32_t i = 0; result == 0 && i < index.places; i++)
        r->result[r->results++] = (struct result){.at = index.place[i].at, .nth = (uint32_t)index.place[i].nth};
    jindex_release(&index);
    qsort(r->result, r->results, sizeof *r->result, by_place);
    return result;
}

/* Fills in the numbers; what is not whole is left out. */
static int number_results(struct review *r)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < r->results; i++) {
        enum jfile_read got = jread_open(&r->read, r->result[i].at, r->result[i].nth);

        if (got == JFILE_FAILED)
            return -1;
        if (got == JFILE_BAD)
            continue;
        r->result[kept] = r->result[i];
        r->result[kept++].task = r->read.result.task;
    }
    r->results = kept;
    qsort(r->result, r->results, sizeof *r->result, by_task);
    return 0;
}

/* As the corridor adds them. */
static void add_input(struct review *r, struct piece *p)
{
    const struct jentry_result *from = &r->read.result;
    struct task t = {.text = from->input, .fields = from->fields, .field = r->field};

    p->input = from->input;
    buf_clear(&r->fields);
    if (from->fields && jentry_fields(from, r->field))
        task_put_fields(&r->fields, &t);
    p->fields = (struct span){r->fields.ptr, r->fields.len};
}

static int tell_result(struct review *r, const struct result *what)
{
    struct piece p;
    int got;

    if (jread_open(&r->read, what->at, what->nth) != JFILE_GOOD)
        return diag("%s has changed while it was being read", jfile_path(r->file));
    while ((got = jread_next(&r->read, &p)) > 0) {
        add_input(r, &p);
        if (r->reader->piece(r->reader->ctx, &p) < 0)
            return -1;
    }
    return got;
}

static int tell_results(struct review *r)
{
    if (r->any && r->reader->begin && r->reader->begin(r->reader->ctx, items_of(r)) < 0)
        return -1;
    for (uint32_t i = 0; i < r->results; i++)
        if (tell_result(r, &r->result[i]) < 0)
            return -1;
    return 0;
}

static int read_all(struct review *r)
{
    if (jfile_scan(r->file, find_last, r) < 0)
        return -1;
    identity_assume(&r->identity, r->identity.hash, items_of(r));
    if (find_results(r) < 0)
        return -1;
    r->read = (struct jread){.file = r->file, .identity = &r->identity, .hosts = &r->hosts};
    r->field = xreallocarray(NULL, JENTRY_FIELDS_MAX, sizeof *r->field);
    return number_results(r) < 0 ? -1 : tell_results(r);
}

int journal_read(const char *path, const struct journal_reader *reader)
{
    struct review r = {.reader = reader};

    if (jfile_open(&r.file, path, JFILE_READ) < 0)
        return -1;
    int result = read_all(&r);

    jfile_close(r.file);
    jread_release(&r.read);
    jhosts_release(&r.hosts);
    identity_release(&r.identity);
    buf_release(&r.items);
    buf_release(&r.fields);
    free(r.result);
    free(r.field);
    return result;
}
