/*
 * kin: who is related to whom, as /proc has it. Layer: work.
 */
#ifndef SMAP_KIN_H
#define SMAP_KIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct kin {
    pid_t pid, parent, group;
    bool dead; /* a zombie */
    bool ours; /* for whoever asked */
};

/* All processes there are, by rising number, malloced, *COUNT of them. A process that comes or goes meanwhile may be in it or not. */
struct kin *kin_list(size_t *count);
/* True if the process has been started with VARIABLE ("NAME=VALUE") in its environment; processes of others do not tell. */
bool kin_has_variable(pid_t pid, const char *variable);
/* Marks as ours all descendants of those that are. */
void kin_spread(struct kin *list, size_t n);
/*
 * Sends KILL to those that are ours and alive, but not to this process, nor to one started with SPARED in its environment (NULL: no exception).
 * How many could be sent it.
 */
size_t kin_kill(const struct kin *list, size_t n, const char *spared);
/* False if all that can be seen of that process group are zombies. */
bool kin_group_lives(pid_t group);

#endif
