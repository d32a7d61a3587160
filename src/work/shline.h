/*
 * shline: reads a line of POSIX shell to find in which quotes each placeholder stands. Layer: work;
 * pure: no process, no I/O.
 *
 * Values reach a shell line as positional parameters, so all one has to know is how to write "${1}"
 * in the place of {}. This reader follows the shell's quoting (POSIX.1-2017, XCU 2.2, 2.3, 2.6) as
 * dash, bash, ksh and zsh agree on it. Where they do not agree, or where a parameter would be
 * program text after all, it refuses the line: a clear error once is better than a wrong guess for
 * every task.
 *
 * Refused: a placeholder in backquotes, here-documents, comments, ${...}, array subscripts; $'...',
 * $"...", $[...] and ((...)); text behind a here-document with expansions in it; case inside
 * $(...); lines broken in mid-operator; anything left open at the end. What the line's own commands
 * do with their arguments is theirs: eval, trap, sh -c, ssh, bash's let, declare -i and [[ -eq ]]
 * evaluate them again.
 */
#ifndef SMAP_SHLINE_H
#define SMAP_SHLINE_H

#include "work/hole.h"

enum shline_place {
    SHLINE_BARE,   /* -> "${1}" */
    SHLINE_DOUBLE, /* inside "..." -> ${1} */
    SHLINE_SINGLE, /* inside '...' -> '"${1}"' */
    SHLINE_NUMBER, /* inside $((...)) -> (${1}), for values that are plain numbers only: arithmetic
                      is program text */
};

struct shline_hole {
    size_t at, len; /* where in the line; len 0: appended, with a blank before it */
    struct hole hole;
    enum shline_place place;
    bool alone;     /* a word of its own, so that a pack may become several */
    bool backslash; /* SHLINE_DOUBLE: an ordinary backslash stands before it, and must be kept from
                       quoting the $ */
};

struct shline {
    struct shline_hole *hole; /* in the order of the line */
    uint32_t holes, cap;
    /* The line may look at or change its own positional parameters ($1, set, shift, a function...):
     * they must be empty for it and not hold our values. When in doubt true. */
    bool own_args;
};

/*
 * Finds the placeholders of LINE. Without any and with APPEND one is made up behind the last word.
 * -1: ERROR says why the line is refused. A line without placeholders and without APPEND is never
 * refused, nor read.
 */
int shline_scan(struct shline *s, struct span line, const struct hole_syntax *syntax, bool append,
                struct buf *error);
void shline_release(struct shline *s);

/* Does COMMAND, the only word of a command, hold white space or shell syntax (placeholders aside)?
 * Then it is a shell line. */
bool shline_is_line(const char *command, const struct hole_syntax *syntax);

#endif
