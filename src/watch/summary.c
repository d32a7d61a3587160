/* One line: counts, wall time, the tasks' own time and the ratio of the two: what running them side by side has gained. */
#include "watch/summary.h"

#include "base/buf.h"
#include "base/diag.h"

#include <inttypes.h>
#include <string.h>

void summary_print(const struct summary *s)
{
    struct buf line = BUF_INIT;
    double wall = (double)s->wall / 1e6, task = (double)s->task_time / 1e6;

    uint64_t tasks = s->succeeded + s->failed + s->cancelled;

    buf_printf(&line, "%" PRIu64 " task%s: %" PRIu64 " succeeded, %" PRIu64 " failed", tasks, tasks == 1 ? "" : "s", s->succeeded,
               s->failed);
    if (s->cancelled)
        buf_printf(&line, ", %" PRIu64 " cancelled", s->cancelled);
    if (s->replayed)
        buf_printf(&line, ", %" PRIu64 " of them from the journal", s->replayed);
    buf_printf(&line, "; %.3f s wall, %.3f s in tasks", wall, task);
    if (wall > 0)
        buf_printf(&line, " (%.2f at a time)", task / wall);
    buf_printf(&line, ", %u slot%s", s->slots, s->slots == 1 ? "" : "s");
    diag_note("%s", buf_cstr(&line));
    buf_release(&line);
}

void summary_print_stop(const struct summary_stop *s)
{
    struct buf line = BUF_INIT;

    buf_puts(&line, "stopped ");
    if (s->signal)
        buf_printf(&line, "by signal %d (%s)", s->signal, strsignal(s->signal));
    else
        buf_puts(&line, s->halted ? "by --halt" : s->late ? "at the time limit" : "early");
    if (s->left && s->left != UINT64_MAX)
        buf_printf(&line, ", %" PRIu64 " task%s not done", s->left, s->left == 1 ? "" : "s");
    if (s->journal)
        buf_puts(&line, ": the same command goes on from here");
    else
        buf_puts(&line, ": with --journal FILE the same command could go on from here");
    diag_note("%s", buf_cstr(&line));
    buf_release(&line);
}
