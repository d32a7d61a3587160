/* From a wait status to an outcome. */
#include "work/ended.h"

#include "base/piece.h"

#include <sys/wait.h>

void ended_describe(struct outcome *o, int status, const char *words, const char *in_peace)
{
    if (WIFSIGNALED(status)) {
        o->cause = END_SIGNAL;
        o->signal = (uint8_t)WTERMSIG(status);
        return;
    }
    o->cause = END_EXIT;
    o->status = (uint8_t)WEXITSTATUS(status);
    o->reason = span_of(o->status ? words : in_peace);
    if (!o->status)
        o->status = 1;
}
