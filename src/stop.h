/*
 * stop: the end of a run before its time: signals, --halt, a time limit, an outlet that has enough. Part of the corridor.
 *
 * Three degrees: SOON, nothing more starts; ENDING, what runs is being ended too (the tasks get a signal, and KILL when the grace is over), and what fails from
 * here on is cancelled rather than failed; LEAVE, at once. They only ever rise. Also here: TSTP and CONT, which stop and continue the tasks with smap, and USR1,
 * which asks for a list.
 */
#ifndef SMAP_STOP_H
#define SMAP_STOP_H

#include "base/loop.h"

struct backend;

struct stop {
    struct loop *loop;
    struct backend *backend;
    int64_t kill_after;         /* us */
    void (*list)(void *ctx);    /* USR1 */
    void *ctx;
    /* The rest is stop.c's to write, everybody's to read. */
    bool soon, ending, leave;
    int signal;                 /* the run is stopped by this one */
    struct loop_timer kill, suspend;
};

/* The first five fields are set. Catches the signals from now on; -1: reported. */
int stop_open(struct stop *s);
void stop_close(struct stop *s);

void stop_soon(struct stop *s);
void stop_now(struct stop *s);
void stop_leave(struct stop *s);

#endif
