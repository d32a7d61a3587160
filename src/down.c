/* The corridor, downwards: from the source past the journal to the backend, further attempts ahead of new tasks. */
#include "corridor.h"

#include "backend/backend.h"
#include "base/clock.h"
#include "base/loop.h"
#include "base/task.h"
#include "flight.h"
#include "results/journal.h"
#include "retry.h"
#include "tasks/source.h"

#include <poll.h>

static void on_input(void *ctx, short events)
{
    struct map *m = ctx;

    (void)events;
    loop_remove(m->spec->loop, source_fd(m->spec->source));
    m->source_waits = false;
}

static void wait_for_input(struct map *m)
{
    m->source_waits = true;
    loop_add(m->spec->loop, source_fd(m->spec->source), POLLIN, on_input, m);
}

static uint64_t tasks_left(const struct map *m)
{
    uint64_t total = source_total(m->spec->source);

    return total == SOURCE_UNKNOWN ? UINT64_MAX : total - m->taken;
}

uint64_t down_total(const struct map *m)
{
    return m->source_ended ? m->taken : source_total(m->spec->source);
}

static void submit(struct map *m, struct batch *b)
{
    b->timeout = policy_timeout(m->policy);
    m->finishing = false;
    if (m->spec->on_start)
        m->spec->on_start(m->spec->ctx, b);
    if (pace_limits(&m->pace))
        pace_started(&m->pace, clock_now());
    if (m->spec->backend->submit(m->backend, b) < 0)
        map_fail(m);
}

static void begin(struct map *m, struct batch *b)
{
    m->counts->tasks += b->count;
    flight_start(m->flight, b);
}

/* With a journal a batch goes there first, and comes back cut into what is to be done and what has been done. */
static void take_batch(struct map *m, struct batch *b)
{
    m->taken += b->count;
    if (!m->spec->journal) {
        begin(m, b);
        submit(m, b);
    } else if (journal_sift(m->spec->journal, b) < 0) {
        map_fail(m);
    }
}

/* One batch from the source; false when there is no input now, or no more. */
static bool take_input(struct map *m, struct backend_room room)
{
    struct batch *b;

    if (m->source_ended || m->source_waits)
        return false;
    switch (source_take(m->spec->source, pace_limits(&m->pace) ? 1 : room.tasks, room.bytes, &b)) {
    case SOURCE_BATCH:
        take_batch(m, b);
        return true;
    case SOURCE_WAIT:
        wait_for_input(m);
        return false;
    case SOURCE_END:
        m->source_ended = true;
        return false;
    case SOURCE_FAILED:
        /* What was read runs to its end and is written; then the status says that the input was not whole. */
        m->source_ended = m->counts->broken = true;
        return false;
    }
    return false;
}

/* The next piece of a result that the journal has; false: nothing to replay now. */
static bool replay_one(struct map *m)
{
    int got = m->spec->journal ? journal_replay(m->spec->journal, up_replayed, m) : 0;

    if (got < 0)
        map_fail(m);
    return got > 0;
}

/* What the journal has sifted and not yet given back; NULL: nothing. */
static const struct batch *sifted(const struct map *m, enum journal_kind *kind)
{
    return m->spec->journal ? journal_next(m->spec->journal, kind) : NULL;
}

static void take_sifted(struct map *m, enum journal_kind kind)
{
    struct batch *b = journal_take(m->spec->journal);

    begin(m, b);
    if (kind == JOURNAL_FRESH)
        submit(m, b);
}

/* Something that is to be run: another attempt whose time has come, else what the journal does not have, else new input. */
static bool take_fresh(struct map *m, bool sifted)
{
    struct backend_room room;
    int64_t due = retry_due(m->retry);

    if (pace_limits(&m->pace) && !pace_ready(&m->pace, clock_now()))
        return false;
    room = m->spec->backend->room(m->backend, tasks_left(m));
    if (!room.tasks)
        return false;
    if (due != CLOCK_NEVER && due <= clock_now()) {
        submit(m, retry_take(m->retry));
        return true;
    }
    if (retry_full(m->retry))
        return false;
    if (!sifted)
        return take_input(m, room);
    take_sifted(m, JOURNAL_FRESH);
    return true;
}

bool down_step(struct map *m)
{
    enum journal_kind kind = JOURNAL_FRESH;

    /* When an outlet has enough, what was to be replayed has to end all the same. */
    bool open = up_open(m);

    if ((open || m->enough) && replay_one(m))
        return true;
    if (!open || m->stop.soon || (m->spec->journal && journal_full(m->spec->journal)))
        return false;
    bool waits = sifted(m, &kind);

    if (kind == JOURNAL_FRESH)
        return take_fresh(m, waits);
    take_sifted(m, kind);
    return true;
}

bool down_all_taken(const struct map *m)
{
    enum journal_kind kind;

    return m->source_ended && !sifted(m, &kind);
}

bool down_waits(const struct map *m)
{
    return !down_all_taken(m) || retry_due(m->retry) != CLOCK_NEVER;
}

bool down_left_over(struct map *m)
{
    struct batch *b;

    if (!m->stop.soon || m->counts->broken)
        return false;
    if (m->counts->cancelled || !flight_empty(m->flight))
        return true;
    if (m->source_ended || m->source_waits)
        return !down_all_taken(m);
    enum source_state got = source_take(m->spec->source, 1, 1, &b);

    if (got == SOURCE_BATCH)
        batch_free(b);
    m->source_ended = got == SOURCE_END;
    return !down_all_taken(m);
}

void down_finish(struct map *m)
{
    bool nothing_follows = m->source_ended || m->stop.soon;

    if (nothing_follows && !m->finishing && m->spec->backend->finish)
        m->spec->backend->finish(m->backend);
    m->finishing = nothing_follows;
}

void down_close(struct map *m)
{
    if (m->source_waits)
        loop_remove(m->spec->loop, source_fd(m->spec->source));
}
