/*
 * shells: runs an argument vector and catches what it prints; for the suites that compare with real
 * shells.
 */
#ifndef SMAP_SHELLS_H
#define SMAP_SHELLS_H

#include "base/buf.h"

/* The shells that are installed here, /bin/sh first; NULL-terminated. */
const char *const *shells_here(void);
/* Runs WORD in the current directory, stdout into OUT; the wait status, -1 when it could not be
 * started. */
int shells_run(char *const *word, struct buf *out);
/* Makes an empty directory and changes to it; leave says whether it is still empty and goes back.
 */
void shells_enter(void);
bool shells_leave(void);

#endif
