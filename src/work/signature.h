/*
 * signature: calls any C function on the columns of a task, from a description such as
 * 'double(double, int)'. Layer: work.
 *
 *     RESULT(ARGUMENT, ...)
 *
 * RESULT and ARGUMENT: char, short, int, long, long long (signed or unsigned), int8_t ... uint64_t,
 * size_t, ssize_t, ptrdiff_t, bool, float, double; `char *`: the column as a string; any of the
 * numbers with `*`: by reference, as Fortran passes them. `const T *` is read only; `T *` is
 * printed after the call too; `out T *` takes no column. RESULT may be void. All that is printed
 * stands in one record, separated by tabs, numbers in the shortest form that reads back as the same
 * value. See smap_worker(3).
 */
#ifndef SMAP_SIGNATURE_H
#define SMAP_SIGNATURE_H

#include "smap.h"

struct buf;
struct signature;

/* -1: ERROR says what is wrong with TEXT. */
int signature_parse(struct signature **s, const char *text, struct buf *error);
void signature_free(struct signature *s);
/* The function it describes. */
void signature_bind(struct signature *s, void *function);
/* A worker (smap_worker_fn): smap->state is the signature. The task fails with a reason that names
 * the column. */
int signature_call(struct smap_context *smap, const struct smap_task *task);

#endif
