/*
 * enter: which part this process plays, when a launcher has started several. Between main and everything else.
 *
 * N copies of smap are one job (--mpi: rank 0 runs it, the others help) or a mistake (each would run all tasks). Only one of them speaks, and only
 * that one may leave with another status than 0.
 */
#ifndef SMAP_ENTER_H
#define SMAP_ENTER_H

#include "ask/ask.h"
#include "backend/launcher.h"

struct entrance {
    struct launcher launcher;
    bool guarded; /* one of several copies that are not meant to be independent */
};

/* Before the command line is read: from here on only rank 0 is heard. */
void enter_begin(struct entrance *e, char **argv);
/* After it was read, PARSED saying how: -1: go on; else the status to leave with. May do another rank's whole part. */
int enter_job(const struct entrance *e, struct conf *conf, enum ask_result parsed, char **argv);

#endif
