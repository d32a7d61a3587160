/*
 * --hook LIBRARY:SYMBOL: a function in the smap process, called in place: folds, saves, plots. What
 * it prints to stdout would stand among smap's own output, so descriptor 1 is stderr while it runs.
 */
#define SMAP_NO_INLINE
#include "results/hooks.h"

#include "base/diag.h"
#include "base/task.h"
#include "base/xalloc.h"
#include "results/entry.h"
#include "work/dl.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct hook_function {
    struct smap_context context; /* first: the function hands it back */
    struct outlet outlet;
    struct hook_spec spec;
    struct dl dl;
    smap_hook_fn *call;
    bool begun; /* init has succeeded, fini is due */
    int kept;   /* descriptor 1 as smap has it */
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

static void divert(struct hook_function *h)
{
    h->kept = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (h->kept >= 0)
        dup2(STDERR_FILENO, STDOUT_FILENO);
}

static void restore(struct hook_function *h)
{
    fflush(stdout);
    if (h->kept < 0)
        return;
    dup2(h->kept, STDOUT_FILENO);
    close(h->kept);
}

/* --- calling ------------------------------------------------------------------------------- */

static void set_fields(struct hook_function *h, struct smap_result *r, struct span input,
                       struct span fields)
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
    r->fields = t.fields;
    r->field = h->field;
}

static int call(struct hook_function *h, const struct piece *p)
{
    const struct outcome *o = &p->end;

    buf_clear(&h->input);
    buf_put(&h->input, p->input.ptr, p->input.len);
    struct smap_result r = {
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

    set_fields(h, &r, (struct span){r.input, r.input_length}, p->fields);
    buf_clear(&h->error);
    divert(h);
    int status = h->call(&h->context, &r);

    restore(h);
    return hooks_vote(p->task, status, 0, (struct span){h->error.ptr, h->error.len});
}

static int call_once(struct hook_function *h, const struct piece *p)
{
    int vote;

    if (p->end.cause == END_CANCELLED)
        return 0;
    if (hooks_was_done(h->spec.journal, p->task))
        return hooks_done(h->spec.journal, p->task);
    if (hooks_begin(h->spec.journal) < 0)
        return -1;
    vote = call(h, p);
    if (!(vote & OUTLET_BREAK) && hooks_done(h->spec.journal, p->task) < 0)
        return -1;
    return vote;
}

static int hook_put(struct outlet *o, const struct piece *p)
{
    struct hook_function *h = of_outlet(o);
    int vote;

    if (p->kind == PIECE_OUT)
        buf_put(&h->output, p->bytes.ptr, p->bytes.len);
    if (p->kind != PIECE_END)
        return 0;
    vote = call_once(h, p);
    buf_clear(&h->output);
    return vote;
}

static int hook_close(struct outlet *o, bool complete)
{
    struct hook_function *h = of_outlet(o);

    (void)complete;
    if (h->begun && h->dl.fini) {
        divert(h);
        h->dl.fini(h->context.state);
        restore(h);
    }
    task_fields_release(&h->storage);
    buf_release(&h->input);
    buf_release(&h->output);
    buf_release(&h->error);
    free(h->field);
    free(h);
    return 0;
}

static const struct outlet_ops hook_ops = {
    .name = "hook",
    .per_task = true,
    .wants_input = true,
    .put = hook_put,
    .close = hook_close,
};

/* --- opening ------------------------------------------------------------------------------- */

static int open_library(struct hook_function *h, const char *command)
{
    char *name = xstrdup(command), *symbol = strrchr(name, ':');
    struct buf error = BUF_INIT;

    *symbol++ = '\0';
    char *library = dl_resolve(name);
    int status = dl_open(&h->dl, library, symbol, DL_HOOK, &error);

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
    int status = 0;

    divert(h);
    if (h->dl.init)
        status = h->dl.init(h->spec.config ? h->spec.config : "", &h->context.state);
    restore(h);
    h->begun = status == 0;
    return status ? diag("the hook cannot be run: its init function has returned %d", status) : 0;
}

int hook_function_open(struct outlet **o, const struct hook_spec *spec)
{
    struct hook_function *h = xcalloc(1, sizeof *h);

    h->outlet.ops = &hook_ops;
    h->spec = *spec;
    h->context = (struct smap_context){.grow = no_room, .set_error = set_error};
    if (open_library(h, spec->command) < 0 || begin(h) < 0) {
        hook_close(&h->outlet, false);
        return -1;
    }
    *o = &h->outlet;
    return 0;
}
