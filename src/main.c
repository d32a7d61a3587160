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
 *      +-------------------- map.c: the corridor, flight.c: what is on its way -------+
 *
 *   ask/      option (the one table), type, rules, hint, help, command: the command line becomes struct conf
 *   tasks/    source (contract), lines, values (::: lists), sweep and range, columns, pack, block, repeat
 *   backend/  backend (contract and table), local (serial and procs), dry (--dry-run)
 *   work/     worker (contract and table), command, program, template, hole, shline (shscan, shbare), shfast, argv, spawn (home of process creation)
 *   results/  outlet (contract), order, spill, sink, identity, journal: jfile (the file), jentry (its records), jindex, jscan, jread, jwrite...
 *   watch/    failures, summary, starts (-v, -t)
 *   base/     task and piece (what travels), buf, xalloc, diag, io, loop, signals, clock, cpus, parse
 *
 * Includes point downward only: main -> rooms -> map -> tasks, backend, results, watch -> work -> base; ask is used by the first two alone.
 */
#include "ask/conf.h"
#include "ask/option.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/signals.h"
#include "rooms.h"
#include "status.h"
#include "watch/summary.h"
#include "work/child.h"
#include "work/spawn.h"

#include <signal.h>
#include <string.h>

static void print_summary(const struct rooms *r, const struct map_counts *n, int64_t began)
{
    struct summary s = {
        .succeeded = n->succeeded,
        .failed = n->failed,
        .cancelled = n->cancelled,
        .wall = clock_now() - began,
        .replayed = n->replayed,
        .task_time = n->task_time,
        .slots = r->slots,
    };

    summary_print(&s);
}

static int exit_status(const struct map_counts *n)
{
    if (n->broken)
        return STATUS_BROKEN;
    if (n->signal)
        return STATUS_SIGNAL + n->signal;
    if (n->stopped)
        return STATUS_STOPPED;
    return n->failed ? STATUS_TASK_FAILED : STATUS_OK;
}

/* Opens the rooms, walks through them, closes them: the status. */
static int run(const struct conf *c)
{
    struct rooms rooms = {0};
    struct map_counts counts = {0};
    int64_t began = clock_now();
    int status = rooms_open(&rooms, c);

    if (status) {
        rooms_close(&rooms);
        return status;
    }
    if (rooms_run(&rooms, c, &counts) < 0)
        counts.broken = true;
    status = exit_status(&counts);
    if (rooms_finish(&rooms, status == STATUS_OK || status == STATUS_TASK_FAILED) < 0)
        status = STATUS_BROKEN;
    if (counts.sigpipe)
        signals_die(SIGPIPE);
    if (c->summary || counts.failed)
        print_summary(&rooms, &counts, began);
    rooms_close(&rooms);
    if (counts.signal)
        signals_die(counts.signal);
    return status == STATUS_OK && diag_lost() ? STATUS_BROKEN : status;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], CHILD_WORD) == 0)
        return child_main(argc, argv);
    struct conf conf;
    int status = STATUS_OK;

    /* Descriptors 0, 1, 2 exist from here on, and what smap was given is remembered for its tasks. */
    if (io_fill_standard() < 0)
        return STATUS_BROKEN;
    spawn_init();
    switch (option_parse(&conf, argc, argv)) {
    case OPTION_RUN:
        status = run(&conf);
        break;
    case OPTION_BROKEN:
        status = STATUS_BROKEN;
        break;
    case OPTION_USAGE:
        status = STATUS_USAGE;
        break;
    case OPTION_DONE:
        break;
    }
    option_release(&conf);
    return status;
}
