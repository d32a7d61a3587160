/*
 * The self-pipe: write(2) is safe in a handler, and a full pipe loses nothing that matters, for its bytes wake the loop anyway.
 */
#include "base/signals.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static struct caught {
    int pipe[2];
    bool open;
    sigset_t set;
    struct loop *loop;
    signals_fn fn;
    void *ctx;
} caught; /* handlers can reach nothing but file scope */

static void handler(int sig)
{
    int error = errno;
    unsigned char byte = (unsigned char)sig;

    if (write(caught.pipe[1], &byte, 1) < 0) {
        /* full: the loop has plenty to wake up for */
    }
    errno = error;
}

static void on_signals(void *ctx, short events)
{
    unsigned char byte[64];
    ssize_t n = io_read(caught.pipe[0], byte, sizeof byte);

    (void)ctx;
    (void)events;
    for (ssize_t i = 0; i < n && caught.open; i++)
        caught.fn(caught.ctx, byte[i]);
}

static void catch_one(int sig)
{
    struct sigaction old, now = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigfillset(&now.sa_mask);
    sigaction(sig, NULL, &old);
    if (old.sa_handler == SIG_IGN)
        return;
    sigaction(sig, &now, NULL);
    sigaddset(&caught.set, sig);
}

int signals_open(struct loop *l, const int *extra, signals_fn fn, void *ctx)
{
    if (io_pipe(caught.pipe) < 0)
        return diag_errno("cannot make a pipe for signals");
    if (io_set_nonblock(caught.pipe[0]) < 0 || io_set_nonblock(caught.pipe[1]) < 0)
        return diag_errno("cannot make a pipe for signals");
    caught.open = true;
    caught.loop = l;
    caught.fn = fn;
    caught.ctx = ctx;
    sigemptyset(&caught.set);
    loop_add(l, caught.pipe[0], POLLIN, on_signals, NULL);
    catch_one(SIGINT);
    catch_one(SIGTERM);
    catch_one(SIGHUP);
    for (; extra && *extra; extra++)
        catch_one(*extra);
    return 0;
}

/* Ignored rather than default from here on: a signal in the last instant shall not cut the closing short. */
void signals_close(void)
{
    if (!caught.open)
        return;
    caught.open = false;
    for (int sig = 1; sig < 32; sig++)
        if (sigismember(&caught.set, sig) == 1)
            signal(sig, SIG_IGN);
    loop_remove(caught.loop, caught.pipe[0]);
    close(caught.pipe[0]);
    close(caught.pipe[1]);
}

void signals_die(int sig)
{
    sigset_t set;

    signal(sig, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, sig);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(sig);
    _exit(128 + sig);
}
