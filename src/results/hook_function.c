/*
 * --hook LIBRARY:SYMBOL: a function in the smap process: folds, saves, plots. It is called in a
 * thread of its own (aside), since it may take long, and tasks shall be read and signals be heard
 * meanwhile; init and fini are called there, too. What it prints to stdout would stand among the
 * results, so descriptor 1 is stderr from the opening on; the sink has a copy of what it was.
 *
 *     IDLE -- END of a task --> CALLING --> IDLE, with a vote
 *       |                          '------> OFF: no time is left, it is not waited for any more
 *       '---- nothing follows --> ENDING --> ENDED
 */
#define SMAP_NO_INLINE
#include "results/hooks.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/loop.h"
#include "base/task.h"
#include "base/xalloc.h"
#include "results/aside.h"
#include "results/entry.h"
#include "work/dl.h"
#include "work/foreign.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COMPLAINT "the hook function has called exit, which ends smap itself"

enum { LAST_MOMENT = 100000 }; /* us for the fini function when smap has to leave */

enum state { IDLE, CALLING, ENDING, ENDED };

struct hook_function {
    struct smap_context context; /* first: the function hands it back */
    struct outlet outlet;
    struct hook_spec spec;
    struct dl dl;
    smap_hook_fn *call;
    struct aside *aside;
    enum state state;
    bool off;     /* the run has to end without it: results go by */
    bool stopped; /* a vote to end the run was given: nothing more comes */
    struct loop_timer end;
    int64_t deadline; /* CLOCK_NEVER as a rule */

    /* What the thread uses while it is busy. */
    int status; /* what a function returned */
    struct smap_result result;
    struct buf input, output;
    struct task_fields storage;
    struct smap_field *field;
    uint32_t field_cap;
    struct buf error;
};

static struct hook_function *of_outlet(struct outlet *o)
{
    return (struct hook_function *)((char *)o - offsetof(struct hook_function, outlet));
}

/* --- in the thread ---------------------------------------------------------------------------- */

static int no_room(struct smap_context *c, size_t length)
{
    (void)c;
    (void)length;
    return -1;
}

static int set_error(struct smap_context *c, const char *text, size_t length)
{
    struct hook_function *h = (struct hook_function *)c;

    buf_clear(&h->error);
    buf_put(&h->error, text, length);
    return 0;
}

static void call_init(void *ctx)
{
    struct hook_function *h = ctx;

    foreign_enter(COMPLAINT);
    h->status = h->dl.init(h->spec.config ? h->spec.config : "", &h->context.state);
    foreign_leave();
    fflush(stdout);
}

static void call_hook(void *ctx)
{
    struct hook_function *h = ctx;

    foreign_enter(COMPLAINT);
    h->status = h->call(&h->context, &h->result);
    foreign_leave();
}

static void call_fini(void *ctx)
{
    struct hook_function *h = ctx;

    foreign_enter(COMPLAINT);
    h->dl.fini(h->context.state);
    foreign_leave();
    fflush(stdout);
}

/* --- calling ---------------------------------------------------------------------------------- */

static void set_fields(struct hook_function *h, struct span input, struct span fields)
{
    struct task t;

    if (!task_get_fields(&t, input, fields, &h->storage) || !t.fields)
        return;
    if (t.fields > h->field_cap) {
        h->field_cap = t.fields;
        h->field = xreallocarray(h->field, h->field_cap, sizeof *h->field);
    }
    for (uint32_t i = 0; i < t.fields; i++)
        h->field[i] = (struct smap_field){t.field[i].ptr, t.field[i].len};
    h->result.fields = t.fields;
    h->result.field = h->field;
}

static void describe(struct hook_function *h, const struct piece *p)
{
    const struct outcome *o = &p->end;

    buf_clear(&h->input);
    buf_put(&h->input, p->input.ptr, p->input.len);
    h->result = (struct smap_result){
        .number = p->task,
        .input = buf_cstr(&h->input),
        .input_length = h->input.len,
        .output = buf_cstr(&h->output),
        .output_length = h->output.len,
        .seconds = (double)o->elapsed / 1e6,
        .status = (int)entry_status(o),
        .signal = o->cause == END_SIGNAL || o->cause == END_TIMEOUT ? o->signal : 0,
        .attempts = o->attempt,
    };
    set_fields(h, (struct span){h->result.input, h->result.input_length}, p->fields);
    buf_clear(&h->error);
}

/* The call has come to its end: its vote. */
static int conclude(struct hook_function *h)
{
    uint64_t task = h->result.number;
    int vote = hooks_vote(task, h->status, 0, (struct span){h->error.ptr, h->error.len});

    h->state = IDLE;
    h->stopped = vote != 0;
    buf_clear(&h->output);
    if (!(vote & OUTLET_BREAK) && hooks_done(h->spec.journal, task) < 0)
        return -1;
    return vote;
}

static void go_off(struct hook_function *h, uint64_t task)
{
    h->off = true;
    diag_note("the run ends without the hook, from task %" PRIu64 " on", task);
}

static int call(struct hook_function *h, const struct piece *p)
{
    if (clock_now() >= h->deadline) {
        go_off(h, p->task);
        return 0;
    }
    if (hooks_begin(h->spec.journal) < 0)
        return -1;
    describe(h, p);
    h->state = CALLING;
    aside_run(h->aside, call_hook, h);
    return aside_busy(h->aside) ? 0 : conclude(h);
}

/* --- the outlet ------------------------------------------------------------------------------- */

static int hook_put(struct outlet *o, const struct piece *p)
{
    struct hook_function *h = of_outlet(o);

    if (h->off)
        return 0;
    if (p->kind == PIECE_OUT)
        buf_put(&h->output, p->bytes.ptr, p->bytes.len);
    if (p->kind != PIECE_END)
        return 0;
    if (hooks_wants(h->spec.journal, p))
        return call(h, p);
    buf_clear(&h->output);
    return hooks_pass(h->spec.journal, p);
}

static bool hook_ready(struct outlet *o)
{
    const struct hook_function *h = of_outlet(o);

    return h->off || (h->state == IDLE && !h->stopped);
}

static int hook_flush(struct outlet *o)
{
    struct hook_function *h = of_outlet(o);

    if (h->off || aside_busy(h->aside))
        return 0;
    if (h->state == ENDING)
        h->state = ENDED;
    return h->state == CALLING ? conclude(h) : 0;
}

static bool hook_busy(struct outlet *o)
{
    const struct hook_function *h = of_outlet(o);

    return !h->off && (h->state == CALLING || h->state == ENDING);
}

static void on_deadline(void *ctx)
{
    struct hook_function *h = ctx;

    if (!h->off && hook_busy(&h->outlet))
        go_off(h, h->result.number);
}

static void hook_hurry(struct outlet *o, int64_t grace)
{
    struct hook_function *h = of_outlet(o);

    h->deadline = clock_now() + grace;
    loop_timer_set(h->spec.loop, &h->end, h->deadline);
}

static void hook_finish(struct outlet *o)
{
    struct hook_function *h = of_outlet(o);

    if (h->state != IDLE)
        return;
    h->state = ENDING;
    if (h->dl.fini)
        aside_run(h->aside, call_fini, h);
    if (!aside_busy(h->aside))
        h->state = ENDED;
}

static void free_hook(struct hook_function *h)
{
    task_fields_release(&h->storage);
    buf_release(&h->input);
    buf_release(&h->output);
    buf_release(&h->error);
    free(h->field);
    free(h);
}

/* What a function uses that does not come back is left to it. */
static int hook_close(struct outlet *o, bool complete)
{
    struct hook_function *h = of_outlet(o);

    (void)complete;
    loop_timer_clear(h->spec.loop, &h->end);
    if (aside_wait(h->aside, clock_now() + LAST_MOMENT) &&
        (h->state == IDLE || h->state == CALLING)) {
        h->state = IDLE;
        hook_finish(o);
        aside_wait(h->aside, clock_now() + LAST_MOMENT);
    }
    if (aside_free(h->aside))
        free_hook(h);
    return 0;
}

static const struct outlet_ops hook_ops = {
    .name = "hook",
    .per_task = true,
    .wants_input = true,
    .patient = true,
    .put = hook_put,
    .ready = hook_ready,
    .flush = hook_flush,
    .hurry = hook_hurry,
    .finish = hook_finish,
    .busy = hook_busy,
    .close = hook_close,
};

/* --- opening ---------------------------------------------------------------------------------- */

static int open_library(struct hook_function *h, const char *command)
{
    char *name = xstrdup(command), *symbol = strrchr(name, ':');
    struct buf error = BUF_INIT;

    *symbol++ = '\0';
    char *library = dl_resolve(name);
    foreign_enter(COMPLAINT);
    int status = dl_open(&h->dl, library, symbol, DL_HOOK, &error);

    foreign_leave();

    if (status)
        diag("the hook cannot be run: %s", buf_cstr(&error));
    *(void **)&h->call = h->dl.run;
    free(library);
    free(name);
    buf_release(&error);
    return status ? -1 : 0;
}

static int begin(struct hook_function *h)
{
    if (aside_new(&h->aside, h->spec.loop) < 0)
        return -1;
    if (h->dl.init) {
        aside_run(h->aside, call_init, h);
        aside_wait(h->aside, CLOCK_NEVER);
    }
    if (!h->status)
        return 0;
    diag("the hook cannot be run: its init function has returned %d", h->status);
    aside_free(h->aside);
    return -1;
}

int hook_function_open(struct outlet **o, const struct hook_spec *spec)
{
    struct hook_function *h = xcalloc(1, sizeof *h);

    h->outlet.ops = &hook_ops;
    h->spec = *spec;
    h->deadline = CLOCK_NEVER;
    h->context = (struct smap_context){.grow = no_room, .set_error = set_error};
    loop_timer_init(&h->end, on_deadline, h);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    if (open_library(h, spec->command) < 0 || begin(h) < 0) {
        free_hook(h);
        return -1;
    }
    *o = &h->outlet;
    return 0;
}
