/*
 * job: what a job file says, before it becomes part of struct conf. Room: ask.
 *
 * Options are kept as the text of their values, so that the command line can win over them and the types that read the command line read them
 * too. Everything points into `pages`, which live as long as the job.
 */
#ifndef SMAP_JOB_H
#define SMAP_JOB_H

#include "ask/conf.h"
#include "tasks/sweep.h"

struct option_row;
struct source_list;

/* A key's option, and where it stood. */
struct job_setting {
    const struct option_row *row;
    const char *value; /* NULL: a flag */
    uint32_t line, column;
};

struct job {
    struct job_setting *setting;
    uint32_t settings;

    bool has_command;
    bool is_line;               /* command: was a text, and word[0] is a shell line */
    struct conf_words word;     /* NULL behind the last; so are the others */
    struct conf_words env;      /* NAME=VALUE */

    bool has_lists;             /* tasks: or lists: */
    struct source_list *list;
    uint32_t lists;
    struct sweep_axis *axis;
    struct range_spec *spec;    /* of the axes that are ranges, as written */
    uint32_t axes;

    struct job_page *pages;
};

/* NULL is fine. */
void job_free(struct job *j);
/* A copy that lives as long as the job. */
char *job_keep(struct job *j, struct span text);
void job_add(struct conf_words *w, char *word);

/*
 * Puts J into CONF, which has the command line so far and takes J. What stands on the command line wins: an option given there, and what
 * contradicts one given there, is left out of the file's; so is command: when there is a COMMAND, --worker or --filter, and tasks where there are
 * lists or --arg-file.
 */
void job_merge(struct job *j, struct conf *conf);

/* Writes the job that CONF is, as a job file, to stdout (--dump-job). 0; -1: cannot be written (reported); -2: a value cannot stand in such a
 * file, WHY says which. */
int job_dump(const struct conf *conf, struct buf *why);

#endif
