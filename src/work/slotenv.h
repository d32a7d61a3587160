/*
 * slotenv: the environment of a process that works on many tasks: function workers and filters. Layer: work.
 *
 * That of a command (program.h) but for what differs from task to task.
 */
#ifndef SMAP_SLOTENV_H
#define SMAP_SLOTENV_H

#include <stdint.h>

struct work;

/* SMAP_SLOT, SMAP_RANK, OMP_NUM_THREADS unless it is set, the work's own variables, the rest
 * inherited. Free with spawn_env_free. */
char **slotenv_new(const struct work *work, uint32_t slot, uint32_t rank);

#endif
