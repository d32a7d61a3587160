/* Lines like those of failures: number, text, where; what a task's text holds must not steer a terminal. */
#include "muster.h"

#include "backend/backend.h"
#include "base/clock.h"
#include "base/diag.h"
#include "counts.h"
#include "flight.h"

#include <inttypes.h>

enum { INPUT_MAX = 60 };

struct muster {
    struct backend *backend;
    struct flight *flight;
};

static void tell(void *ctx, const struct running *r)
{
    const struct muster *m = ctx;
    struct buf line = BUF_INIT;
    struct task t;

    buf_printf(&line, "task %" PRIu64, r->task);
    if (flight_task(m->flight, r->task, &t)) {
        buf_puts(&line, " (");
        diag_escape(&line, t.text, INPUT_MAX);
        buf_putc(&line, ')');
    }
    buf_printf(&line, " runs for %.3f s (slot %u", (double)(clock_now() - r->since) / 1e6, r->slot);
    if (r->rank)
        buf_printf(&line, ", host %s", m->backend->ops->host(m->backend, r->rank));
    if (r->pid)
        buf_printf(&line, ", process %d", r->pid);
    diag_note("%s)", buf_cstr(&line));
    buf_release(&line);
}

void muster_tell(struct backend *b, struct flight *f, const struct counts *c)
{
    struct muster m = {b, f};

    diag_note("%" PRIu64 " task%s succeeded, %" PRIu64 " failed, %" PRIu64 " begun and not ended", c->succeeded,
              c->succeeded == 1 ? " has" : "s have", c->failed, c->tasks - c->succeeded - c->failed - c->cancelled);
    if (b->ops->running)
        b->ops->running(b, tell, &m);
}
