/* Holds batches until it is full or asked to wait, then answers the newest first. A task's result is its own text and a newline. */
#include "fake_backend.h"

#include "base/loop.h"
#include "base/xalloc.h"
#include "work/work.h"

#include <stdlib.h>

struct fake_script fake_script;

struct fake {
    struct backend base;
    struct backend_spec spec;
    const struct batch *held[256];
    uint32_t count;
    int rounds;
};

static int fake_open(struct backend **b, const struct backend_spec *spec)
{
    struct fake *f = xcalloc(1, sizeof *f);

    f->base.ops = &fake_ops;
    f->spec = *spec;
    *b = &f->base;
    return 0;
}

static struct backend_room fake_room(struct backend *b, uint64_t left)
{
    struct fake *f = (struct fake *)b;

    (void)left;
    return (struct backend_room){f->count < fake_script.slots ? fake_script.batch : 0, SIZE_MAX};
}

static int fake_submit(struct backend *b, const struct batch *batch)
{
    struct fake *f = (struct fake *)b;

    f->held[f->count++] = batch;
    if (f->count > fake_script.most_held)
        fake_script.most_held = f->count;
    fake_script.submitted += batch->count;
    return 0;
}

static void give(struct fake *f, enum piece_kind kind, uint64_t task, const char *text, size_t len, int status)
{
    struct piece p = {.kind = kind, .task = task, .count = 1, .bytes = {text, len}};

    p.end.status = (uint8_t)status;
    p.end.cause = fake_script.drop_from && task >= fake_script.drop_from ? END_CANCELLED : END_EXIT;
    p.end.attempt = 1;
    p.end.slot = 1;
    f->spec.on_piece(f->spec.ctx, &p);
}

static bool fails(uint64_t task)
{
    return fake_script.fail_every && task % fake_script.fail_every == 0;
}

static void first_half(struct fake *f, const struct batch *b)
{
    struct batch_cursor c = {0};
    struct task t;

    batch_walk(&c, b);
    while (batch_next(&c, &t))
        give(f, PIECE_OUT, t.number, t.text.ptr, t.text.len / 2, 0);
    batch_walk_end(&c);
}

/* The batch is not touched after its last END: it is gone by then. */
static void answer(struct fake *f, const struct batch *b)
{
    struct batch_cursor c = {0};
    struct task t;
    uint32_t left = b->count;

    batch_walk(&c, b);
    while (left-- && batch_next(&c, &t)) {
        size_t done = fake_script.halves ? t.text.len / 2 : 0;

        give(f, PIECE_OUT, t.number, t.text.ptr + done, t.text.len - done, 0);
        give(f, PIECE_OUT, t.number, "\n", 1, 0);
        if (fails(t.number))
            give(f, PIECE_ERR, t.number, "bad\n", 4, 0);
        give(f, PIECE_END, t.number, NULL, 0, fails(t.number) ? (int)(t.number % 255 + 1) : 0);
    }
    batch_walk_end(&c);
}

static void answer_run(struct fake *f, const struct batch *b)
{
    struct piece p = {.kind = PIECE_RUN, .task = b->first, .count = b->count};
    struct buf bytes = BUF_INIT;
    struct batch_cursor c = {0};
    struct task t;
    uint32_t lengths[256];

    batch_walk(&c, b);
    for (uint32_t i = 0; batch_next(&c, &t); i++) {
        buf_put(&bytes, t.text.ptr, t.text.len);
        buf_putc(&bytes, '\n');
        lengths[i] = (uint32_t)t.text.len + 1;
    }
    batch_walk_end(&c);
    p.bytes = (struct span){bytes.ptr, bytes.len};
    p.lengths = f->spec.work->lengths ? lengths : NULL;
    f->spec.on_piece(f->spec.ctx, &p);
    buf_release(&bytes);
}

static int fake_wait(struct backend *b, int64_t until)
{
    struct fake *f = (struct fake *)b;

    f->rounds++;
    if (fake_script.break_after && f->rounds >= fake_script.break_after)
        return -1;
    if (!f->count)
        return loop_wait(f->spec.loop, until) < 0 ? -1 : 0;
    if (fake_script.halves)
        for (uint32_t i = 0; i < f->count; i++)
            first_half(f, f->held[i]);
    /* The newest first; every other round the oldest is left for the next. */
    uint32_t keep = f->count > 1 && !fake_script.halves && f->rounds % 2;

    while (f->count > keep) {
        const struct batch *batch = f->held[--f->count];

        if (fake_script.runs && !fake_script.fail_every)
            answer_run(f, batch);
        else
            answer(f, batch);
    }
    return 0;
}

static void fake_signal(struct backend *b, int sig)
{
    (void)b;
    (void)sig;
}

static uint32_t fake_slots(const struct backend *b)
{
    (void)b;
    return fake_script.slots;
}

static const char *fake_host(const struct backend *b, uint32_t rank)
{
    (void)b;
    (void)rank;
    return "fake";
}

static int fake_close(struct backend *b)
{
    fake_script.closed = true;
    free(b);
    return 0;
}

const struct backend_ops fake_ops = {
    .name = "fake",
    .open = fake_open,
    .room = fake_room,
    .submit = fake_submit,
    .wait = fake_wait,
    .signal = fake_signal,
    .slots = fake_slots,
    .host = fake_host,
    .close = fake_close,
};
