/* -v and -t. A line that cannot be written is remembered by diag and costs the run its status 0, not its results. */
#include "watch/starts.h"

#include "base/diag.h"
#include "base/xalloc.h"
#include "work/program.h"
#include "work/work.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

enum { INPUT_MAX = 200 };

struct starts {
    bool name;
    struct program *program; /* -t, and the work is a command */
    struct batch_cursor cursor;
    struct buf line;
};

struct starts *starts_new(const struct work *work, bool name, bool command)
{
    struct starts *s = xcalloc(1, sizeof *s);

    s->name = name;
    if (command && work->kind <= WORK_LINES && program_new(&s->program, work, 1, 0) < 0)
        s->program = NULL;
    return s;
}

void starts_free(struct starts *s)
{
    if (!s)
        return;
    program_free(s->program);
    batch_walk_end(&s->cursor);
    buf_release(&s->line);
    free(s);
}

static void tell_name(struct starts *s, const struct task *t)
{
    buf_clear(&s->line);
    diag_escape(&s->line, t->text, INPUT_MAX);
    diag_note("task %" PRIu64 " (%s) starts", t->number, buf_cstr(&s->line));
}

/* In a file or pipe the very bytes, fit to be run again; on a terminal what a task holds must not steer the screen. */
static void tell_command(struct starts *s, const struct task *t)
{
    struct buf shown = BUF_INIT;

    buf_clear(&s->line);
    if (program_show(s->program, t, 1, &s->line) == 0) {
        if (isatty(STDERR_FILENO))
            diag_escape(&shown, (struct span){s->line.ptr, s->line.len}, SIZE_MAX);
        else
            buf_put(&shown, s->line.ptr, s->line.len);
        diag_line((struct span){shown.ptr, shown.len});
    }
    buf_release(&shown);
}

void starts_tell(void *ctx, const struct batch *b)
{
    struct starts *s = ctx;
    struct task t;

    batch_walk(&s->cursor, b);
    while (batch_next(&s->cursor, &t)) {
        if (s->name)
            tell_name(s, &t);
        if (s->program)
            tell_command(s, &t);
    }
}
