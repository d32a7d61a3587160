/*
 * ended: the outcome of a task whose process ended under it: function workers and filters. Pure.
 */
#ifndef SMAP_ENDED_H
#define SMAP_ENDED_H

struct outcome;

/*
 * STATUS is waitpid's. WORDS say what has happened when it is an exit status; IN_PEACE when that is
 * 0, which is a failure all the same, and counts as 1.
 */
void ended_describe(struct outcome *o, int status, const char *words, const char *in_peace);

#endif
