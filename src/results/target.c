/* The output file: a temporary name, then rename(2), so that whoever looks sees the old file or the new one, whole. */
#include "results/target.h"

#include "base/buf.h"
#include "base/diag.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's */

struct target {
    char *file; /* as the user named it */
    char *path; /* links followed; NULL as temp */
    char *temp; /* NULL: written directly */
    struct unfinished unfinished;
};

static void free_target(struct target *t)
{
    xalloc_end_file(&t->unfinished);
    free(t->file);
    free(t->path);
    free(t->temp);
    free(t);
}

/* Length of the directory part of PATH, its slash included. */
static size_t directory(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Where the last component leads; realpath(3) would refuse a link to a file that is yet to be made. */
static char *follow(const char *file)
{
    char *path = xstrdup(file), link[PATH_MAX];
    ssize_t n;

    for (int i = 0; i < LINKS_MAX && (n = readlink(path, link, sizeof link)) > 0; i++) {
        struct buf next = BUF_INIT;

        if (link[0] != '/')
            buf_put(&next, path, directory(path));
        buf_put(&next, link, (size_t)n);
        free(path);
        path = xmemdup(next.ptr, next.len);
        buf_release(&next);
    }
    return path;
}

/* The number of a descriptor by one of its names, -1: it is none. To open the name would begin a file behind
 * it anew. */
static int named_descriptor(const char *file)
{
    static const char *const dirs[] = {"/dev/fd/", "/proc/self/fd/"};
    int n = -1, end = 0;

    if (strcmp(file, "-") == 0 || strcmp(file, "/dev/stdout") == 0)
        return STDOUT_FILENO;
    if (strcmp(file, "/dev/stderr") == 0)
        return STDERR_FILENO;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
        if (strncmp(file, dirs[i], strlen(dirs[i])) == 0 && sscanf(file + strlen(dirs[i]), "%9d%n", &n, &end) == 1 &&
            !file[strlen(dirs[i]) + (size_t)end])
            return n;
    return -1;
}

static mode_t new_file_mode(void)
{
    mode_t mask = umask(0);

    umask(mask);
    return 0666 & ~mask;
}

/* The new file takes owner and mode of the one that it replaces, as far as smap may set them. */
static void take_after(int fd, const struct stat *old)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && (st.st_uid != old->st_uid || st.st_gid != old->st_gid) &&
        fchown(fd, old->st_uid, old->st_gid) < 0) {
        /* not ours to give away */
    }
    fchmod(fd, old->st_mode & 07777);
}

static int make_temp(struct target *t, const char *base)
{
    struct buf name = BUF_INIT;

    buf_put(&name, t->path, directory(t->path));
    buf_printf(&name, ".%s%ssmap-XXXXXX", base, *base ? "." : "");
    free(t->temp);
    t->temp = xmemdup(name.ptr, name.len);
    buf_release(&name);
    return mkostemp(t->temp, O_CLOEXEC);
}

static int open_temp(struct target *t, const struct stat *old, int *fd)
{
    *fd = make_temp(t, t->path + directory(t->path));
    if (*fd < 0 && errno == ENAMETOOLONG)
        *fd = make_temp(t, "");
    if (*fd < 0)
        return diag_errno("cannot make a temporary file beside %s", t->file);
    t->unfinished = (struct unfinished){.file = t->file, .temp = t->temp};
    xalloc_begin_file(&t->unfinished);
    if (old)
        take_after(*fd, old);
    else
        fchmod(*fd, new_file_mode());
    return 0;
}

static int open_file(struct target *t, int *fd)
{
    struct stat st;
    bool exists = stat(t->file, &st) == 0;

    if (exists && S_ISDIR(st.st_mode))
        return diag("cannot write %s: it is a directory", t->file);
    if (!exists || S_ISREG(st.st_mode)) {
        t->path = follow(t->file);
        return open_temp(t, exists ? &st : NULL, fd);
    }
    *fd = open(t->file, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    return *fd < 0 ? diag_errno("cannot open %s", t->file) : 0;
}

int target_open(struct target **out, const char *file, int *fd, bool *ours)
{
    struct target *t = xcalloc(1, sizeof *t);

    t->file = xstrdup(file);
    *fd = named_descriptor(file);
    *ours = *fd < 0;
    if (*ours && open_file(t, fd) < 0) {
        free_target(t);
        return -1;
    }
    *out = t;
    return 0;
}

/* Some file systems cannot sync: no reason to fail. */
static bool synced(int fd)
{
    return fsync(fd) == 0 || errno == EINVAL || errno == EROFS || errno == ENOTSUP;
}

/* The rename itself reaches the disk with its directory; best effort, the data are safe already. */
static void sync_directory(const struct target *t)
{
    char *dir = xmemdup(t->path, directory(t->path));
    int fd = open(*dir ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    free(dir);
    if (fd < 0)
        return;
    fsync(fd);
    close(fd);
}

static void give_up(const struct target *t, int fd)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && st.st_size == 0 && unlink(t->temp) == 0)
        diag_note("%s is left as it was: there was no output", t->file);
    else
        diag_note("%s is left as it was; the partial output is in %s", t->file, t->temp);
}

static int finish(struct target *t, int fd)
{
    if (!synced(fd))
        return diag_errno("cannot write %s", t->file);
    if (rename(t->temp, t->path) < 0)
        return diag_errno("cannot rename %s to %s", t->temp, t->path);
    xalloc_end_file(&t->unfinished);
    sync_directory(t);
    return 0;
}

int target_close(struct target *t, int fd, bool complete)
{
    int rc = 0;

    if (!t)
        return 0;
    if (t->temp) {
        rc = complete ? finish(t, fd) : 0;
        if (!complete || rc < 0)
            give_up(t, fd);
    }
    free_target(t);
    return rc;
}
