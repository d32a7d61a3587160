/* Looks come ever more seldom while nothing moves, and often again once it does. */
#include "work/stuck.h"

enum {
    FIRST = 50000,  /* us: how soon finished tasks of a long batch are looked for ... */
    LAST = 1000000, /* ... and how seldom while nothing moves */
    CUT_TIME = 5000 /* us in which a process would see that it was asked, or what it did before would be seen */
};

void stuck_begin(struct stuck *s)
{
    *s = (struct stuck){.progress = UINT64_MAX}; /* a number of another process means nothing */
}

int64_t stuck_first(struct stuck *s, int64_t now)
{
    s->pause = FIRST;
    return now + s->pause;
}

void stuck_look(struct stuck *s, uint64_t progress, bool running, int64_t now)
{
    if (progress != s->progress || !running) {
        s->progress = progress;
        s->since = now;
        s->pause = FIRST;
    } else if (s->pause < LAST) {
        s->pause *= 2;
    }
}

bool stuck_is_long(const struct stuck *s, int64_t now)
{
    return now - s->since >= STUCK_LONG;
}

void stuck_cut(struct stuck *s, int64_t now)
{
    s->cutting = true;
    s->cut_at = now;
}

bool stuck_sure(const struct stuck *s, int64_t now)
{
    return s->cutting && s->since < s->cut_at && now - s->cut_at >= CUT_TIME;
}

int64_t stuck_next(const struct stuck *s, int64_t now, int64_t timeout)
{
    int64_t pause = s->cutting ? CUT_TIME : s->pause;

    if (timeout && timeout / 8 < pause)
        pause = timeout / 8;
    return now + pause;
}
