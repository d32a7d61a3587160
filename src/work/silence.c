/* Looks come ever more seldom, unless each of them shows that the filter waits for more. */
#include "work/silence.h"

enum {
    WINDOW = 2,           /* batches in the hands of a filter that answers at once */
    WINDOW_MAX = 1 << 16,
    BYTES_MAX = 1 << 20,  /* of batches beyond the first WINDOW */
    FIRST = 20000,        /* us of silence before the first look, ... */
    LAST = 1000000,       /* ... doubling up to this */
    HINT_AFTER = 5000000, /* us of silence */
};

void silence_init(struct silence *s)
{
    *s = (struct silence){.window = WINDOW, .pause = FIRST};
}

uint32_t silence_room(const struct silence *s, uint32_t batches, size_t bytes)
{
    if (batches >= s->window || (batches >= WINDOW && bytes >= BYTES_MAX))
        return 0;
    return s->window - batches;
}

int64_t silence_begin(struct silence *s, int64_t now)
{
    s->heard = now;
    s->pause = FIRST;
    return now + s->pause;
}

void silence_end(struct silence *s, int64_t now, bool all)
{
    silence_begin(s, now);
    if (all)
        s->window = WINDOW;
}

void silence_look(struct silence *s, int64_t now, bool has_read_all)
{
    if (has_read_all && now - s->heard >= FIRST) {
        if (s->window < WINDOW_MAX)
            s->window *= 2;
    } else if (s->pause < LAST) {
        s->pause *= 2;
    }
}

bool silence_hint(struct silence *s, int64_t now)
{
    if (s->hinted || now - s->heard < HINT_AFTER)
        return false;
    return s->hinted = true;
}

int64_t silence_next(const struct silence *s, int64_t now, int64_t timeout)
{
    int64_t next = now + s->pause;

    if (timeout && next > now + timeout / 8)
        next = now + timeout / 8;
    return next;
}
