/*
 * Decisions. The median comes from a histogram with 32 columns for every doubling of the time: of constant size, and exact to within the
 * width of a column. Percentages wait for three events, else the first task that fails would be 100%.
 */
#include "policy.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <stdlib.h>

enum {
    STEPS_LOG = 5,
    STEPS = 1 << STEPS_LOG,       /* columns of a doubling */
    COLUMNS = (64 - STEPS_LOG) * STEPS,
    ENOUGH = 3,                   /* tasks for a median, or for a percentage */
};

struct policy {
    struct policy_spec spec;
    uint64_t succeeded, failed, crashes;
    uint64_t column[COLUMNS]; /* durations of tasks that succeeded */
};

struct policy *policy_new(const struct policy_spec *spec)
{
    struct policy *p = xcalloc(1, sizeof *p);

    p->spec = *spec;
    return p;
}

void policy_free(struct policy *p)
{
    free(p);
}

/* Below STEPS each duration has its column; above, STEPS for every power of two. */
static uint32_t column_of(uint64_t us)
{
    if (us < STEPS)
        return (uint32_t)us;
    uint32_t shift = 63 - STEPS_LOG - (uint32_t)__builtin_clzll(us);

    return shift * STEPS + (uint32_t)(us >> shift);
}

/* The middle of a column. */
static uint64_t duration_of(uint32_t column)
{
    if (column < 2 * STEPS)
        return column;
    uint32_t shift = column / STEPS - 1;

    return ((uint64_t)(column % STEPS + STEPS) << shift) + ((uint64_t)1 << shift) / 2;
}

int64_t policy_median(const struct policy *p)
{
    uint64_t before = 0;
    uint32_t i = 0;

    if (p->succeeded < ENOUGH)
        return 0;
    while ((before += p->column[i]) <= (p->succeeded - 1) / 2)
        i++;
    return (int64_t)duration_of(i);
}

bool policy_retry(const struct policy *p, const struct outcome *o, int64_t *delay)
{
    if (outcome_ok(o) || o->cause == END_CANCELLED || o->attempt > p->spec.retries)
        return false;
    uint32_t doublings = o->attempt - 1;

    *delay = p->spec.retry_delay;
    while (doublings-- && *delay && *delay < INT64_MAX / 4)
        *delay *= 2;
    return true;
}

bool policy_attempt(struct policy *p, const struct outcome *o)
{
    if (!(o->flags & OUTCOME_CRASH) || o->cause == END_CANCELLED)
        return true;
    return ++p->crashes != (uint64_t)p->spec.max_crashes + 1;
}

void policy_note(struct policy *p, const struct outcome *o, uint32_t count)
{
    if (outcome_ok(o)) {
        p->succeeded += count;
        p->column[column_of(o->elapsed > 0 ? (uint64_t)o->elapsed / count : 0)] += count;
    } else if (o->cause != END_CANCELLED) {
        p->failed += count;
    }
}

/* In hundredths of a percent: PART of ALL. No product can overflow: counts of tasks stay far below 2^50. */
static bool is_share(uint64_t part, uint64_t all, uint64_t percent)
{
    return part >= ENOUGH && part * 10000 >= all * percent;
}

int policy_halt(const struct policy *p, uint64_t total)
{
    const struct limits_halt *h = &p->spec.halt;
    uint64_t all = p->succeeded + p->failed;
    uint64_t n = h->what == HALT_FAIL ? p->failed : h->what == HALT_SUCCESS ? p->succeeded : all;

    if (h->when == HALT_NEVER)
        return HALT_NEVER;
    if (!h->percent)
        return n >= h->count ? (int)h->when : HALT_NEVER;
    if (total == UINT64_MAX && h->what == HALT_DONE)
        return HALT_NEVER; /* they are all of what has ended */
    return is_share(n, total == UINT64_MAX ? all : total, h->percent) ? (int)h->when : HALT_NEVER;
}

int64_t policy_timeout(const struct policy *p)
{
    const struct limits_timeout *t = &p->spec.timeout;
    int64_t median;

    if (!t->percent)
        return t->us;
    median = policy_median(p);
    /* Of a median of next to nothing no multiple is a sensible limit. */
    return p->succeeded < ENOUGH ? 0 : (int64_t)((double)median * (double)t->percent / 10000) + 1000;
}

int64_t policy_last_start(const struct policy *p)
{
    return p->spec.deadline ? p->spec.deadline - policy_median(p) : CLOCK_NEVER;
}
