/* What a run has come to. */
#include "counts.h"

void counts_end(struct counts *c, const struct outcome *o, uint32_t count)
{
    if (o->flags & OUTCOME_FROM_JOURNAL)
        c->replayed += count;
    else
        c->task_time += o->elapsed;
    if (outcome_ok(o)) {
        c->succeeded += count;
        return;
    }
    if (o->cause == END_CANCELLED) {
        c->cancelled += count;
        return;
    }
    c->failed += count;
    c->failed_255 += o->cause == END_EXIT && o->status == 255;
    c->failed_signal += o->cause == END_SIGNAL;
    c->failed_start += o->cause == END_NOT_RUN;
}

bool counts_complete(const struct counts *c)
{
    return !c->broken && !c->signal && !c->stopped;
}
