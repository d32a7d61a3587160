/*
 * foreign: code of a library runs in smap's own process (--serial, hooks). Layer: work.
 *
 * Two things it may do there would not be noticed. exit(3) ends smap in the middle of the run, with the status that the library chose, 0 perhaps: a
 * run that looks complete. And a copy made by fork(2) that returns would go on as a second smap. So each call stands between foreign_enter and
 * foreign_leave: exit(3) then ends in a message and status 3, and the copy ends where it would have come back.
 *
 * _exit(2) and exec(3) cannot be noticed: --procs 1 is the answer to them.
 */
#ifndef SMAP_FOREIGN_H
#define SMAP_FOREIGN_H

/* COMPLAINT: what to say should it call exit; it must outlive the call. Any thread, not nested. */
void foreign_enter(const char *complaint);
void foreign_leave(void);

#endif
