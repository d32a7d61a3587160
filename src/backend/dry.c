/*
 * The backend of --dry-run: every task's result is its own command, as one could paste it into a shell. Nothing is started; everything else,
 * numbering, order, output, is the corridor's usual way.
 */
#include "backend/dry.h"

#include "base/loop.h"
#include "base/xalloc.h"
#include "work/program.h"

#include <stdlib.h>

struct dry {
    struct backend base;
    struct backend_spec spec;
    struct program *program;
    struct batch_cursor cursor;
    struct buf line;
};

static int dry_open(struct backend **b, const struct backend_spec *spec)
{
    struct dry *d = xcalloc(1, sizeof *d);

    d->base.ops = &dry_ops;
    d->spec = *spec;
    if (program_new(&d->program, spec->work, 1, 0) < 0) {
        free(d);
        return -1;
    }
    *b = &d->base;
    return 0;
}

static struct backend_room dry_room(struct backend *b, uint64_t left)
{
    (void)b;
    (void)left;
    return (struct backend_room){.tasks = 64, .bytes = 65536};
}

static void show(struct dry *d, const struct task *t)
{
    struct piece out = {.kind = PIECE_OUT, .task = t->number, .count = 1};
    struct piece end = {.kind = PIECE_END, .task = t->number, .count = 1, .end = {.attempt = 1, .slot = 1}};

    buf_clear(&d->line);
    if (program_show(d->program, t, 1, &d->line) < 0) {
        end.end.cause = END_NOT_RUN;
        end.end.status = 126;
        end.end.reason = program_reason(d->program);
    } else {
        buf_putc(&d->line, '\n');
        out.bytes = (struct span){d->line.ptr, d->line.len};
        d->spec.on_piece(d->spec.ctx, &out);
    }
    d->spec.on_piece(d->spec.ctx, &end);
}

static int dry_submit(struct backend *b, const struct batch *batch)
{
    struct dry *d = (struct dry *)b;
    uint32_t left = batch->count; /* the batch is gone with its last END */
    struct task t;

    batch_walk(&d->cursor, batch);
    while (left-- && batch_next(&d->cursor, &t))
        show(d, &t);
    return 0;
}

static int dry_wait(struct backend *b, int64_t until)
{
    return loop_wait(((struct dry *)b)->spec.loop, until) < 0 ? -1 : 0;
}

static void dry_signal(struct backend *b, int sig)
{
    (void)b;
    (void)sig;
}

static uint32_t dry_slots(const struct backend *b)
{
    (void)b;
    return 1;
}

static const char *dry_host(const struct backend *b, uint32_t rank)
{
    (void)b;
    (void)rank;
    return "";
}

static int dry_close(struct backend *b)
{
    struct dry *d = (struct dry *)b;

    program_free(d->program);
    batch_walk_end(&d->cursor);
    buf_release(&d->line);
    free(d);
    return 0;
}

const struct backend_ops dry_ops = {
    .name = "dry",
    .open = dry_open,
    .room = dry_room,
    .submit = dry_submit,
    .wait = dry_wait,
    .signal = dry_signal,
    .slots = dry_slots,
    .host = dry_host,
    .close = dry_close,
};
