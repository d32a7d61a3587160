/*
 * groups: the list of this process's live process groups, in memory that a guard shares. Layer: work.
 *
 * spawn.c keeps it: a child enters itself before it executes anything, so there is no moment in which it runs and is not listed. Beside the list stands
 * the mark of this run, which all its tasks carry in their environment as SMAP_RUN and hand on to their children: that is how a guard knows
 * those that have left their group.
 */
#ifndef SMAP_GROUPS_H
#define SMAP_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#define GROUPS_MARK_NAME "SMAP_RUN"
#define GROUPS_MOST 131072 /* listed; what is beyond is known by its mark alone */

/* What lies in the shared memory. */
struct groups_shared {
    char mark[64]; /* SMAP_RUN=... */
    uint32_t used; /* places that have ever been in use */
    volatile int32_t group[GROUPS_MOST]; /* 0: free */
};

/* "SMAP_RUN=...", made at the first call. */
const char *groups_mark(void);
/* A place for one more group: its child writes its own number there; NULL: there is none to be had. */
volatile int32_t *groups_reserve(void);
/* That group has gone, or never was. NULL is fine. */
void groups_release(volatile int32_t *place);
/* Descriptor of the memory; -1: nothing was started so far, or there is none. */
int groups_fd(void);

#endif
