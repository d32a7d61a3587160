/*
 * values: the product of `:::` and `::::` lists. Room: tasks; a maker of records (source.h).
 *
 * Values of files are loaded (without blocking) before the first task; the product is counted, never held. A task's text is its
 * values joined by spaces, its fields are the values; with one list the text is the value.
 */
#ifndef SMAP_VALUES_H
#define SMAP_VALUES_H

#include "tasks/source.h"

/* With HEADER the first task given is that of the first values, and these take no part in the product. -1: reported. */
int values_new(struct source **s, const struct source_list *list, uint32_t lists, int separator, bool header);

#endif
