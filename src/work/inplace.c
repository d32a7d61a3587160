/*
 * The function, called here. What it prints to stdout would stand among smap's own output, so
 * descriptor 1 is stderr while it runs. A slice ends early with a failure: the message about it
 * then stands where it does on any other backend, between what that task and the next one printed.
 */
#include "work/inplace.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/loop.h"
#include "base/xalloc.h"
#include "work/callee.h"
#include "work/dl.h"
#include "work/foreign.h"
#include "work/groups.h"
#include "work/link.h"
#include "work/work.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMPLAINT "the function has called exit, which ends smap itself (with --procs 1 it ends only that task)"

enum {
    SLICE = 5000,          /* us of work between two looks at the loop */
    RUN_BYTES = 256 << 10, /* a run is handed on when it is so long */
    LOOK = 64,             /* tasks between two looks at the clock, when they are short */
    REASON_MAX = 4096,
};

struct inplace {
    struct smap_context context; /* first: the function hands it back */
    struct worker base;
    struct worker_spec spec;
    struct callee callee;
    const struct batch *batch; /* NULL: idle */
    struct batch_cursor cursor;
    uint32_t attempt;
    struct buf out;            /* results of a run, then of the current task from `result` on */
    size_t result;
    uint64_t run_first;
    uint32_t run_count;
    uint32_t *length;          /* of the run's results, when wanted */
    uint32_t length_cap;
    int64_t run_since;
    struct buf error;
    int kept;                  /* descriptor 1 as smap has it */
    bool diverted;             /* descriptor 1 is stderr */
    struct loop_timer timer;
};

static struct inplace *of_worker(struct worker *w)
{
    return (struct inplace *)((char *)w - offsetof(struct inplace, base));
}

static void point(struct inplace *w)
{
    w->context.at = w->out.ptr + w->out.len;
    w->context.end = w->out.ptr + w->out.cap;
}

static int grow(struct smap_context *context, size_t length)
{
    struct inplace *w = (struct inplace *)context;

    w->out.len = (size_t)(context->at - w->out.ptr);
    buf_room(&w->out, length + 1);
    point(w);
    return 0;
}

static int set_error(struct smap_context *context, const char *text, size_t length)
{
    struct inplace *w = (struct inplace *)context;

    buf_clear(&w->error);
    buf_put(&w->error, text, length < REASON_MAX ? length : REASON_MAX);
    return 0;
}

static struct outcome outcome(const struct inplace *w, int64_t since)
{
    int64_t now = clock_now();

    return (struct outcome){
        .cause = END_EXIT,
        .attempt = w->attempt,
        .slot = w->spec.slot,
        .rank = w->spec.rank,
        .start = clock_wall() - (now - since),
        .elapsed = now - since,
    };
}

/* What the function prints to descriptor 1 goes to stderr while it runs... */
static void divert_stdout(struct inplace *w)
{
    if (!w->diverted && w->kept >= 0)
        dup2(STDERR_FILENO, STDOUT_FILENO);
    w->diverted = true;
}

/* ... and smap's own output does not. */
static void restore_stdout(struct inplace *w)
{
    if (w->diverted && w->kept >= 0)
        dup2(w->kept, STDOUT_FILENO);
    w->diverted = false;
}

static void hand_on(struct inplace *w, const struct piece *p)
{
    restore_stdout(w);
    w->spec.on_piece(w->spec.ctx, p);
}

static void hand_on_run(struct inplace *w)
{
    struct piece p = {
        .kind = PIECE_RUN,
        .task = w->run_first,
        .count = w->run_count,
        .bytes = {w->out.ptr, w->result},
        .lengths = w->length,
        .end = outcome(w, w->run_since),
    };

    if (w->run_count)
        hand_on(w, &p);
    buf_clear(&w->out);
    w->result = 0;
    w->run_count = 0;
    w->run_since = clock_now();
}

static void hand_on_failure(struct inplace *w, const struct task *t, int status)
{
    struct piece p = {.kind = PIECE_OUT, .task = t->number, .count = 1};

    w->out.len = w->result;
    hand_on_run(w);
    buf_puts(&w->out, w->spec.work->fill ? w->spec.work->fill : "");
    buf_putc(&w->out, (char)w->spec.work->separator);
    p.bytes = (struct span){w->out.ptr, w->out.len};
    hand_on(w, &p);
    p.kind = PIECE_END;
    p.end = outcome(w, w->run_since);
    p.end.status = (uint8_t)status;
    p.end.reason = (struct span){w->error.ptr, w->error.len};
    hand_on(w, &p);
    buf_clear(&w->out);
}

static void add_to_run(struct inplace *w, const struct task *t)
{
    buf_putc(&w->out, (char)w->spec.work->separator);
    if (!w->run_count)
        w->run_first = t->number;
    if (w->spec.work->lengths) {
        if (w->run_count == w->length_cap) {
            w->length_cap = w->length_cap ? w->length_cap * 2 : 1024;
            w->length = xreallocarray(w->length, w->length_cap, sizeof *w->length);
        }
        w->length[w->run_count] = (uint32_t)(w->out.len - w->result);
    }
    w->run_count++;
    w->result = w->out.len;
    if (w->result >= RUN_BYTES || w->spec.work->singly)
        hand_on_run(w);
}

/* The text must be followed by a NUL; only the byte behind it is changed, and put back. */
static int call(struct inplace *w, const struct task *t)
{
    struct smap_task task = {t->number,  t->text.ptr, t->text.len,
                             t->attempt, t->fields,   (const struct smap_field *)t->field};
    char *behind = (char *)t->text.ptr + t->text.len, kept = *behind;

    buf_room(&w->out, 1);
    point(w);
    buf_clear(&w->error);
    *behind = '\0';
    divert_stdout(w);
    foreign_enter(COMPLAINT);
    int status = callee_status(w->callee.run(&w->context, &task));

    foreign_leave();

    *behind = kept;
    w->out.len = (size_t)(w->context.at - w->out.ptr);
    return status;
}

/* One task; its END or place in a run may end the batch, which is let go of before. False: it has failed. */
static bool step(struct inplace *w)
{
    struct task t;

    if (!batch_next(&w->cursor, &t))
        abort(); /* a batch holds as many tasks as it says */
    int status = call(w, &t);
    bool last = w->cursor.index == w->batch->count;

    if (last)
        w->batch = NULL;
    if (status)
        hand_on_failure(w, &t, status);
    else
        add_to_run(w, &t);
    if (last && w->run_count)
        hand_on_run(w);
    return !status;
}

/* The clock is asked after every task that is not short, and seldom while they are. */
static void slice(struct inplace *w)
{
    int64_t since = clock_now(), last = since;
    int tasks = 1, left = 1;

    while (w->batch && step(w)) {
        if (--left)
            continue;
        int64_t now = clock_now();

        if (now - since >= SLICE)
            return;
        tasks = now - last > SLICE / 64 ? 1 : tasks < LOOK ? tasks * 2 : LOOK;
        left = tasks;
        last = now;
    }
}

static void on_timer(void *ctx)
{
    struct inplace *w = ctx;

    slice(w);
    restore_stdout(w);
    if (!w->batch)
        return;
    hand_on_run(w);
    loop_timer_set(w->spec.loop, &w->timer, clock_now());
}

/* --- the contract ------------------------------------------------------------------------------ */

static int inplace_check(const struct work *work)
{
    char *library = dl_resolve(work->word[0]);
    int status = link_check(work, library);

    free(library);
    return status;
}

static int inplace_open(struct worker **out, const struct worker_spec *spec)
{
    struct inplace *w = xcalloc(1, sizeof *w);
    const struct work *work = spec->work;
    struct buf error = BUF_INIT;
    char *library = dl_resolve(work->word[0]);

    putenv((char *)groups_mark()); /* for what the function starts */
    setvbuf(stdout, NULL, _IONBF, 0); /* text is stderr's at once, in the order in which it is printed */
    w->kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    divert_stdout(w);
    w->base.ops = &inplace_ops;
    w->spec = *spec;
    w->context.grow = grow;
    w->context.set_error = set_error;
    loop_timer_init(&w->timer, on_timer, w);
    foreign_enter(COMPLAINT);
    bool bad = callee_open(&w->callee, library, work->word[1], work->signature, &error) ||
               callee_begin(&w->callee, work->config ? work->config : "", &error) < 0;

    foreign_leave();
    restore_stdout(w);
    free(library);
    if (bad) {
        diag("worker %s:%s: %s", work->word[0], work->word[1], buf_cstr(&error));
        buf_release(&error);
        callee_end(&w->callee);
        if (w->kept >= 0)
            close(w->kept);
        free(w);
        return -1;
    }
    w->context.state = w->callee.state;
    *out = &w->base;
    return 0;
}

static uint32_t inplace_room(const struct worker *w)
{
    return !of_worker((struct worker *)w)->batch;
}

static int inplace_give(struct worker *worker, const struct batch *b)
{
    struct inplace *w = of_worker(worker);

    w->batch = b;
    w->attempt = b->attempt;
    batch_walk(&w->cursor, b);
    w->run_since = clock_now();
    loop_timer_set(w->spec.loop, &w->timer, clock_now());
    return 0;
}

static void cancel_rest(struct inplace *w)
{
    struct task t;

    w->out.len = w->result;
    hand_on_run(w);
    while (w->batch && batch_next(&w->cursor, &t)) {
        struct piece p = {.kind = PIECE_END, .task = t.number, .count = 1, .end = outcome(w, clock_now())};

        if (w->cursor.index == w->batch->count)
            w->batch = NULL;
        p.end.cause = END_CANCELLED;
        hand_on(w, &p);
    }
}

/* Between two slices no task runs. */
static void inplace_signal(struct worker *worker, int sig)
{
    struct inplace *w = of_worker(worker);

    if (!w->batch || !worker_ends_by(sig))
        return;
    loop_timer_clear(w->spec.loop, &w->timer);
    cancel_rest(w);
}

static int inplace_close(struct worker *worker)
{
    struct inplace *w = of_worker(worker);

    loop_timer_clear(w->spec.loop, &w->timer);
    divert_stdout(w);
    foreign_enter(COMPLAINT);
    callee_end(&w->callee);
    foreign_leave();
    restore_stdout(w);
    if (w->kept >= 0)
        close(w->kept);
    batch_walk_end(&w->cursor);
    buf_release(&w->out);
    buf_release(&w->error);
    free(w->length);
    free(w);
    return 0;
}

const struct worker_ops inplace_ops = {
    .name = "inplace",
    .batched = true,
    .check = inplace_check,
    .open = inplace_open,
    .room = inplace_room,
    .give = inplace_give,
    .signal = inplace_signal,
    .close = inplace_close,
};
