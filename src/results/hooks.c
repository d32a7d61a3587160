/* How a hook is started, what its votes mean, and which results it is called with: the journal knows. */
#include "results/hooks.h"

#include "base/diag.h"
#include "results/journal.h"

#include <inttypes.h>
#include <string.h>

struct work hooks_work(const struct hook_spec *spec, char **word, bool line)
{
    const struct work *w = spec->work;

    return (struct work){
        .kind = line ? WORK_SHELL : WORK_COMMAND,
        .word = word,
        .words = 1,
        .shell = w->shell,
        .replace = w->replace,
        .name = w->name,
        .names = w->names,
        .feed = true,
        .keep_mpi_env = w->keep_mpi_env,
        .env = w->env,
        .cwd = w->cwd,
    };
}

int hooks_vote(uint64_t task, int status, int signal, struct span words)
{
    struct buf line = BUF_INIT;

    if (!status && !signal)
        return 0;
    if (status == HOOK_STOP) {
        diag_note("the hook has stopped the run after task %" PRIu64, task);
        return OUTLET_STOP;
    }
    buf_printf(&line, "the hook has failed for task %" PRIu64 ": ", task);
    if (signal)
        buf_printf(&line, "signal %d (%s)", signal, strsignal(signal));
    else
        buf_printf(&line, "status %d", status);
    if (words.len) {
        buf_puts(&line, ": ");
        diag_escape(&line, words, 400);
    }
    diag("%s", buf_cstr(&line));
    buf_release(&line);
    return OUTLET_BREAK;
}

bool hooks_wants(struct journal *j, const struct piece *end)
{
    return end->end.cause != END_CANCELLED && !(j && journal_hook_was_done(j, end->task));
}

int hooks_pass(struct journal *j, const struct piece *end)
{
    return end->end.cause == END_CANCELLED ? 0 : hooks_done(j, end->task);
}

int hooks_begin(struct journal *j)
{
    return j ? journal_flush(j) : 0;
}

int hooks_done(struct journal *j, uint64_t task)
{
    if (!j)
        return 0;
    return journal_hook_done(j, task) < 0 ? -1 : journal_flush(j);
}
