/*
 * The index holds what was there when the journal was opened. Tasks of one key take its results one after another, so equal tasks are tasks of their own; what
 * is recorded in this run is for the next one, and nothing is kept in memory of it. But with memoize every key of the run has a place:
 *
 *     new, or failed before --sift--> RUNNING --END--> has a result: FOUND from here on
 *                                        |  '--cancelled--> new
 *                                        '-- asked for again: TWIN, replayed after that END
 */
#include "results/journal.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/loop.h"
#include "base/xalloc.h"
#include "results/identity.h"
#include "results/jhooks.h"
#include "results/jhosts.h"
#include "results/jpart.h"
#include "results/jread.h"
#include "results/jscan.h"
#include "results/jsift.h"
#include "results/jwrite.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TWINS_MAX = 4096 };

struct journal {
    struct journal_spec spec;
    struct jfile *file;
    struct jindex index;
    struct jwrite write;
    struct jhosts hosts;
    struct jread read; /* of replay */
    struct jqueue sifted, replay, twins;
    uint32_t twin_count;
    bool ready_twins; /* one of them may be replayed now */
    bool replaying;   /* the head of replay is open in read */
    struct jrunning running;
    struct jsift sift;
    const struct jpart *putting; /* whose pieces are being put */
    struct jindex hooked;     /* results of earlier sessions whose hook has finished */
    struct jhooks hooks;
    struct jscan_counts found; /* when it was opened */
    struct loop_timer timer;
    int64_t synced;
};

/* --- down: have they been done? --------------------------------------------------------------------------------- */

static uint32_t same_kind(const struct journal *j, uint32_t from, uint32_t count)
{
    uint32_t to = from + 1;

    while (to < count && j->sift.kind[to] == j->sift.kind[from])
        to++;
    return to - from;
}

/* Takes B. */
static void queue_part(struct journal *j, struct batch *b, uint32_t from)
{
    jqueue_put(&j->sifted, jpart_new((enum journal_kind)j->sift.kind[from], b, j->sift.place + from));
}

/* Takes B. */
static void cut_parts(struct journal *j, struct batch *b)
{
    uint32_t count = b->count;

    if (same_kind(j, 0, count) == count) {
        queue_part(j, b, 0);
        return;
    }
    batch_walk(&j->sift.cursor, b);
    for (uint32_t from = 0, n; from < count; from += n) {
        n = same_kind(j, from, count);
        queue_part(j, batch_cut(&j->sift.cursor, n), from);
    }
    batch_free(b);
}

int journal_sift(struct journal *j, struct batch *b)
{
    if (jsift_idle(&j->sift)) {
        jqueue_put(&j->sifted, jpart_new(JOURNAL_FRESH, b, NULL));
        return 0;
    }
    if (jsift_batch(&j->sift, b) < 0) {
        batch_free(b);
        return -1;
    }
    cut_parts(j, b);
    return 0;
}

const struct batch *journal_next(const struct journal *j, enum journal_kind *kind)
{
    if (!j->sifted.head)
        return NULL;
    *kind = j->sifted.head->kind;
    return j->sifted.head->batch;
}

/* The hook of a result has finished, for as many tasks as share it and come first. */
static bool was_hooked(struct journal *j, const struct jentry_hook *result)
{
    uint32_t n = jindex_find(&j->hooked, jscan_hooked(result->at, result->nth));

    if (n == JINDEX_NONE || !j->hooked.place[n].at)
        return false;
    j->hooked.place[n].at--;
    return true;
}

/* What was found may have been given to its hook before. */
static void remember_hooks(struct journal *j, const struct jpart *p)
{
    jhooks_put(&j->hooks, p->count);
    for (uint32_t i = 0; p->kind == JOURNAL_FOUND && i < p->count; i++) {
        const struct jindex_place *place = &j->index.place[p->place[i]];
        struct jhook *h = jhooks_get(&j->hooks, p->first + i);

        h->result = (struct jentry_hook){place->at, (uint32_t)place->nth};
        h->was_done = was_hooked(j, &h->result);
    }
}

struct batch *journal_take(struct journal *j)
{
    struct jpart *p = jqueue_take(&j->sifted);
    struct batch *b = p->batch;

    if (j->spec.hooks)
        remember_hooks(j, p);
    if (p->kind == JOURNAL_FRESH) {
        /* What has ended is safe before another begins in its slot, or a kill could cost more than was in flight. Failing is sticky: journal_flush tells. */
        jfile_flush(j->file);
        jrunning_put(&j->running, p);
    } else if (p->kind == JOURNAL_FOUND) {
        jqueue_put(&j->replay, p);
    } else {
        jqueue_put(&j->twins, p);
        j->twin_count += p->count;
        j->ready_twins = true; /* what they wait for may have ended while they stood in the queue */
    }
    return b;
}

bool journal_full(const struct journal *j)
{
    return j->twin_count >= TWINS_MAX;
}

/* --- up: they have been done ------------------------------------------------------------------------------------ */

static int put_part(struct journal *j, struct jpart *p, const struct piece *piece)
{
    struct jgather **g = jpart_gather(p, piece->task);

    if (!*g)
        *g = xcalloc(1, sizeof **g);
    return jwrite_part(&j->write, *g, piece);
}

/* With memoize: the place of a task that runs. */
static struct jindex_place *place_of(const struct journal *j, uint64_t task)
{
    return &j->index.place[j->putting->place[task - j->putting->first]];
}

static void finish_place(struct journal *j, struct jindex_place *p, bool failed)
{
    j->ready_twins |= (p->flags & JINDEX_TWIN) != 0;
    p->flags &= ~(unsigned)(JINDEX_RUNNING | JINDEX_TWIN | JINDEX_FAILED);
    if (failed)
        p->flags |= JINDEX_FAILED;
}

/* From jwrite: where the results lie. */
static void on_written(void *ctx, uint64_t first, uint32_t count, uint64_t at, bool failed)
{
    struct journal *j = ctx;

    for (uint32_t i = 0; i < count && j->spec.memoize; i++) {
        struct jindex_place *p = place_of(j, first + i);

        p->at = at;
        p->nth = i;
        finish_place(j, p, failed);
    }
    for (uint32_t i = 0; i < count && j->spec.hooks; i++)
        jhooks_get(&j->hooks, first + i)->result = (struct jentry_hook){at, i};
}

/* A cancelled task has no result, and whoever waited for it has none. */
static void cancel(struct journal *j, uint64_t task)
{
    if (!j->spec.memoize)
        return;
    place_of(j, task)->at = 0;
    finish_place(j, place_of(j, task), false);
}

static int put_end(struct journal *j, struct jpart *p, const struct piece *piece)
{
    struct jgather *g = p->gather ? p->gather[piece->task - p->first] : NULL;
    struct task t;
    int result = 0;

    if (piece->end.cause == END_CANCELLED) {
        cancel(j, piece->task);
    } else {
        jpart_seek(p, piece->task);
        batch_next(&p->cursor, &t);
        result = jwrite_result(&j->write, &t, g, piece);
    }
    jpart_drop_gather(p, piece->task);
    jrunning_land(&j->running, p, 1);
    return result;
}

static int put_run(struct journal *j, struct jpart *p, const struct piece *piece)
{
    jpart_seek(p, piece->task);
    if (jwrite_run(&j->write, &p->cursor, piece) < 0)
        return -1;
    jrunning_land(&j->running, p, piece->count);
    return 0;
}

int journal_put(struct journal *j, const struct piece *piece)
{
    struct jpart *p = jrunning_find(&j->running, piece->task);

    j->putting = p;
    switch (piece->kind) {
    case PIECE_OUT:
    case PIECE_ERR:
        return put_part(j, p, piece);
    case PIECE_END:
        return put_end(j, p, piece);
    case PIECE_RUN:
        return put_run(j, p, piece);
    }
    return 0;
}

void journal_discard(struct journal *j, uint64_t task)
{
    jpart_drop_gather(jrunning_find(&j->running, task), task);
}

int journal_flush(struct journal *j)
{
    int64_t now;

    if (jfile_flush(j->file) < 0)
        return -1;
    if (!jfile_dirty(j->file) || j->timer.place)
        return 0;
    now = clock_now();
    if (now - j->synced >= j->spec.sync) {
        j->synced = now;
        return jfile_sync(j->file);
    }
    if (j->spec.loop)
        loop_timer_set(j->spec.loop, &j->timer, j->synced + j->spec.sync);
    return 0;
}

/* --- replay ----------------------------------------------------------------------------------------------------- */

static struct jindex_place *next_place(const struct journal *j, const struct jpart *p)
{
    return &j->index.place[p->place[p->count - p->left]];
}

/* Twins wait in the order of their tasks, but not for each other. */
static void release_twins(struct journal *j)
{
    struct jqueue waiting;
    struct jpart *p;

    jqueue_init(&waiting);
    j->ready_twins = false;
    while ((p = jqueue_take(&j->twins))) {
        if (next_place(j, p)->flags & JINDEX_RUNNING)
            jqueue_put(&waiting, p);
        else
            jqueue_put(&j->replay, p);
    }
    j->twins = waiting;
    if (!waiting.head)
        jqueue_init(&j->twins);
}

/* The head of replay: what could not be read any more after it was found once is lost for this run. */
static int open_next(struct journal *j, struct jpart *p)
{
    struct jindex_place *place = next_place(j, p);
    enum jfile_read got = jread_open(&j->read, place->at, (uint32_t)place->nth);

    if (got == JFILE_BAD)
        diag("%s has changed while it was in use", j->spec.path);
    if (got != JFILE_GOOD)
        return -1;
    if (j->spec.hooks && p->kind == JOURNAL_TWIN)
        jhooks_get(&j->hooks, p->first + p->count - p->left)->result = (struct jentry_hook){place->at, (uint32_t)place->nth};
    j->replaying = true;
    return 0;
}

/* The head has given a task's last piece. */
static void advance(struct journal *j, struct jpart *p)
{
    j->replaying = false;
    if (p->kind == JOURNAL_TWIN)
        j->twin_count--;
    if (--p->left == 0)
        jpart_free(jqueue_take(&j->replay));
    else if (p->kind == JOURNAL_TWIN && next_place(j, p)->flags & JINDEX_RUNNING)
        jqueue_put(&j->twins, jqueue_take(&j->replay));
}

static void give_cancelled(struct jpart *p, piece_fn fn, void *ctx)
{
    struct piece piece = {
        .kind = PIECE_END, .task = p->first + p->count - p->left, .count = 1, .end.cause = END_CANCELLED};

    fn(ctx, &piece);
}

int journal_replay(struct journal *j, piece_fn fn, void *ctx)
{
    struct piece piece;

    if (j->ready_twins && !j->replaying)
        release_twins(j);
    struct jpart *p = j->replay.head;

    if (!p)
        return 0;
    if (!next_place(j, p)->at) {
        give_cancelled(p, fn, ctx);
        advance(j, p);
        return 1;
    }
    if (!j->replaying && open_next(j, p) < 0)
        return -1;
    int got = jread_next(&j->read, &piece);

    if (got < 0)
        return -1;
    piece.task = p->first + p->count - p->left; /* it may have had another number when it ran */
    piece.count = 1;
    fn(ctx, &piece);
    if (piece.kind == PIECE_END)
        advance(j, p);
    return 1;
}

/* --- hooks ------------------------------------------------------------------------------------------------------ */

int journal_hook_done(struct journal *j, uint64_t task)
{
    const struct jhook *h = jhooks_get(&j->hooks, task);
    int result = h->was_done || !h->result.at ? 0 : jwrite_hook(&j->write, &h->result);

    jhooks_done(&j->hooks, task);
    return result;
}

bool journal_hook_was_done(const struct journal *j, uint64_t task)
{
    return jhooks_get(&j->hooks, task)->was_done;
}

/* --- opening and closing ---------------------------------------------------------------------------------------- */

static void tell_results(const struct journal *j)
{
    const struct jscan_counts *n = &j->found;
    struct buf line = BUF_INIT;

    if (n->usable)
        buf_printf(&line, "%" PRIu64 " result%s of this worker can be used", n->usable, n->usable == 1 ? "" : "s");
    else if (n->failed || n->others)
        buf_puts(&line, "no result can be used");
    if (n->failed)
        buf_printf(&line, ", %" PRIu64 " that failed will run again", n->failed);
    if (n->others)
        buf_printf(&line, ", %" PRIu64 " of another worker will not", n->others);
    if (line.len)
        diag_note("%s: %s", j->spec.path, buf_cstr(&line));
    buf_release(&line);
}

/* Failing is noticed by the next flush. */
static void on_timer(void *ctx)
{
    struct journal *j = ctx;

    j->synced = clock_now();
    jfile_sync(j->file);
}

int journal_open(struct journal **out, const struct journal_spec *spec)
{
    struct journal *j = xcalloc(1, sizeof *j);
    struct jscan scan = {
        .index = &j->index,
        .hooked = spec->hooks ? &j->hooked : NULL,
        .hosts = &j->hosts,
        .identity = spec->identity,
        .failures = spec->keep_failures,
    };

    j->spec = *spec;
    jqueue_init(&j->sifted);
    jqueue_init(&j->replay);
    jqueue_init(&j->twins);
    loop_timer_init(&j->timer, on_timer, j);
    if (jfile_open(&j->file, spec->path, JFILE_APPEND) < 0)
        goto free_journal;
    if (jscan(j->file, &scan, &j->found) < 0)
        goto close_file;
    tell_results(j);
    j->read = (struct jread){.file = j->file, .identity = spec->identity, .hosts = &j->hosts};
    j->sift = (struct jsift){.index = &j->index, .identity = spec->identity, .check = j->read};
    j->sift.share = spec->memoize;
    j->sift.failures = spec->keep_failures;
    j->write.file = j->file;
    j->write.hosts = &j->hosts;
    j->write.identity = spec->identity;
    j->write.written = spec->memoize || spec->hooks ? on_written : NULL;
    j->write.ctx = j;
    j->write.session.identity = spec->identity->hash;
    j->write.session.items = (struct span){spec->identity->items.ptr, spec->identity->items.len};
    j->write.session.start = clock_wall();
    j->synced = clock_now();
    *out = j;
    return 0;
close_file:
    jfile_close(j->file);
free_journal:
    jhosts_release(&j->hosts);
    jindex_release(&j->index);
    jindex_release(&j->hooked);
    free(j);
    return -1;
}

uint64_t journal_usable(const struct journal *j)
{
    return j->found.usable;
}

int journal_close(struct journal *j)
{
    if (!j)
        return 0;
    int result = jfile_sync(j->file);

    if (j->spec.loop)
        loop_timer_clear(j->spec.loop, &j->timer);
    jqueue_release(&j->sifted, true);
    jqueue_release(&j->replay, false);
    jqueue_release(&j->twins, false);
    jrunning_release(&j->running);
    jsift_release(&j->sift);
    jhooks_release(&j->hooks);
    jwrite_release(&j->write);
    jread_release(&j->read);
    jhosts_release(&j->hosts);
    jindex_release(&j->index);
    jindex_release(&j->hooked);
    jfile_close(j->file);
    free(j);
    return result;
}
