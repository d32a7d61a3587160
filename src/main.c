/*
 * smap: map for the command line. This file: ask, open the rooms, walk through them, close them, exit status.
 *
 * stdin, files, :::                                                              stdout, FILE
 *      |                                                                              ^
 *      v                                                                              |
 *   tasks/ ---> backend/ ------> work/ ------> backend/ ---> results/order ---> results/sink
 *   cut into    hand out         do it         collect       back in order      watch/failures
 *   batches     serial, procs    command                     spill to disk
 *      |                                                                              |
 *      +---------------- results/journal: done already? what came back ---------------+
 *      +-------- map.c: the corridor: down.c, up.c, flight.c: what is on its way -----+
 *      policy: what to do next; retry: attempts that wait; pace: when to start; stop: the end before the end; muster: USR1;
 *      counts, status; outlets: all of them as one; review: a journal instead of a run
 *
 *   ask/      ask (the door), option (the one table), type, rules, help, command: the command line becomes struct conf;
 *             jobfile, jobtasks (jobread), events (libyaml), job, jobdump: so does a job file, and back
 *   tasks/    source (contract), lines, values (::: lists), sweep and range, columns, pack, block, repeat
 *   backend/  backend (contract and table), local (serial and procs), dry (--dry-run), schedule (batch sizes), returned, relief (tasks given back)
 *     mpi:    launcher (who started us), world (entering MPI), mpi (the module, behind transport), ranks, crew and peer (rank 0),
 *             pump (the other ranks), executor and serve (the process that does a rank's work), setup (their first words), nap
 *   work/     worker (contract and table), and a file for each kind of work:
 *     command   program, template, hole, misnamed, argv; lines of shell: shline, shscan, shbare, shfast
 *     function  lots, link, reader, stuck: how it goes; share: what is between it and its process: child, writer, caller
 *     inplace   (--serial) foreign; and as function: callee, dl, signature, ctype
 *     filter    answers, silence: how much it wants, piped; and as function: slotenv, ended
 *     processes spawn (home of their creation), again (patience), reaper (the end of one), ending (of its group), descend (of all descendants),
 *               guard, groups and kin (of all when smap is killed)
 *   results/  outlet (contract), order (chain, record, spill, numbers), sink (target, channel, lines), jsonl (entry), tree (--results), joblog, failed
 *     hook      hook_command, hook_function (aside: in a thread), hook_stream: its forms; hooks, hook_process, stash: what they share
 *     journal   identity (of a task), jfile (the file), jentry (its records), jscan, jread, journal_read, jindex and jsift (what is done),
 *               jpart and jwrite (what comes in), jhooks, jhosts
 *   watch/    failures, summary, hosts, starts (-v, -t)
 *   base/     task, batch and piece (what travels), wire (these as bytes; le, varint), buf, xalloc, diag, io, loop, signals, clock, cpus, parse, limits,
 *             jobend (of batch systems), utf8, json, hash, hint (the nearest name)
 *
 * Under an MPI launcher: enter.c sorts the ranks; rank 0 goes this way, the others serve it.
 *
 * Includes point downward only: main -> rooms, enter -> map -> tasks, backend, results, watch -> work -> base; ask is used by the first two alone.
 */
#include "ask/ask.h"
#include "ask/conf.h"
#include "backend/executor.h"
#include "backend/serve.h"
#include "backend/world.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/signals.h"
#include "base/xalloc.h"
#include "counts.h"
#include "enter.h"
#include "review.h"
#include "rooms.h"
#include "status.h"
#include "watch/summary.h"
#include "work/child.h"
#include "work/guard.h"
#include "work/spawn.h"

#include <signal.h>
#include <string.h>

static void print_summary(const struct counts *n, int64_t began)
{
    struct summary s = {
        .succeeded = n->succeeded,
        .failed = n->failed,
        .cancelled = n->cancelled,
        .wall = clock_now() - began,
        .replayed = n->replayed,
        .task_time = n->task_time,
        .slots = n->slots,
    };

    summary_print(&s);
}

static void print_stop(const struct conf *c, const struct counts *n)
{
    uint64_t done = n->succeeded + n->failed;
    struct summary_stop s = {
        .signal = n->signal,
        .halted = n->halted,
        .late = n->late,
        .left = n->total == UINT64_MAX ? UINT64_MAX : n->total - done,
        .journal = c->journal,
    };

    summary_print_stop(&s);
}

/* By the signal itself, for a shell to see; as one of several ranks with a status, which is all that a launcher hands on. */
static int die_of(int sig)
{
    if (!world_is_shared())
        signals_die(sig);
    return STATUS_SIGNAL + sig;
}

/* Opens the rooms, walks through them, closes them: the status. */
static int run(const struct conf *c)
{
    struct rooms rooms = {0};
    struct counts counts = {0};
    int64_t began = clock_now();
    int status = rooms_open(&rooms, c);

    if (status) {
        rooms_close(&rooms);
        return status;
    }
    if (rooms_run(&rooms, c, &counts) < 0)
        counts.broken = true;
    status = status_of(&counts, (enum limits_exit)c->exit_style);
    if (rooms_finish(&rooms, counts_complete(&counts)) < 0)
        status = STATUS_BROKEN;
    rooms_close(&rooms);
    if (counts.sigpipe)
        return die_of(SIGPIPE);
    if (counts.signal || counts.stopped)
        print_stop(c, &counts);
    if (c->summary || counts.failed || counts.signal || counts.stopped)
        print_summary(&counts, began);
    if (counts.signal)
        return die_of(counts.signal);
    return status == STATUS_OK && diag_lost() ? STATUS_BROKEN : status;
}

static int review(const struct conf *c)
{
    struct review_spec spec = {.journal = c->from, .joblog = c->joblog};

    return review_run(&spec) < 0 ? STATUS_BROKEN : STATUS_OK;
}

/* What was read of the command line was no run: the status. */
static int no_run(enum ask_result parsed)
{
    return parsed == ASK_BROKEN ? STATUS_BROKEN : parsed == ASK_USAGE ? STATUS_USAGE : STATUS_OK;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], CHILD_WORD) == 0)
        return child_main(argc, argv);
    if (argc > 1 && strcmp(argv[1], GUARD_WORD) == 0)
        return guard_main(argv[2]);
    guard_allow();
    xalloc_begin();
    struct conf conf;
    struct entrance entrance;

    /* Descriptors 0, 1, 2 exist from here on, and what smap was given is remembered for its tasks. */
    if (io_fill_standard() < 0)
        return diag_errno("cannot fill descriptors 0 to 2 with /dev/null"), STATUS_BROKEN;
    spawn_init();
    if (argc == 2 && strcmp(argv[1], EXECUTOR_OPTION) == 0)
        return serve_main(EXECUTOR_FD);

    /* Ask; then, as one of several ranks, see which part is ours. */
    enter_begin(&entrance, argv);
    enum ask_result parsed = ask_read(&conf, argc, argv);
    int status = enter_job(&entrance, &conf, parsed, argv);

    if (status < 0)
        status = parsed != ASK_RUN ? no_run(parsed) : conf.from ? review(&conf) : run(&conf);
    ask_release(&conf);
    return world_leave(status);
}
