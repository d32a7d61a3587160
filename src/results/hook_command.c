/*
 * --hook COMMAND: a process for every result. The status of the task must be known when that
 * process starts, so a result is kept until its END, beyond 1 MiB on the disk, and then fed to the
 * process as the pipe takes it.
 *
 *     IDLE -- END of a task --> RUNNING --> IDLE
 *               ^    |             |------> ENDED: a vote waits for flush, nothing more comes
 *               |    v             '------> OFF: a signal has ended the run; results go by
 *              WAITING: no process to be had just now
 */
#include "results/hooks.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/task.h"
#include "base/xalloc.h"
#include "results/entry.h"
#include "results/hook_process.h"
#include "results/stash.h"
#include "work/again.h"
#include "work/argv.h"
#include "work/hole.h"
#include "work/program.h"
#include "work/shline.h"
#include "work/work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PART ((size_t)64 << 10) /* bytes of a result at a time */

enum state { IDLE, WAITING, RUNNING, ENDED, OFF };

struct hook_command {
    struct outlet outlet;
    struct hook_spec spec;
    char *word; /* the command: what work's word points to */
    struct work work;
    struct program *program;
    enum state state;
    bool closing;
    int vote; /* ENDED: what flush says */
    struct hook_process process;
    struct loop_timer retry;
    struct again again;
    int64_t deadline; /* for this process and those that follow; CLOCK_NEVER as a rule */

    /* The result at hand. */
    struct stash output;
    uint64_t at; /* fed up to here */
    struct task task;
    struct buf input, fields;
    struct task_fields field;
    struct buf own; /* its variables, each ended by NUL */
    char **env;
    size_t env_cap;
    struct buf room;
};

static struct hook_command *of_outlet(struct outlet *o)
{
    return (struct hook_command *)o;
}

static void end_with(struct hook_command *h, int vote)
{
    h->state = ENDED;
    h->vote = vote;
}

/* No time is left for this hook and those that would follow. */
static void go_off(struct hook_command *h)
{
    h->state = OFF;
    if (!h->closing)
        diag_note("the run ends without the hook, from task %" PRIu64 " on", h->task.number);
}

static void on_ended(void *ctx, int status, int signal)
{
    struct hook_command *h = ctx;

    stash_clear(&h->output);
    if (h->process.hurried) {
        go_off(h);
        return;
    }
    int vote = hooks_vote(h->task.number, status, signal, span_of(""));

    if (vote != OUTLET_BREAK && hooks_done(h->spec.journal, h->task.number) < 0)
        vote = -1;
    h->state = IDLE;
    if (vote)
        end_with(h, vote);
}

/* --- starting ------------------------------------------------------------------------------ */

static void put_variable(struct hook_command *h, const char *name, struct span value)
{
    if (memchr(value.ptr ? value.ptr : "", '\0', value.len) ||
        value.len + strlen(name) + 2 > argv_limit())
        return; /* cannot be in an environment; nothing is ever cut */
    buf_printf(&h->own, "%s=", name);
    buf_put(&h->own, value.ptr, value.len);
    buf_putc(&h->own, '\0');
}

static void put_number(struct hook_command *h, const char *name, uint64_t value)
{
    buf_printf(&h->own, "%s=%" PRIu64, name, value);
    buf_putc(&h->own, '\0');
}

static void make_variables(struct hook_command *h, const struct piece *p)
{
    const struct outcome *o = &p->end;

    buf_clear(&h->own);
    put_number(h, "SMAP_TASK", p->task);
    put_number(h, "SMAP_STATUS", entry_status(o));
    put_number(h, "SMAP_SIGNAL", o->cause == END_SIGNAL || o->cause == END_TIMEOUT ? o->signal : 0);
    put_number(h, "SMAP_ATTEMPT", o->attempt);
    put_number(h, "SMAP_SLOT", o->slot);
    put_number(h, "SMAP_RANK", o->rank);
    put_variable(h, "SMAP_HOST", span_of(o->host ? o->host : ""));
    buf_printf(&h->own, "SMAP_SECONDS=%.6f", (double)o->elapsed / 1e6);
    buf_putc(&h->own, '\0');
    put_variable(h, "SMAP_INPUT", p->input);
}

static bool is_smap_variable(const char *variable)
{
    static const char *const names[] = {"TASK", "STATUS", "SIGNAL",  "ATTEMPT", "SLOT",
                                        "RANK", "HOST",   "SECONDS", "INPUT"};

    if (strncmp(variable, "SMAP_", 5) != 0)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strncmp(variable + 5, names[i], strlen(names[i])) == 0 &&
            variable[5 + strlen(names[i])] == '=')
            return true;
    return false;
}

/* The result's variables before those that every task has. */
static char **make_env(struct hook_command *h, char *const *base)
{
    size_t n = 0, used = 0;

    while (base[n])
        n++;
    if (n + 16 > h->env_cap) {
        h->env_cap = n + 16;
        h->env = xreallocarray(h->env, h->env_cap, sizeof *h->env);
    }
    for (char *own = h->own.ptr; own < h->own.ptr + h->own.len; own += strlen(own) + 1)
        h->env[used++] = own;
    for (; *base; base++)
        if (!is_smap_variable(*base))
            h->env[used++] = *base;
    h->env[used] = NULL;
    return h->env;
}

static void not_run(struct hook_command *h, struct span why)
{
    struct buf shown = BUF_INIT;

    diag_escape(&shown, why, 400);
    diag("the hook cannot be run for task %" PRIu64 ": %s", h->task.number, buf_cstr(&shown));
    buf_release(&shown);
    stash_clear(&h->output);
    end_with(h, OUTLET_BREAK);
}

static void feed(struct hook_command *h);

static void start(void *ctx)
{
    struct hook_command *h = ctx;
    struct spawn s = {.extra = SPAWN_NULL};

    if (program_prepare(h->program, &h->task, &s)) {
        not_run(h, program_reason(h->program));
        return;
    }
    s.env = make_env(h, s.env);
    int error = hook_process_start(&h->process, h->program, &s);

    if (!error) {
        h->again = (struct again){0};
        h->state = RUNNING;
        hook_process_hurry(&h->process, h->deadline);
        feed(h);
        return;
    }
    int64_t at = again_next(&h->again, error, clock_now(), true);

    if (at < 0) {
        not_run(h, again_may_pass(error) ? span_of(strerror(error)) : program_reason(h->program));
        return;
    }
    h->state = WAITING;
    loop_timer_set(h->spec.loop, &h->retry, at);
}

/* As much as the pipe takes now. */
static void feed(struct hook_command *h)
{
    struct span part;

    while (h->state == RUNNING && hook_process_hungry(&h->process) &&
           h->at < stash_size(&h->output)) {
        if (stash_read(&h->output, h->at, PART, &h->room, &part) < 0) {
            hook_process_end(&h->process);
            end_with(h, -1);
            return;
        }
        hook_process_feed(&h->process, part);
        hook_process_flush(&h->process);
        h->at += part.len;
    }
    if (h->state == RUNNING &&
        (h->at == stash_size(&h->output) || h->process.in.closed || h->process.in.failed))
        hook_process_feed_end(&h->process);
}

/* --- the outlet ---------------------------------------------------------------------------- */

/* The text of the task outlives its piece here. */
static void keep_task(struct hook_command *h, const struct piece *p)
{
    buf_clear(&h->input);
    buf_put(&h->input, p->input.ptr, p->input.len);
    buf_clear(&h->fields);
    buf_put(&h->fields, p->fields.ptr, p->fields.len);
    if (!task_get_fields(&h->task, (struct span){buf_cstr(&h->input), h->input.len},
                         (struct span){h->fields.ptr, h->fields.len}, &h->field))
        h->task.fields = 0;
    h->task.number = p->task;
    h->task.attempt = p->end.attempt;
}

static int begin(struct hook_command *h, const struct piece *p)
{
    keep_task(h, p);
    if (clock_now() >= h->deadline) {
        stash_clear(&h->output);
        go_off(h);
        return 0;
    }
    if (hooks_begin(h->spec.journal) < 0)
        return -1;
    make_variables(h, p);
    h->at = 0;
    start(h);
    return 0;
}

static int hook_put(struct outlet *o, const struct piece *p)
{
    struct hook_command *h = of_outlet(o);

    if (h->state == OFF)
        return 0;
    if (p->kind == PIECE_OUT)
        return stash_put(&h->output, p->bytes);
    if (p->kind != PIECE_END)
        return 0;
    if (hooks_wants(h->spec.journal, p))
        return begin(h, p);
    stash_clear(&h->output);
    return hooks_pass(h->spec.journal, p);
}

static bool hook_ready(struct outlet *o)
{
    const struct hook_command *h = of_outlet(o);

    return h->state == IDLE || h->state == OFF;
}

static int hook_flush(struct outlet *o)
{
    struct hook_command *h = of_outlet(o);
    int vote;

    feed(h);
    vote = h->vote;
    h->vote = 0;
    return vote;
}

/* A vote that has not been collected keeps the run from ending without it. */
static bool hook_busy(struct outlet *o)
{
    const struct hook_command *h = of_outlet(o);

    return h->state == WAITING || h->state == RUNNING || h->vote;
}

static void hook_hurry(struct outlet *o, int64_t grace)
{
    struct hook_command *h = of_outlet(o);

    h->deadline = clock_now() + grace;
    hook_process_hurry(&h->process, h->deadline);
}

static int hook_close(struct outlet *o, bool complete)
{
    struct hook_command *h = of_outlet(o);

    (void)complete;
    h->spec.journal = NULL; /* which has been closed */
    h->closing = true;
    if (h->state == RUNNING)
        hook_process_end(&h->process);
    loop_timer_clear(h->spec.loop, &h->retry);
    program_free(h->program);
    stash_release(&h->output);
    task_fields_release(&h->field);
    buf_release(&h->input);
    buf_release(&h->fields);
    buf_release(&h->own);
    buf_release(&h->room);
    free(h->env);
    free(h->word);
    free(h);
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
    .busy = hook_busy,
    .close = hook_close,
};

int hook_command_open(struct outlet **o, const struct hook_spec *spec)
{
    struct hook_command *h = xcalloc(1, sizeof *h);
    struct hole_syntax syntax = {spec->work->replace, spec->work->name, spec->work->names};

    h->outlet.ops = &hook_ops;
    h->spec = *spec;
    h->deadline = CLOCK_NEVER;
    h->word = xstrdup(spec->command);
    h->work = hooks_work(spec, &h->word, shline_is_line(h->word, &syntax));
    loop_timer_init(&h->retry, start, h);
    hook_process_init(&h->process, spec->loop, on_ended, h);
    if (program_new(&h->program, &h->work, 0, 0) < 0) {
        hook_close(&h->outlet, false);
        return -1;
    }
    *o = &h->outlet;
    return 0;
}
