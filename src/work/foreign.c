/*
 * Handlers of exit(3) get no argument, and run in the thread that has called it: what they must know is the thread's own. They are registered
 * by the first call, so those that the library registers later run before.
 */
#include "work/foreign.h"

#include "base/diag.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

enum { STATUS_FAILED = 3 }; /* as of main.c: smap itself failed */

static _Thread_local const char *inside; /* foreign code: the complaint about it */
static _Thread_local pid_t pid;          /* in which that was begun */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void on_exit_called(void)
{
    if (!inside || pid != getpid())
        return;
    diag("%s: the run is not complete", inside);
    _exit(STATUS_FAILED);
}

/* A copy need not care for what is smap's; a getpid before and after each call would cost more than most of them. */
static void on_fork(void)
{
    if (inside)
        pid = 0;
}

static void watch(void)
{
    atexit(on_exit_called);
    (void)at_quick_exit(on_exit_called); /* fails for want of memory alone */
    pthread_atfork(NULL, NULL, on_fork);
}

void foreign_enter(const char *complaint)
{
    if (!pid) {
        pthread_once(&once, watch);
        pid = getpid();
    }
    inside = complaint;
}

void foreign_leave(void)
{
    inside = NULL;
    if (!pid)
        _exit(0);
}
