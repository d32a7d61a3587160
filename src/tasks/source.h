/*
 * source: where tasks come from: the first room of the corridor.
 *
 * In: files, stdin, lists of values (later: sweeps). Out: batches of consecutive tasks, numbered 1, 2, 3... The caller owns a batch
 * it was given. Never reads further ahead than one block (READ_BLOCK) per open input, so endless input works.
 * Runs in the smap process (rank 0) only. source_take never blocks on a slow producer: it reads stdin and FIFOs only when poll says there is
 * something; a regular file it reads at once.
 */
#ifndef SMAP_SOURCE_H
#define SMAP_SOURCE_H

#include "base/task.h"

#include <stdbool.h>

#define SOURCE_UNKNOWN UINT64_MAX

/* One `:::` or `::::` list. */
struct source_list {
    bool from_file; /* word[0] is a file (`-`: stdin), its records are the values */
    bool linked;    /* `:::+`: runs along with the list before it, the shorter one is recycled */
    char **word;
    uint32_t words;
};

struct source_spec {
    char **file; /* -a, in order; none and no lists: stdin; "-": stdin */
    uint32_t files;
    struct source_list *list;
    uint32_t lists;
    int separator;        /* record separator, '\n' by default */
    struct span colsep;   /* -C; empty: none */
    bool header;          /* the first record (of each list, with lists: its first value) names the columns */
    uint32_t max_args;    /* -n / -N; 0: none */
    bool exact_args;      /* -N: fields {1}..{N}; a short last pack is a task all the same */
    uint64_t block;       /* --block SIZE, bytes; 0: none */
};

struct source;

/* Opens the first input, reads the header line if asked for (this may block). -1: reported. */
int source_open(struct source **s, const struct source_spec *spec);
void source_close(struct source *s);

enum source_state {
    SOURCE_FAILED = -1, /* reported; the input is lost from here on */
    SOURCE_BATCH,       /* *OUT is the caller's */
    SOURCE_WAIT,        /* nothing yet: wait for source_fd to become readable */
    SOURCE_END,
};

/* Gives up to MAX tasks of about BYTES bytes together (always at least one task, however large). */
enum source_state source_take(struct source *s, uint32_t max, size_t bytes, struct batch **out);
/* The descriptor to poll for POLLIN after SOURCE_WAIT; -1 when there is none. */
int source_fd(const struct source *s);
/* How many tasks there are in all, where it is known beforehand (lists, later sweeps), else SOURCE_UNKNOWN. */
uint64_t source_total(const struct source *s);
/* Names of the columns after source_open with `header`; *COUNT 0 without. Lent until close. */
char **source_names(const struct source *s, uint32_t *count);
/* "task 7 comes from line 7 of tasks.txt" is not kept; this is the input being read, for messages. */
const char *source_name(const struct source *s);

#endif
