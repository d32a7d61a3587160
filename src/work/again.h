/*
 * again: when to try again to start a process where none was to be had (EAGAIN, ENOMEM, EMFILE).
 * Layer: work; pure.
 */
#ifndef SMAP_AGAIN_H
#define SMAP_AGAIN_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: the last start went well. */
struct again {
    int64_t since, pause; /* us */
};

/* True for the errors that may pass. */
bool again_may_pass(int error);
/* The time of the next attempt after this ERROR: less and less often, up to four times a second.
 * -1: give up, since it cannot pass: by its kind, or because no other task that could end and make
 * room has been running (ALONE) for some seconds, after a first task that has waited so for a moment; descriptors are our own, nobody else makes room. */
int64_t again_next(struct again *a, int error, int64_t now, bool alone);

#endif
