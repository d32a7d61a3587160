/*
 * The temporary file. Small appends are gathered, so that a thousand tiny extents cost one write; space is
 * never searched for: the end of the file is where the next bytes go. That keeps extents of one round
 * together and needs no map of free space; holes are given back to the file system instead, and an empty file
 * is cut to nothing.
 */
#include "results/spill.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/xalloc.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAGE ((size_t)256 << 10) /* bytes gathered before they are written */
#define BLOCK 4096                /* holes are punched in whole blocks */
#define HOLE_MIN (1 << 20)        /* a hole smaller than this is not worth a system call yet */

struct spill {
    int fd;         /* -1: no file yet */
    char *stage;    /* STAGE bytes, once there is a file */
    size_t staged;  /* bytes in it; they belong at END - STAGED */
    off_t end;      /* where the next bytes go */
    uint64_t live;
    off_t hole, hole_end; /* dropped, not yet given back */
};

struct spill *spill_new(void)
{
    struct spill *s = xcalloc(1, sizeof *s);

    s->fd = -1;
    return s;
}

void spill_free(struct spill *s)
{
    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    free(s->stage);
    free(s);
}

static int write_out(struct spill *s, const void *ptr, size_t len, off_t at)
{
    if (io_pwrite_all(s->fd, ptr, len, at) == 0)
        return 0;
    return diag_errno("cannot write the temporary file for waiting results in %s (TMPDIR)", io_temp_dir());
}

int spill_flush(struct spill *s)
{
    size_t n = s->staged;

    if (!n)
        return 0;
    s->staged = 0;
    return write_out(s, s->stage, n, s->end - (off_t)n);
}

static int open_file(struct spill *s)
{
    s->fd = io_temp_file("waiting results");
    if (s->fd < 0)
        return -1;
    s->stage = xmalloc(STAGE);
    return 0;
}

off_t spill_append(struct spill *s, const void *ptr, size_t len)
{
    off_t at = s->end;

    if (s->fd < 0 && open_file(s) < 0)
        return -1;
    if (s->staged + len > STAGE && spill_flush(s) < 0)
        return -1;
    if (len >= STAGE) {
        if (write_out(s, ptr, len, at) < 0)
            return -1;
    } else {
        memcpy(s->stage + s->staged, ptr, len);
        s->staged += len;
    }
    s->end += (off_t)len;
    s->live += len;
    return at;
}

int spill_read(struct spill *s, void *to, size_t len, off_t at)
{
    if (s->staged && at + (off_t)len > s->end - (off_t)s->staged && spill_flush(s) < 0)
        return -1;
    if (io_pread_all(s->fd, to, len, at) == 0)
        return 0;
    return diag_errno("cannot read the temporary file for waiting results in %s (TMPDIR)", io_temp_dir());
}

/* Whole blocks only; a file system that knows no holes keeps the space until the file is empty: no error. */
static void punch(struct spill *s)
{
#ifdef FALLOC_FL_PUNCH_HOLE
    off_t from = (s->hole + BLOCK - 1) / BLOCK * BLOCK, to = s->hole_end / BLOCK * BLOCK;

    if (from >= to)
        return;
    if (fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, to - from) < 0) {
        /* the space comes back with ftruncate */
    }
    s->hole = to; /* the rest of the last block may yet become whole */
#else
    s->hole = s->hole_end;
#endif
}

static void begin_anew(struct spill *s)
{
    s->staged = 0;
    s->end = s->hole = s->hole_end = 0;
    if (ftruncate(s->fd, 0) < 0) {
        /* what is there is written over */
    }
}

void spill_drop(struct spill *s, off_t at, size_t len)
{
    s->live -= len;
    if (!s->live) {
        begin_anew(s);
        return;
    }
    if (s->hole_end == at) {
        s->hole_end += (off_t)len;
    } else if (s->hole == at + (off_t)len) {
        s->hole = at;
    } else {
        punch(s);
        s->hole = at;
        s->hole_end = at + (off_t)len;
    }
    if (s->hole_end - s->hole >= HOLE_MIN)
        punch(s);
}

uint64_t spill_live(const struct spill *s)
{
    return s->live;
}
