/*
 * misnamed: placeholders that look like the name of a column and are none. Layer: work.
 *
 * Braces that are no placeholder are left alone, so {mas} for {mass} would reach every task as it stands.
 */
#ifndef SMAP_MISNAMED_H
#define SMAP_MISNAMED_H

struct work;

/* Says so once, of the first such word of the command, with the name that is meant. For the process that the user has started. */
void misnamed_note(const struct work *w);

#endif
