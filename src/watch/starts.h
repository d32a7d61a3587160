/*
 * starts: -v and -t: a line on stderr for every task as it is handed out. Room: watch.
 */
#ifndef SMAP_STARTS_H
#define SMAP_STARTS_H

#include "base/task.h"

struct starts;
struct work;

/* NAME: its number and text (-v). COMMAND: the command, as one could paste it into a shell (-t). */
struct starts *starts_new(const struct work *work, bool name, bool command);
void starts_free(struct starts *s);
/* CTX is the struct starts. */
void starts_tell(void *ctx, const struct batch *b);

#endif
