/*
 * From events to pieces. An event says "DONE tasks of the batch have ended, their results reach to
 * END": with where the last one reached that gives the new tasks and their bytes. Segments are
 * filled one after the other, so their number need not be told.
 *
 * A task of which pieces went up already (text it printed, parts of a large result) cannot be part
 * of a run. The worker ends such tasks alone, unless a signal was lost on the way (see caller.c);
 * then the record is found by its separator.
 */
#include "work/reader.h"

#include "base/clock.h"
#include "base/xalloc.h"
#include "work/share.h"

#include <stdlib.h>
#include <string.h>

void reader_init(struct reader *r, const struct reader_spec *spec)
{
    *r = (struct reader){.spec = *spec};
    if (spec->lengths)
        r->length = xcalloc(SHARE_TASKS, sizeof *r->length);
}

void reader_release(struct reader *r)
{
    free(r->length);
    *r = (struct reader){0};
}

void reader_begin(struct reader *r, struct share *share)
{
    r->share = share;
    r->taken = r->segment = r->start = r->in_segment = 0;
    r->batches = 0;
    r->count = r->done = 0;
    r->touched = 0;
    r->told = clock_now();
}

void reader_batch(struct reader *r, uint64_t first, uint32_t count, uint32_t attempt)
{
    r->batches++;
    r->first = first;
    r->count = count;
    r->attempt = attempt;
    r->done = 0;
}

void reader_resume(struct reader *r)
{
    r->told = clock_now();
}

void reader_shorten(struct reader *r, uint32_t count)
{
    r->count = count;
    if (r->done == count)
        r->count = r->done = 0;
}

void reader_skip(struct reader *r)
{
    r->batches++;
}

struct outcome reader_outcome(const struct reader *r, int64_t from, int64_t at)
{
    int64_t now = clock_now();

    if (at > now || at < 0)
        at = now;
    if (from > at || from < 0)
        from = at;
    return (struct outcome){
        .cause = END_EXIT,
        .attempt = r->attempt,
        .slot = r->spec.slot,
        .rank = r->spec.rank,
        .start = clock_wall() - (now - from),
        .elapsed = at - from,
    };
}

static void hand_on(struct reader *r, enum piece_kind kind, struct span bytes, const struct outcome *end)
{
    struct piece p = {.kind = kind, .task = r->first + r->done, .count = 1, .bytes = bytes};

    if (end)
        p.end = *end;
    r->spec.on_piece(r->spec.ctx, &p);
}

static void hand_on_end(struct reader *r, const struct outcome *end)
{
    if (r->touched == r->first + r->done)
        r->touched = 0;
    hand_on(r, PIECE_END, (struct span){0}, end);
    r->done++;
}

static void hand_on_run(struct reader *r, uint32_t count, struct span bytes, const uint32_t *lengths,
                        const struct outcome *end)
{
    struct piece p = {
        .kind = PIECE_RUN,
        .task = r->first + r->done,
        .count = count,
        .bytes = bytes,
        .lengths = lengths,
        .end = *end,
    };

    if (!count)
        return;
    r->spec.on_piece(r->spec.ctx, &p);
    r->done += count;
}

/* Bytes of the first N records. */
static size_t records(const struct reader *r, struct span bytes, const uint32_t *lengths, uint32_t n)
{
    size_t at = 0;

    for (uint32_t i = 0; i < n && at < bytes.len; i++) {
        if (lengths) {
            at += lengths[i];
            continue;
        }
        const char *end = memchr(bytes.ptr + at, r->spec.separator, bytes.len - at);

        at = end ? (size_t)(end - bytes.ptr) + 1 : bytes.len;
    }
    return at;
}

static struct span cut(struct span *bytes, size_t n)
{
    struct span head = {bytes->ptr, n};

    bytes->ptr += n;
    bytes->len -= n;
    return head;
}

/* COUNT tasks have succeeded; one of them may have pieces up there already. */
static void succeed(struct reader *r, uint32_t count, struct span bytes, const uint32_t *lengths,
                    const struct outcome *end)
{
    uint64_t next = r->first + r->done;

    if (r->touched >= next && r->touched < next + count) {
        uint32_t before = (uint32_t)(r->touched - next);
        struct outcome one = *end;

        hand_on_run(r, before, cut(&bytes, records(r, bytes, lengths, before)), lengths, end);
        if (lengths)
            lengths += before;
        hand_on(r, PIECE_OUT, cut(&bytes, records(r, bytes, lengths, 1)), NULL);
        hand_on_end(r, &one);
        if (lengths)
            lengths++;
        count -= before + 1;
    }
    hand_on_run(r, count, bytes, lengths, end);
}

/* Copies the lengths of N tasks; NULL when they do not add up to TOTAL. */
static const uint32_t *take_lengths(struct reader *r, uint32_t n, size_t total)
{
    const uint32_t *from = r->share->length[r->segment % SHARE_SEGMENTS] + r->in_segment;
    uint64_t sum = 0;

    if (n > SHARE_TASKS - r->in_segment)
        return NULL;
    for (uint32_t i = 0; i < n; i++)
        sum += r->length[i] = from[i];
    r->in_segment += n;
    return sum == total ? r->length : NULL;
}

/* Tasks up to DONE of the batch, results up to END of the segment. False: that cannot be. */
static bool take_run(struct reader *r, uint32_t done, uint32_t end, int64_t from, int64_t at)
{
    const char *base = r->share->segment[r->segment % SHARE_SEGMENTS];
    const uint32_t *lengths = NULL;

    if (done < r->done || done > r->count || end < r->start || end > SHARE_SEGMENT)
        return false;
    struct span bytes = {base + r->start, end - r->start};
    uint32_t n = done - r->done;

    if (!n)
        return bytes.len == 0;
    if (r->spec.lengths && !(lengths = take_lengths(r, n, bytes.len)))
        return false;
    r->start = end;
    struct outcome outcome = reader_outcome(r, from, at);

    succeed(r, n, bytes, lengths, &outcome);
    return true;
}

static void take_ended(struct reader *r, const struct share_event *e, struct span bytes)
{
    struct outcome end = reader_outcome(r, e->from, e->at);

    end.status = (uint8_t)e->status;
    if (e->status) {
        end.reason = bytes;
        reader_fail(r, &end);
        return;
    }
    if (bytes.len)
        hand_on(r, PIECE_OUT, bytes, NULL);
    hand_on_end(r, &end);
}

static void leave_segment(struct reader *r)
{
    r->segment++;
    r->start = r->in_segment = 0;
    atomic_store(&r->share->released, r->segment);
}

static enum reader_news take_bytes(struct reader *r, const struct share_event *e)
{
    struct span bytes = {r->share->segment[r->segment % SHARE_SEGMENTS] + r->start, e->end - r->start};

    if (e->end < r->start || e->end > SHARE_SEGMENT)
        return READER_CORRUPT;
    r->start = e->end;
    if (e->kind == SHARE_FATAL) {
        r->fatal = bytes;
        return READER_FATAL;
    }
    if (r->done >= r->count || e->status > 255)
        return READER_CORRUPT;
    if (e->kind == SHARE_ENDED) {
        take_ended(r, e, bytes);
        return READER_NONE;
    }
    hand_on(r, PIECE_OUT, bytes, NULL);
    r->touched = r->first + r->done;
    return READER_NONE;
}

static enum reader_news take_event(struct reader *r, const struct share_event *e)
{
    enum reader_news news = READER_NONE;

    switch (e->kind) {
    case SHARE_READY:
        return READER_READY;
    case SHARE_TEXT:
        return READER_TEXT;
    case SHARE_RUN:
        news = take_run(r, e->done, e->end, e->from, e->at) ? READER_NONE : READER_CORRUPT;
        break;
    case SHARE_CUT:
        if (!r->count || e->status != r->batches)
            return READER_NONE; /* it had been shortened already, and has ended */
        return e->done == r->done ? READER_CUT : READER_CORRUPT;
    case SHARE_PART:
    case SHARE_ENDED:
    case SHARE_FATAL:
        news = take_bytes(r, e);
        break;
    default:
        return READER_CORRUPT;
    }
    if (news == READER_NONE && e->flags & SHARE_FULL)
        leave_segment(r);
    return news;
}

enum reader_news reader_take(struct reader *r)
{
    struct share *s = r->share;

    for (;;) {
        if (r->count && r->done == r->count) {
            r->count = r->done = 0;
            return READER_BATCH;
        }
        uint32_t told = atomic_load(&s->events);

        if (told == r->taken)
            return READER_NONE;
        if (told - r->taken > SHARE_EVENTS)
            return READER_CORRUPT;
        struct share_event e = s->event[r->taken % SHARE_EVENTS];

        atomic_store(&s->taken, ++r->taken);
        r->told = e.at;
        enum reader_news news = take_event(r, &e);

        if (news != READER_NONE)
            return news;
    }
}

void reader_heard(struct reader *r)
{
    atomic_store(&r->share->heard, r->taken);
}

/* Progress, if it tells of the current batch. */
static bool progress(const struct reader *r, uint64_t *p)
{
    if (!r->share || !r->count)
        return false;
    *p = atomic_load(&r->share->progress);
    return atomic_load(&r->share->begun) >= r->batches && share_progress_batch(*p) == ((r->batches - 1) & 3);
}

/*
 * An event posted after `progress` was read changes nothing: the bytes are as they were, and the
 * event then tells of fewer tasks. One posted before it would have moved the start of the bytes: so
 * progress counts only when no event waits. The end of a batch is left to its event, which would be
 * taken for the next batch's otherwise.
 */
bool reader_peek(struct reader *r, bool dead)
{
    uint64_t p;

    if (!progress(r, &p))
        return false;
    if (!dead && (atomic_load(&r->share->events) != r->taken || share_progress_done(p) >= r->count))
        return false;
    int64_t now = clock_now();

    if (share_progress_done(p) > r->done) {
        take_run(r, share_progress_done(p), share_progress_end(p), r->told, now);
        r->told = now;
    }
    return r->count && r->done == r->count;
}

uint64_t reader_running(const struct reader *r)
{
    uint64_t p;

    if (!progress(r, &p))
        return 0;
    uint32_t done = share_progress_done(p);

    return r->first + (done < r->count && done > r->done ? done : r->done);
}

int64_t reader_since(const struct reader *r)
{
    uint64_t p;

    return progress(r, &p) && share_progress_done(p) <= r->done ? r->told : 0;
}

void reader_text(struct reader *r, struct span text)
{
    uint64_t running = reader_running(r);

    if (r->touched < r->first + r->done || r->touched > running)
        r->touched = running;
    struct piece p = {.kind = PIECE_ERR, .task = r->touched, .count = 1, .bytes = text};

    r->spec.on_piece(r->spec.ctx, &p);
}

void reader_fail(struct reader *r, const struct outcome *end)
{
    struct buf record = BUF_INIT;

    buf_put(&record, r->spec.fill.ptr, r->spec.fill.len);
    buf_putc(&record, (char)r->spec.separator);
    hand_on(r, PIECE_OUT, (struct span){record.ptr, record.len}, NULL);
    buf_release(&record);
    hand_on_end(r, end);
}
