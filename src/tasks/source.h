/*
 * source: where tasks come from: the first room of the corridor.
 *
 * In: files, stdin, lists of values, sweeps. Out: batches of consecutive tasks, numbered 1, 2, 3... The caller owns
 * a batch it was given. Never reads further ahead than one block per open input, so endless input works; a record longer
 * than a block takes the memory it needs. Runs in the smap process (rank 0) only. source_take never blocks on a slow
 * producer: it reads stdin, FIFOs and terminals only when poll says there is something; a regular file it reads at once.
 *
 * A source is a chain: a maker of records (lines, values, sweep) and, around it, what reshapes them (columns, pack, block, repeat).
 *
 *     stdin, FILEs ──▶ lines ──┐                      ┌──▶ columns ──▶ pack ──▶ repeat ──▶
 *     :::, ::::    ──▶ values ─┴─ first task: names ──┼──▶ block ─────────────▶ repeat ──▶
 *     sweep:       ──▶ sweep ─────────────────────────┴───────────────────────▶ repeat ──▶
 */
#ifndef SMAP_SOURCE_H
#define SMAP_SOURCE_H

#include "base/task.h"

#include <stdbool.h>

#define SOURCE_UNKNOWN UINT64_MAX

struct sweep_axis;

/*
 * One `:::` or `::::` list. Several make the product, the first slowest. A linked list runs along with the one before it and
 * both end with the shorter; `:::+` as the first list is `:::`.
 */
struct source_list {
    bool from_file; /* each word is a file (`-`: stdin, once) and a list of its own, its records are the values */
    bool linked;    /* `:::+`, `::::+` */
    char **word;
    uint32_t words;
};

/* Everything it points to is lent until source_close. Of max_args and block one at most; block without lists and colsep. */
struct source_spec {
    char **file; /* -a, in order; none and no lists: stdin; "-": stdin */
    uint32_t files;
    struct source_list *list; /* with lists the files are not read */
    uint32_t lists;
    int separator;      /* record separator, '\n' by default */
    struct span colsep; /* -C; empty: none. With lists every value is split, the columns of all lists follow each other */
    bool header;        /* the first record (with lists: the first value of each) names the columns and is no task */
    uint32_t max_args;  /* -n / -N; 0: none. Records joined by the separator, each one field (even with colsep) */
    bool exact_args;    /* -N: the same here: a short last pack is a task all the same */
    uint64_t block;     /* --block SIZE, bytes; 0: none. Lines with their separators until SIZE is reached */
    const struct sweep_axis *axis; /* a sweep (sweep.h) instead of files and lists; no header, colsep, max_args, block then */
    uint32_t axes;
    uint32_t repeat;    /* each task so many times in a row; 0 is 1 */
};

struct source;

/* Looks at every file (missing, a directory: -1), reads the header if asked for (this may block). -1: reported. */
int source_open(struct source **s, const struct source_spec *spec);
/* NULL is fine. */
void source_close(struct source *s);

enum source_state {
    SOURCE_FAILED = -1, /* reported; the input is lost from here on, and every later call says the same */
    SOURCE_BATCH,       /* *OUT is the caller's */
    SOURCE_WAIT,        /* nothing yet: wait for source_fd to become readable */
    SOURCE_END,         /* and every later call says the same */
};

/* Gives up to MAX tasks (at least 1) of about BYTES bytes together (always at least one task, however large). */
enum source_state source_take(struct source *s, uint32_t max, size_t bytes, struct batch **out);
/* The descriptor to poll for POLLIN after SOURCE_WAIT; -1 when there is none. */
int source_fd(const struct source *s);
/* How many tasks there are in all, where it is known beforehand (lists, sweeps), else SOURCE_UNKNOWN. */
uint64_t source_total(const struct source *s);
/* Names of the columns after source_open with `header`; *COUNT 0 without. Lent until close. The first of two equal names counts. */
char **source_names(const struct source *s, uint32_t *count);
/* The input being read, for messages. */
const char *source_name(const struct source *s);

/*
 * For the kinds of sources (lines.h, values.h, sweep.h, columns.h, pack.h, block.h, repeat.h): struct source is their first member, set up by
 * source_init. Of the methods only take and free are needed where there is an inner source to answer the others.
 */
struct source_ops {
    enum source_state (*take)(struct source *s, uint32_t max, size_t bytes, struct batch **out); /* numbers: source_take */
    int (*fd)(const struct source *s);
    uint64_t (*total)(const struct source *s);
    const char *(*name)(const struct source *s);
    void (*free)(struct source *s); /* not the inner one */
};

struct source {
    const struct source_ops *ops;
    struct source *inner; /* owned; NULL for a maker of records */
    uint64_t next;        /* number of the next task */
    char **column;        /* names, of the outermost source only */
    uint32_t columns;
};

/* Takes INNER. */
void source_init(struct source *s, const struct source_ops *ops, struct source *inner);

#endif
