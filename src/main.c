/*
 * smap: map for the command line. This file: ask, open the rooms, run the corridor, close them, exit status.
 *
 * stdin, files, :::                                                              stdout, FILE
 *      |                                                                              ^
 *      v                                                                              |
 *   tasks/ ---> backend/ ------> work/ ------> backend/ ---> results/order ---> results/sink
 *   cut into    hand out         do it         collect       back in order      watch/failures
 *   batches     serial, procs    command                     spill to disk
 *      +-------------------- map.c: the corridor, flight.c: what is on its way -------+
 *
 *   ask/      option (the one table), type, rules, hint, help, command: the command line becomes struct conf
 *   tasks/    source (contract), lines, values (::: lists), columns, pack, block
 *   backend/  backend (contract and table), local (serial and procs), dry (--dry-run)
 *   work/     worker (contract and table), command, program, template, hole, shline (shscan, shbare), shfast, argv, spawn (home of process creation)
 *   results/  outlet (contract), order, spill, sink
 *   watch/    failures, summary, starts (-v, -t)
 *   base/     task and piece (what travels), buf, xalloc, diag, io, loop, signals, clock, cpus, parse
 *
 * Includes point downward only: main -> map -> tasks, backend, results, watch -> work -> base; ask is used here alone.
 */
#include "map.h"

#include "ask/conf.h"
#include "ask/option.h"
#include "backend/backend.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/loop.h"
#include "base/signals.h"
#include "results/order.h"
#include "results/sink.h"
#include "tasks/source.h"
#include "watch/failures.h"
#include "watch/starts.h"
#include "watch/summary.h"
#include "work/spawn.h"
#include "work/work.h"
#include "work/worker.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

/* What smap answers its caller; the table EXIT STATUS of smap(1). */
enum exit_status {
    EXIT_OK = 0,
    EXIT_TASK_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_BROKEN = 3,    /* smap itself failed: results incomplete */
    EXIT_STOPPED = 124, /* tasks not run */
};

/* The rooms of one run. */
struct rooms {
    struct loop *loop;
    struct source *source;
    struct work work;
    struct outlet *sink, *failures;
    struct starts *starts;
    uint32_t slots;
};

static int open_source(struct rooms *r, const struct conf *c)
{
    struct source_spec spec = {
        .file = c->arg_file.word,
        .files = c->arg_file.words,
        .list = c->list,
        .lists = c->lists,
        .separator = c->separator,
        .colsep = {c->colsep.ptr, c->colsep.len},
        .header = c->header,
        .max_args = c->exact_args ? c->exact_args : c->max_args,
        .exact_args = c->exact_args > 0,
        .block = c->block,
    };

    return source_open(&r->source, &spec);
}

static void describe_work(struct rooms *r, const struct conf *c, const struct cpus_limits *cpus)
{
    uint32_t usable = cpus_usable(cpus);

    r->slots = c->serial ? 1 : cpus_slots(&c->procs, cpus);
    r->work = (struct work){
        .kind = (enum work_kind)c->kind,
        .word = c->word,
        .words = c->words,
        .shell = c->shell,
        .replace = c->replace,
        .separator = c->separator,
        .pack = c->max_args > 0,
        .feed = c->feed,
        .inherit = c->ungroup && !c->output && !c->tag,
        .keep_mpi_env = c->keep_mpi_env,
        .linger = c->linger,
        .cpus_per_slot = usable > r->slots ? usable / r->slots : 1,
    };
    r->work.name = source_names(r->source, &r->work.names);
}

static void say_line(void *ctx, struct span line)
{
    (void)ctx;
    diag_line(line);
}

static int open_outlets(struct rooms *r, const struct conf *c)
{
    struct sink_spec spec = {
        .loop = r->loop,
        .file = c->output,
        .line_buffer = c->line_buffer,
        .ungroup = c->ungroup,
        .tag = c->tag,
    };

    if (sink_open(&r->sink, &spec) < 0)
        return -1;
    r->failures = failures_new(say_line, NULL);
    r->sink->next = r->failures;
    return 0;
}

static int close_outlets(struct rooms *r, bool complete)
{
    int result = 0;

    if (r->failures && r->failures->ops->close(r->failures, complete) < 0)
        result = -1;
    if (r->sink && r->sink->ops->close(r->sink, complete) < 0)
        result = -1;
    return result;
}

static int run_corridor(struct rooms *r, const struct conf *c, struct map_counts *counts)
{
    struct map_spec spec = {
        .loop = r->loop,
        .source = r->source,
        .backend = backend_find(c->dry_run ? "dry" : c->backend),
        .work = &r->work,
        .slots = r->slots,
        .order = c->order,
        .buffer = c->buffer,
        .outlets = r->sink,
        .sink = r->sink,
        .on_start = r->starts ? starts_tell : NULL,
        .ctx = r->starts,
    };

    return map_run(&spec, counts);
}

static void print_summary(const struct rooms *r, const struct map_counts *n, int64_t began)
{
    struct summary s = {
        .succeeded = n->succeeded,
        .failed = n->failed,
        .cancelled = n->cancelled,
        .wall = clock_now() - began,
        .task_time = n->task_time,
        .slots = r->slots,
    };

    summary_print(&s);
}

static int exit_status(const struct map_counts *n)
{
    if (n->broken)
        return EXIT_BROKEN;
    if (n->signal)
        return 128 + n->signal;
    if (n->stopped)
        return EXIT_STOPPED;
    return n->failed ? EXIT_TASK_FAILED : EXIT_OK;
}

/* Opens the rooms, runs, closes them: the status. */
static int run(struct rooms *r, const struct conf *c)
{
    struct map_counts counts = {0};
    struct cpus_limits cpus;
    int64_t began = clock_now();
    int status;

    cpus_read(&cpus, "");
    if (open_source(r, c) < 0)
        return EXIT_BROKEN;
    describe_work(r, c, &cpus);
    status = worker_ops_for(&r->work)->check(&r->work);
    if (status)
        return status;
    if (c->verbose || c->print_commands)
        r->starts = starts_new(&r->work, c->verbose, c->print_commands);
    if (open_outlets(r, c) < 0 || run_corridor(r, c, &counts) < 0)
        counts.broken = true;
    status = exit_status(&counts);
    if (close_outlets(r, status == EXIT_OK || status == EXIT_TASK_FAILED) < 0)
        status = EXIT_BROKEN;
    if (counts.sigpipe)
        signals_die(SIGPIPE);
    if (c->summary || counts.failed)
        print_summary(r, &counts, began);
    if (counts.signal)
        signals_die(counts.signal);
    return status == EXIT_OK && diag_lost() ? EXIT_BROKEN : status;
}

int main(int argc, char **argv)
{
    struct conf conf;
    struct rooms rooms = {0};
    int status;

    /* Descriptors 0, 1, 2 exist from here on, and what smap was given is remembered for its tasks. */
    if (io_fill_standard() < 0)
        return EXIT_BROKEN;
    spawn_init();
    switch (option_parse(&conf, argc, argv)) {
    case OPTION_BROKEN:
        status = EXIT_BROKEN;
        break;
    case OPTION_USAGE:
        status = EXIT_USAGE;
        break;
    case OPTION_DONE:
        status = EXIT_OK;
        break;
    case OPTION_RUN:
    default:
        rooms.loop = loop_new();
        status = run(&rooms, &conf);
        starts_free(rooms.starts);
        source_close(rooms.source);
        loop_free(rooms.loop);
    }
    option_release(&conf);
    return status;
}
