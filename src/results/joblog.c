/*
 * Pieces of different tasks interleave under -u and --line-buffer: the bytes of each unfinished task are counted in a list, which is as long as there
 * are slots at most, and of one entry where tasks come whole.
 */
#include "results/joblog.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/task.h"
#include "base/xalloc.h"
#include "work/program.h"
#include "work/work.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 65536 };

struct joblog {
    struct outlet base;
    char *file;
    int fd;
    bool broken; /* and said so: results go on, the log does not */
    const struct work *work;
    struct program *program; /* of commands */
    struct task_fields fields;
    struct buf out, command;
    struct received {
        uint64_t task, bytes;
    } *received; /* of tasks that have not ended */
    size_t count, cap;
};

static struct joblog *joblog_of(struct outlet *o)
{
    return (struct joblog *)o;
}

/* A log that cannot be written costs the status, not the results. */
static int write_out(struct joblog *j)
{
    if (!j->broken && j->out.len && io_write_all(j->fd, j->out.ptr, j->out.len) < 0) {
        j->broken = true;
        diag_errno("cannot write %s: it ends here", j->file);
    }
    buf_clear(&j->out);
    return 0;
}

static struct received *received_by(struct joblog *j, uint64_t task)
{
    for (size_t i = 0; i < j->count; i++)
        if (j->received[i].task == task)
            return &j->received[i];
    if (j->count == j->cap) {
        j->cap = j->cap ? j->cap * 2 : 8;
        j->received = xreallocarray(j->received, j->cap, sizeof *j->received);
    }
    j->received[j->count] = (struct received){task, 0};
    return &j->received[j->count++];
}

static uint64_t take_received(struct joblog *j, uint64_t task)
{
    struct received *r = received_by(j, task);
    uint64_t bytes = r->bytes;

    *r = j->received[--j->count];
    return bytes;
}

static void put_line_text(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '\t':
            buf_puts(out, "\\t");
            break;
        case '\n':
            buf_puts(out, "\\n");
            break;
        case '\r':
            buf_puts(out, "\\r");
            break;
        case '\0':
            buf_puts(out, "\\0");
            break;
        default:
            buf_putc(out, text.ptr[i]);
        }
    }
}

/* Of functions and filters: the worker, and the task as it was given. */
static void put_worker(struct buf *out, const struct work *w, struct span text)
{
    if (w && w->kind == WORK_FUNCTION)
        buf_printf(out, "%s:%s ", w->word[0], w->word[1]);
    else if (w && w->kind == WORK_FILTER)
        buf_printf(out, "%s <<< ", w->word[0]);
    put_line_text(out, text);
}

static void put_command(struct joblog *j, const struct piece *p)
{
    struct task t;

    buf_clear(&j->command);
    if (!j->program || !task_get_fields(&t, p->input, p->fields, &j->fields)) {
        put_worker(&j->out, j->work, p->input);
        return;
    }
    t.number = p->task;
    t.attempt = p->end.attempt;
    if (program_show(j->program, &t, p->end.slot, &j->command) < 0)
        put_worker(&j->out, j->work, p->input);
    else
        put_line_text(&j->out, (struct span){j->command.ptr, j->command.len});
}

/* Exitval and Signal as GNU parallel has them: a time limit is -1. */
static void put_outcome(struct buf *out, const struct outcome *end)
{
    int exit = end->cause == END_TIMEOUT ? -1 : end->cause == END_SIGNAL ? 0 : end->status;
    int sig = end->cause == END_SIGNAL || end->cause == END_TIMEOUT ? end->signal : 0;

    buf_printf(out, "%d\t%d\t", exit, sig);
}

static void put_line(struct joblog *j, const struct piece *p)
{
    bool fed = j->work && (j->work->feed || j->work->kind == WORK_FUNCTION || j->work->kind == WORK_FILTER);
    uint64_t received = take_received(j, p->task);

    buf_printf(&j->out, "%" PRIu64 "\t%s\t%.3f\t%10.3f\t%zu\t%" PRIu64 "\t", p->task, p->end.host ? p->end.host : ":",
               (double)p->end.start / 1e6, (double)p->end.elapsed / 1e6, fed ? p->input.len : 0, received);
    put_outcome(&j->out, &p->end);
    put_command(j, p);
    buf_putc(&j->out, '\n');
}

static int joblog_put(struct outlet *o, const struct piece *p)
{
    struct joblog *j = joblog_of(o);

    if (p->kind == PIECE_OUT)
        received_by(j, p->task)->bytes += p->bytes.len;
    else if (p->kind == PIECE_END && p->end.cause == END_CANCELLED)
        take_received(j, p->task);
    else if (p->kind == PIECE_END)
        put_line(j, p);
    return j->out.len >= BLOCK ? write_out(j) : 0;
}

static int joblog_flush(struct outlet *o)
{
    return write_out(joblog_of(o));
}

static int joblog_close(struct outlet *o, bool complete)
{
    struct joblog *j = joblog_of(o);

    (void)complete;
    write_out(j);
    int result = j->broken ? -1 : 0;

    if (j->fd >= 0 && close(j->fd) < 0 && !j->broken)
        result = diag_errno("cannot write %s", j->file);
    program_free(j->program);
    task_fields_release(&j->fields);
    buf_release(&j->out);
    buf_release(&j->command);
    free(j->received);
    free(j->file);
    free(j);
    return result;
}

static const struct outlet_ops joblog_ops = {
    .name = "joblog",
    .per_task = true,
    .wants_input = true,
    .put = joblog_put,
    .flush = joblog_flush,
    .close = joblog_close,
};

void joblog_describe(struct outlet *o, const struct work *work)
{
    struct joblog *j = joblog_of(o);

    program_free(j->program);
    j->program = NULL;
    j->work = work;
    if (work && work->kind <= WORK_LINES && program_new(&j->program, work, 1, 0) < 0)
        j->program = NULL;
}

int joblog_open(struct outlet **o, const char *file, const struct work *work)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);

    if (fd < 0)
        return diag_errno("cannot write %s", file);
    struct joblog *j = xcalloc(1, sizeof *j);

    j->base.ops = &joblog_ops;
    j->file = xstrdup(file);
    j->fd = fd;
    buf_puts(&j->out, "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n");
    joblog_describe(&j->base, work);
    *o = &j->base;
    return 0;
}
