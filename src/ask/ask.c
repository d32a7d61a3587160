/*
 * A parser of its own rather than getopt_long, which abbreviates options and reports in words that cannot carry a hint; then what a job file adds, and what
 * cannot stand together.
 */
#include "ask/ask.h"

#include "ask/command.h"
#include "ask/job.h"
#include "ask/jobfile.h"
#include "ask/option.h"
#include "ask/rules.h"
#include "base/diag.h"
#include "base/hint.h"
#include "results/order.h"

#include <string.h>

/* The command line while it is read. */
struct args {
    struct conf *conf;
    char **next;
};

/* The two lines of every usage error. WHY is released. */
static int usage(struct buf *why, const char *todo)
{
    diag("%s", buf_cstr(why));
    diag("nothing was run%s%s (see smap --help)", todo ? ": " : "", todo ? todo : "");
    buf_release(why);
    return ASK_USAGE;
}

/* SPELLING is the unknown option as it stands in WORD; a slip of one dash too few is as likely as one letter too many. */
static int unknown(struct span spelling, const char *word)
{
    struct buf why = BUF_INIT;
    const char *name = word + strspn(word, "-");
    struct hint hint = {.word = name, .len = strcspn(name, "=")};

    buf_puts(&why, "unknown option ");
    diag_escape(&why, spelling, 60);
    if (word[1] != '-' && word[2]) {
        buf_puts(&why, " in ");
        diag_escape(&why, span_of(word), 60);
    }
    option_hint(&hint);
    if (hint.best)
        buf_printf(&why, " (did you mean --%s?)", hint.best);
    return usage(&why, NULL);
}

static int bad_value(const char *spelling, size_t len, const struct option_row *row, const char *value)
{
    struct buf why = BUF_INIT;

    buf_printf(&why, "%.*s expects %s, not '", (int)len, spelling, row->type->expects);
    diag_escape(&why, span_of(value), 60);
    buf_putc(&why, '\'');
    return usage(&why, NULL);
}

static int missing_value(const char *spelling, size_t len, const struct option_row *row)
{
    struct buf why = BUF_INIT;

    buf_printf(&why, "%.*s needs an argument: %s", (int)len, spelling, row->type->expects);
    return usage(&why, NULL);
}

/* Does what ROW says; SPELLING (LEN bytes) is how it was written, for messages. */
static int apply(struct args *a, const struct option_row *row, const char *value, const char *spelling, size_t len)
{
    if (row->show)
        return row->show() < 0 ? ASK_BROKEN : ASK_DONE;
    return option_set(a->conf, row, value) < 0 ? bad_value(spelling, len, row, value) : ASK_RUN;
}

/* --name, --name=VALUE, --name VALUE. */
static int read_long(struct args *a, const char *word)
{
    size_t len = strcspn(word + 2, "=");
    const struct option_row *row = option_find((struct span){word + 2, len});
    const char *value = word[2 + len] ? word + 2 + len + 1 : NULL;

    if (!row)
        return unknown((struct span){word, 2 + len}, word);
    if (value && !row->metavar) {
        struct buf why = BUF_INIT;

        buf_printf(&why, "--%.*s takes no argument", (int)len, word + 2);
        return usage(&why, NULL);
    }
    if (!value && row->metavar && !(row->flags & OPTION_OPTIONAL_ARG)) {
        if (!*a->next)
            return missing_value(word, 2 + len, row);
        value = *a->next++;
    }
    return apply(a, row, value, word, 2 + len);
}

/* -0rk, -P4, -P 4, -rP4: letters up to the first that takes an argument, which is the rest or the next word. */
static int read_letters(struct args *a, const char *word)
{
    for (const char *p = word + 1; *p; p++) {
        const struct option_row *row = option_find_letter(*p);
        char spelling[] = {'-', *p, 0};
        const char *value = NULL;

        if (!row)
            return unknown(span_of(spelling), word);
        if (row->metavar && !(row->flags & OPTION_OPTIONAL_ARG)) {
            value = p[1] ? p + 1 : *a->next;
            if (!value)
                return missing_value(spelling, 2, row);
            if (!p[1])
                a->next++;
        }
        int rc = apply(a, row, value, spelling, 2);

        if (rc != ASK_RUN || value)
            return rc;
    }
    return ASK_RUN;
}

static int read_options(struct args *a)
{
    int rc = ASK_RUN;

    while (rc == ASK_RUN && *a->next && a->next[0][0] == '-' && a->next[0][1]) {
        const char *word = *a->next++;

        if (strcmp(word, "--") == 0)
            break;
        rc = word[1] == '-' ? read_long(a, word) : read_letters(a, word);
    }
    return rc;
}

/* Fields that follow from others. */
static void derive(struct conf *conf)
{
    static const struct cpus_wish one = {CPUS_COUNT, 1};
    bool parallel = conf->procs.kind != one.kind || conf->procs.number != 0;

    conf->backend = conf->mpi.on ? "mpi" : parallel ? "procs" : "serial";
    if (!parallel)
        conf->procs = one;
    conf->order = conf->unordered                      ? ORDER_ARRIVAL
                  : conf->ungroup || conf->line_buffer ? ORDER_PASS
                                                       : ORDER_TASKS;
}

static int read_job(struct conf *conf, struct buf *why)
{
    struct job *j = jobfile_read(conf->job_file, why);

    if (!j)
        return -1;
    job_merge(j, conf);
    return 0;
}

static int dump(const struct conf *conf, struct buf *why)
{
    int rc = job_dump(conf, why);

    return rc == -2 ? usage(why, NULL) : rc < 0 ? ASK_BROKEN : ASK_DONE;
}

enum ask_result ask_read(struct conf *conf, int argc, char **argv)
{
    struct buf why = BUF_INIT, todo = BUF_INIT;
    struct args a = {conf, argv + (argc > 0)};
    int rc;

    *conf = (struct conf){
        .separator = '\n', .replace = "{}", .shell = "/bin/sh",
        .linger = 1000000, .kill_after = 5000000, .time_limit = -1, .buffer = 64u << 20, .sync = 1000000,
        .max_worker_crashes = 1000, .heartbeat = 60000000};
    rc = read_options(&a);
    if (rc != ASK_RUN)
        return rc;
    if (command_read(conf, a.next, &why) < 0 || (conf->job_file && read_job(conf, &why) < 0) || command_classify(conf, &why) < 0)
        return usage(&why, NULL);
    if (rules_check(conf, &why, &todo) < 0) {
        rc = usage(&why, buf_cstr(&todo));
        buf_release(&todo);
        return rc;
    }
    derive(conf);
    return conf->dump_job ? dump(conf, &why) : ASK_RUN;
}

void ask_release(struct conf *conf)
{
    command_release(conf);
    option_clear(conf);
    job_free(conf->job);
    conf->job = NULL;
}
