/* Starts smap, disturbs it, and sees to it that everything that it started is gone. All of it become children of this process, whatever they do. */
#include "attempt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORDS = 40, LIMIT_US = 10000000, LEAVE_US = 2000000 };

static long now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

static bool has(const char *set, char c)
{
    return set && strchr(set, c);
}

/* --- the command line --------------------------------------------------------------------------------------------- */

struct words {
    char *word[WORDS];
    int n;
};

static void add(struct words *w, const char *text)
{
    w->word[w->n++] = strdup(text);
    w->word[w->n] = NULL;
}

static void addf(struct words *w, const char *format, const char *a, const char *b)
{
    char text[512];

    snprintf(text, sizeof text, format, a, b);
    add(w, text);
}

static void add_work(struct words *w, const struct attempt *a)
{
    char text[128];

    if (is(a->work, "function") || is(a->work, "usleep")) {
        add(w, "--worker");
        add(w, is(a->work, "usleep") ? "libc.so.6:usleep" : "libm.so.6:sqrt");
        add(w, "--signature");
        add(w, is(a->work, "usleep") ? "int(unsigned)" : "double(double)");
    } else if (is(a->work, "filter")) {
        add(w, "--filter");
        if (a->nap)
            snprintf(text, sizeof text, "while read -r n; do sleep %d.%03d; echo $n; done", a->nap / 1000, a->nap % 1000);
        add(w, a->nap ? text : "sed -u s/a/b/");
    } else if (is(a->work, "shell")) {
        int n = a->nap ? snprintf(text, sizeof text, "sleep %d.%03d; ", a->nap / 1000, a->nap % 1000) : 0;

        snprintf(text + n, sizeof text - (size_t)n, "printf '%%0%dd\\n' {}", a->pad);
        add(w, text);
    } else {
        snprintf(text, sizeof text, "%%0%dd\\n", a->pad);
        add(w, "printf");
        add(w, text);
        add(w, "{}");
    }
}

static void add_smap(struct words *w, const struct attempt *a)
{
    add(w, getenv("SMAP"));
    add(w, is(a->backend, "serial") ? "--serial" : "--procs");
    if (!is(a->backend, "serial"))
        add(w, "2");
    if (is(a->sink, "file") || is(a->sink, "journal")) {
        add(w, is(a->sink, "file") ? "-o" : "--journal");
        add(w, is(a->sink, "file") ? "FILE" : "JOURNAL");
    }
    if (a->pad > 1000)
        for (const char *const *o = (const char *const[]){"--buffer", "4K", NULL}; *o; o++)
            add(w, *o);
    add_work(w, a);
}

static void add_strace(struct words *w, const char *trace)
{
    size_t name = strcspn(trace, ":");
    char call[64];

    if (*trace == '/') {
        for (const char *const *o = (const char *const[]){"strace", "-qq", "-o", trace, NULL}; *o; o++)
            add(w, *o);
        return;
    }

    snprintf(call, sizeof call, "%.*s", (int)name, trace);
    for (const char *const *o = (const char *const[]){"strace", "-qq", "-o", "/dev/null", "-e", NULL}; *o; o++)
        add(w, *o);
    addf(w, "trace=%s", call, "");
    add(w, "-e");
    addf(w, "inject=%s", trace, "");
}

/* --- the child ---------------------------------------------------------------------------------------------------- */

static void set_limit(const char *limit)
{
    static const struct {
        const char *name;
        int resource;
    } known[] = {{"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC}, {"fsize", RLIMIT_FSIZE}, {"as", RLIMIT_AS}, {"stack", RLIMIT_STACK}};
    size_t len = strcspn(limit, ":");
    rlim_t value = (rlim_t)strtoull(limit + len + (limit[len] == ':'), NULL, 10);

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == len && memcmp(known[i].name, limit, len) == 0 &&
            setrlimit(known[i].resource, &(struct rlimit){value, value}) < 0)
            _exit(99);
}

static void place(int fd, const char *path, int flags)
{
    int from = open(path, flags, 0666);

    if (from < 0 || (from != fd && dup2(from, fd) < 0))
        _exit(98);
    if (from != fd)
        close(from);
}

static void set_environment(const struct attempt *a)
{
    char number[16];

    setenv("TMPDIR", "tmp", 1);
    if (!a->nomem)
        return;
    setenv("LD_PRELOAD", getenv("NOMEM"), 1);
    snprintf(number, sizeof number, "%d", atoi(a->nomem));
    setenv(a->nomem[strlen(a->nomem) - 1] == '+' ? "NOMEM_FROM" : "NOMEM_AT", number, 1);
}

static _Noreturn void become(const struct attempt *a, bool disturbed, int pipe, int err)
{
    struct words w = {.n = 0};

    signal(SIGPIPE, SIG_DFL);
    if (disturbed && a->trace)
        add_strace(&w, a->trace);
    add_smap(&w, a);
    place(0, "in", O_RDONLY);
    if (disturbed && has(a->full, '2'))
        place(2, "/dev/full", O_WRONLY);
    else
        dup2(err, 2);
    if (pipe >= 0)
        dup2(pipe, 1);
    else
        place(1, disturbed && has(a->full, '1') ? "/dev/full" : "out", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND);
    setenv("TMPDIR", "tmp", 1);
    if (a->uid && (setgid((gid_t)a->uid) < 0 || setuid((uid_t)a->uid) < 0))
        _exit(97);
    if (disturbed) {
        if (a->limit)
            set_limit(a->limit);
        set_environment(a);
        for (const char *c = a->close; c && *c; c++)
            close(*c - '0');
    }
    execvp(w.word[0], w.word);
    _exit(127);
}

/* --- what happens meanwhile --------------------------------------------------------------------------------------- */

/* Children of PID, with a word in their command line or not. Returns one of them, or 0. */
static pid_t child_of(pid_t pid, const char *word, bool with)
{
    char path[64], line[4096];
    pid_t found = 0;
    int child;

    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *f = fopen(path, "r");

    while (f && !found && fscanf(f, "%d", &child) == 1) {
        snprintf(path, sizeof path, "/proc/%d/cmdline", child);
        struct text t = {0};
        int fd = open(path, O_RDONLY);
        ssize_t n = fd < 0 ? 0 : read(fd, line, sizeof line - 1);

        if (fd >= 0)
            close(fd);
        for (ssize_t i = 0; i < n; i++)
            if (!line[i])
                line[i] = ' ';
        line[n > 0 ? n : 0] = '\0';
        if (n > 0 && (strstr(line, word) != NULL) == with)
            found = child;
        free(t.bytes);
    }
    if (f)
        fclose(f);
    return found;
}

static void happen(const struct attempt *a, pid_t smap)
{
    if (a->signal)
        kill(smap, a->signal);
    if (!a->victim)
        return;
    pid_t victim = is(a->victim, "smap") ? smap : child_of(smap, "--internal-guard", is(a->victim, "guard"));

    if (victim)
        kill(victim, SIGKILL);
}

struct reader {
    const char *how;
    int fd;       /* -1: none, or it has had enough */
    long from_us; /* it sleeps until then */
    FILE *copy;
    long enough;
};

static void open_reader(struct reader *r, const struct attempt *a, bool disturbed, int *theirs)
{
    int fd[2];

    *r = (struct reader){.how = a->reader, .fd = -1, .enough = -1};
    *theirs = -1;
    if (!a->reader || !disturbed)
        return;
    if (pipe2(fd, O_CLOEXEC) < 0)
        exit(2);
    fcntl(fd[1], F_SETPIPE_SZ, 4096);
    if (is(a->reader, "nonblock"))
        fcntl(fd[1], F_SETFL, O_NONBLOCK);
    if (strncmp(a->reader, "gone:", 5) == 0)
        r->enough = atol(a->reader + 5);
    if (is(a->reader, "stall"))
        r->from_us = now_us() + 700000;
    r->fd = fd[0];
    *theirs = fd[1];
    r->copy = fopen("out", "w");
}

/* Reads some; by and by when it is slow. */
static void read_some(struct reader *r)
{
    char bytes[4096];
    size_t want = sizeof bytes;

    if (r->enough >= 0 && (size_t)r->enough < want)
        want = (size_t)r->enough;
    ssize_t n = want ? read(r->fd, bytes, want) : 0;

    if (n > 0)
        fwrite(bytes, 1, (size_t)n, r->copy);
    if (n > 0 && r->enough >= 0)
        r->enough -= n;
    if (n <= 0 || r->enough == 0) {
        close(r->fd);
        r->fd = -1;
    }
    if (is(r->how, "slow") || is(r->how, "nonblock"))
        r->from_us = now_us() + 2000;
}

static void drain(struct reader *r)
{
    for (r->from_us = 0, r->how = "all"; r->fd >= 0;) {
        struct pollfd p = {r->fd, POLLIN, 0};

        if (poll(&p, 1, 1000) <= 0)
            break; /* somebody is left who holds it */
        read_some(r);
    }
    if (r->fd >= 0)
        close(r->fd);
    if (r->copy)
        fclose(r->copy);
}

/* A pipe, since a limit on the size of files shall not make smap mute. */
static void read_words(int fd, struct text *t)
{
    char bytes[16384];
    ssize_t n;

    while ((n = read(fd, bytes, sizeof bytes)) > 0) {
        t->bytes = realloc(t->bytes, t->len + (size_t)n + 1);
        memcpy(t->bytes + t->len, bytes, (size_t)n);
        t->len += (size_t)n;
        t->bytes[t->len] = '\0';
    }
}

/* Signals are for the smap that knows them: not before its handlers are there. */
static bool is_ready(pid_t smap)
{
    char path[64], line[256];
    unsigned long long caught = 0;

    snprintf(path, sizeof path, "/proc/%d/status", (int)smap);
    FILE *f = fopen(path, "r");

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "SigCgt: %llx", &caught) == 1)
            break;
    if (f)
        fclose(f);
    return caught >> (SIGUSR1 - 1) & 1;
}

/* True when smap has ended. */
static bool attend(const struct attempt *a, pid_t smap, struct reader *r, int err, struct end *e)
{
    long begin = now_us(), storm = begin, stop = begin + a->stop_us, happens = begin + a->event_ms * 1000;
    bool stopped = false, happened = !a->signal && !a->victim, ready = !a->storm_us;

    while (now_us() - begin < LIMIT_US) {
        long now = now_us();
        struct pollfd p = {r->fd >= 0 && now >= r->from_us ? r->fd : -1, POLLIN, 0};
        bool busy = a->storm_us || a->stop_us || !happened;

        if (poll(&p, 1, busy || r->fd >= 0 ? 0 : 1) > 0 && p.revents)
            read_some(r);
        read_words(err, &e->err);
        if (waitpid(smap, &e->status, WNOHANG) == smap)
            return true;
        if (!ready)
            ready = is_ready(smap);
        if (a->storm_us && ready && now >= storm) {
            kill(smap, a->storm_signal);
            storm = now + a->storm_us;
        }
        if (a->stop_us && now >= stop) {
            kill(smap, stopped ? SIGCONT : SIGSTOP);
            stopped = !stopped;
            stop = now + a->stop_us * (1 + rand() % 4) / 2;
        }
        if (!happened && now >= happens) {
            happen(a, smap);
            happened = true;
        }
        if (busy || r->fd >= 0)
            usleep(200);
    }
    return false;
}

/* --- afterwards --------------------------------------------------------------------------------------------------- */

static bool collect(int *status, pid_t smap)
{
    int s;
    pid_t pid;

    while ((pid = waitpid(-1, &s, WNOHANG)) > 0)
        if (pid == smap)
            *status = s;
    return pid < 0;
}

static void show(pid_t pid)
{
    char command[64];

    snprintf(command, sizeof command, "ps -o pid,ppid,stat,etimes,args -p %d >&2; date +%%T.%%N >&2", (int)pid);
    if (system(command) != 0)
        fprintf(stderr, "process %d is left\n", (int)pid);
}

/* Everybody is our child in the end. How many are there two seconds later. */
static int see_out(pid_t smap, int *status)
{
    long until = now_us() + LEAVE_US;
    pid_t last = 0;
    int left = 0;

    while (!collect(status, smap)) {
        pid_t child;

        if (now_us() > until + LIMIT_US)
            return left + 1; /* there, but not to be found */
        if (now_us() > until && (child = child_of(getpid(), "", true))) {
            if (child != last)
                show(child);
            left += child != last;
            last = child;
            kill(child, SIGKILL);
        }
        usleep(500);
    }
    return left;
}

static void open_up(const char *name)
{
    chmod(name, 0777);
}

void run_smap(const struct attempt *a, bool disturbed, struct end *e)
{
    struct reader r;
    int theirs, err[2];
    static const struct attempt calm;

    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    unlink("out");
    mkdir("tmp", 0777);
    open_up("tmp");
    open_reader(&r, a, disturbed, &theirs);
    if (pipe2(err, O_CLOEXEC) < 0)
        exit(2);
    fcntl(err[0], F_SETFL, O_NONBLOCK);
    pid_t smap = fork();

    if (smap == 0)
        become(a, disturbed, theirs, err[1]);
    if (theirs >= 0)
        close(theirs);
    close(err[1]);
    *e = (struct end){.err = {calloc(1, 1), 0}};
    e->hung = !attend(disturbed ? a : &calm, smap, &r, err[0], e);
    if (e->hung)
        kill(smap, SIGKILL);
    drain(&r);
    e->survivors = see_out(smap, &e->status);
    read_words(err[0], &e->err);
    close(err[0]);
    e->has_out = access("FILE", F_OK) == 0;
    e->out = read_text(is(a->sink, "file") ? "FILE" : "out");
}
