/* Opens the rooms of a run from the options, in the order in which a task walks through them. */
#include "rooms.h"

#include "ask/conf.h"
#include "backend/backend.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/jobend.h"
#include "base/loop.h"
#include "results/failed.h"
#include "results/hook.h"
#include "results/joblog.h"
#include "results/journal.h"
#include "results/jsonl.h"
#include "results/order.h"
#include "results/outlet.h"
#include "results/sink.h"
#include "results/tree.h"
#include "status.h"
#include "tasks/source.h"
#include "watch/failures.h"
#include "watch/hosts.h"
#include "watch/starts.h"
#include "work/misnamed.h"
#include "work/worker.h"

#include <stdlib.h>
#include <string.h>

enum { MARGIN_MOST = 60000000 }; /* us before the end of a batch job */

static const char *get_variable(const char *name)
{
    return getenv(name);
}

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
        .axis = c->axis,
        .axes = c->axes,
        .repeat = c->repeat,
    };

    return source_open(&r->source, &spec);
}

static void count_slots(struct rooms *r, const struct conf *c, const struct cpus_limits *cpus)
{
    r->slots = c->serial ? 1 : cpus_slots(&c->procs, cpus);
    if (strcmp(c->backend, "procs") == 0 && c->procs.kind == CPUS_COUNT && r->slots < c->procs.number)
        diag_note("note: the limit of %llu descriptors leaves room for %u at a time, not %u", (unsigned long long)cpus->descriptors, r->slots,
                  c->procs.number);
}

static void describe_work(struct rooms *r, const struct conf *c, const struct cpus_limits *cpus)
{
    uint32_t usable = cpus_usable(cpus);

    r->cpus = usable;
    count_slots(r, c, cpus);
    r->work = (struct work){
        .kind = (enum work_kind)c->kind,
        .word = c->word,
        .words = c->words,
        .shell = c->shell,
        .replace = c->replace,
        .separator = c->separator,
        .pack = c->max_args > 0,
        .feed = c->feed,
        .inherit = c->ungroup && !c->output && !c->tag && !c->journal,
        .lengths = c->journal != NULL,
        .singly = c->joblog || c->jsonl || c->hook_stream,
        .keep_mpi_env = c->keep_mpi_env,
        .env = c->env,
        .linger = c->linger,
        .kill_after = c->kill_after,
        .nice = c->nice,
        /* A function that takes too long can only be ended with its process. */
        .in_place = strcmp(c->backend, "serial") == 0 && !c->timeout.us && !c->timeout.percent,
        .signature = c->signature,
        .config = c->worker_config,
        .fill = c->fill,
        .max_tasks = c->max_tasks_per_worker,
        .cpus_per_slot = usable > r->slots ? usable / r->slots : 1,
    };
    r->work.name = source_names(r->source, &r->work.names);
    misnamed_note(&r->work);
}

static void add_outlet(struct rooms *r, struct outlet *o)
{
    *r->last = o;
    r->last = &o->next;
    r->work.lengths |= o->ops->per_task;
}

static void say_line(void *ctx, struct span line)
{
    (void)ctx;
    diag_line(line);
}

static int open_logs(struct rooms *r, const struct conf *c)
{
    struct outlet *o;

    if (c->failed) {
        if (failed_open(&o, c->failed, (char)c->separator) < 0)
            return -1;
        add_outlet(r, o);
    }
    if (c->joblog) {
        if (joblog_open(&o, c->joblog, &r->work) < 0)
            return -1;
        add_outlet(r, o);
    }
    return 0;
}

/* A dry run's results are not to be kept. */
static int open_tree(struct rooms *r, const struct conf *c)
{
    struct outlet *tree;

    if (c->dry_run)
        return 0;
    if (tree_open(&tree, c->results) < 0)
        return -1;
    add_outlet(r, tree);
    return 0;
}

/* A dry run has no results to tell of. */
static int open_hook(struct rooms *r, const struct conf *c)
{
    struct hook_spec spec = {
        .loop = r->loop,
        .command = c->hook ? c->hook : c->hook_stream,
        .stream = c->hook_stream,
        .config = c->hook_config,
        .work = &r->work,
        .journal = r->journal,
    };
    struct outlet *o;

    if (!spec.command || c->dry_run)
        return 0;
    if (hook_open(&o, &spec) < 0)
        return -1;
    add_outlet(r, o);
    return 0;
}

static int open_outlets(struct rooms *r, const struct conf *c)
{
    struct sink_spec spec = {
        .loop = r->loop,
        .file = c->output,
        .line_buffer = c->line_buffer,
        .ungroup = c->ungroup,
        .tag = c->tag,
        .copy_stdout = c->hook && hook_is_function(c->hook) && !c->dry_run,
    };

    r->last = &r->outlets;
    if (sink_open(&r->sink, &spec) < 0)
        return -1;
    add_outlet(r, c->jsonl ? jsonl_new(r->sink) : r->sink);
    if (c->results && open_tree(r, c) < 0)
        return -1;
    add_outlet(r, failures_new(say_line, NULL));
    if (c->summary)
        add_outlet(r, hosts_new());
    return open_logs(r, c) < 0 ? -1 : open_hook(r, c);
}

/* What a result depends on beside the task. */
static int identify(struct identity *id, const struct work *w, const struct conf *c)
{
    identity_put(id, "colsep", (struct span){c->colsep.ptr, c->colsep.len});
    for (uint32_t i = 0; i < c->depends.words; i++)
        if (identity_put_file(id, "depends", c->depends.word[i]) < 0)
            return -1;
    return identity_put_work(id, w);
}

/* A dry run has no results to record. */
static int open_journal(struct rooms *r, const struct conf *c)
{
    struct journal_spec spec = {
        .loop = r->loop,
        .path = c->journal,
        .identity = &r->identity,
        .sync = c->sync,
        .memoize = c->memoize,
        .keep_failures = c->keep_failures,
        .hooks = c->hook || c->hook_stream,
    };

    if (!c->journal || c->dry_run)
        return 0;
    if (identify(&r->identity, &r->work, c) < 0)
        return -1;
    identity_seal(&r->identity);
    return journal_open(&r->journal, &spec);
}

int rooms_open(struct rooms *r, const struct conf *c)
{
    struct cpus_limits cpus;
    int status;

    cpus_read(&cpus, "");
    r->loop = loop_new();
    if (open_source(r, c) < 0)
        return STATUS_BROKEN;
    describe_work(r, c, &cpus);
    if (!c->dry_run && !backend_find(c->backend)) {
        diag("the backend --%s is not part of this smap", c->backend);
        return STATUS_BROKEN;
    }
    status = worker_ops_for(&r->work)->check(&r->work);
    if (status)
        return status;
    if (c->verbose || c->print_commands)
        r->starts = starts_new(&r->work, c->verbose, c->print_commands);
    return open_journal(r, c) < 0 || open_outlets(r, c) < 0 ? STATUS_BROKEN : 0;
}

int rooms_finish(struct rooms *r, bool complete)
{
    int result = journal_close(r->journal);

    complete = complete && result == 0;
    r->journal = NULL;
    for (struct outlet *o = r->outlets, *next; o; o = next) {
        next = o->next;
        if (o->ops->close(o, complete) < 0)
            result = -1;
    }
    r->outlets = r->sink = NULL;
    return result;
}

void rooms_close(struct rooms *r)
{
    rooms_finish(r, false);
    starts_free(r->starts);
    source_close(r->source);
    identity_release(&r->identity);
    loop_free(r->loop);
}

/* What the batch system has left, less a margin for writing results, unless the user says otherwise. 0: no limit. */
static int64_t find_deadline(const struct conf *c)
{
    int64_t now = clock_now(), left;

    if (c->time_limit >= 0)
        return c->time_limit ? now + c->time_limit : 0;
    left = jobend_left(get_variable, clock_wall(), "");
    if (left < 0)
        return 0;
    return now + left - (left / 10 < MARGIN_MOST ? left / 10 : MARGIN_MOST);
}

int rooms_run(struct rooms *r, const struct conf *c, struct counts *counts)
{
    struct map_spec spec = {
        .loop = r->loop,
        .source = r->source,
        .backend = backend_find(c->dry_run ? "dry" : c->backend),
        .work = &r->work,
        .policy = {c->retries, c->retry_delay, c->timeout, c->halt, find_deadline(c), c->max_worker_crashes},
        .pace = {c->delay, c->load, r->cpus, c->memfree},
        .slots = r->slots,
        .chunk = c->chunk,
        .order = c->order,
        .buffer = c->buffer,
        .journal = r->journal,
        .outlets = r->outlets,
        .sink = r->sink,
        .on_start = r->starts ? starts_tell : NULL,
        .ctx = r->starts,
    };

    return map_run(&spec, counts);
}
