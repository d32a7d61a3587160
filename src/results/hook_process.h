/*
 * hook_process: a process of a hook: started, fed, collected. Private to hook_command.c and
 * hook_stream.c. Room: results.
 *
 * Its standard input is a pipe that is fed without blocking; what it prints goes to smap's standard
 * error. That it does not read is no error: bytes for a pipe nobody reads are dropped. It runs in a
 * process group of its own.
 */
#ifndef SMAP_HOOK_PROCESS_H
#define SMAP_HOOK_PROCESS_H

#include "base/loop.h"
#include "results/channel.h"
#include "work/reaper.h"
#include "work/spawn.h"

struct program;

/* It has ended, with an exit status, or by a signal (else 0). */
typedef void hook_ended_fn(void *ctx, int status, int signal);

struct hook_process {
    struct loop *loop;
    struct process process; /* pid 0: none */
    struct channel in;
    bool fed;     /* its input is still open */
    bool hurried; /* it was told to end */
    struct reaper reaper;
    struct loop_timer end;
    hook_ended_fn *ended;
    void *ctx;
};

void hook_process_init(struct hook_process *h, struct loop *l, hook_ended_fn *ended, void *ctx);
/* Starts S, which program_prepare has filled in; or somebody else: P is NULL. 0, or an errno. */
int hook_process_start(struct hook_process *h, struct program *p, struct spawn *s);
/* True while more may be given to hook_process_feed. */
bool hook_process_hungry(const struct hook_process *h);
void hook_process_feed(struct hook_process *h, struct span bytes);
/* What has been given is written, as far as that goes now: to be called again while it is busy. */
void hook_process_flush(struct hook_process *h);
/* All has been given: its input ends once it is written; true when it has been. To be called again
 * until then. */
bool hook_process_feed_end(struct hook_process *h);
/* It may go on until then (monotonic us; CLOCK_NEVER: for ever); TERM at that time, and KILL a
 * second later. */
void hook_process_hurry(struct hook_process *h, int64_t until);
/* Ends it, and waits for that: its input ends, then TERM, then KILL, in about a second. `ended` is
 * told. */
void hook_process_end(struct hook_process *h);

#endif
