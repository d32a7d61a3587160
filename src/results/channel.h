/*
 * channel: one way out for bytes, which never blocks the loop. Room: results; its user is the sink.
 *
 * Small spans are gathered, large ones written straight from where they lie. What a pipe, socket or terminal
 * does not take now waits in the channel: it is `waiting` then, the loop tells it when the descriptor takes
 * bytes again, and the owner gives no more meanwhile (it may finish the piece in hand). Regular files and the
 * likes of /dev/null are written at once. A reader that has gone (EPIPE, or POLLERR while nothing is written)
 * is `closed`, quietly: further bytes are dropped. Any other error is reported once and makes the channel
 * `failed`. SIGPIPE must be ignored. Runs in the smap process.
 */
#ifndef SMAP_CHANNEL_H
#define SMAP_CHANNEL_H

#include "base/buf.h"

#include <stdint.h>

struct loop;

enum channel_way {
    CHANNEL_DIRECT,  /* write(2): a regular file, /dev/null */
    CHANNEL_OWN,     /* write(2) on a non-blocking description that is ours alone */
    CHANNEL_SEND,    /* send(2) with MSG_DONTWAIT: a socket */
    CHANNEL_CAREFUL, /* poll(2), then a small write(2): the description is shared and blocks */
};

struct channel {
    struct loop *loop;
    const char *name; /* for messages */
    int fd;           /* what is written */
    bool owned;       /* FD is closed with the channel */
    bool watched;     /* notice a reader that goes while nothing is written */
    enum channel_way way;
    size_t step;      /* CAREFUL: bytes a write may have */
    struct buf buf;   /* from SENT on: not yet written */
    size_t sent;
    bool waiting, closed, failed;
};

/*
 * FD stays the caller's; it is not made non-blocking (others share its description). NAME is kept. Cannot
 * fail: what is wrong with FD shows when something is written. WATCH: also notice a reader that goes while
 * nothing is written.
 */
void channel_open(struct channel *c, struct loop *loop, int fd, const char *name, bool watch);
/* The same for a FD opened by the caller for this channel alone, which takes it. */
void channel_take(struct channel *c, struct loop *loop, int fd, const char *name, bool watch);
/* 0, also when closed; -1: failed. */
int channel_put(struct channel *c, struct span bytes);
/* Writes what has been gathered, as far as it goes now. 0; -1. */
int channel_flush(struct channel *c);
/* The same, waiting until all is out, but not beyond UNTIL (clock.h): for moments when smap itself is about
 * to write there. */
int channel_drain(struct channel *c, int64_t until);
/* Bytes are left that still can go out. */
bool channel_busy(const struct channel *c);
void channel_close(struct channel *c);

#endif
