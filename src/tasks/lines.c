/*
 * Records cut from files and stdin. What was read lies in one buffer:
 *
 *     hold:   [ given | complete records | the unfinished one )
 *             0       at                 complete            len
 *
 * When a batch is most of the buffer, the buffer itself becomes the batch and what is left moves to a new one; small
 * batches (single commands) are copied out. Reading happens only when no complete record is left, so at most one block is
 * read ahead, and a record that outgrows the block always starts at 0.
 */
#include "tasks/lines.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/xalloc.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BLOCK ((size_t)256 * 1024)

/* Separators are counted in steps; a byte can count those of one step. */
#define STEP 240

static const char *const from_stdin[] = {"-"};

struct lines {
    struct source source;
    const char *const *file;
    uint32_t files;
    uint32_t opened; /* files opened so far */
    int separator;
    int fd;          /* of the file being read, -1: none */
    bool at_once;    /* it never makes a reader wait */
    bool failed;
    bool cut_short;  /* the last record of all ended with its file: it was alone in hold, hence alone in its batch */
    struct buf hold;
    size_t at, complete;
};

static struct lines *lines_of(struct source *s)
{
    return (struct lines *)s;
}

static bool is_stdin(const char *file)
{
    return strcmp(file, "-") == 0;
}

static const char *lines_name(const struct source *s)
{
    const struct lines *l = (const struct lines *)s;
    const char *file = l->file[l->opened ? l->opened - 1 : 0];

    return is_stdin(file) ? "standard input" : file;
}

static enum source_state lines_fail(struct lines *l)
{
    l->failed = true;
    diag_errno("cannot read %s", lines_name(&l->source));
    return SOURCE_FAILED;
}

/* A FIFO without a writer must not hold up the open, hence O_NONBLOCK; its reads come after poll all the same. */
static int open_next(struct lines *l)
{
    const char *file = l->file[l->opened++];
    struct stat st;

    l->fd = is_stdin(file) ? STDIN_FILENO : open(file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (l->fd < 0 || fstat(l->fd, &st) < 0)
        return -1;
    l->at_once = S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
    if (is_stdin(file) && isatty(STDIN_FILENO))
        diag_note("reading tasks from the terminal, one per line; end with Ctrl-D");
    return 0;
}

static void close_file(struct lines *l)
{
    if (l->fd >= 0 && l->fd != STDIN_FILENO)
        close(l->fd);
    l->fd = -1;
}

/* The end of a file is the end of its last record. */
static void end_file(struct lines *l)
{
    close_file(l);
    l->cut_short = l->hold.len > l->complete && l->opened == l->files;
    if (l->hold.len > l->complete)
        buf_putc(&l->hold, (char)l->separator);
    l->complete = l->hold.len;
}

static bool readable(int fd)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, 0) > 0;
}

/* One read: what the block has room for, or another block when a record outgrows it. */
static enum source_state read_block(struct lines *l)
{
    size_t unfinished = l->hold.len - l->complete;
    size_t want = unfinished < READ_BLOCK / 2 ? READ_BLOCK - unfinished : READ_BLOCK;

    if (!l->at_once && !readable(l->fd))
        return SOURCE_WAIT;
    if (l->complete)
        buf_shift(&l->hold, l->complete);
    l->at = l->complete = 0;
    char *place = buf_room(&l->hold, want);
    ssize_t n = io_read(l->fd, place, want);

    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? SOURCE_WAIT : lines_fail(l);
    l->hold.len += (size_t)n;
    const char *end = memrchr(place, l->separator, (size_t)n);

    if (end)
        l->complete = (size_t)(end - l->hold.ptr) + 1;
    if (n == 0)
        end_file(l);
    return SOURCE_BATCH;
}

/* Until there is a complete record. A long one from a pipe comes a block a call: others want their turn meanwhile. */
static enum source_state fill(struct lines *l)
{
    while (l->at == l->complete) {
        if (l->failed)
            return SOURCE_FAILED;
        if (l->fd < 0 && l->opened == l->files)
            return SOURCE_END;
        if (l->fd < 0 && open_next(l) < 0)
            return lines_fail(l);
        enum source_state state = read_block(l);

        if (state != SOURCE_BATCH)
            return state;
        if (l->at == l->complete && l->fd >= 0 && !l->at_once)
            return SOURCE_WAIT;
    }
    return SOURCE_BATCH;
}

/* The fixed trip count lets the compiler use vectors. */
static uint32_t count_step(const char *p, char separator)
{
    uint8_t n = 0;

    for (size_t i = 0; i < STEP; i++)
        n += p[i] == separator;
    return n;
}

/*
 * The length of the first records of the LEN bytes (whole records) at P: at most MAX of them, within BYTES or one. A record
 * has at least one byte, so a step holds at most STEP of them and is counted without finding each.
 */
static size_t cut(const char *p, size_t len, int separator, uint32_t max, size_t bytes, uint32_t *count)
{
    size_t at = 0;
    uint32_t n = 0;

    if (len > bytes) {
        const char *last = memrchr(p, separator, bytes);

        if (!last) {
            *count = 1;
            return (size_t)((const char *)memchr(p + bytes, separator, len - bytes) - p) + 1;
        }
        len = (size_t)(last - p) + 1;
    }
    for (; len - at >= STEP && max - n > STEP; at += STEP)
        n += count_step(p + at, (char)separator);
    for (; at < len && n < max; n++)
        at = (size_t)((const char *)memchr(p + at, separator, len - at) - p) + 1;
    *count = n;
    return at;
}

static enum source_state lines_take(struct source *s, uint32_t max, size_t bytes, struct batch **out)
{
    struct lines *l = lines_of(s);
    enum source_state state = fill(l);

    if (state != SOURCE_BATCH)
        return state;
    struct batch *b = batch_new(0, l->separator);
    size_t len = cut(l->hold.ptr + l->at, l->complete - l->at, l->separator, max, bytes, &b->count);

    if (l->at == 0 && len >= l->hold.cap / 2) {
        b->data = l->hold;
        l->hold = (struct buf)BUF_INIT;
        buf_put(&l->hold, b->data.ptr + len, b->data.len - len);
        b->data.len = len;
        l->complete -= len;
    } else {
        buf_put(&b->data, l->hold.ptr + l->at, len);
        l->at += len;
    }
    *out = b;
    return SOURCE_BATCH;
}

bool lines_unfinished(const struct source *s)
{
    return ((const struct lines *)s)->cut_short;
}

static int lines_fd(const struct source *s)
{
    return ((const struct lines *)s)->fd;
}

static uint64_t lines_total(const struct source *s)
{
    (void)s;
    return SOURCE_UNKNOWN;
}

static void lines_free(struct source *s)
{
    struct lines *l = lines_of(s);

    close_file(l);
    buf_release(&l->hold);
    free(l);
}

static const struct source_ops lines_ops = {
    .take = lines_take,
    .fd = lines_fd,
    .total = lines_total,
    .name = lines_name,
    .free = lines_free,
};

/* What can be seen without opening: an error ought to come before anything has run. */
static int check_file(const char *file)
{
    struct stat st;

    if (is_stdin(file))
        return 0;
    int rc = stat(file, &st);

    if (rc == 0 && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        rc = -1;
    }
    if (rc == 0)
        rc = faccessat(AT_FDCWD, file, R_OK, AT_EACCESS);
    return rc < 0 ? diag_errno("cannot read %s", file) : 0;
}

int lines_new(struct source **s, char *const *file, uint32_t files, int separator)
{
    assert(separator >= 0 && separator <= 255);
    for (uint32_t i = 0; i < files; i++)
        if (check_file(file[i]) < 0)
            return -1;
    struct lines *l = xcalloc(1, sizeof *l);

    source_init(&l->source, &lines_ops, NULL);
    l->file = files ? (const char *const *)file : from_stdin;
    l->files = files ? files : 1;
    l->separator = separator;
    l->fd = -1;
    *s = &l->source;
    return 0;
}
