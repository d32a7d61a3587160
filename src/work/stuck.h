/*
 * stuck: how long a worker process has been in one task, and what follows. Layer: work; pure: times come in as numbers.
 *
 * In: the word `progress` of the shared memory (share.h), looked at from time to time. Out: when to look again; whether tasks behind the one that runs
 * shall be given to others, and since when that is sure.
 */
#ifndef SMAP_STUCK_H
#define SMAP_STUCK_H

#include <stdbool.h>
#include <stdint.h>

enum { STUCK_LONG = 50000 }; /* us: so long in one task holds others up */

struct stuck {
    uint64_t progress; /* as it was last seen ... */
    int64_t since;     /* ... since when it is so */
    int64_t pause;     /* to the next look */
    bool cutting;      /* the process has been asked to begin no further task; which was the last is not known yet */
    int64_t cut_at;
};

/* A new process. */
void stuck_begin(struct stuck *s);
/* It has been given something: the time of the first look. */
int64_t stuck_first(struct stuck *s, int64_t now);
/* RUNNING: it is in a task. */
void stuck_look(struct stuck *s, uint64_t progress, bool running, int64_t now);
/* It has been in its task for so long that tasks behind it are better off elsewhere. */
bool stuck_is_long(const struct stuck *s, int64_t now);
void stuck_cut(struct stuck *s, int64_t now);
/* It has been in that task since before it was asked: the next one it will not begin. */
bool stuck_sure(const struct stuck *s, int64_t now);
/* The time of the next look. TIMEOUT: of a task, us; 0: none. */
int64_t stuck_next(const struct stuck *s, int64_t now, int64_t timeout);

#endif
