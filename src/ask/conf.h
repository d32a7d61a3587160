/*
 * conf: what was asked for: every option has its field here. Room: ask.
 *
 * Filled by ask_read from the command line and a job file, const afterwards. main.c alone reads it and hands the rooms plain arguments.
 * Strings are lent from argv and the job but for what ask_release frees.
 */
#ifndef SMAP_CONF_H
#define SMAP_CONF_H

#include "base/buf.h"
#include "base/cpus.h"
#include "base/limits.h"

#include <stdint.h>

struct source_list;

struct job;
struct option_row;
struct sweep_axis;

/* More rows than the option table will have. */
#define CONF_OPTIONS 128

/* The values of a repeatable option, in order. */
struct conf_words {
    char **word;
    uint32_t words;
};

/* --mpi, --mpi=openmpi */
struct conf_mpi {
    bool on;
    const char *library; /* NULL: by the launcher */
};

/* An option as it was given: the text of its value, NULL for a flag. */
struct conf_setting {
    const struct option_row *row;
    const char *value;
};

/* How COMMAND was written. */
enum conf_form {
    CONF_ANY,   /* on the command line: the words tell */
    CONF_LINE,  /* in a job file, as a text: a shell line */
    CONF_WORDS, /* in a job file, as a list: a program and its arguments */
};

struct conf {
    const char *job_file;
    bool dump_job;
    struct job *job;      /* what the file says; ours to free */

    /* Tasks. */
    struct conf_words arg_file; /* -a */
    struct source_list *list;   /* ::: and ::::, see tasks/source.h */
    uint32_t lists;
    bool no_run_if_empty; /* accepted; smap never runs anything for no input */
    int separator;        /* of records: '\n', -0, -d */
    struct buf colsep;    /* -C, decoded; empty: none */
    bool header;
    uint32_t max_args;    /* -n; 0: none */
    uint32_t exact_args;  /* -N; 0: none */
    uint64_t block;       /* --block; 0: none */
    bool feed;            /* --stdin */
    uint32_t repeat;      /* 0 is 1 */
    const struct sweep_axis *axis; /* sweep:, see tasks/sweep.h */
    uint32_t axes;

    /* Commands. */
    int kind;    /* enum work_kind: WORK_COMMAND, WORK_SHELL or WORK_LINES */
    char **word; /* COMMAND, in argv or the job */
    uint32_t words;
    enum conf_form form;
    char **env;  /* env:, NAME=VALUE; NULL: none */
    const char *replace;
    const char *shell;
    bool no_shell;
    bool keep_mpi_env;
    int64_t linger; /* us */

    /* Functions and filters. */
    const char *worker;    /* LIBRARY:SYMBOL; then word is these two */
    const char *filter;    /* then word is this one */
    char *own_word[2];     /* these words; own_word[0] is ours to free */
    const char *worker_config, *signature, *fill;
    uint32_t max_worker_crashes, max_tasks_per_worker;
    uint32_t chunk; /* 0: by measured task time */

    /* Backend. */
    bool serial, no_mpi_check;
    struct conf_mpi mpi;
    bool dedicated_master;
    int64_t heartbeat; /* us of silence after which a rank is lost; 0: never */
    struct cpus_wish procs; /* a count of 1 unless --procs was given */
    const char *backend;    /* "serial", "procs", "mpi": by the above, for backend_find */

    /* Results. */
    bool keep_order, unordered, ungroup, line_buffer;
    int order; /* enum order_mode: by the four above */
    bool tag;
    const char *output; /* -o; NULL: stdout */
    bool jsonl;          /* --format */
    const char *results; /* a directory; NULL: none */
    const char *hook, *hook_stream, *hook_config; /* NULL: none */
    uint64_t buffer;
    const char *journal; /* NULL: none */
    int64_t sync;        /* us */
    bool memoize, keep_failures;
    struct conf_words depends;
    const char *failed; /* --failed FILE; NULL: none */

    /* Failures and limits. */
    uint32_t retries;
    int64_t retry_delay, kill_after; /* us */
    struct limits_timeout timeout;
    struct limits_halt halt;
    int64_t time_limit; /* us; 0: none; -1: not given */
    int exit_style;     /* enum limits_exit */
    int64_t delay;      /* us */
    struct limits_load load;
    uint64_t memfree;
    int nice;

    /* Watching. */
    bool dry_run, verbose, print_commands, summary;
    const char *joblog; /* NULL: none */
    const char *from;   /* a journal to be read instead of a run; NULL: none */

    bool given[CONF_OPTIONS]; /* by row of the option table: it was given */
    struct conf_setting *setting; /* in order; ours to free */
    uint32_t settings;
};

#endif
