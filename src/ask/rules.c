/*
 * Pairs by name, so that a new option brings its rows here and no code. Those with a blank or colons are no options:
 * "a COMMAND" (there is one), ":::" (there are lists), "a sweep" (of a job file).
 */
#include "ask/rules.h"

#include "ask/option.h"

#include <assert.h>
#include <string.h>

struct rule {
    const char *a, *b, *todo;
};

#define CHOOSE "leave out one of them"

/* A and B together make no sense. Where the last of two is what people expect, they are not listed. */
static const struct rule clashes[] = {
    {"serial", "procs", CHOOSE},
    {"serial", "mpi", CHOOSE},
    {"keep-order", "unordered", CHOOSE},
    {"keep-order", "ungroup", CHOOSE},
    {"keep-order", "line-buffer", CHOOSE},
    {"unordered", "ungroup", CHOOSE},
    {"unordered", "line-buffer", CHOOSE},
    {"ungroup", "line-buffer", CHOOSE},
    {"ungroup", "tag", "for whole lines with their tag use --line-buffer"},
    {"ungroup", "results", "what is to be kept must pass through smap"},
    {"line-buffer", "results", "whole results are kept, not lines of several tasks in turn"},
    {"ungroup", "hook", "what a hook is to see must pass through smap"},
    {"line-buffer", "hook", "a hook sees whole results, not lines of several tasks in turn"},
    {"hook", "hook-stream", CHOOSE},
    {"ungroup", "hook-stream", "what a hook is to see must pass through smap"},
    {"line-buffer", "hook-stream", "a hook sees whole results, not lines of several tasks in turn"},
    {"null", "delimiter", CHOOSE},
    {"max-args", "exact-args", CHOOSE},
    {"max-args", "colsep", "columns are fields of one task, a pack has one field per task"},
    {"exact-args", "colsep", "columns are fields of one task, a pack has one field per task"},
    {"max-args", "header", "names need columns, not packs of tasks"},
    {"exact-args", "header", "names need columns, not packs of tasks"},
    {"block", "max-args", CHOOSE},
    {"block", "exact-args", CHOOSE},
    {"block", "colsep", "a block is many lines, it has no columns"},
    {"block", "header", "a block is many lines, it has no columns"},
    {"block", ":::", "blocks are cut from stdin or files (-a)"},
    {"arg-file", ":::", "give the files as lists too: :::: FILE"},
    {"shell", "no-shell", CHOOSE},
    {"from", "journal", "a journal is either read or written"},
    {"from", "a COMMAND", "--from runs nothing"},
    {"from", ":::", "--from runs nothing"},
    {"from", "arg-file", "--from runs nothing"},
    {"a sweep", "header", "the sweep has names of its own"},
    {"a sweep", "colsep", "the sweep has columns of its own"},
    {"a sweep", "max-args", "names need columns, not packs of tasks"},
    {"a sweep", "exact-args", "names need columns, not packs of tasks"},
    {"a sweep", "block", CHOOSE},
    {"worker", "filter", CHOOSE},
    {"worker", "stdin", "a function is given its task in memory, of any size"},
    {"filter", "stdin", "a filter reads its tasks on standard input in any case"},
    {"worker", "shell", "no shell is started for a function"},
    {"hook-stream", "no-shell", CHOOSE},
    {"from", "hook", "--from runs nothing"},
    {"from", "hook-stream", "--from runs nothing"},
    {"filter", "no-shell", CHOOSE},
    {"filter", "max-args", "a filter reads one record per task"},
    {"filter", "exact-args", "a filter reads one record per task"},
    {"filter", "colsep", "a filter reads whole records, and may split them itself"},
    {"worker", "replace", "there is no command to write it in"},
    {"filter", "replace", "there are no placeholders in a filter"},
    {"worker", "print-commands", "there are no commands to print"},
    {"filter", "print-commands", "there are no commands to print"},
    {"worker", "dry-run", "there are no commands to print"},
    {"filter", "dry-run", "there are no commands to print"},
    {"signature", "worker-config", "a plain C function has no init function"},
};

/* What else leaves no place for the other, in one direction: a job file's B gives way to the command line's A. */
static const struct rule places[] = {
    {"worker", "a COMMAND", NULL},
    {"filter", "a COMMAND", NULL},
    {"a COMMAND", "worker", NULL},
    {"a COMMAND", "filter", NULL},
};

/* The same for --format jsonl: that of --format plain is in no one's way. */
static const char *const not_jsonl[] = {"ungroup", "line-buffer", "tag"};

/* A without B makes no sense. */
static const struct rule needs[] = {
    {"hook-config", "hook", "it is for the init function of a hook"},
    {"block", "stdin", "blocks go to the command's standard input: add --stdin"},
    {"stdin", "a COMMAND", "say what is to read the tasks"},
    {"max-args", "a COMMAND", "without one every task is a shell line of its own"},
    {"exact-args", "a COMMAND", "without one every task is a shell line of its own"},
    {"colsep", "a COMMAND", "without one every task is a shell line of its own"},
    {"header", "a COMMAND", "without one every task is a shell line of its own"},
    {"worker-config", "worker", "it is for the worker's init function"},
    {"signature", "worker", "it describes a function of a library"},
    {"max-tasks-per-worker", "worker", "it renews the processes of functions"},
    {"fill", "a --worker or --filter", "commands print what they like"},
    {"chunk", "a --worker or --filter", "commands are handed out one by one"},
    {"max-worker-crashes", "a --worker or --filter", "commands are processes of their own"},
    {"dedicated-master", "mpi", "without ranks there is no master"},
    {"heartbeat", "mpi", "only ranks can be lost"},
    {"retry-delay", "retries", "it is the time between attempts"},
    {"replace", "a COMMAND", "without one there is nothing to replace it in"},
    {"sync", "journal", "it is the journal that is synced"},
    {"memoize", "journal", "the results to be shared are kept there"},
    {"keep-failures", "journal", "the failures are kept there"},
    {"from", "joblog", "say what to make from the journal"},
    {"depends", "journal", "it tells when a journal's results can be used"},
};

static bool is_option(const char *name)
{
    return !strpbrk(name, ": ");
}

static bool is_given(const struct conf *conf, const char *name)
{
    size_t count;
    const struct option_row *row = option_table(&count);

    if (strcmp(name, "a --worker or --filter") == 0)
        return conf->worker || conf->filter;
    if (strcmp(name, "a sweep") == 0)
        return conf->axes > 0;
    if (!is_option(name))
        return *name == ':' ? conf->lists > 0 : conf->words > 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(row[i].name, name) == 0)
            return conf->given[i];
    assert(!"a rule names an option of the table");
    return false;
}

static const char *dashes(const char *name)
{
    return is_option(name) ? "--" : "";
}

int rules_check(const struct conf *conf, struct buf *why, struct buf *todo)
{
    for (const struct rule *r = clashes; r < clashes + sizeof clashes / sizeof *clashes; r++) {
        if (!is_given(conf, r->a) || !is_given(conf, r->b))
            continue;
        buf_printf(why, "%s%s and %s%s contradict each other", dashes(r->a), r->a, dashes(r->b), r->b);
        buf_puts(todo, r->todo);
        return -1;
    }
    for (size_t i = 0; i < sizeof not_jsonl / sizeof *not_jsonl; i++)
        if (conf->jsonl && is_given(conf, not_jsonl[i])) {
            buf_printf(why, "--format jsonl and --%s contradict each other", not_jsonl[i]);
            buf_puts(todo, "an object is the whole of one result");
            return -1;
        }
    for (const struct rule *r = needs; r < needs + sizeof needs / sizeof *needs; r++) {
        if (!is_given(conf, r->a) || is_given(conf, r->b))
            continue;
        buf_printf(why, "%s%s needs %s%s", dashes(r->a), r->a, dashes(r->b), r->b);
        buf_puts(todo, r->todo);
        return -1;
    }
    if (conf->fill && conf->separator && strchr(conf->fill, conf->separator)) {
        buf_puts(why, "the text of --fill holds the separator of records");
        buf_puts(todo, "a failed task is one record, as all others are");
        return -1;
    }
    return 0;
}

static bool excludes(const struct conf *conf, const struct rule *rule, size_t rules, const char *name, bool both_ways)
{
    for (size_t i = 0; i < rules; i++) {
        if (strcmp(rule[i].b, name) == 0 && is_given(conf, rule[i].a))
            return true;
        if (both_ways && strcmp(rule[i].a, name) == 0 && is_given(conf, rule[i].b))
            return true;
    }
    return false;
}

bool rules_excludes(const struct conf *conf, const char *name)
{
    return is_given(conf, name) || excludes(conf, clashes, sizeof clashes / sizeof *clashes, name, true) ||
           excludes(conf, places, sizeof places / sizeof *places, name, false);
}
