/*
 * option: the one option table. Room: ask.
 *
 * An option is one row here (in option.c), one field in conf.h, one paragraph of smap(1) and one test. --help, the completions
 * and the keys of job files come from the rows: a type's setter takes the same text from either.
 */
#ifndef SMAP_OPTION_H
#define SMAP_OPTION_H

#include "ask/conf.h"

enum option_group {
    OPTION_GENERAL,
    OPTION_TASKS,
    OPTION_COMMANDS,
    OPTION_WORKERS,
    OPTION_BACKENDS,
    OPTION_RESULTS,
    OPTION_LIMITS,
    OPTION_WATCHING,
    OPTION_INTERNAL, /* in no help */
};

/* How the text of a value becomes a field. */
struct option_type {
    const char *expects; /* for messages: "--buffer expects " this ", not 'x'" */
    /* VALUE is NULL for an option without an argument on the command line. -1: not such a value. */
    int (*set)(void *field, const char *value);
};

enum option_flag {
    OPTION_REPEATABLE = 1,   /* every one counts, else the last one does */
    OPTION_OPTIONAL_ARG = 2, /* --name or --name=VALUE, never --name VALUE */
    OPTION_LINE_ONLY = 4,    /* no key of job files */
};

struct option_row {
    const char *name;
    char letter;        /* 0: none */
    const char *metavar; /* NULL: takes no argument */
    const struct option_type *type;
    size_t field; /* in struct conf */
    enum option_group group;
    const char *help;
    /* The rest is rarely there. */
    unsigned flags;
    const char *choices;    /* words to complete the argument with, blanks between */
    const char *other_name; /* another spelling, and its letter */
    char other_letter;
    int (*show)(void); /* prints something and ends the program: --help; -1: reported */
};

/* By either of its long names, or letters; NULL: none. */
const struct option_row *option_find(struct span name);
const struct option_row *option_find_letter(char letter);
/* Tries all of them, and what other tools call them. */
struct hint;
void option_hint(struct hint *h);
/* True if VALUE is one that the row takes. */
bool option_accepts(const struct option_row *row, const char *value);
/* Puts it into CONF and marks the option as given; VALUE is lent for CONF's life. -1: not such a value. */
int option_set(struct conf *conf, const struct option_row *row, const char *value);
/* Frees what was put there. */
void option_clear(struct conf *conf);

/* The table, COUNT rows. */
const struct option_row *option_table(size_t *count);

#endif
