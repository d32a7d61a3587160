/*
 * argv: the argument vector of one task, in storage that is used again for the next. Layer: work;
 * pure: no process, no I/O.
 *
 * A zeroed struct argv is an empty one. Words are put together byte by byte (begin, put..., end);
 * argv_finish makes the vector. Nothing is allocated once the storage has grown to the size of the
 * largest task.
 */
#ifndef SMAP_ARGV_H
#define SMAP_ARGV_H

#include "base/buf.h"

#include <stdint.h>

struct argv {
    struct buf bytes; /* the words, each ended by NUL */
    size_t *offset;
    char **word; /* words + 1 entries, NULL-terminated; valid from argv_finish until the next
                    argv_clear */
    uint32_t words, cap;
};

void argv_release(struct argv *a);
void argv_clear(struct argv *a);
/* Starts a word, whose bytes are then put into a->bytes; argv_end closes it and returns its length
 * without the NUL. */
void argv_begin(struct argv *a);
size_t argv_end(struct argv *a);
void argv_add(struct argv *a, struct span word);
void argv_finish(struct argv *a);

/* Bytes one argument may have, its NUL included (MAX_ARG_STRLEN of Linux); SIZE_MAX where there is
 * no such limit. */
size_t argv_limit(void);
/* Why a value cannot be an argument: words for people, put into REASON; -1. */
int argv_too_long(struct buf *reason);
int argv_has_nul(struct buf *reason);

/*
 * SHELL -c LINE, for a task that is itself a shell line: -1 with REASON when it cannot be an
 * argument. A line that begins with - or + gets a blank before it, else the shell would take it for
 * its own options.
 */
int argv_shell(struct argv *a, const char *shell, struct span line, struct buf *reason);

/* Appends the words quoted so that a POSIX shell reads back exactly these (for --dry-run and -t).
 */
void argv_quote(struct buf *out, char *const *word);

#endif
