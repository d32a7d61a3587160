/*
 * nap: how long to sleep while MPI has nothing to say. Room: backend; pure: time comes in, time goes out.
 *
 * MPI has no descriptor to poll, and its blocking receive burns a core. So whoever waits looks, spins for a moment, then sleeps for a
 * sixteenth of the time it has already waited: the delay this adds to a message is a few per cent of the silence before it, and a rank
 * with nothing to do wakes 50 times a second. Descriptors (an executor, a timer) end the sleep at once.
 */
#ifndef SMAP_NAP_H
#define SMAP_NAP_H

#include <stdint.h>

#define NAP_SPIN 50    /* us after the last event in which nobody sleeps */
#define NAP_LEAST 20   /* us */
#define NAP_MOST 20000 /* us */

struct nap {
    int64_t since; /* the last event, monotonic us */
};

static inline void nap_event(struct nap *n, int64_t now)
{
    n->since = now;
}

/* Until when to sleep; not after NOW: look again at once. */
static inline int64_t nap_until(const struct nap *n, int64_t now)
{
    int64_t waited = now - n->since, sleep = waited / 16;

    if (waited < NAP_SPIN)
        return now;
    return now + (sleep < NAP_LEAST ? NAP_LEAST : sleep > NAP_MOST ? NAP_MOST : sleep);
}

#endif
