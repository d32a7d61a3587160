/*
 * The failure report. The last line of a task's stderr is kept as its pieces pass, at most LAST_MAX bytes of it; pieces of one task come
 * together, so one such line is all there is to remember (where they interleave, under -u and --line-buffer, it is left out rather than wrong).
 */
#include "watch/failures.h"

#include "base/diag.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { LAST_MAX = 200, INPUT_MAX = 60 };

struct failures {
    struct outlet base;
    failures_say_fn say;
    void *ctx;
    uint64_t task;   /* whose stderr LAST is */
    struct buf last; /* its last line so far */
    bool line_ended; /* a newline came after LAST */
    struct buf line;
};

static const struct outlet_ops failures_ops;

static void remember(struct failures *f, const struct piece *p)
{
    struct span s = p->bytes;

    if (f->task != p->task) {
        f->task = p->task;
        buf_clear(&f->last);
        f->line_ended = false;
    }
    while (s.len && s.ptr[s.len - 1] == '\n')
        s.len--;
    if (!s.len) {
        f->line_ended = true;
        return;
    }
    const char *newline = memrchr(s.ptr, '\n', s.len);

    if (newline || f->line_ended)
        buf_clear(&f->last);
    if (newline)
        s = (struct span){newline + 1, (size_t)(s.ptr + s.len - newline - 1)};
    if (f->last.len <= LAST_MAX)
        buf_put(&f->last, s.ptr, s.len <= LAST_MAX ? s.len : LAST_MAX + 1);
    f->line_ended = p->bytes.ptr[p->bytes.len - 1] == '\n';
}

/* How a task ended, in words. */
static void put_cause(struct buf *out, const struct outcome *end)
{
    switch ((enum end_cause)end->cause) {
    case END_EXIT:
        buf_printf(out, "exit status %u", end->status);
        break;
    case END_SIGNAL:
        buf_printf(out, "signal %u (%s)", end->signal, strsignal(end->signal));
        break;
    case END_TIMEOUT:
        buf_puts(out, "timed out");
        break;
    case END_NOT_RUN:
        buf_puts(out, "not run");
        break;
    case END_CANCELLED:
        buf_puts(out, "cancelled");
        break;
    }
    if (end->reason.len) {
        buf_puts(out, ": ");
        diag_escape(out, end->reason, LAST_MAX);
    }
}

static void begin_line(struct failures *f, const struct piece *p)
{
    buf_clear(&f->line);
    buf_printf(&f->line, "smap: task %" PRIu64, p->task);
    if (p->input.ptr) {
        buf_puts(&f->line, " (");
        diag_escape(&f->line, p->input, INPUT_MAX);
        buf_putc(&f->line, ')');
    }
}

static void end_line(struct failures *f)
{
    f->say(f->ctx, (struct span){f->line.ptr, f->line.len});
}

static void report_failure(struct failures *f, const struct piece *p)
{
    begin_line(f, p);
    if (p->end.attempt > 1)
        buf_printf(&f->line, " failed after %u attempts: ", p->end.attempt);
    else
        buf_puts(&f->line, " failed: ");
    put_cause(&f->line, &p->end);
    buf_printf(&f->line, " (slot %u", p->end.slot);
    if (p->end.rank && p->end.host)
        buf_printf(&f->line, ", host %s", p->end.host);
    buf_printf(&f->line, ", %.3f s)", (double)p->end.elapsed / 1e6);
    if (f->task == p->task && f->last.len) {
        buf_puts(&f->line, ": ");
        diag_escape(&f->line, (struct span){f->last.ptr, f->last.len}, LAST_MAX);
    }
    end_line(f);
}

static int failures_put(struct outlet *o, const struct piece *p)
{
    struct failures *f = (struct failures *)o;

    if (p->kind == PIECE_ERR && p->bytes.len)
        remember(f, p);
    if (p->kind != PIECE_END)
        return 0;
    if (p->end.flags & OUTCOME_CUT) {
        begin_line(f, p);
        buf_puts(&f->line, ": a process it left behind held its output and was cut off (see --linger)");
        end_line(f);
    }
    if (!outcome_ok(&p->end) && p->end.cause != END_CANCELLED)
        report_failure(f, p);
    f->task = 0;
    return 0;
}

static int failures_close(struct outlet *o, bool complete)
{
    struct failures *f = (struct failures *)o;

    (void)complete;
    buf_release(&f->last);
    buf_release(&f->line);
    free(f);
    return 0;
}

static const struct outlet_ops failures_ops = {.name = "failures", .put = failures_put, .close = failures_close};

struct outlet *failures_new(failures_say_fn say, void *ctx)
{
    struct failures *f = xcalloc(1, sizeof *f);

    f->base.ops = &failures_ops;
    f->say = say;
    f->ctx = ctx;
    return &f->base;
}
