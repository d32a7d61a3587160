/*
 * columns: splits records into fields at a string (-C). Room: tasks; reshapes another source (source.h).
 *
 * Nothing is dropped or trimmed: "a,,b," has the four fields a, empty, b, empty; an empty text has one empty field.
 */
#ifndef SMAP_COLUMNS_H
#define SMAP_COLUMNS_H

#include "tasks/source.h"

/* Zeroed it is empty; FIELD is the owner's to free. */
struct columns {
    struct span *field;
    uint32_t count, cap;
};

/* Appends the fields of TEXT; an empty SEP: TEXT is one. They point into TEXT. */
void columns_split(struct columns *c, struct span text, struct span sep);
/* Appends the columns of a task: of its text, or of each of its fields. */
void columns_of(struct columns *c, const struct task *t, struct span sep);

/* Takes INNER, lends SEP (not empty). */
struct source *columns_new(struct source *inner, struct span sep);

#endif
