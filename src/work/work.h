/*
 * work: what is to be done with each task, as plain data. Layer: work.
 *
 * Filled once from the options, const afterwards; crosses to MPI ranks in the wire format. Strings are lent for the run.
 */
#ifndef SMAP_WORK_H
#define SMAP_WORK_H

#include <stdbool.h>
#include <stdint.h>

enum work_kind {
    WORK_COMMAND,  /* word[] with placeholders */
    WORK_SHELL,    /* word[0] is a shell line with placeholders */
    WORK_LINES,    /* every task is a shell line */
    WORK_FUNCTION, /* word[0] is LIBRARY, word[1] SYMBOL */
    WORK_FILTER,   /* word[0] is a shell line */
};

struct work {
    enum work_kind kind;
    char **word;
    uint32_t words;
    const char *shell;   /* "/bin/sh" */
    const char *replace; /* "{}" */
    char **name;         /* columns' names */
    uint32_t names;
    int separator;       /* of records */
    bool pack;           /* -n: {} is one word per field */
    bool feed;           /* --stdin: the task on standard input, not in the arguments */
    bool inherit;        /* -u here: tasks write to smap's own stdout and stderr */
    bool lengths;        /* runs must come with lengths */
    bool keep_mpi_env;
    char **env;          /* "NAME=VALUE" put before the inherited environment (--job env:); NULL: none */
    int64_t linger;      /* us: how long a background process may hold a finished task's output */
    int64_t kill_after;  /* us from TERM to KILL for a task that shall end (batch.timeout says when) */
    int nice;            /* added to the niceness of tasks */
    const char *cwd;     /* absolute, or NULL: where smap is */
    uint32_t cpus_per_slot; /* for OMP_NUM_THREADS */

    /* Functions and filters. */
    const char *signature; /* of a plain C function; NULL: SYMBOL is a worker */
    const char *config;    /* for SYMBOL_init; NULL: "" */
    const char *fill;      /* the record of a failed task; NULL: empty */
    bool in_place;         /* functions are called in this process (--serial) */
    bool singly;           /* the time of each task is wanted, not of runs */
    uint32_t max_tasks;    /* a worker process is renewed after so many; 0: never */
};

#endif
