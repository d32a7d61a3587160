/*
 * xalloc: memory, or the end of the program. Layer: base, used everywhere.
 *
 * Out of memory is not a task's failure but smap's, and there is nothing sensible to go on with:
 * the functions say so on stderr and leave with status 3. They never return NULL, for size 0
 * neither.
 */
#ifndef SMAP_XALLOC_H
#define SMAP_XALLOC_H

#include <stddef.h>

/* To be called before anything else: suits the C library's ways to a program that gets and frees blocks all the time. */
void xalloc_begin(void);
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
/* COUNT * SIZE bytes, overflow checked; PTR may be NULL. */
void *xreallocarray(void *ptr, size_t count, size_t size);
/* Room for one element more behind COUNT of SIZE bytes, for lists that grow one by one and keep no
 * capacity: it is COUNT's next power of two, so N elements cost O(N) copying. */
void *xgrow(void *ptr, size_t count, size_t size);
char *xstrdup(const char *text);
/* A copy of LEN bytes with a NUL behind them. */
char *xmemdup(const char *ptr, size_t len);

/* A file that is named in that message, since it is left behind half written instead of FILE. Storage is the owner's. */
struct unfinished {
    const char *file, *temp;
    struct unfinished *next;
};

void xalloc_begin_file(struct unfinished *u);
/* It has its name, or has been spoken of. A file that was not begun is fine. */
void xalloc_end_file(struct unfinished *u);

/* Called once before the program ends for want of memory (an MPI rank aborts the job there). */
void xalloc_on_failure(void (*fn)(void));

#endif
