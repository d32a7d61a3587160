/*
 * diag: what smap itself has to say, on stderr. Layer: base.
 *
 * One line a message, "smap: TEXT", written with one write(2), so that lines of several processes stay
 * whole. Whoever knows the name reports, once, and returns what diag returns: callers above pass -1 on.
 */
#ifndef SMAP_DIAG_H
#define SMAP_DIAG_H

#include "base/buf.h"

/* An error: prints and returns -1. */
int diag(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same with ": " and the text of errno behind it; errno is kept. */
int diag_errno(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A warning or a note: the run goes on. */
void diag_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* TEXT and a newline as they are, in one write, without "smap: ". */
void diag_line(struct span text);
/* From now on every line (with its newline) goes to FN and not to stderr; NULL: to stderr again. */
void diag_divert(void (*fn)(void *ctx, struct span line), void *ctx);
/* Others wrote to where messages go, and left off in the middle of a line or not: a message begins a new one. */
void diag_mid_line(bool mid_line);
/* True once stderr could not be written: the exit status must not be 0 then. */
bool diag_lost(void);

/*
 * Appends TEXT fit for a terminal and for a line of a log: control characters, DEL, C1, bidi controls and
 * bytes that are not UTF-8 as \xNN (\n, \t, \r by name, backslash doubled), at most MAX bytes of TEXT, "..." when cut.
 */
void diag_escape(struct buf *out, struct span text, size_t max);

#endif
