/*
 * Process creation. vfork shares our memory with the child until it executes or leaves, so between the two the child calls only
 * system calls, touches only its own stack and the one word that carries its error back, and all signals are blocked: no handler of ours can run in it.
 * The parent is suspended meanwhile, hence the error word is final when vfork returns; no pipe is needed to report it.
 */
#include "work/spawn.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "work/groups.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* What smap was given and hands on to its tasks; written once, by spawn_init. */
static struct given {
    sigset_t mask;
    struct sigaction pipe, chld, xfsz;
    struct rlimit files;
    bool files_raised;
} given;

void spawn_init(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, normal = {.sa_handler = SIG_DFL};

    sigprocmask(SIG_SETMASK, NULL, &given.mask);
    sigaction(SIGPIPE, &ignore, &given.pipe);
    sigaction(SIGCHLD, &normal, &given.chld);
    sigaction(SIGXFSZ, &ignore, &given.xfsz); /* a file size limit is an error of write(2), with a message */
    if (getrlimit(RLIMIT_NOFILE, &given.files) == 0 && given.files.rlim_cur < given.files.rlim_max) {
        struct rlimit raised = {given.files.rlim_max, given.files.rlim_max};

        given.files_raised = setrlimit(RLIMIT_NOFILE, &raised) == 0;
    }
}

/* Handlers go back to the default by themselves at execve; only what we ignore or reset must be put back. */
static void restore_signals(void)
{
    sigaction(SIGPIPE, &given.pipe, NULL);
    sigaction(SIGCHLD, &given.chld, NULL);
    sigaction(SIGXFSZ, &given.xfsz, NULL);
    sigprocmask(SIG_SETMASK, &given.mask, NULL);
}

/*
 * Puts the three descriptors in their places. Ours all lie above 2 (io_fill_standard), so no target is a source
 * that is still needed, and dup2 clears close-on-exec on the copy.
 */
static int place_descriptors(const struct spawn *s)
{
    for (int i = 0; i < 3; i++) {
        int fd = s->fd[i];

        if (fd == SPAWN_INHERIT)
            continue;
        if (fd == SPAWN_NULL) {
            fd = open("/dev/null", i == 0 ? O_RDONLY : O_WRONLY);
            if (fd < 0)
                return -1;
            if (fd == i)
                continue;
            if (dup2(fd, i) < 0)
                return -1;
            close(fd);
        } else if (dup2(fd, i) < 0) {
            return -1;
        }
    }
    if (s->extra == SPAWN_NULL)
        return 0;
    return s->extra == 3 ? fcntl(3, F_SETFD, 0) : dup2(s->extra, 3);
}

/* When memory runs out the kernel shall take a task, not smap: unprivileged processes may raise the score, not lower it. */
static void offer_to_oom_killer(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (write(fd, "500", 3) < 0) {
        /* a hint only */
    }
    close(fd);
}

/*
 * The kernel ends the child itself when smap is gone. That is lost when it executes a set-user-ID program, and does not reach its children: the rest is the guard's
 * work, but the guard comes a moment later.
 */
static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); /* gone already */
}

/* Runs in the child, on the parent's memory. */
static _Noreturn void become(const struct spawn *s, pid_t parent, volatile int32_t *place, volatile int *error)
{
    if (s->session)
        setsid();
    else
        setpgid(0, 0);
    if (place)
        *place = getpid();
    if (!s->session)
        die_with(parent);
    if (s->nice)
        setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + s->nice);
    if (!s->trusted)
        offer_to_oom_killer();
    if ((!s->cwd || chdir(s->cwd) == 0) && place_descriptors(s) >= 0) {
        if (given.files_raised && !s->trusted)
            setrlimit(RLIMIT_NOFILE, &given.files);
        restore_signals();
        execve(s->path, s->argv, s->env);
    }
    *error = errno;
    _exit(127);
}

static int open_pidfd(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    return fd; /* close-on-exec by definition */
}

static void collect(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

int spawn_start(const struct spawn *s, struct process *p)
{
    volatile int error = 0;
    sigset_t all, before;

    *p = (struct process){.pidfd = -1};
    volatile int32_t *place = s->session ? NULL : groups_reserve();

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t self = getpid(), pid = vfork();

    if (pid == 0)
        become(s, self, place, &error);
    int failed = pid < 0 ? errno : error;

    sigprocmask(SIG_SETMASK, &before, NULL);
    if (!failed) {
        p->pidfd = open_pidfd(pid);
        if (p->pidfd < 0 && errno != ENOSYS) {
            failed = errno; /* no descriptor to be had: as if it had not been started */
            kill(-pid, SIGKILL);
        }
    }
    if (failed) {
        if (pid > 0)
            collect(pid);
        groups_release(place);
        return failed;
    }
    p->pid = pid;
    p->place = place;
    return 0;
}

bool spawn_reap(struct process *p, bool block, int *status, struct rusage *usage)
{
    pid_t got;

    do
        got = wait4(p->pid, status, block ? 0 : WNOHANG, usage);
    while (got < 0 && errno == EINTR);
    if (got == 0)
        return false;
    if (got < 0)
        *status = 0xff00; /* somebody else collected it: nothing is known, which is no success */
    if (p->pidfd >= 0)
        close(p->pidfd);
    groups_release(p->place);
    *p = (struct process){.pidfd = -1};
    return true;
}

void spawn_kill(const struct process *p, int sig)
{
    if (p->pid > 0)
        kill(-p->pid, sig);
}

static bool executable(const char *path, int *error)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return false;
    if (S_ISREG(st.st_mode) && access(path, X_OK) == 0)
        return true;
    *error = EACCES;
    return false;
}

/* As execvp looks: names with a slash are paths; an empty entry of PATH is the working directory. */
char *spawn_lookup_in(const char *name, const char *from)
{
    int error = ENOENT;

    if (strchr(name, '/')) {
        if (executable(name, &error))
            return xstrdup(name);
        errno = error;
        return NULL;
    }
    struct buf file = BUF_INIT;

    if (!from)
        from = "/bin:/usr/bin";
    for (bool more = *name; more;) {
        const char *end = strchrnul(from, ':');

        buf_clear(&file);
        buf_put(&file, from, (size_t)(end - from));
        if (end > from)
            buf_putc(&file, '/');
        buf_puts(&file, name);
        if (executable(buf_cstr(&file), &error))
            return file.ptr;
        more = *end;
        from = end + more;
    }
    buf_release(&file);
    errno = error;
    return NULL;
}

char *spawn_lookup(const char *name)
{
    return spawn_lookup_in(name, getenv("PATH"));
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/*
 * Variables by which an MPI library recognises its launcher. With them a task could not call mpirun itself: it would take itself for a
 * rank. What users set to tune Open MPI (OMPI_MCA_...) or to allow root stays, but for the parts that carry the launcher's identity.
 */
bool spawn_is_launchers(const char *variable)
{
    static const char *const kept[] = {"OMPI_MCA_orte_", "OMPI_MCA_ess", "OMPI_MCA_pmix"};

    if (has_prefix(variable, "PMIX_") || has_prefix(variable, "PMI_") || has_prefix(variable, "ORTE_") ||
        has_prefix(variable, "PRTE_") || has_prefix(variable, "HYDI_") || has_prefix(variable, "HYDRA_") ||
        has_prefix(variable, "MPIR_CVAR_CH4_NETMOD_PMI") || has_prefix(variable, "MPI_LOCAL") || has_prefix(variable, "SLURM_STEP_"))
        return true;
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (has_prefix(variable, kept[i]))
            return true;
    return has_prefix(variable, "OMPI_") && !has_prefix(variable, "OMPI_MCA_") && !has_prefix(variable, "OMPI_ALLOW");
}

static bool same_name(const char *a, const char *b)
{
    size_t n = strcspn(a, "=");

    return n == strcspn(b, "=") && memcmp(a, b, n) == 0;
}

static bool overridden(const char *variable, char *const *extra)
{
    for (; extra && *extra; extra++)
        if (same_name(variable, *extra))
            return true;
    return false;
}

char **spawn_env(bool keep_mpi, char *const *extra)
{
    size_t n = 0, used = 0;

    for (char **e = environ; *e; e++)
        n++;
    for (char *const *e = extra; e && *e; e++)
        n++;
    char **env = xcalloc(n + 2, sizeof *env);
    const char *mark = groups_mark();

    for (char **e = environ; *e; e++)
        if ((keep_mpi || !spawn_is_launchers(*e)) && !overridden(*e, extra) && !same_name(*e, mark))
            env[used++] = xstrdup(*e);
    for (char *const *e = extra; e && *e; e++)
        env[used++] = xstrdup(*e);
    env[used++] = xstrdup(mark);
    return env;
}

void spawn_env_free(char **env)
{
    if (!env)
        return;
    for (char **e = env; *e; e++)
        free(*e);
    free(env);
}
