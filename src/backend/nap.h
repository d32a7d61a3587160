/*
 * nap: how long to sleep while MPI has nothing to say. Room: backend; pure: time comes in, time goes out.
 *
 * MPI has no descriptor to poll, and its blocking receive burns a core. So whoever waits looks, and then sleeps for a
 * sixteenth of the time it has already waited: the delay this adds to a message is a few per cent of the silence before it, and a rank
 * with nothing to do wakes 50 times a second. Descriptors (an executor, a timer) end the sleep at once.
 *
 * How eagerly it looks right after an event depends on how events have been coming: with less than NAP_BUSY between them it spins for a
 * moment, for the next one is near; else it sleeps half of the usual gap at first, since looking every 20 us for a message that
 * comes once in a millisecond takes the CPU from the very tasks that it waits for. Slots have a second batch meanwhile.
 */
#ifndef SMAP_NAP_H
#define SMAP_NAP_H

#include <stdint.h>

#define NAP_SPIN 50    /* us after the last event in which nobody sleeps, while events come fast */
#define NAP_BUSY 200   /* us between events that come fast */
#define NAP_SAME 20    /* us: events so near to each other are one */
#define NAP_LEAST 20   /* us */
#define NAP_FIRST 1000 /* us: the longest first sleep */
#define NAP_MOST 20000 /* us */

struct nap {
    int64_t since; /* the last event, monotonic us */
    int64_t gap;   /* us between events, smoothed */
};

static inline void nap_event(struct nap *n, int64_t now)
{
    int64_t gap = now - n->since;

    if (gap > NAP_SAME)
        n->gap += ((gap < NAP_MOST ? gap : NAP_MOST) - n->gap) / 4;
    n->since = now;
}

/* Until when to sleep; not after NOW: look again at once. */
static inline int64_t nap_until(const struct nap *n, int64_t now)
{
    int64_t waited = now - n->since, sleep = waited / 16, first = n->gap / 2;

    if (n->gap < NAP_BUSY && waited < NAP_SPIN)
        return now;
    if (first > NAP_FIRST)
        first = NAP_FIRST;
    if (sleep < first)
        sleep = first;
    return now + (sleep < NAP_LEAST ? NAP_LEAST : sleep > NAP_MOST ? NAP_MOST : sleep);
}

#endif
