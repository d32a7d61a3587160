/* Reads, writes and descriptors without their small traps. */
#include "base/io.h"

#include "base/buf.h"
#include "base/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

ssize_t io_read(int fd, void *ptr, size_t len)
{
    ssize_t n;

    do
        n = read(fd, ptr, len);
    while (n < 0 && errno == EINTR);
    return n;
}

ssize_t io_read_all(int fd, void *ptr, size_t len)
{
    size_t have = 0;

    while (have < len) {
        ssize_t n = io_read(fd, (char *)ptr + have, len - have);

        if (n < 0)
            return -1;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    return (ssize_t)have;
}

bool io_read_text(const char *root, const char *name, char *text, size_t size)
{
    struct buf path = BUF_INIT;

    buf_printf(&path, "%s%s", root, name);
    int fd = open(buf_cstr(&path), O_RDONLY | O_CLOEXEC);

    buf_release(&path);
    if (fd < 0)
        return false;
    ssize_t n = io_read_all(fd, text, size - 1);

    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n > 0;
}

ssize_t io_write(int fd, const void *ptr, size_t len)
{
    ssize_t n;

    do
        n = write(fd, ptr, len);
    while (n < 0 && errno == EINTR);
    return n;
}

int io_write_all(int fd, const void *ptr, size_t len)
{
    const char *p = ptr;

    while (len) {
        ssize_t n = io_write(fd, p, len);

        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
            continue;
        }
        if (n < 0)
            return -1;
        p += n;
        len -= (size_t)n;
    }
    return 0;
}

int io_pwrite_all(int fd, const void *ptr, size_t len, off_t at)
{
    const char *p = ptr;

    while (len) {
        ssize_t n = pwrite(fd, p, len, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        p += n;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int io_pread_all(int fd, void *ptr, size_t len, off_t at)
{
    char *p = ptr;

    while (len) {
        ssize_t n = pread(fd, p, len, at);

        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = EIO;
        if (n <= 0)
            return -1;
        p += n;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int io_pipe(int fd[2])
{
    return pipe2(fd, O_CLOEXEC);
}

const char *io_temp_dir(void)
{
    const char *dir = getenv("TMPDIR");

    return dir && *dir ? dir : "/tmp";
}

/* O_TMPFILE never has a name; where the file system lacks it the name is removed at once. */
int io_temp_file(const char *what)
{
    const char *dir = io_temp_dir();
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    struct buf name = BUF_INIT;

    buf_printf(&name, "%s/smap-XXXXXX", dir);
    buf_cstr(&name);
    fd = mkostemp(name.ptr, O_CLOEXEC);
    if (fd >= 0)
        unlink(name.ptr);
    else
        diag_errno("cannot make a temporary file for %s in %s", what, dir);
    buf_release(&name);
    return fd;
}

int io_set_nonblock(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int io_set_cloexec(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    return flags < 0 ? -1 : fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

/* stdin gets a descriptor that cannot be read, stdout and stderr one that cannot be written: closed stays an error. */
int io_fill_standard(void)
{
    int closed = 0;

    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            return -1;
        closed |= 1 << fd;
    }
    return closed;
}
