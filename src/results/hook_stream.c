/*
 * --hook-stream COMMAND: one shell line that reads a line of JSON per result, as --format jsonl
 * writes them. It is started with the first result. A line goes to it in parts as the pipe takes
 * them; the outlet is not ready until the whole line has gone. When nothing more comes (finish) its
 * input ends, and the run waits for it.
 */
#include "results/hooks.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/xalloc.h"
#include "results/entry.h"
#include "results/hook_process.h"
#include "work/groups.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct hook_stream {
    struct outlet outlet;
    struct hook_spec spec;
    char *shell, *command;
    char **env;
    struct hook_process process;
    bool started, over; /* it was started; it has ended, or could not be */
    bool off;           /* a signal has ended the run, and the process with it: results go by */
    bool closing;
    bool due;         /* with a journal: it is yet to hear that TASK was given */
    bool finishing;   /* nothing more will be put */
    int64_t deadline; /* CLOCK_NEVER as a rule */
    int vote;         /* for flush */
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
    if (h->closing)
        return;
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

/*
 * What is in the pipe counts as given, so when smap is killed the process is left alone to read it,
 * and to end with its input. In a session of its own it is neither on the guard's list nor ended by
 * the kernel; nor has it the mark of this run (open_env).
 */
static int start_process(struct hook_stream *h)
{
    char *argv[] = {h->shell, "-c", h->command, NULL};
    struct spawn s = {
        .path = h->shell,
        .argv = argv,
        .env = h->env,
        .cwd = h->spec.work->cwd,
        .extra = SPAWN_NULL,
        .session = true,
    };

    return hook_process_start(&h->process, NULL, &s);
}

static void start(struct hook_stream *h)
{
    int error = start_process(h);

    h->started = true;
    if (!error) {
        hook_process_hurry(&h->process, h->deadline);
        return;
    }
    diag("the hook cannot be run for task %" PRIu64 ": %s: %s", h->task, h->shell, strerror(error));
    h->over = true;
    h->vote = OUTLET_BREAK;
}

/* Takes bytes, if only to drop them: there is nobody who reads. */
static bool takes_more(const struct hook_stream *h)
{
    return h->over || !h->process.fed || h->process.in.closed || h->process.in.failed ||
           hook_process_hungry(&h->process);
}

/* With a journal: the line is in the pipe as a whole, or nobody reads any more. */
static int note_given(struct hook_stream *h)
{
    if (!h->due || h->writing || (!h->over && h->process.fed && channel_busy(&h->process.in)))
        return 0;
    h->due = false;
    return h->off || h->vote & OUTLET_BREAK ? 0 : hooks_done(h->spec.journal, h->task);
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
    }
    if (h->due)
        hook_process_flush(&h->process);
    if (h->finishing && !h->writing && !h->over)
        hook_process_feed_end(&h->process);
    return note_given(h);
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
    h->due = h->spec.journal != NULL;
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
    if (hooks_wants(h->spec.journal, p))
        return begin(h, p->task);
    entry_clear(&h->entry);
    return hooks_pass(h->spec.journal, p);
}

static bool hook_ready(struct outlet *o)
{
    const struct hook_stream *h = of_outlet(o);

    return !h->writing && !h->due && !h->vote &&
           (h->over || !h->process.fed || !h->process.in.waiting);
}

static int hook_flush(struct outlet *o)
{
    struct hook_stream *h = of_outlet(o);

    hook_process_flush(&h->process);
    int rc = go_on(h), vote = h->vote;

    hook_process_flush(&h->process);
    h->vote = 0;
    return rc < 0 ? -1 : vote;
}

static bool hook_busy(struct outlet *o)
{
    const struct hook_stream *h = of_outlet(o);

    if (h->vote || !h->started || h->over)
        return h->vote;
    return h->finishing || h->writing || h->due || (h->process.fed && channel_busy(&h->process.in));
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
    h->closing = true;
    if (h->started && !h->over)
        hook_process_end(&h->process);
    spawn_env_free(h->env);
    entry_release(&h->entry);
    buf_release(&h->part);
    free(h->shell);
    free(h->command);
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

/* Without the mark by which the guard knows what it shall end. */
static char **open_env(const struct work *work)
{
    char **env = spawn_env(work->keep_mpi_env, work->env);
    const char *mark = groups_mark();

    char **to = env;

    for (char **from = env; *from; from++)
        if (strcmp(*from, mark) != 0)
            *to++ = *from;
        else
            free(*from);
    *to = NULL;
    return env;
}

int hook_stream_open(struct outlet **o, const struct hook_spec *spec)
{
    struct hook_stream *h = xcalloc(1, sizeof *h);

    h->outlet.ops = &hook_ops;
    h->spec = *spec;
    h->deadline = CLOCK_NEVER;
    h->command = xstrdup(spec->command);
    h->shell = spawn_lookup(spec->work->shell);
    if (!h->shell)
        h->shell = xstrdup(spec->work->shell); /* starting it will tell */
    h->env = open_env(spec->work);
    hook_process_init(&h->process, spec->loop, on_ended, h);
    *o = &h->outlet;
    return 0;
}
