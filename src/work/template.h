/*
 * template: a command with placeholders, compiled once, filled in for every task. Layer: work;
 * pure: no process, no I/O.
 *
 * In: the words of the command line or one shell line. Out: the argument vector of one task. Values
 * are put in as bytes: in words, as part of one argument; in shell lines as positional parameters,
 * so a value is never program text, in whatever quotes the placeholder stands. What placeholders
 * there are says hole.h, which shell lines are refused shline.h; smap(1), PLACEHOLDERS.
 *
 *     'gzip <"{}" >{/.}.gz'  ->  sh -c 'gzip <"${1}" >"${2}".gz' sh VALUE VALUE
 *
 * A line that may look at its own positional parameters finds none, as with no values at all: they
 * are in variables _smap1... then.
 */
#ifndef SMAP_TEMPLATE_H
#define SMAP_TEMPLATE_H

#include "base/task.h"
#include "work/argv.h"

struct template_spec {
    char *const
        *word; /* the command's words; one word when SHELL_LINE; lent for template_new only */
    uint32_t words;
    bool shell_line;     /* word[0] is a line for SHELL -c */
    const char *shell;   /* "/bin/sh"; a POSIX shell */
    const char *replace; /* what stands for {}; NULL or "{}": {} (-I) */
    char *const *name;   /* column names (--header), for {name}; lent */
    uint32_t names;
    bool append; /* without any placeholder the value is appended as last argument (PACK: its fields
                    as the last ones) */
    /* -n: {} alone (and {.} {/}... alone) becomes one word per field; in a longer word or in quotes
     * the fields are joined with a blank. Without it {} is the whole text of the task. */
    bool pack;
};

struct template;

/* -1: ERROR says what is wrong with the command (a placeholder in backquotes, a here-document, a
 * comment...), no name before it. */
int template_new(struct template **t, const struct template_spec *spec, struct buf *error);
void template_free(struct template *t);

/*
 * Fills the template in for task T in slot SLOT. -1 when the task cannot be an argument: REASON
 * (appended to) says why in words for people (a NUL byte; one argument longer than MAX_ARG_STRLEN,
 * 128 KiB on Linux, with the hint --stdin; no column 7).
 */
int template_expand(const struct template *t, const struct task *task, uint32_t slot,
                    struct argv *out, struct buf *reason);

/* The fixed first word of a command (no placeholder in it; the shell of a line), NULL if it differs
 * from task to task. */
const char *template_program(const struct template *t);

#endif
