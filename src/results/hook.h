/*
 * hook: the outlet that calls the user with every result (--hook, --hook-stream). Room: results.
 *
 * Once for each result, in the order of the tasks, one at a time, in the smap process (rank 0) or
 * started from it; results that were cancelled do not count, nor do those whose hook was called in
 * an earlier run with the same journal. Three forms:
 *
 *     hook_command.c    a process per result, with the output of the task on its standard input
 *     hook_function.c   LIBRARY:SYMBOL, called in a thread of this process, with _init, _fini
 *     hook_stream.c     one process for all that reads lines of JSON
 *
 * A hook votes by its exit status or what it returns: 0, go on; 10, enough: a clean end; anything
 * else ends the run with status 3. While a process is at work the outlet is not ready, and what
 * tasks print is read on: nothing here blocks but opening and closing.
 */
#ifndef SMAP_HOOK_H
#define SMAP_HOOK_H

#include "results/outlet.h"

struct journal;
struct loop;
struct work;

struct hook_spec {
    struct loop *loop;
    const char *command; /* a program, a shell line, or LIBRARY:SYMBOL with a slash or .so in it */
    bool stream;         /* one process for all: hook_stream.c */
    const char *config;  /* for SYMBOL_init; NULL: "" */
    const struct work *work; /* how commands are written, the environment; lent */
    struct journal *journal; /* NULL: none */
};

/* -1: reported. A command that cannot be run is found out with the first result. */
int hook_open(struct outlet **o, const struct hook_spec *spec);

/* True when COMMAND means a function. */
bool hook_is_function(const char *command);

#endif
