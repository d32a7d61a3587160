/*
 * pace: how fast tasks may be started: --delay, --load, --memfree. Part of the corridor.
 *
 * Load and free memory are those of the machine smap itself runs on, read from /proc. No clock: NOW comes in. Never blocks.
 */
#ifndef SMAP_PACE_H
#define SMAP_PACE_H

#include "base/limits.h"

struct pace_spec {
    int64_t delay;           /* us between two starts */
    struct limits_load load;
    uint32_t cpus;           /* for a load in percent */
    uint64_t memfree;        /* bytes; 0: no limit */
};

struct pace {
    struct pace_spec spec;
    const char *root; /* before /proc; "" but for tests */
    int64_t next;     /* monotonic us: ask again then */
};

/* -1: the system does not tell what the limits need (reported). */
int pace_init(struct pace *p, const struct pace_spec *spec, const char *root);
/* Some limit is set: tasks are started one by one. */
bool pace_limits(const struct pace *p);
/* May a task be started now? If not, ask again at p->next. */
bool pace_ready(struct pace *p, int64_t now);
void pace_started(struct pace *p, int64_t now);

#endif
