/*
 * target: the file of -o: nothing or the whole. Room: results; its user is the sink.
 *
 * A regular file is written under a temporary name beside it and renamed over it when the run is complete; a
 * symbolic link is followed, so that its target is replaced and not the link. What is no regular file (a
 * FIFO, a terminal, /dev/null) is written directly; so is a descriptor that smap was given: `-`, /dev/stdout,
 * /dev/fd/N. May block on the disk. Every -1 is reported.
 */
#ifndef SMAP_TARGET_H
#define SMAP_TARGET_H

#include <stdbool.h>

struct target;

/* Gives the descriptor to write to; OURS: it was opened for this, and the caller closes it. */
int target_open(struct target **t, const char *file, int *fd, bool *ours);
/*
 * Ends it, before FD is closed. COMPLETE: the file is synced and gets its name. Else FILE is left as it was,
 * and the name of the partial output is told on stderr; without any output nothing is left behind. Frees the
 * target; NULL is fine.
 */
int target_close(struct target *t, int fd, bool complete);

#endif
