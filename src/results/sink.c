/*
 * Results as bytes. Two channels lead out, for stdout (or the file of -o) and for stderr; where both are the
 * same pipe, terminal or file they are one channel, so that bytes leave in the order of the pieces.
 *
 * stderr is not gathered: an ERR piece is written at once. What smap has to say itself takes the same way while there is a sink, so that
 * its line about a failure stands behind what the task said, and a stalled reader of stderr holds up neither the loop nor a signal.
 */
#include "results/sink.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/xalloc.h"
#include "results/channel.h"
#include "results/lines.h"
#include "results/target.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAST_WORDS 1000000 /* us that a stalled reader of stderr may cost a run that ends early */

struct sink {
    struct outlet outlet;
    struct sink_spec spec;
    struct channel out, own_err;
    struct channel *err;   /* own_err, or out */
    struct target *target; /* -o, else NULL */
    int copy;              /* of descriptor 1; 0: none */
    struct lines lines;
    bool by_lines;         /* bytes pass through lines */
    struct buf text;       /* what lines has to print */
};

static struct sink *sink_of(const struct outlet *o)
{
    return (struct sink *)o;
}

static int put_span(struct sink *s, struct channel *c, struct span bytes)
{
    if (c == s->err && bytes.len)
        diag_mid_line(bytes.ptr[bytes.len - 1] != '\n');
    return channel_put(c, bytes);
}

static int put_bytes(struct sink *s, struct channel *c, const struct piece *p)
{
    if (!s->by_lines || p->kind == PIECE_RUN)
        return put_span(s, c, p->bytes);
    buf_clear(&s->text);
    lines_put(&s->lines, p, &s->text);
    return put_span(s, c, (struct span){s->text.ptr, s->text.len});
}

static int put_err(struct sink *s, const struct piece *p)
{
    return put_bytes(s, s->err, p) < 0 ? -1 : channel_flush(s->err);
}

static int end_stream(struct sink *s, struct channel *c, const struct piece *p, enum piece_kind kind)
{
    buf_clear(&s->text);
    lines_end(&s->lines, p, kind, &s->text);
    return put_span(s, c, (struct span){s->text.ptr, s->text.len});
}

static int put_end(struct sink *s, const struct piece *p)
{
    if (s->by_lines && (end_stream(s, &s->out, p, PIECE_OUT) < 0 || end_stream(s, s->err, p, PIECE_ERR) < 0))
        return -1;
    return 0;
}

static int put_piece(struct sink *s, const struct piece *p)
{
    switch (p->kind) {
    case PIECE_OUT:
    case PIECE_RUN:
        return s->spec.quiet_stdout ? 0 : put_bytes(s, &s->out, p);
    case PIECE_ERR:
        return s->spec.quiet_stderr ? 0 : put_err(s, p);
    default:
        return put_end(s, p);
    }
}

static int sink_put(struct outlet *o, const struct piece *p)
{
    if (put_piece(sink_of(o), p) < 0)
        return -1;
    return sink_closed(o) ? OUTLET_STOP : 0;
}

static bool sink_ready(struct outlet *o)
{
    const struct sink *s = sink_of(o);

    return !s->out.waiting && !s->err->waiting;
}

static int sink_flush(struct outlet *o)
{
    struct sink *s = sink_of(o);
    int out = channel_flush(&s->out), err = channel_flush(s->err);

    return out < 0 || err < 0 ? -1 : 0;
}

static bool sink_busy(struct outlet *o)
{
    const struct sink *s = sink_of(o);

    return channel_busy(&s->out) || channel_busy(s->err);
}

/* A message of smap. That it is lost shows at the next flush. */
static void say(void *ctx, struct span line)
{
    struct sink *s = ctx;

    if (channel_put(s->err, line) == 0)
        channel_flush(s->err);
}

static int sink_close(struct outlet *o, bool complete)
{
    struct sink *s = sink_of(o);
    int rc = complete ? channel_drain(&s->out, CLOCK_NEVER) : channel_flush(&s->out);

    /* A run that ends early is not held up by a reader that does not read; but why it ends should be told. */
    if (channel_drain(s->err, complete ? CLOCK_NEVER : clock_now() + LAST_WORDS) < 0)
        rc = -1;
    diag_divert(NULL, NULL);
    if (target_close(s->target, s->out.fd, complete && rc == 0 && !s->out.closed) < 0)
        rc = -1;
    channel_close(&s->out);
    channel_close(&s->own_err);
    if (s->copy)
        close(s->copy);
    lines_release(&s->lines);
    buf_release(&s->text);
    free(s);
    return rc;
}

static const struct outlet_ops sink_ops = {
    .name = "sink",
    .put = sink_put,
    .ready = sink_ready,
    .flush = sink_flush,
    .busy = sink_busy,
    .close = sink_close,
};

/* A tag is the text of one task. */
static const struct outlet_ops tagging_ops = {
    .name = "sink",
    .per_task = true,
    .wants_input = true,
    .put = sink_put,
    .ready = sink_ready,
    .flush = sink_flush,
    .busy = sink_busy,
    .close = sink_close,
};

static bool same_file(int a, int b)
{
    struct stat x, y;

    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The reader of stderr is not watched while nothing is written: a job with nothing to say there goes on without it. */
static void open_err(struct sink *s)
{
    if (same_file(s->out.fd, STDERR_FILENO))
        s->err = &s->out;
    else
        channel_open(&s->own_err, s->spec.loop, STDERR_FILENO, "standard error", false);
}

/* FD, or a copy of it. */
static int lasting(struct sink *s, int fd)
{
    if (fd != STDOUT_FILENO || !s->spec.copy_stdout)
        return fd;
    s->copy = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    return s->copy < 0 ? diag_errno("cannot copy standard output") : s->copy;
}

static int open_out(struct sink *s)
{
    struct loop *loop = s->spec.loop;
    bool ours;
    int fd;

    if (!s->spec.file) {
        if ((fd = lasting(s, STDOUT_FILENO)) < 0)
            return -1;
        channel_open(&s->out, loop, fd, "standard output", !s->spec.quiet_stdout);
        return 0;
    }
    if (target_open(&s->target, s->spec.file, &fd, &ours) < 0 || (fd = lasting(s, fd)) < 0)
        return -1;
    if (ours)
        channel_take(&s->out, loop, fd, s->spec.file, true);
    else
        channel_open(&s->out, loop, fd, s->spec.file, true);
    return 0;
}

int sink_open(struct outlet **o, const struct sink_spec *spec)
{
    struct sink *s = xcalloc(1, sizeof *s);

    s->outlet.ops = spec->tag ? &tagging_ops : &sink_ops;
    s->spec = *spec;
    s->err = &s->own_err;
    s->by_lines = spec->line_buffer || spec->tag;
    /* Under -u pieces of several tasks interleave: a tag needs whole lines there too. */
    s->lines = (struct lines){.tag = spec->tag, .whole = spec->line_buffer || (spec->tag && spec->ungroup)};
    if (open_out(s) < 0) {
        free(s);
        return -1;
    }
    open_err(s);
    diag_divert(say, s);
    *o = &s->outlet;
    return 0;
}

bool sink_closed(const struct outlet *o)
{
    const struct sink *s = sink_of(o);

    return s->out.closed || s->err->closed;
}
