/*
 * The states of a task's place in the index:
 *
 *     new, or failed before --sift--> RUNNING --END--> has a result ----> of the next run: FOUND
 *                                        |  '--cancelled--> new             (of a twin in this run: replayed)
 *                                        '-- asked for again: the next occurrence; with memoize: TWIN
 *
 * What was sifted stands in a queue of parts; FRESH parts that were taken are kept by task number until their last END, as a sorted array: tasks are
 * taken in ascending order.
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
#include "results/jwrite.h"

#include <assert.h>
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
    struct jread check; /* of sift: is the result there? */
    struct jread read;  /* of replay */
    struct jqueue sifted, replay, twins;
    uint32_t twin_count;
    bool ready_twins; /* one of them may be replayed now */
    bool replaying;   /* the head of replay is open in read */
    struct jrunning running;
    struct batch_cursor cursor; /* of sift */
    uint32_t *sift_place;
    uint8_t *sift_kind;
    size_t sift_cap;
    struct hash128 again_key; /* of the last key that came more than once: */
    uint64_t again;           /* so often */
    struct jhooks hooks;
    struct jscan_counts found; /* when it was opened */
    struct loop_timer timer;
    int64_t synced;
};

/* --- opening ---------------------------------------------------------------------------------------------------- */

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
        .index = &j->index, .hosts = &j->hosts, .identity = &spec->identity->hash, .failures = spec->keep_failures};

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
    j->write.file = j->read.file = j->check.file = j->file;
    j->write.hosts = &j->hosts;
    j->read.hosts = j->check.hosts = &j->hosts;
    j->write.index = &j->index;
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
    free(j);
    return -1;
}

uint64_t journal_usable(const struct journal *j)
{
    return j->found.usable;
}

/* --- down: have they been done? --------------------------------------------------------------------------------- */

static bool was_seen(const struct journal *j, struct hash128 key)
{
    uint32_t place = jindex_find(&j->index, key);

    return place != JINDEX_NONE && j->index.place[place].flags & JINDEX_SEEN;
}

/*
 * How often a key has come in this run is kept nowhere: its occurrences 1..n have been seen, so n is found by halving. Only tasks that are there
 * more than once pay for it.
 */
static uint64_t occurrences(const struct journal *j, struct hash128 key)
{
    uint64_t low = 1, high = 2;

    while (was_seen(j, identity_again(key, high))) {
        low = high;
        high *= 2;
    }
    while (high - low > 1) {
        uint64_t mid = low + (high - low) / 2;

        if (was_seen(j, identity_again(key, mid)))
            low = mid;
        else
            high = mid;
    }
    return low;
}

static uint32_t next_occurrence(struct journal *j, struct hash128 key)
{
    if (!j->again || !hash_equal(key, j->again_key)) {
        j->again_key = key;
        j->again = occurrences(j, key);
    }
    return jindex_add(&j->index, identity_again(key, ++j->again));
}

/* Two tasks with the same hash are not one task: the text is compared, as far as it is kept. */
static bool same_task(const struct jentry_result *r, const struct task *t)
{
    return r->input_len == t->text.len && r->input.len <= t->text.len &&
           (!r->input.len || memcmp(r->input.ptr, t->text.ptr, r->input.len) == 0);
}

/* 1: the result of the place is there and whole; 0: it is not; -1. */
static int look_up(struct journal *j, const struct jindex_place *p, const struct task *t)
{
    switch (jread_open(&j->check, p->at, (uint32_t)p->nth)) {
    case JFILE_GOOD:
        return hash_equal(j->check.result.key, p->key) && same_task(&j->check.result, t);
    case JFILE_BAD:
        return 0;
    case JFILE_FAILED:
    default:
        return -1;
    }
}

static int sift_task(struct journal *j, const struct task *t, struct hash128 key, uint32_t *place)
{
    bool seen;

    *place = jindex_add(&j->index, key);
    seen = j->index.place[*place].flags & JINDEX_SEEN;
    if (seen && !j->spec.memoize) {
        *place = next_occurrence(j, key);
        seen = false;
    }
    struct jindex_place *p = &j->index.place[*place];

    p->flags |= JINDEX_SEEN;
    if (p->flags & JINDEX_RUNNING) {
        p->flags |= JINDEX_TWIN;
        return JOURNAL_TWIN;
    }
    /* A failure of this run is shared; one of an earlier run is tried again. */
    int found = p->at && (seen || !(p->flags & JINDEX_FAILED) || j->spec.keep_failures) ? look_up(j, p, t) : 0;

    if (found == 0)
        p->flags |= JINDEX_RUNNING;
    return found < 0 ? -1 : found ? JOURNAL_FOUND : JOURNAL_FRESH;
}

static void sift_room(struct journal *j, uint32_t count)
{
    if (j->sift_cap >= count)
        return;
    j->sift_cap = count;
    j->sift_place = xreallocarray(j->sift_place, count, sizeof *j->sift_place);
    j->sift_kind = xreallocarray(j->sift_kind, count, sizeof *j->sift_kind);
}

static uint32_t same_kind(const struct journal *j, uint32_t from, uint32_t count)
{
    uint32_t to = from + 1;

    while (to < count && j->sift_kind[to] == j->sift_kind[from])
        to++;
    return to - from;
}

/* Takes B. */
static void queue_part(struct journal *j, struct batch *b, uint32_t from)
{
    jqueue_put(&j->sifted, jpart_new((enum journal_kind)j->sift_kind[from], b, j->sift_place + from));
}

static void cut_parts(struct journal *j, struct batch *b, uint32_t count)
{
    if (same_kind(j, 0, count) == count) {
        queue_part(j, b, 0);
        return;
    }
    batch_walk(&j->cursor, b);
    for (uint32_t from = 0, n; from < count; from += n) {
        n = same_kind(j, from, count);
        queue_part(j, batch_cut(&j->cursor, n), from);
    }
    batch_free(b);
}

int journal_sift(struct journal *j, struct batch *b)
{
    struct task t;
    uint32_t n = 0;

    sift_room(j, b->count);
    batch_walk(&j->cursor, b);
    for (; batch_next(&j->cursor, &t); n++) {
        int kind = sift_task(j, &t, identity_key(j->spec.identity, &t), &j->sift_place[n]);

        if (kind < 0) {
            batch_free(b);
            return -1;
        }
        j->sift_kind[n] = (uint8_t)kind;
    }
    assert(n == b->count);
    cut_parts(j, b, n);
    return 0;
}

const struct batch *journal_next(const struct journal *j, enum journal_kind *kind)
{
    if (!j->sifted.head)
        return NULL;
    *kind = j->sifted.head->kind;
    return j->sifted.head->batch;
}

struct batch *journal_take(struct journal *j)
{
    struct jpart *p = jqueue_take(&j->sifted);
    struct batch *b = p->batch;

    if (j->spec.hooks)
        jhooks_put(&j->hooks, p->place, p->count);
    if (p->kind == JOURNAL_FRESH) {
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

/* A cancelled task has no result, and whoever waited for it has none. */
static void forget(struct jindex_place *p)
{
    p->at = 0;
    p->flags &= ~(unsigned)(JINDEX_RUNNING | JINDEX_FAILED | JINDEX_HOOKED);
}

static int put_end(struct journal *j, struct jpart *p, const struct piece *piece)
{
    uint32_t place = p->place[piece->task - p->first];
    struct jgather *g = p->gather ? p->gather[piece->task - p->first] : NULL;
    struct task t;
    int result = 0;

    j->ready_twins |= (j->index.place[place].flags & JINDEX_TWIN) != 0;
    if (piece->end.cause == END_CANCELLED) {
        forget(&j->index.place[place]);
    } else {
        jpart_seek(p, piece->task);
        batch_next(&p->cursor, &t);
        result = jwrite_result(&j->write, place, &t, g, piece);
    }
    jpart_drop_gather(p, piece->task);
    jrunning_land(&j->running, p, 1);
    return result;
}

static int put_run(struct journal *j, struct jpart *p, const struct piece *piece)
{
    const uint32_t *place = p->place + (piece->task - p->first);

    jpart_seek(p, piece->task);
    if (jwrite_run(&j->write, place, &p->cursor, piece) < 0)
        return -1;
    for (uint32_t i = 0; !j->ready_twins && i < piece->count && j->twin_count; i++)
        j->ready_twins = j->index.place[place[i]].flags & JINDEX_TWIN;
    jrunning_land(&j->running, p, piece->count);
    return 0;
}

int journal_put(struct journal *j, const struct piece *piece)
{
    struct jpart *p = jrunning_find(&j->running, piece->task);

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
    uint32_t place = jhooks_take(&j->hooks, task);

    return j->index.place[place].flags & JINDEX_HOOKED ? 0 : jwrite_hook(&j->write, place);
}

bool journal_hook_was_done(const struct journal *j, uint64_t task)
{
    return j->index.place[jhooks_get(&j->hooks, task)].flags & JINDEX_HOOKED;
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
    batch_walk_end(&j->cursor);
    free(j->sift_place);
    free(j->sift_kind);
    jhooks_release(&j->hooks);
    jwrite_release(&j->write);
    jread_release(&j->check);
    jread_release(&j->read);
    jhosts_release(&j->hosts);
    jindex_release(&j->index);
    jfile_close(j->file);
    free(j);
    return result;
}
