/*
 * status: what smap answers its caller; the table EXIT STATUS of smap(1).
 */
#ifndef SMAP_STATUS_H
#define SMAP_STATUS_H

#include "base/limits.h"

enum exit_status {
    STATUS_OK = 0,
    STATUS_TASK_FAILED = 1,
    STATUS_USAGE = 2,        /* nothing was run */
    STATUS_BROKEN = 3,       /* smap itself failed: results incomplete */
    STATUS_STOPPED = 124,    /* tasks not run */
    STATUS_CANNOT_RUN = 126, /* the fixed command or worker */
    STATUS_NOT_FOUND = 127,
    STATUS_SIGNAL = 128,     /* + the signal that stopped smap */
};

struct counts;

int status_of(const struct counts *c, enum limits_exit style);

#endif
