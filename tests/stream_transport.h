/*
 * stream_transport: the transport contract over socket pairs, for tests: ranks are processes that the test has forked.
 */
#ifndef SMAP_STREAM_TRANSPORT_H
#define SMAP_STREAM_TRANSPORT_H

#include "backend/transport.h"

/* Before the forks: a world of SIZE ranks, each joined to rank 0. */
void stream_world(uint32_t size);
/* In each process: which rank it is. */
void stream_become(uint32_t rank);

extern const struct transport_ops stream_transport;

#endif
