/*
 * template: a command with placeholders, compiled once, filled in for every task. Layer: work; pure: no process, no I/O.
 *
 * In: the words of the command line or one shell line. Out: the argument vector of one task. Values are put in as bytes: in words, as
 * part of one argument; in shell lines as positional parameters ("$1", "$2"...), so a value is never program text, in whatever quotes
 * the placeholder stands. Source of the rules: SPEC 4.1 (smap(1), PLACEHOLDERS); the shell's quoting: POSIX.1-2017, XCU 2.2.
 *
 * Placeholders: {} {.} {/} {//} {/.} {#} {%} {N} {N.} {N/} {N//} {N/.} {name} {name.}...; see template.c for what is left alone.
 */
#ifndef SMAP_TEMPLATE_H
#define SMAP_TEMPLATE_H

#include "base/task.h"

struct template_spec {
    char *const *word; /* the command's words; one word when SHELL_LINE */
    uint32_t words;
    bool shell_line;         /* word[0] is a line for SHELL -c */
    const char *shell;       /* "/bin/sh" */
    const char *replace;     /* what stands for {}; "{}" by default (-I) */
    char *const *name;       /* column names (--header), for {name} */
    uint32_t names;
    bool append;             /* without any placeholder the value is appended as last argument(s) */
    bool pack;               /* -n: {} becomes one word per field instead of the whole text */
};

struct template;

/* -1: ERROR says what is wrong with the command (a placeholder in backquotes, a here-document, a comment...), no name before it. */
int template_new(struct template **t, const struct template_spec *spec, struct buf *error);
void template_free(struct template *t);

/* Reusable storage of one expanded command: zeroed is empty. */
struct argv {
    struct buf bytes;  /* the words, each ended by NUL */
    size_t *offset;
    char **word;       /* words + 1 entries, NULL-terminated; valid until the next expansion */
    uint32_t words, cap;
};

void argv_release(struct argv *a);

/*
 * Fills the template in for task T in slot SLOT. -1 when the task cannot be an argument: REASON says why in words for people
 * (a NUL byte; one argument longer than MAX_ARG_STRLEN, 128 KiB on Linux, with the hint --stdin; no column 7).
 */
int template_expand(const struct template *t, const struct task *task, uint32_t slot, struct argv *out, struct buf *reason);

/* The fixed first word of a command (no placeholder in it), NULL if it differs from task to task. */
const char *template_program(const struct template *t);
/* True if any placeholder that depends on the task stands in the template. */
bool template_uses_task(const struct template *t);

/* Appends the words quoted so that a POSIX shell reads back exactly these (for --dry-run and -t). */
void argv_quote(struct buf *out, char *const *word);

#endif
