/*
 * The handing over: `job` is set by the owner and cleared by the thread, under the lock. Both look
 * for a moment without it before they sleep, for a job may be short; to look longer would cost more
 * on a busy machine, where the other does not run, than it saves on an idle one.
 */
#include "results/aside.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/xalloc.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LOOKS = 2000,   /* at `job` before sleeping: a microsecond or two */
    PATIENCE = 100, /* us that the owner waits before it goes on with other things */
};

struct aside {
    struct loop *loop;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake, ended; /* the thread; the owner */
    _Atomic(aside_fn *) job;    /* NULL: idle */
    void *ctx;
    bool sleeps; /* the thread, under the lock */
    bool leave;
    bool tell; /* the owner is back in its loop: write to the pipe */
    int pipe[2];
    bool busy; /* the owner's own view */
};

static bool comes_to(struct aside *a, bool idle)
{
    for (int i = 0; i < LOOKS; i++)
        if ((atomic_load_explicit(&a->job, memory_order_acquire) == NULL) == idle)
            return true;
    return false;
}

/* --- the thread ------------------------------------------------------------------------------ */

/* False: it is time to leave. */
static bool wait_for_job(struct aside *a)
{
    bool leave;

    if (comes_to(a, false))
        return true;
    pthread_mutex_lock(&a->lock);
    a->sleeps = true;
    while (!atomic_load(&a->job) && !a->leave)
        pthread_cond_wait(&a->wake, &a->lock);
    a->sleeps = false;
    leave = !atomic_load(&a->job);
    pthread_mutex_unlock(&a->lock);
    return !leave;
}

static void tell_end(struct aside *a)
{
    pthread_mutex_lock(&a->lock);
    atomic_store_explicit(&a->job, NULL, memory_order_release);
    if (a->tell && write(a->pipe[1], "", 1) < 0) {
        /* cannot be: the pipe holds one byte at most */
    }
    pthread_cond_signal(&a->ended);
    pthread_mutex_unlock(&a->lock);
}

static void *serve(void *ctx)
{
    struct aside *a = ctx;

    while (wait_for_job(a)) {
        aside_fn *job = atomic_load(&a->job);

        job(a->ctx);
        tell_end(a);
    }
    return NULL;
}

/* --- the owner ------------------------------------------------------------------------------- */

static void on_end(void *ctx, short events)
{
    struct aside *a = ctx;
    char byte;

    (void)events;
    if (io_read(a->pipe[0], &byte, 1) == 1)
        a->busy = false;
}

/* True when the job is done by then; else the pipe tells if TELL. */
static bool sleep_until(struct aside *a, int64_t until, bool tell)
{
    struct timespec at = {until / 1000000, until % 1000000 * 1000};
    bool done;

    pthread_mutex_lock(&a->lock);
    while (atomic_load(&a->job))
        if (until == CLOCK_NEVER ? pthread_cond_wait(&a->ended, &a->lock)
                                 : pthread_cond_timedwait(&a->ended, &a->lock, &at))
            break;
    done = !atomic_load(&a->job);
    a->tell = !done && tell;
    pthread_mutex_unlock(&a->lock);
    return done;
}

void aside_run(struct aside *a, aside_fn *job, void *ctx)
{
    pthread_mutex_lock(&a->lock);
    a->tell = false;
    a->ctx = ctx;
    atomic_store_explicit(&a->job, job, memory_order_release);
    if (a->sleeps)
        pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
    a->busy = !comes_to(a, true) && !sleep_until(a, clock_now() + PATIENCE, true);
}

bool aside_busy(const struct aside *a)
{
    return a->busy;
}

bool aside_wait(struct aside *a, int64_t until)
{
    if (a->busy && sleep_until(a, until, true)) {
        char byte;
        struct pollfd p = {.fd = a->pipe[0], .events = POLLIN};

        if (poll(&p, 1, 0) == 1 && io_read(a->pipe[0], &byte, 1) < 0) {
            /* the byte of a job that is known to be done */
        }
        a->busy = false;
    }
    return !a->busy;
}

static int start_thread(struct aside *a)
{
    pthread_condattr_t attributes;
    sigset_t all, before;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&a->lock, NULL);
    pthread_cond_init(&a->wake, NULL);
    pthread_cond_init(&a->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&a->thread, NULL, serve, a);

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

int aside_new(struct aside **out, struct loop *l)
{
    struct aside *a = xcalloc(1, sizeof *a);

    a->loop = l;
    if (io_pipe(a->pipe) < 0) {
        free(a);
        return diag_errno("cannot make a pipe");
    }
    int error = start_thread(a);

    if (error) {
        close(a->pipe[0]);
        close(a->pipe[1]);
        free(a);
        return diag("cannot start a thread: %s", strerror(error));
    }
    loop_add(l, a->pipe[0], POLLIN, on_end, a);
    *out = a;
    return 0;
}

bool aside_free(struct aside *a)
{
    loop_remove(a->loop, a->pipe[0]);
    pthread_mutex_lock(&a->lock);
    a->leave = true;
    a->tell = false;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
    if (a->busy) {
        pthread_detach(a->thread);
        return false;
    }
    pthread_join(a->thread, NULL);
    close(a->pipe[0]);
    close(a->pipe[1]);
    pthread_cond_destroy(&a->wake);
    pthread_cond_destroy(&a->ended);
    pthread_mutex_destroy(&a->lock);
    free(a);
    return true;
}
