/*
 * piped: a process with pipes to its three standard descriptors, ours non-blocking. Layer: work.
 *
 * The owner watches the descriptors with the loop, takes them out of it before closing, and reaps
 * the process.
 */
#ifndef SMAP_PIPED_H
#define SMAP_PIPED_H

#include "work/spawn.h"

struct piped {
    struct process process; /* pid 0: none */
    int in, out, err;       /* our ends, -1: closed */
};

#define PIPED_NONE {.process = {.pidfd = -1}, .in = -1, .out = -1, .err = -1}

/* Starts S (its descriptors are set here) with IN and OUT of about SIZE bytes. 0, or an errno:
 * nothing is left open. */
int piped_start(struct piped *p, struct spawn *s, int size);
/* Closes one of our ends, if it is open. */
void piped_close(int *fd);

#endif
