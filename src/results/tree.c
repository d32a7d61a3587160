/*
 * Pieces of one task come together, so one task's directory and its two files are open at a time; the directory above is kept, since the next
 * task belongs there as a rule.
 */
#include "results/tree.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "results/entry.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PLACE_MAX 80

struct tree {
    struct outlet outlet;
    const char *dir;
    int fd;             /* of dir */
    uint64_t task;      /* whose files are open; 0: none */
    char place[PLACE_MAX]; /* its directory below dir */
    int stream[2];      /* stdout, stderr */
    uint64_t shard;     /* thousands whose directory is known to be there; 0: none */
};

static int fail(struct tree *t, const char *file)
{
    return diag_errno("cannot write %s/%s%s%s", t->dir, t->place, *file ? "/" : "", file);
}

static int make_dir(struct tree *t, const char *place)
{
    return mkdirat(t->fd, place, 0777) == 0 || errno == EEXIST ? 0 : fail(t, "");
}

/* Sets PLACE of the task, having made the directories above it. */
static int find_place(struct tree *t, uint64_t task)
{
    uint64_t thousands = task / 1000, millions = thousands / 1000;
    char above[PLACE_MAX / 2] = "";

    if (millions)
        snprintf(above, sizeof above, "%" PRIu64 "M/", millions);
    if (millions && thousands != t->shard && make_dir(t, above) < 0)
        return -1;
    if (thousands)
        snprintf(t->place, sizeof t->place, "%s%" PRIu64 "k", above, thousands);
    if (thousands && thousands != t->shard && make_dir(t, t->place) < 0)
        return -1;
    t->shard = thousands;
    if (thousands)
        snprintf(t->place, sizeof t->place, "%s%" PRIu64 "k/%" PRIu64, above, thousands, task);
    else
        snprintf(t->place, sizeof t->place, "%" PRIu64, task);
    return make_dir(t, t->place);
}

/* Never through a link: what lies in such a directory is ours to write over, what it points to is not. */
static int open_file(struct tree *t, const char *name)
{
    char path[PLACE_MAX + 16];

    snprintf(path, sizeof path, "%s/%s", t->place, name);
    int fd = openat(t->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);

    return fd < 0 ? fail(t, name) : fd;
}

static void close_streams(struct tree *t)
{
    for (int i = 0; i < 2; i++)
        if (t->stream[i] >= 0)
            close(t->stream[i]);
    t->stream[0] = t->stream[1] = -1;
}

/* The old status goes first: from here on the result is not whole. */
static int begin(struct tree *t, uint64_t task)
{
    char path[PLACE_MAX + 16];

    close_streams(t);
    t->task = task;
    if (find_place(t, task) < 0)
        return -1;
    snprintf(path, sizeof path, "%s/status", t->place);
    if (unlinkat(t->fd, path, 0) < 0 && errno != ENOENT)
        return fail(t, "status");
    t->stream[0] = open_file(t, "stdout");
    t->stream[1] = t->stream[0] < 0 ? -1 : open_file(t, "stderr");
    return t->stream[1] < 0 ? -1 : 0;
}

static int write_status(struct tree *t, const struct outcome *o)
{
    char text[16];
    int len = snprintf(text, sizeof text, "%u\n", entry_status(o)), fd = open_file(t, "status");

    if (fd < 0)
        return -1;
    int rc = io_write_all(fd, text, (size_t)len) < 0 ? fail(t, "status") : 0;

    if (close(fd) < 0 && rc == 0)
        rc = fail(t, "status");
    return rc;
}

/* A task that was cancelled has no result. */
static int end(struct tree *t, const struct piece *p)
{
    close_streams(t);
    t->task = 0;
    return p->end.cause == END_CANCELLED ? 0 : write_status(t, &p->end);
}

static int tree_put(struct outlet *o, const struct piece *p)
{
    struct tree *t = (struct tree *)o;
    bool is_err = p->kind == PIECE_ERR;

    if (t->task != p->task && begin(t, p->task) < 0)
        return -1;
    if (p->kind == PIECE_END)
        return end(t, p);
    return io_write_all(t->stream[is_err], p->bytes.ptr, p->bytes.len) < 0 ? fail(t, is_err ? "stderr" : "stdout") : 0;
}

static int tree_close(struct outlet *o, bool complete)
{
    struct tree *t = (struct tree *)o;

    (void)complete;
    close_streams(t);
    close(t->fd);
    free(t);
    return 0;
}

static const struct outlet_ops tree_ops = {.name = "results", .per_task = true, .put = tree_put, .close = tree_close};

int tree_open(struct outlet **o, const char *dir)
{
    int fd;

    if (mkdir(dir, 0777) < 0 && errno != EEXIST)
        return diag_errno("cannot make the directory %s", dir);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return diag_errno("cannot open the directory %s", dir);
    struct tree *t = xcalloc(1, sizeof *t);

    *t = (struct tree){.outlet.ops = &tree_ops, .dir = dir, .fd = fd, .stream = {-1, -1}};
    *o = &t->outlet;
    return 0;
}
