/*
 * muster: USR1's answer: what has been done, and what runs just now, a line a task on stderr. Part of the corridor.
 */
#ifndef SMAP_MUSTER_H
#define SMAP_MUSTER_H

struct backend;
struct counts;
struct flight;

void muster_tell(struct backend *b, struct flight *f, const struct counts *c);

#endif
