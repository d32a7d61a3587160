/*
 * pump: what a rank other than 0 does, and the messages between ranks. Room: backend.
 *
 * Moves bytes between rank 0 (messages) and this rank's executor (socket), both ways, in whatever portions they come; the frames in
 * them are none of its business. It never starts a process, runs no user code, and reads from rank 0 whenever its executor reads, from its executor
 * whenever rank 0 does.
 *
 *     tag      to rank 0                      from rank 0
 *     STREAM   bytes from the executor        bytes for the executor
 *     BEAT     I am alive                     I am alive
 *     END      my executor has gone           -
 *     LEAVE    -                              it is over: leave MPI
 *     BYE      my last message                -
 */
#ifndef SMAP_PUMP_H
#define SMAP_PUMP_H

#include "backend/transport.h"

#include <stdbool.h>
#include <stdint.h>

enum pump_tag { PUMP_STREAM, PUMP_BEAT, PUMP_END, PUMP_LEAVE, PUMP_BYE };

#define PUMP_WINDOW 4     /* messages to one rank that may be under way */
#define PUMP_CHUNK 262144 /* bytes read from an executor at a time, and sent as one message */
#define PUMP_BEATS 6      /* signs of life in the time after which a silent rank counts as lost */

struct executor;

struct pump_spec {
    const struct transport_ops *transport;
    struct executor *executor;
    uint32_t rank;
    int64_t lost_after; /* us without a sign of rank 0; 0: for ever */
    int drain;          /* a descriptor to read and throw away (standard input of a Slurm step); -1: none */
};

/* Works until rank 0 says LEAVE: 0. -1: reported; the job must be aborted. */
int pump_run(const struct pump_spec *spec);

/*
 * Silence, for both ends. A process that was itself stopped for a while has heard nothing either: time in which it did not look does not count.
 */
struct silence {
    int64_t looked; /* when the last look was */
    int64_t missed; /* us in all that passed without a look */
};

/* How much time has passed by the count of those who look; call it often. */
int64_t silence_now(struct silence *s, int64_t now, int64_t longest_look);

#endif
