/*
 * signals: signals as events of the loop. Layer: base.
 *
 * A handler writes the number into a pipe that the loop watches; everything else happens in the callback, outside signal context.
 * A signal that was ignored when smap started (nohup) stays ignored.
 */
#ifndef SMAP_SIGNALS_H
#define SMAP_SIGNALS_H

#include <stdbool.h>

struct loop;

typedef void (*signals_fn)(void *ctx, int sig);

/* Catches INT, TERM, HUP (and those of EXTRA, ended by 0; may be NULL) from now on; -1: reported. */
int signals_open(struct loop *l, const int *extra, signals_fn fn, void *ctx);
void signals_close(void);
/* Ends this process by SIG with its default action: what a shell then sees is a death by that signal. */
_Noreturn void signals_die(int sig);

#endif
