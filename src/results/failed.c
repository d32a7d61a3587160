/* Tasks that were not run for want of time or after a stop have not failed: they are not written. */
#include "results/failed.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "results/target.h"

#include <stdlib.h>
#include <unistd.h>

enum { BLOCK = 65536 };

struct failed {
    struct outlet base;
    char *file;
    struct target *target;
    int fd;
    bool ours;
    char separator;
    struct buf out;
};

static int write_out(struct failed *f)
{
    if (io_write_all(f->fd, f->out.ptr, f->out.len) < 0)
        return diag_errno("cannot write %s", f->file);
    buf_clear(&f->out);
    return 0;
}

static int failed_put(struct outlet *o, const struct piece *p)
{
    struct failed *f = (struct failed *)o;

    if (p->kind != PIECE_END || outcome_ok(&p->end) || p->end.cause == END_CANCELLED)
        return 0;
    buf_put(&f->out, p->input.ptr, p->input.len);
    buf_putc(&f->out, f->separator);
    return f->out.len >= BLOCK ? write_out(f) : 0;
}

static int failed_close(struct outlet *o, bool complete)
{
    struct failed *f = (struct failed *)o;
    int result = write_out(f);

    (void)complete; /* what has failed has failed, also when the run was stopped */
    if (target_close(f->target, f->fd, result == 0) < 0)
        result = -1;
    if (f->ours)
        close(f->fd);
    buf_release(&f->out);
    free(f->file);
    free(f);
    return result;
}

static const struct outlet_ops failed_ops = {
    .name = "failed",
    .put = failed_put,
    .close = failed_close,
};

int failed_open(struct outlet **o, const char *file, char separator)
{
    struct failed *f = xcalloc(1, sizeof *f);

    f->base.ops = &failed_ops;
    f->file = xstrdup(file);
    f->separator = separator;
    if (target_open(&f->target, file, &f->fd, &f->ours) < 0) {
        free(f->file);
        free(f);
        return -1;
    }
    *o = &f->base;
    return 0;
}
