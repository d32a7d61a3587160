/*
 * sweep: every combination of named parameters (a job file's `sweep:`). Room: tasks; a maker of records (source.h).
 *
 * The first parameter turns slowest. Parameters of one group are linked: they turn together, at the place of the first of them. A combination
 * is made when it is asked for: 10^12 of them begin at once. A task's text is its values joined by blanks, its fields are the
 * values, the columns' names those of the parameters.
 */
#ifndef SMAP_SWEEP_H
#define SMAP_SWEEP_H

#include "tasks/range.h"
#include "tasks/source.h"

/* Its values are a list, or where there is none a range. Lent for the life of the source. */
struct sweep_axis {
    const char *name;
    char **value;
    uint64_t values;    /* how many, of a range too */
    struct range range;
    uint32_t group;     /* 0: its own; axes with the same number are linked and have equally many values */
};

/* With as many combinations as can be numbered; else -1 (reported). */
int sweep_new(struct source **s, const struct sweep_axis *axis, uint32_t axes);

#endif
