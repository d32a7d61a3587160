/*
 * jobread: what the readers of a job file's keys share. Private to jobfile.c and jobtasks.c. Room: ask.
 *
 * A reader is handed the first event of its key's value and consumes the value to its end. Every -1 has been explained by events_fail.
 */
#ifndef SMAP_JOBREAD_H
#define SMAP_JOBREAD_H

#include "ask/events.h"

struct conf_words;
struct job;

struct jobread {
    struct events *events;
    struct job *job;
    const char *tasks_by; /* the key that said what the tasks are; NULL: none yet */
};

struct jobread_key {
    const char *name;
    int (*read)(struct jobread *r, const struct event *value);
};

/* Reads keys of the map that has begun, up to its end, each once at most. WHERE names it for messages ("a range"). */
int jobread_map(struct jobread *r, const char *where, const struct jobread_key *key, uint32_t keys);
/* The value must be a text: a copy of it. */
int jobread_text(struct jobread *r, const struct event *value, const char *what, const char **text);
/* The value must be a list of texts; or, ONE, a single text. */
int jobread_texts(struct jobread *r, const struct event *value, const char *what, bool one, struct conf_words *words);
/* 1, 0: yes, no in any of YAML's spellings; -1: it is neither. */
int jobread_flag(struct span text);
/* An option of the table, by the text or texts of its value. */
int jobread_option(struct jobread *r, const char *name, const struct event *value);
/* There is one set of tasks: KEY, which stands at AT, says what they are. */
int jobread_claim_tasks(struct jobread *r, const char *key, const struct event *at);

/* A name and where it stood, for finding the second of two equal ones without comparing each with each. */
struct jobread_name {
    const char *name;
    uint32_t line, column;
};

int jobread_unique(struct jobread *r, struct jobread_name *name, uint32_t names, const char *what);

/* The keys that are no options, in jobtasks.c and jobfile.c. */
int jobtasks_tasks(struct jobread *r, const struct event *value);
int jobtasks_file(struct jobread *r, const struct event *value);
int jobtasks_lists(struct jobread *r, const struct event *value);
int jobtasks_sweep(struct jobread *r, const struct event *value);

#endif
