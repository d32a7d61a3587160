/*
 * help: the option table printed for people and for scripts. Room: ask.
 *
 * Each writes to stdout: 0, also when the reader went away; -1: could not be written (reported).
 */
#ifndef SMAP_HELP_H
#define SMAP_HELP_H

int help_show(void);
int help_version(void);
/* One row a line: spellings, argument, choices, flags and help line, tabs between; what completions are made from. */
int help_list(void);

#endif
