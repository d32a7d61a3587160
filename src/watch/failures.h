/*
 * failures: the outlet that says on stderr which tasks failed and why, a line each, in task order. Room: watch.
 *
 *   smap: task 3 (INPUT) failed: exit status 1 (slot 2, 0.013 s): LAST LINE OF ITS STDERR
 *
 * Stands behind the sink in the list of outlets: when a task has failed, all that it wrote has left before its line is said.
 * SAY takes a finished line, without newline.
 */
#ifndef SMAP_FAILURES_H
#define SMAP_FAILURES_H

#include "results/outlet.h"

typedef void (*failures_say_fn)(void *ctx, struct span line);

struct outlet *failures_new(failures_say_fn say, void *ctx);

#endif
