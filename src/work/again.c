/* Patience with a machine that has no process or descriptor left just now. */
#include "work/again.h"

#include <errno.h>

enum { FIRST_US = 2000, LAST_US = 250000, GIVE_UP_US = 3000000 };

bool again_may_pass(int error)
{
    return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

int64_t again_next(struct again *a, int error, int64_t now, bool alone)
{
    if (!again_may_pass(error) || (error == EMFILE && alone))
        return -1;
    if (!a->pause || !alone)
        a->since = now;
    if (!a->pause)
        a->pause = FIRST_US;
    else if (a->pause < LAST_US)
        a->pause *= 2;
    if (now - a->since <= GIVE_UP_US)
        return now + a->pause;
    a->since = now - GIVE_UP_US + LAST_US; /* the next task has little hope, unless a start goes well meanwhile */
    return -1;
}
