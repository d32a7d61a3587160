/*
 * descend: the end of everything that was started below this process. Layer: work.
 *
 * For processes that are nobody else's parent: an executor, a guard. With descend_adopt the kernel hands them every orphan among their
 * descendants, so that not even a task's child in a session of its own gets away.
 */
#ifndef SMAP_DESCEND_H
#define SMAP_DESCEND_H

#include <stdint.h>

/* From now on orphaned descendants become children of this process. */
void descend_adopt(void);
/* Kills all descendants, again and again until none is left or UNTIL (monotonic us) has passed, and collects them. May block so long. */
void descend_kill(int64_t until);
/*
 * The same as far as that goes while they have owners who will collect them, and with a guard left alive: should this process be killed meanwhile,
 * the guard goes on with it.
 */
void descend_clear(int64_t until);

#endif
