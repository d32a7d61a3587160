/*
 * crew: all executors of a job, from their first word to the moment they may work. Room: backend.
 *
 * Numbers their slots, tells each what is to be done, refuses strangers. What comes after that is for ranks.c.
 */
#ifndef SMAP_CREW_H
#define SMAP_CREW_H

#include "backend/peer.h"

struct crew_spec {
    uint32_t size;
    bool dedicated;         /* rank 0 has no slots */
    struct cpus_wish slots; /* of each rank */
    uint32_t chunk;
    const struct work *work;
    const char *launcher;
    void (*send)(void *ctx, struct peer *p); /* p->out has grown */
    void *ctx;
};

struct crew {
    struct crew_spec spec;
    struct peer *peer; /* by rank */
    uint32_t slots;    /* numbered so far */
    uint32_t numbered; /* ranks below it have their numbers */
    struct work work;  /* as it is sent: for any rank */
    char *cwd;
    char **env;
    bool told_bound;
};

void crew_open(struct crew *c, const struct crew_spec *spec);
void crew_close(struct crew *c);
/* Takes P's HELLO and sends SETUP to whom it can be sent now. False: P cannot be used (reported). */
bool crew_hello(struct crew *c, struct peer *p, struct span body);

#endif
