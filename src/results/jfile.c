/*
 *     header   magic (8), version (4), header length (4), seed (8), time of creation (8), checksum of these (8)
 *     record   checksum of the next 16 bytes (8), checksum of the body (8), body length (4), type (4), body
 *
 * All little-endian. Checksums are XXH3-64, seeded with the file's own random seed plus the record's place: neither a record of another journal in a
 * block that the file system gave back after a crash, nor one that was moved, is taken for good. Head and body are checked apart, so that
 * large bodies need not be read when a journal is opened.
 *
 * An append never begins before the torn tail of a killed run is cut off, else that fragment and the new record would be read as one.
 */
#include "results/jfile.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/hash.h"
#include "base/io.h"
#include "base/le.h"
#include "base/xalloc.h"
#include "results/jentry.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    VERSION = 1,
    HEADER = 40,
    HEAD = 24,
    WRITE_AT = 1 << 20,  /* bytes after which records are handed to the system without being asked */
    SCAN_BLOCK = 1 << 20,
    READ_BLOCK = 16384,
    LOCK_PATIENCE = 1000000, /* us */
};

static const char magic[8] = "\x89smapj\r\n";

struct jfile {
    int fd;
    char *path;
    enum jfile_mode mode;
    uint64_t seed;
    uint64_t end;    /* of what is in the file and good */
    struct buf out;  /* what follows there */
    size_t begun;    /* where in OUT the record in the making begins */
    bool dirty, broken;
    struct buf window; /* what lies at WINDOW_AT, as read last */
    uint64_t window_at;
    size_t block; /* to read at a time */
};

const char *jfile_path(const struct jfile *f)
{
    return f->path;
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

/* LEN bytes at AT; NULL: there are not so many, or *FAILED (reported). */
static const char *peek(struct jfile *f, uint64_t at, size_t len, bool *failed)
{
    if (at < f->window_at || at + len > f->window_at + f->window.len) {
        size_t want = len > f->block ? len : f->block;

        buf_clear(&f->window);
        f->window_at = at;
        buf_room(&f->window, want);
        while (f->window.len < want) {
            ssize_t n = pread(f->fd, f->window.ptr + f->window.len, want - f->window.len, (off_t)(at + f->window.len));

            if (n < 0 && errno == EINTR)
                continue;
            if (n < 0) {
                *failed = true;
                diag_errno("cannot read %s", f->path);
                return NULL;
            }
            if (n == 0)
                break;
            f->window.len += (size_t)n;
        }
    }
    return at + len <= f->window_at + f->window.len ? f->window.ptr + (at - f->window_at) : NULL;
}

struct head {
    uint64_t body_sum;
    uint32_t len, type;
};

/* Reads the head of the record at AT. */
static enum jfile_read read_head(struct jfile *f, uint64_t at, struct head *h)
{
    bool failed = false;
    const char *p = peek(f, at, HEAD, &failed);

    if (!p)
        return failed ? JFILE_FAILED : JFILE_BAD;
    if (hash64(p + 8, HEAD - 8, f->seed + at) != le_get64(p))
        return JFILE_BAD;
    *h = (struct head){le_get64(p + 8), le_get32(p + 16), le_get32(p + 20)};
    return h->len <= JFILE_BODY_MAX ? JFILE_GOOD : JFILE_BAD;
}

static enum jfile_read read_body(struct jfile *f, uint64_t at, const struct head *h, struct span *body)
{
    bool failed = false;
    const char *p = peek(f, at + HEAD, h->len, &failed);

    if (!p)
        return failed ? JFILE_FAILED : JFILE_BAD;
    if (hash64(p, h->len, f->seed + at) != h->body_sum)
        return JFILE_BAD;
    *body = (struct span){p, h->len};
    return JFILE_GOOD;
}

enum jfile_read jfile_read(struct jfile *f, uint64_t at, unsigned *type, struct span *body)
{
    struct head h;

    /* What a record says of another's place is not trusted. */
    if (at < HEADER || at >= f->end + f->out.len)
        return JFILE_BAD;
    if (at >= f->end && jfile_flush(f) < 0)
        return JFILE_FAILED;
    enum jfile_read got = read_head(f, at, &h);

    if (got != JFILE_GOOD)
        return got;
    *type = h.type;
    return read_body(f, at, &h, body);
}

/* The end of the file may move while another smap writes it; what counts is what was there at first. */
static int scan_records(struct jfile *f, uint64_t size, jfile_record_fn tell, void *ctx)
{
    enum jfile_read got;
    struct head h;

    while (f->end + HEAD <= size && (got = read_head(f, f->end, &h)) != JFILE_BAD) {
        struct span body = {"", 0};

        if (got == JFILE_GOOD && f->end + HEAD + h.len > size)
            return 0;
        if (got == JFILE_GOOD && h.type != JENTRY_DATA)
            got = read_body(f, f->end, &h, &body);
        if (got == JFILE_FAILED)
            return -1;
        if (got == JFILE_BAD)
            return 0;
        tell(ctx, f->end, h.type, body);
        f->end += HEAD + h.len;
    }
    return 0;
}

static int size_of(const struct jfile *f, uint64_t *size)
{
    struct stat st;

    if (fstat(f->fd, &st) < 0)
        return diag_errno("cannot read %s", f->path);
    *size = (uint64_t)st.st_size;
    return 0;
}

static int cut_tail(struct jfile *f, uint64_t size)
{
    if (size == f->end)
        return 0;
    diag_note("%s is not whole: its last %" PRIu64 " bytes are dropped", f->path, size - f->end);
    if (ftruncate(f->fd, (off_t)f->end) < 0)
        return diag_errno("cannot shorten %s", f->path);
    f->dirty = true;
    return 0;
}

int jfile_scan(struct jfile *f, jfile_record_fn tell, void *ctx)
{
    uint64_t size = 0;

    f->end = HEADER;
    f->block = SCAN_BLOCK;
    if (size_of(f, &size) < 0 || scan_records(f, size, tell, ctx) < 0)
        return -1;
    buf_release(&f->window);
    f->block = READ_BLOCK;
    return f->mode == JFILE_APPEND ? cut_tail(f, size) : 0;
}

/* --- opening ---------------------------------------------------------------------------------------------------- */

static void sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *dir = slash ? xmemdup(path, slash == path ? 1 : (size_t)(slash - path)) : xstrdup(".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0) {
        fsync(fd); /* not every file system can; then the name is as safe as that one makes it */
        close(fd);
    }
    free(dir);
}

/* Names and numbers only; the lock tells who may write. */
static int check_file(const struct jfile *f)
{
    struct stat st;

    if (fstat(f->fd, &st) < 0)
        return diag_errno("cannot open %s", f->path);
    if (!S_ISREG(st.st_mode))
        return diag("cannot use %s as a journal: not a regular file", f->path);
    if (f->mode == JFILE_READ)
        return 0;
    if (st.st_uid != geteuid())
        return diag("cannot use %s as a journal: it belongs to another user", f->path);
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return diag("cannot use %s as a journal: others may write to it (chmod go-w %s)", f->path, f->path);
    return 0;
}

/*
 * A smap that was killed while it started a task leaves a process that shares its descriptors until
 * it executes, or is ended: so who comes at once after it waits a little.
 */
static bool lock_soon(int fd)
{
    int64_t until = clock_now() + LOCK_PATIENCE;

    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK || clock_now() >= until)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    return true;
}

/* Goes with the descriptor, so it is free again however smap ends. */
static int lock_file(const struct jfile *f)
{
    if (f->mode == JFILE_READ || lock_soon(f->fd))
        return 0;
    if (errno == EWOULDBLOCK)
        return diag("cannot use %s as a journal: another smap is using it", f->path);
    if (errno != ENOSYS && errno != EOPNOTSUPP && errno != ENOLCK)
        return diag_errno("cannot lock %s", f->path);
    diag_note("%s cannot be locked on this file system: see to it that no other smap uses it", f->path);
    return 0;
}

static int write_header(struct jfile *f)
{
    char h[HEADER];

    if (getrandom(&f->seed, sizeof f->seed, 0) != sizeof f->seed)
        f->seed = (uint64_t)clock_wall() * 0x9e3779b97f4a7c15u ^ (uint64_t)getpid();
    memcpy(h, magic, sizeof magic);
    le_put32(h + 8, VERSION);
    le_put32(h + 12, HEADER);
    le_put64(h + 16, f->seed);
    le_put64(h + 24, (uint64_t)clock_wall());
    le_put64(h + 32, hash64(h, 32, 0));
    if (io_pwrite_all(f->fd, h, sizeof h, 0) < 0 || ftruncate(f->fd, HEADER) < 0 || fsync(f->fd) < 0)
        return diag_errno("cannot write %s", f->path);
    sync_directory(f->path);
    f->end = HEADER;
    return 0;
}

static int not_a_journal(const struct jfile *f)
{
    return diag("%s is not a journal of smap", f->path);
}

/* A header was cut off by a kill when it is shorter than one and begins like one. */
static bool is_unborn(const char *h, size_t len)
{
    return len < HEADER && memcmp(h, magic, len < sizeof magic ? len : sizeof magic) == 0;
}

static int read_header(struct jfile *f)
{
    char h[HEADER];
    ssize_t n = io_read_all(f->fd, h, sizeof h);

    if (n < 0)
        return diag_errno("cannot read %s", f->path);
    if (is_unborn(h, (size_t)n))
        return f->mode == JFILE_APPEND ? write_header(f) : not_a_journal(f);
    if (n < HEADER || memcmp(h, magic, sizeof magic) != 0)
        return not_a_journal(f);
    if (le_get32(h + 8) > VERSION)
        return diag("%s was written by a newer smap (format %" PRIu32 ", this one knows %d)", f->path, le_get32(h + 8),
                    VERSION);
    if (hash64(h, 32, 0) != le_get64(h + 32) || le_get32(h + 12) != HEADER)
        return diag("%s is damaged at its beginning and cannot be used", f->path);
    f->seed = le_get64(h + 16);
    f->end = HEADER;
    return 0;
}

static int open_file(const char *path, enum jfile_mode mode)
{
    /* O_NONBLOCK: a FIFO must not hold smap up before it is refused. */
    int flags = O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK;
    int fd = mode == JFILE_READ ? open(path, flags | O_RDONLY) : open(path, flags | O_RDWR | O_CREAT, 0600);

    if (fd < 0 && errno == ELOOP)
        return diag("cannot open %s: it is a symbolic link; name the file itself", path);
    return fd < 0 ? diag_errno("cannot open %s", path) : fd;
}

int jfile_open(struct jfile **out, const char *path, enum jfile_mode mode)
{
    int fd = open_file(path, mode);

    if (fd < 0)
        return -1;
    struct jfile *f = xcalloc(1, sizeof *f);

    f->fd = fd;
    f->path = xstrdup(path);
    f->mode = mode;
    if (check_file(f) < 0 || lock_file(f) < 0 || read_header(f) < 0) {
        jfile_close(f);
        return -1;
    }
    *out = f;
    return 0;
}

void jfile_close(struct jfile *f)
{
    if (!f)
        return;
    close(f->fd);
    buf_release(&f->out);
    buf_release(&f->window);
    free(f->path);
    free(f);
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

struct buf *jfile_begin(struct jfile *f, unsigned type, uint64_t *at)
{
    f->begun = f->out.len;
    *at = f->end + f->begun;
    le_put32(buf_room(&f->out, HEAD) + 20, type);
    f->out.len += HEAD;
    return &f->out;
}

int jfile_end(struct jfile *f)
{
    char *head = f->out.ptr + f->begun;
    size_t len = f->out.len - f->begun - HEAD;
    uint64_t seed = f->seed + f->end + f->begun;

    le_put64(head + 8, hash64(head + HEAD, len, seed));
    le_put32(head + 16, (uint32_t)len);
    le_put64(head, hash64(head + 8, HEAD - 8, seed));
    return f->out.len >= WRITE_AT ? jfile_flush(f) : f->broken ? -1 : 0;
}

/* Half a write is a torn tail, which goes; should it have to stay, the next scan finds it. */
static int broke(struct jfile *f)
{
    f->broken = true;
    diag_errno("cannot record results in %s", f->path);
    if (ftruncate(f->fd, (off_t)f->end) < 0)
        diag_note("its end is not whole: the next run will drop that");
    return -1;
}

int jfile_flush(struct jfile *f)
{
    if (f->broken)
        return -1;
    if (!f->out.len)
        return 0;
    if (io_pwrite_all(f->fd, f->out.ptr, f->out.len, (off_t)f->end) < 0)
        return broke(f);
    f->end += f->out.len;
    buf_clear(&f->out);
    f->dirty = true;
    return 0;
}

int jfile_sync(struct jfile *f)
{
    if (jfile_flush(f) < 0)
        return -1;
    if (f->dirty && fdatasync(f->fd) < 0)
        return broke(f);
    f->dirty = false;
    return 0;
}

bool jfile_dirty(const struct jfile *f)
{
    return f->dirty || f->out.len;
}
