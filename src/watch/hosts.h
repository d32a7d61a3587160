/*
 * hosts: the outlet that counts what each host has done, for the summary of a run on several. Room:
 * watch.
 *
 *   smap: host node07: 1203 tasks, 2 failed, 3608.110 s in tasks
 *
 * One line a host when it is closed, in the order in which they delivered; none where there was but
 * one. What comes from a journal was done in another run and does not count.
 */
#ifndef SMAP_HOSTS_H
#define SMAP_HOSTS_H

#include "results/outlet.h"

struct outlet *hosts_new(void);

#endif
