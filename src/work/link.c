/*
 * Starting a function worker: smap executes itself, with the shared memory as descriptor 0, the
 * text pipe as 1 and 2, the bell as 3. The memory is a file without a name, fresh for every
 * process: a copy that a function made of its process may still hold the old one.
 */
#include "work/link.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/xalloc.h"
#include "work/child.h"
#include "work/share.h"
#include "work/work.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, WORDS = 8, BELL_TRIES = 20 };

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int open_memory(void)
{
    int fd = memfd_create("smap-worker", MFD_CLOEXEC);

    if (fd < 0 && errno == ENOSYS)
        fd = io_temp_file("memory shared with a worker");
    return fd;
}

static int map_memory(struct link *l, const struct work *work)
{
    l->file = open_memory();
    if (l->file < 0)
        return -1;
    l->end = sizeof *l->share;
    if (ftruncate(l->file, (off_t)l->end) < 0)
        return -1;
    void *p = mmap(NULL, sizeof *l->share, PROT_READ | PROT_WRITE, MAP_SHARED, l->file, 0);

    if (p == MAP_FAILED)
        return -1;
    l->share = p;
    l->share->separator = work->separator;
    l->share->lengths = work->lengths;
    l->share->singly = work->singly;
    return 0;
}

/* The words after `smap`. */
static void fill_argv(char *argv[WORDS], const char *mode, const struct work *work, const char *library)
{
    const char *word[WORDS] = {
        "smap", CHILD_WORD, mode, library, work->word[1], work->signature ? work->signature : "",
        work->config ? work->config : "", NULL,
    };

    memcpy(argv, word, sizeof word);
}

/* Every write to the pipe shall send the worker a signal: caller.c says why. Where that cannot be
 * had, text is credited less exactly. */
static void watch_text(const struct link *l)
{
    fcntl(l->err, F_SETOWN, l->process.pid);
    fcntl(l->err, F_SETSIG, SIGURG);
    fcntl(l->err, F_SETFL, O_NONBLOCK | O_ASYNC);
}

static int start(struct link *l, const struct work *work, const char *library, char **env, int bell, int text)
{
    char *argv[WORDS];
    struct spawn s = {
        .path = "/proc/self/exe",
        .argv = argv,
        .env = env,
        .cwd = work->cwd,
        .fd = {l->file, text, text},
        .extra = bell,
    };

    fill_argv(argv, "run", work, library);
    return spawn_start(&s, &l->process);
}

int link_start(struct link *l, const struct work *work, const char *library, char **env)
{
    int bell[2] = {-1, -1}, text[2] = {-1, -1}, error;

    *l = (struct link)LINK_NONE;
    if (map_memory(l, work) < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bell) < 0 || io_pipe(text) < 0) {
        error = errno;
    } else {
        l->bell = bell[0];
        bell[0] = -1;
        l->err = text[0];
        text[0] = -1;
        error = io_set_nonblock(l->bell) < 0 ? errno : start(l, work, library, env, bell[1], text[1]);
    }
    for (int i = 0; i < 2; i++) {
        close_fd(&bell[i]);
        close_fd(&text[i]);
    }
    if (error) {
        link_close(l);
        return error;
    }
    watch_text(l);
    return 0;
}

/* Behind everything else in the file, with zeros for the worker to look at. The file shrinks when
 * no large batch is left. */
static int give_large(struct link *l, struct share_batch *b, struct span bytes)
{
    static const char slack[SHARE_SLACK];
    uint64_t base = sizeof *l->share;

    if (!l->large && l->end > base) {
        if (ftruncate(l->file, (off_t)base) < 0)
            return -1;
        l->end = base;
    }
    b->offset = (l->end + PAGE - 1) / PAGE * PAGE;
    l->end = b->offset + bytes.len + SHARE_SLACK;
    if (io_pwrite_all(l->file, bytes.ptr, bytes.len, (off_t)b->offset) < 0)
        return -1;
    return io_pwrite_all(l->file, slack, sizeof slack, (off_t)(b->offset + bytes.len));
}

int link_give(struct link *l, const struct share_batch *head, struct span bytes)
{
    uint32_t n = atomic_load(&l->share->given), slot = n % SHARE_BATCHES;
    struct share_batch b = *head;

    b.length = bytes.len;
    l->large &= ~(1u << slot);
    if (bytes.len <= SHARE_INPUT) {
        memcpy(l->share->input[slot], bytes.ptr, bytes.len);
    } else {
        if (give_large(l, &b, bytes) < 0)
            return -1;
        l->large |= 1u << slot;
    }
    l->share->batch[slot] = b;
    atomic_store(&l->share->given, n + 1);
    link_wake(l);
    return 0;
}

void link_wake(struct link *l)
{
    if (!atomic_load(&l->share->worker_waits) || !atomic_exchange(&l->share->worker_waits, 0))
        return;
    /* Full of bells: it will look; closed: its end is near, and seen elsewhere. Memory for a byte comes back soon. */
    for (int i = 0; i < BELL_TRIES; i++) {
        if (send(l->bell, "", 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1 || (errno != ENOMEM && errno != ENOBUFS && errno != EINTR))
            return;
        poll(NULL, 0, 1);
    }
    shutdown(l->bell, SHUT_RDWR); /* a process that ends is better than one that waits for ever */
}

bool link_answer(struct link *l)
{
    char bytes[64];
    ssize_t n = io_read(l->bell, bytes, sizeof bytes);

    atomic_store(&l->share->bell_rung, 0);
    return n > 0 || (n < 0 && errno == EAGAIN);
}

ssize_t link_read(struct link *l, char *buffer, size_t size)
{
    return l->err < 0 ? -1 : io_read(l->err, buffer, size);
}

void link_close(struct link *l)
{
    if (l->share)
        munmap(l->share, sizeof *l->share);
    l->share = NULL;
    close_fd(&l->bell);
    close_fd(&l->err);
    close_fd(&l->file);
}

/* A process that opens the library, and ends. FD becomes its descriptor 3. -1: reported. */
static int start_opener(struct process *p, const char *mode, const struct work *work, const char *library, int fd)
{
    char *argv[WORDS];
    char **env = spawn_env(work->keep_mpi_env, work->env);
    struct spawn s = {
        .path = "/proc/self/exe",
        .argv = argv,
        .env = env,
        .cwd = work->cwd,
        .fd = {SPAWN_NULL, STDERR_FILENO, SPAWN_INHERIT},
        .extra = fd,
    };

    fill_argv(argv, mode, work, library);
    int error = spawn_start(&s, p);

    spawn_env_free(env);
    errno = error;
    return error ? diag_errno("cannot start a worker process") : 0;
}

int link_check(const struct work *work, const char *library)
{
    struct process p;
    struct rusage usage;
    int status;

    if (start_opener(&p, "check", work, library, SPAWN_NULL) < 0)
        return 126;
    spawn_reap(&p, true, &status, &usage);
    if (WIFEXITED(status) && WEXITSTATUS(status) & LINK_CHECKED)
        return WEXITSTATUS(status) & ~LINK_CHECKED;
    if (WIFEXITED(status))
        diag("%s: opening it ended the process (exit status %d)", library, WEXITSTATUS(status));
    else
        diag("%s: opening it ended the process (signal %d)", library, WTERMSIG(status));
    return 126;
}

char *link_find(const struct work *work, const char *library)
{
    char path[PATH_MAX];
    struct process p;
    struct rusage usage;
    int status, fd[2];

    if (io_pipe(fd) < 0) {
        diag_errno("cannot start a worker process");
        return NULL;
    }
    int started = start_opener(&p, "find", work, library, fd[1]);

    close(fd[1]);
    ssize_t n = started < 0 ? -1 : io_read_all(fd[0], path, sizeof path);

    close(fd[0]);
    if (started < 0)
        return NULL;
    spawn_reap(&p, true, &status, &usage);
    if (n > 0 && n < PATH_MAX && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return xmemdup(path, (size_t)n);
    diag("cannot tell where %s lies", library);
    return NULL;
}
