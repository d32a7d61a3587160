/*
 * A RESULT is one record, or the end of a chain of DATA: each names the place of the one before it, so none of another task's records in between are
 * read. Places must fall from link to link: a chain comes to an end whatever stands in the file.
 */
#include "results/jread.h"

#include "base/diag.h"
#include "base/xalloc.h"
#include "results/jhosts.h"

#include <stdlib.h>

enum { GIVE_OUT, GIVE_ERR, GIVE_END, GIVE_NOTHING };

void jread_release(struct jread *r)
{
    buf_release(&r->body);
    free(r->link);
}

static enum jfile_read read_data(struct jread *r, uint64_t at, struct jentry_data *d)
{
    unsigned type;
    struct span body;
    enum jfile_read got = jfile_read(r->file, at, &type, &body);

    if (got != JFILE_GOOD)
        return got;
    return type == JENTRY_DATA && jentry_get_data(body, d) && d->task == r->result.task ? JFILE_GOOD : JFILE_BAD;
}

static void add_link(struct jread *r, uint64_t at)
{
    if (r->links == r->link_cap) {
        r->link_cap = r->link_cap ? r->link_cap * 2 : 16;
        r->link = xreallocarray(r->link, r->link_cap, sizeof *r->link);
    }
    r->link[r->links++] = at;
}

/* All DATA of the result, which must be as many bytes as the result says. */
static enum jfile_read read_chain(struct jread *r)
{
    uint64_t len[2] = {0, 0};
    uint64_t limit = r->at;

    r->links = 0;
    for (uint64_t at = r->result.last; at;) {
        struct jentry_data d;
        enum jfile_read got = at < limit ? read_data(r, at, &d) : JFILE_BAD;

        if (got != JFILE_GOOD)
            return got;
        len[d.kind == PIECE_ERR] += d.bytes.len;
        add_link(r, at);
        limit = at;
        at = d.previous;
    }
    return !r->result.last || (len[0] == r->result.out_len && len[1] == r->result.err_len) ? JFILE_GOOD : JFILE_BAD;
}

/* Keeps the record, since the body it is read from is lent for a moment only. */
static enum jfile_read load(struct jread *r, uint64_t at)
{
    unsigned type;
    struct span body;

    if (r->at == at && r->is_run)
        return JFILE_GOOD;
    r->at = 0;
    enum jfile_read got = jfile_read(r->file, at, &type, &body);

    if (got != JFILE_GOOD)
        return got;
    buf_clear(&r->body);
    buf_put(&r->body, body.ptr, body.len);
    body.ptr = r->body.ptr;
    r->is_run = type == JENTRY_RUN;
    if (r->is_run ? !jentry_walk(&r->walk, body) : type != JENTRY_RESULT || !jentry_get_result(body, &r->result))
        return JFILE_BAD;
    r->at = at;
    return JFILE_GOOD;
}

/* Tasks of a run are mostly asked for one after another. */
static enum jfile_read walk_to(struct jread *r, uint32_t nth)
{
    if (nth < r->walk.index)
        jentry_walk(&r->walk, (struct span){r->body.ptr, r->body.len});
    while (r->walk.index <= nth)
        if (!jentry_walk_next(&r->walk, &r->result))
            return JFILE_BAD;
    return jentry_key(&r->result, r->identity) ? JFILE_GOOD : JFILE_BAD;
}

enum jfile_read jread_open(struct jread *r, uint64_t at, uint32_t nth)
{
    enum jfile_read got = load(r, at);

    if (got == JFILE_GOOD)
        got = r->is_run ? walk_to(r, nth) : read_chain(r);
    if (got == JFILE_GOOD && r->is_run)
        r->links = 0;
    r->state = GIVE_OUT;
    return got;
}

static void give(const struct jread *r, struct piece *p, enum piece_kind kind, struct span bytes)
{
    *p = (struct piece){.kind = kind, .task = r->result.task, .count = 1, .bytes = bytes};
}

static void give_end(const struct jread *r, struct piece *p)
{
    give(r, p, PIECE_END, (struct span){NULL, 0});
    p->end = r->result.end;
    p->end.flags |= OUTCOME_FROM_JOURNAL;
    p->end.host = jhosts_name(r->hosts, r->result.host);
}

static int next_link(struct jread *r, struct piece *p)
{
    struct jentry_data d;
    enum jfile_read got = read_data(r, r->link[r->links - 1], &d);

    if (got == JFILE_BAD)
        diag("%s has changed while it was being read", jfile_path(r->file));
    if (got != JFILE_GOOD)
        return -1;
    r->links--;
    give(r, p, d.kind, d.bytes);
    return 1;
}

int jread_next(struct jread *r, struct piece *p)
{
    if (r->links)
        return next_link(r, p);
    switch (r->state++) {
    case GIVE_OUT:
        if (r->result.out.len) {
            give(r, p, PIECE_OUT, r->result.out);
            return 1;
        }
        r->state++; /* fall through */
    case GIVE_ERR:
        if (r->result.err.len) {
            give(r, p, PIECE_ERR, r->result.err);
            return 1;
        }
        r->state++; /* fall through */
    case GIVE_END:
        give_end(r, p);
        return 1;
    default:
        r->state = GIVE_NOTHING;
        return 0;
    }
}
