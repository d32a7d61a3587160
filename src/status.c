/* The exit status that follows from what a run has come to. */
#include "status.h"

#include "counts.h"

enum { MOST_COUNTED = 101 }; /* exit statuses above 125 mean other things */

/* xargs stops at 255 and at a signal and so has one answer; a run that goes on gives the gravest. */
static int xargs_status(const struct counts *c)
{
    if (c->failed_start)
        return STATUS_CANNOT_RUN;
    return c->failed_signal ? 125 : c->failed_255 ? 124 : 123;
}

int status_of(const struct counts *c, enum limits_exit style)
{
    if (c->broken)
        return STATUS_BROKEN;
    if (c->signal)
        return STATUS_SIGNAL + c->signal;
    if (c->stopped)
        return STATUS_STOPPED;
    if (!c->failed)
        return STATUS_OK;
    if (style == LIMITS_EXIT_COUNT)
        return c->failed < MOST_COUNTED ? (int)c->failed : MOST_COUNTED;
    return style == LIMITS_EXIT_XARGS ? xargs_status(c) : STATUS_TASK_FAILED;
}
