/*
 * Entering and leaving MPI. The order matters: the module is loaded, global and complete (Open MPI's own plugins do not name the library
 * they need, and find it only so); the executor is started while this is still a plain process; then MPI begins.
 */
#include "backend/world.h"

#include "backend/executor.h"
#include "backend/launcher.h"
#include "backend/nap.h"
#include "backend/pump.h"
#include "backend/ranks.h"
#include "backend/transport.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/xalloc.h"
#include "work/descend.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#ifndef SMAP_LIBDIR
#define SMAP_LIBDIR "/usr/local/lib/smap"
#endif

enum {
    LINGER_MS = 1000,
    BYE_US = 10000000,
    LEAVE_S = 5, /* rank 0; others: */
    LEAVE_LATER_S = 8,
    STATUS_BROKEN = 3,
};

/* There is one MPI world to a process. */
static struct world {
    struct ranks_spec ranks;
    struct executor executor;
    bool master;
} world = {.executor = {.fd = -1}};

const struct ranks_spec *world_ranks(void)
{
    return &world.ranks;
}

bool world_is_shared(void)
{
    return world.ranks.size > 1;
}

void world_linger(const struct launcher *l)
{
    if (l->size > 1)
        poll(NULL, 0, LINGER_MS);
}

/* Others than rank 0 fail alike, and silently. */
static enum world_role refuse(const struct launcher *l)
{
    world_linger(l);
    return l->rank ? WORLD_DONE : WORLD_FAILED;
}

/* --- the module ------------------------------------------------------------------------------------------------- */

/* The directory of the program, with its slash. */
static void program_directory(struct buf *out)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path);

    while (n > 0 && path[n - 1] != '/')
        n--;
    if (n > 0)
        buf_put(out, path, (size_t)n);
}

/* Loads FILE if it is there: NULL with the reason in ERROR when it is but cannot be used. */
static const struct transport_ops *load(const char *file, struct buf *error)
{
    if (access(file, R_OK) < 0)
        return NULL;
    void *module = dlopen(file, RTLD_NOW | RTLD_GLOBAL);

    if (!module) {
        buf_printf(error, "; %s", dlerror());
        return NULL;
    }
    const struct transport_ops *t = dlsym(module, TRANSPORT_SYMBOL);

    if (!t || t->abi != TRANSPORT_ABI) {
        buf_printf(error, "; %s is of another version of smap", file);
        return NULL;
    }
    return t;
}

/* Beside the program, where it was installed to, or where that would be had it been moved. LIBRARY's own module, then the one there is. */
static const struct transport_ops *find_module(const char *library, struct buf *error)
{
    static const char *const place[] = {"", SMAP_LIBDIR "/", "../lib/smap/"};
    const char *special = library && strcmp(library, "mpich") == 0 ? "-mpich" : "-openmpi";
    const struct transport_ops *t = NULL;
    struct buf file = BUF_INIT;

    for (int try = library ? 0 : 1; try < 2 && !t; try++)
        for (size_t i = 0; i < sizeof place / sizeof *place && !t; i++) {
            buf_clear(&file);
            if (place[i][0] != '/')
                program_directory(&file);
            buf_printf(&file, "%ssmap-mpi%s.so", place[i], try == 0 ? special : "");
            t = load(buf_cstr(&file), error);
        }
    buf_release(&file);
    return t;
}

static const struct transport_ops *choose_module(const struct world_spec *spec)
{
    const char *wanted = spec->library ? spec->library : launcher_library(spec->launcher);
    struct buf error = BUF_INIT;
    const struct transport_ops *t = find_module(wanted, &error);

    if (!t)
        diag("--mpi: no module smap-mpi.so beside the program or in %s (built by make where there is an mpicc)%s", SMAP_LIBDIR,
             error.len ? buf_cstr(&error) : "");
    buf_release(&error);
    if (!t || !wanted || strcmp(t->library, wanted) == 0 || strcmp(t->library, "mpi") == 0)
        return t;
    if (spec->library)
        diag("--mpi=%s: the module for it is missing: smap-mpi.so was built with %s", wanted, t->library);
    else
        diag("--mpi: this is the %s of %s, but smap-mpi.so was built with %s: %s", launcher_name(spec->launcher), wanted, t->library,
             launcher_advice(spec->launcher, t->library));
    return NULL;
}

/* --- entering --------------------------------------------------------------------------------------------------- */

/* True when N copies were started that know nothing of each other. */
static bool alone_among_many(const struct launcher *l, const struct transport_ops *t, uint32_t size)
{
    if (size == l->size)
        return false;
    if (l->rank == 0)
        diag("--mpi: %s started %u copies, but MPI (%s) says %u: %s", launcher_name(l), l->size, t->library, size,
             launcher_advice(l, t->library));
    return true;
}

/* Standard input belongs to rank 0. A Slurm step sends it to all, and stops when one does not read. */
static int give_up_stdin(const struct launcher *l)
{
    if (l->step)
        return STDIN_FILENO;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        close(null);
    }
    return -1;
}

static void abort_all(void)
{
    world.ranks.transport->abort(STATUS_BROKEN);
}

static volatile sig_atomic_t last_status;

static void leave_as_it_is(int sig)
{
    (void)sig;
    _exit(last_status);
}

/*
 * Some MPIs now and then wait for ever here (MPICH 4.0 over TCP: a rank has connections to close with peers who no longer listen). By now all is
 * written, and every rank has said its last word: after some seconds it leaves without that; rank 0 before the others, since the first status counts.
 */
static void leave_mpi(int status, unsigned seconds)
{
    last_status = status;
    signal(SIGALRM, leave_as_it_is);
    alarm(seconds);
    world.ranks.transport->close();
    alarm(0);
}

/*
 * Launchers send signals to all ranks. Rank 0 knows what to do with them, and needs the others for it: they would take results along. What
 * ends a rank is rank 0's word, its silence, or KILL.
 */
static void leave_signals_to_master(void)
{
    static const int sig[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

    for (size_t i = 0; i < sizeof sig / sizeof *sig; i++)
        signal(sig[i], SIG_IGN);
}

static enum world_role serve_rank(const struct world_spec *spec, uint32_t rank)
{
    struct pump_spec pump = {
        .transport = world.ranks.transport,
        .executor = &world.executor,
        .rank = rank,
        .lost_after = spec->lost_after,
        .drain = give_up_stdin(spec->launcher),
    };

    leave_signals_to_master();
    diag_divert(NULL, NULL);
    if (pump_run(&pump) < 0)
        abort_all();
    leave_mpi(0, LEAVE_LATER_S);
    return WORLD_DONE;
}

static enum world_role join(const struct world_spec *spec)
{
    const struct transport_ops *t = world.ranks.transport;
    uint32_t rank, size;

    if (t->open(&rank, &size, diag) < 0)
        return refuse(spec->launcher);
    if (alone_among_many(spec->launcher, t, size)) {
        executor_end(&world.executor);
        t->close();
        return refuse(spec->launcher);
    }
    xalloc_on_failure(abort_all);
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0); /* after the executor was started: it would be inherited */
    if (rank)
        return serve_rank(spec, rank);
    world.ranks.size = size;
    world.master = true;
    return WORLD_MASTER;
}

enum world_role world_enter(const struct world_spec *spec)
{
    const struct launcher *l = spec->launcher;

    if (l->size == 1) {
        diag_note("note: --mpi with one rank: the job runs here alone; mpirun -n 4 smap --mpi ... starts four");
        return WORLD_ALONE;
    }
    if (l->kind == LAUNCHER_SRUN) {
        diag("--mpi: srun started %u copies without an MPI: use srun --mpi=pmix (Open MPI) or srun --mpi=pmi2 (MPICH)", l->size);
        return refuse(l);
    }
    world.ranks = (struct ranks_spec){
        .transport = choose_module(spec),
        .executor = &world.executor,
        .slots = spec->slots,
        .lost_after = spec->lost_after,
        .launcher = launcher_name(l),
    };
    if (!world.ranks.transport)
        return refuse(l);
    if (!(spec->dedicated && l->rank == 0))
        executor_start(&world.executor); /* a failure is known by its absence, once there is a rank 0 to tell */
    return join(spec);
}

/* Until every rank has said its last word: MPI shall be left with nothing under way. False: one does not. */
static bool see_all_off(const struct transport_ops *t)
{
    int64_t now = clock_now(), until = now + BYE_US;
    struct nap nap = {.since = now};
    struct transport_message m;
    uint32_t left = world.ranks.size - 1;
    int got = 0;

    while (left && got >= 0 && now < until) {
        while ((got = t->receive(&m)) == 1) {
            left -= m.tag == PUMP_BYE;
            nap_event(&nap, clock_now());
        }
        now = clock_now();
        int64_t sleep = nap_until(&nap, now) - now;

        if (left && sleep > 0)
            nanosleep(&(struct timespec){.tv_nsec = sleep * 1000}, NULL);
    }
    return !left;
}

int world_leave(int status)
{
    const struct transport_ops *t = world.ranks.transport;

    if (!world.master)
        return status;
    world.master = false;
    executor_end(&world.executor);
    for (uint32_t rank = 1; ranks_whole() && rank < world.ranks.size; rank++)
        t->send(rank, PUMP_LEAVE, xmalloc(1), 0);
    if (!ranks_whole() || !see_all_off(t))
        t->abort(status ? status : STATUS_BROKEN);
    leave_mpi(status, LEAVE_S);
    return status;
}
