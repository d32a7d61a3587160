/*
 * --hook-stream COMMAND: one process that reads a line of JSON per result, as --format jsonl writes
 * them. It is started with the first result. A line goes to it in parts as the pipe takes them; the
 * outlet is not ready until the whole line has gone. When nothing more comes (finish) its input
 * ends, and the run waits for it.
 */
#include "results/hooks.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/task.h"
#include "base/xalloc.h"
#include "results/entry.h"
#include "results/hook_process.h"
#include "work/groups.h"
#include "work/hole.h"
#include "work/program.h"
#include "work/shline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct hook_stream {
    struct outlet outlet;
    struct hook_spec spec;
    char *word; /* the command: what work's word points to */
    struct work work;
    struct program *program;
    struct hook_process process;
    bool started, over; /* it was started; it has ended, or could not be */
    bool off;           /* a signal has ended the run, and the process with it: results go by */
    bool finishing;     /* nothing more will be put */
    int64_t deadline;   /* CLOCK_NEVER as a rule */
    int vote;           /* for flush */
    struct entry entry;
    bool writing;  /* a line is on its way */
    uint64_t task; /* whose it is */
    struct buf part;
};

static struct hook_stream *of_outlet(struct outlet *o)
{
    return (struct hook_stream *)o;
}

static void go_off(struct hook_stream *h)
{
    h->off = h->over = true;
    diag_note("the run ends without the hook, which has been given the results up to task %" PRIu64,
              h->task);
}

/* That it reads no more is no error, whenever it comes. To have enough at the end of everything is
 * none either. */
static void on_ended(void *ctx, int status, int signal)
{
    struct hook_stream *h = ctx;

    if (h->process.hurried) {
        go_off(h);
        return;
    }
    h->over = true;
    if (status != HOOK_STOP || !h->finishing)
        h->vote = hooks_vote(h->task, status, signal, span_of(""));
}

/* ENV without the mark of this run, by which the guard knows what it shall end. Malloced. */
static char **unmarked(char *const *env)
{
    const char *mark = groups_mark();
    size_t n = 0, used = 0;

    while (env[n])
        n++;
    char **own = xreallocarray(NULL, n + 1, sizeof *own);

    for (; *env; env++)
        if (strcmp(*env, mark) != 0)
            own[used++] = *env;
    own[used] = NULL;
    return own;
}

/*
 * What is in the pipe counts as given, so when smap is killed the process is left alone to read it,
 * and to end with its input. In a session of its own it is neither on the guard's list nor ended by
 * the kernel.
 */
static int start_process(struct hook_stream *h, struct spawn *s)
{
    char **env = unmarked(s->env);

    s->env = env;
    s->session = true;
    int error = hook_process_start(&h->process, h->program, s);

    free(env);
    return error;
}

static void start(struct hook_stream *h)
{
    struct task none = {.text = span_of(""), .number = h->task, .attempt = 1};
    struct spawn s = {.extra = SPAWN_NULL};
    struct buf why = BUF_INIT;
    int error = program_prepare(h->program, &none, &s) ? -1 : start_process(h, &s);

    h->started = true;
    if (!error) {
        hook_process_hurry(&h->process, h->deadline);
        return;
    }
    struct span reason = program_reason(h->program);

    diag_escape(&why, reason.len ? reason : span_of(strerror(error)), 400);
    diag("the hook cannot be run for task %" PRIu64 ": %s", h->task, buf_cstr(&why));
    buf_release(&why);
    h->over = true;
    h->vote = OUTLET_BREAK;
}

/* Takes bytes, if only to drop them: there is nobody who reads. */
static bool takes_more(const struct hook_stream *h)
{
    return h->over || !h->process.fed || h->process.in.closed || h->process.in.failed ||
           hook_process_hungry(&h->process);
}

/* As much of the line as the pipe takes now. */
static int go_on(struct hook_stream *h)
{
    while (h->writing && takes_more(h)) {
        buf_clear(&h->part);
        int more = entry_next(&h->entry, &h->part);

        if (more < 0)
            return -1;
        hook_process_feed(&h->process, (struct span){h->part.ptr, h->part.len});
        h->writing = more > 0;
        if (!h->writing && !(h->vote & OUTLET_BREAK) && !h->off &&
            hooks_done(h->spec.journal, h->task) < 0)
            return -1;
    }
    if (h->finishing && !h->writing && !h->over)
        hook_process_feed_end(&h->process);
    return 0;
}

static int begin(struct hook_stream *h, uint64_t task)
{
    if (clock_now() >= h->deadline && !h->started) {
        go_off(h);
        entry_clear(&h->entry);
        return 0;
    }
    if (hooks_begin(h->spec.journal) < 0)
        return -1;
    h->task = task;
    h->writing = true;
    if (!h->started)
        start(h);
    return go_on(h);
}

static int hook_put(struct outlet *o, const struct piece *p)
{
    struct hook_stream *h = of_outlet(o);

    if (h->off)
        return 0;
    if (entry_put(&h->entry, p) < 0)
        return -1;
    if (p->kind != PIECE_END)
        return 0;
    if (p->end.cause != END_CANCELLED && !hooks_was_done(h->spec.journal, p->task))
        return begin(h, p->task);
    entry_clear(&h->entry);
    return p->end.cause == END_CANCELLED ? 0 : hooks_done(h->spec.journal, p->task);
}

static bool hook_ready(struct outlet *o)
{
    const struct hook_stream *h = of_outlet(o);

    return !h->writing && !h->vote && (h->over || !h->process.fed || !h->process.in.waiting);
}

static int hook_flush(struct outlet *o)
{
    struct hook_stream *h = of_outlet(o);
    int rc = go_on(h), vote = h->vote;

    h->vote = 0;
    return rc < 0 ? -1 : vote;
}

static bool hook_busy(struct outlet *o)
{
    const struct hook_stream *h = of_outlet(o);

    if (h->vote || !h->started || h->over)
        return h->vote;
    return h->finishing || h->writing || (h->process.fed && channel_busy(&h->process.in));
}

static void hook_hurry(struct outlet *o, int64_t grace)
{
    struct hook_stream *h = of_outlet(o);

    h->deadline = clock_now() + grace;
    hook_process_hurry(&h->process, h->deadline);
}

static void hook_finish(struct outlet *o)
{
    struct hook_stream *h = of_outlet(o);

    h->finishing = true;
    if (!h->writing && !h->over)
        hook_process_feed_end(&h->process);
}

static int hook_close(struct outlet *o, bool complete)
{
    struct hook_stream *h = of_outlet(o);

    (void)complete;
    if (h->started && !h->over)
        hook_process_end(&h->process);
    program_free(h->program);
    entry_release(&h->entry);
    buf_release(&h->part);
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
    .finish = hook_finish,
    .busy = hook_busy,
    .close = hook_close,
};

/* There are no placeholders: the process sees all tasks. */
int hook_stream_open(struct outlet **o, const struct hook_spec *spec)
{
    struct hook_stream *h = xcalloc(1, sizeof *h);
    struct hole_syntax syntax = {.replace = "{}"};

    h->outlet.ops = &hook_ops;
    h->spec = *spec;
    h->deadline = CLOCK_NEVER;
    h->word = xstrdup(spec->command);
    h->work = hooks_work(spec, &h->word, shline_is_line(h->word, &syntax));
    h->work.names = 0;
    hook_process_init(&h->process, spec->loop, on_ended, h);
    if (program_new(&h->program, &h->work, 0, 0) < 0) {
        hook_close(&h->outlet, false);
        return -1;
    }
    *o = &h->outlet;
    return 0;
}
