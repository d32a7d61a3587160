/* Both sides of the guard. */
#include "work/guard.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/xalloc.h"
#include "work/groups.h"
#include "work/kin.h"
#include "work/spawn.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    LIST_FD = 3,
    LOOK_AGAIN = 1000000, /* us to the next attempt to start it, and between looks where there is no pidfd */
    DEATHS_MOST = 20,     /* then somebody does not want it */
    PAUSE_MS = 20,        /* between two looks at what is left */
    CALM_LOOKS = 3,       /* looks in a row that find nothing */
};

static bool allowed; /* this program knows what GUARD_WORD means */

void guard_allow(void)
{
    allowed = !getenv("SMAP_GUARD");
}

/* --- the guard ---------------------------------------------------------------------------------------------------- */

/* NULL: none was to be had. Whatever else the caller has left on that descriptor does not begin with our mark. */
static const struct groups_shared *map_list(const char *mark)
{
    const struct groups_shared *list;
    struct stat st;

    if (fstat(LIST_FD, &st) < 0 || st.st_size < (off_t)sizeof *list)
        return NULL;
    void *p = mmap(NULL, sizeof *list, PROT_READ, MAP_SHARED, LIST_FD, 0);

    list = p;
    return p == MAP_FAILED || strncmp(list->mark, mark, sizeof list->mark) != 0 ? NULL : list;
}

/* Without looking at who they are: the groups that were alive when smap went. */
static void kill_listed(const struct groups_shared *list)
{
    for (uint32_t i = 0; i < list->used && i < GROUPS_MOST; i++)
        if (list->group[i] > 1)
            kill(-list->group[i], SIGKILL);
}

/* Free places hold 0, which is also the group of kernel threads and of whoever comes from outside of this PID namespace. */
static bool is_listed(const struct groups_shared *list, pid_t group)
{
    for (uint32_t i = 0; list && group > 1 && i < list->used && i < GROUPS_MOST; i++)
        if (list->group[i] == group)
            return true;
    return false;
}

/* How many could be sent it, and so are still there. */
static size_t kill_kin(const struct groups_shared *list, const char *mark)
{
    size_t n;
    struct kin *k = kin_list(&n);

    for (size_t i = 0; i < n; i++)
        k[i].ours = k[i].pid > 1 && (is_listed(list, k[i].group) || kin_has_variable(k[i].pid, mark));
    kin_spread(k, n);
    size_t left = kin_kill(k, n, GUARD_VARIABLE);

    free(k);
    return left;
}

static void end_all(const struct groups_shared *list, const char *mark)
{
    int64_t until = clock_now() + GUARD_US;

    if (list)
        kill_listed(list);
    for (int calm = 0; calm < CALM_LOOKS && clock_now() < until; poll(NULL, 0, PAUSE_MS))
        calm = kill_kin(list, mark) ? 0 : calm + 1;
}

/* The end of the pipe says it; the death of smap too, should a copy that a function made of its process hold the pipe. */
static void wait_for_end(void)
{
    struct pollfd p[] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = (int)syscall(SYS_pidfd_open, getppid(), 0), .events = POLLIN}, /* -1 is skipped */
    };

    while (poll(p, 2, -1) < 0)
        sleep(1);
}

int guard_main(const char *mark)
{
    sigset_t all;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    prctl(PR_SET_NAME, "smap-guard");
    if (!mark || strncmp(mark, GROUPS_MARK_NAME "=", sizeof GROUPS_MARK_NAME) != 0)
        return 2;
    const struct groups_shared *list = map_list(mark);

    wait_for_end();
    end_all(list, mark);
    return 0;
}

/* --- who is guarded ----------------------------------------------------------------------------------------------- */

struct guard {
    struct loop *loop;
    struct loop_timer timer;
    struct process process;
    int pipe; /* our end; -1: none */
    int deaths;
    bool watching;
};

static void on_death(void *ctx, short events);

static int start(struct guard *g)
{
    char *argv[] = {"smap-guard", GUARD_WORD, (char *)groups_mark(), NULL};
    char *path = getenv("LD_LIBRARY_PATH"), *env[] = {GUARD_VARIABLE, path ? path - sizeof "LD_LIBRARY_PATH" : NULL, NULL};
    struct spawn s = {
        .path = "/proc/self/exe",
        .argv = argv,
        .env = env,
        .fd = {-1, SPAWN_NULL, SPAWN_NULL},
        .extra = groups_fd() < 0 ? SPAWN_NULL : groups_fd(),
        .session = true,
        .trusted = true,
    };
    int fd[2];

    if (io_pipe(fd) < 0)
        return -1;
    s.fd[0] = fd[0];
    int error = spawn_start(&s, &g->process);

    close(fd[0]);
    if (error) {
        close(fd[1]);
        return -1;
    }
    g->pipe = fd[1];
    if (g->process.pidfd >= 0)
        loop_add(g->loop, g->process.pidfd, POLLIN, on_death, g);
    return 0;
}

static void let_go(struct guard *g)
{
    if (g->pipe >= 0)
        close(g->pipe);
    g->pipe = -1;
}

/* Time to start it, or (where there is no pidfd) to look how it is. */
static void on_timer(void *ctx)
{
    struct guard *g = ctx;

    if (g->process.pid)
        on_death(g, 0);
    else if (g->deaths < DEATHS_MOST)
        start(g);
    if (g->deaths < DEATHS_MOST && (!g->process.pid || g->process.pidfd < 0))
        loop_timer_set(g->loop, &g->timer, clock_now() + LOOK_AGAIN);
}

static void on_death(void *ctx, short events)
{
    struct guard *g = ctx;
    struct rusage usage;
    int status, pidfd = g->process.pidfd;

    (void)events;
    if (pidfd >= 0)
        loop_remove(g->loop, pidfd);
    if (!spawn_reap(&g->process, false, &status, &usage)) {
        if (pidfd >= 0)
            loop_add(g->loop, pidfd, POLLIN, on_death, g);
        return;
    }
    let_go(g);
    if (++g->deaths == DEATHS_MOST)
        diag_note("the guard process has ended %d times: if smap is killed now, tasks may go on running", g->deaths);
    else
        loop_timer_set(g->loop, &g->timer, clock_now());
}

struct guard *guard_open(struct loop *l)
{
    if (!allowed)
        return NULL;
    struct guard *g = xcalloc(1, sizeof *g);

    g->loop = l;
    g->process.pidfd = g->pipe = -1;
    loop_timer_init(&g->timer, on_timer, g);
    return g;
}

void guard_watch(struct guard *g)
{
    if (!g || g->watching)
        return;
    g->watching = true;
    loop_timer_set(g->loop, &g->timer, clock_now() + GUARD_AFTER);
}

void guard_close(struct guard *g)
{
    struct rusage usage;
    int status;

    if (!g)
        return;
    loop_timer_clear(g->loop, &g->timer);
    if (g->process.pid) {
        if (g->process.pidfd >= 0)
            loop_remove(g->loop, g->process.pidfd);
        kill(g->process.pid, SIGKILL); /* it blocks all others */
        spawn_reap(&g->process, true, &status, &usage);
    }
    let_go(g);
    free(g);
}
