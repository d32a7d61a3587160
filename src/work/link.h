/*
 * link: a function worker's process with the memory shared with it, its bell and its text pipe. Layer: work.
 *
 * The owner watches BELL, ERR and process.pidfd. Nothing here blocks.
 */
#ifndef SMAP_LINK_H
#define SMAP_LINK_H

#include "base/buf.h"
#include "work/spawn.h"

#include <stdbool.h>
#include <stdint.h>

struct share;
struct share_batch;
struct work;

struct link {
    struct process process; /* pid 0: none */
    int bell, err, file;    /* -1: closed */
    struct share *share;
    uint64_t end;           /* of the file; large batches lie behind struct share */
    uint32_t large;         /* bit n: batch slot n holds a large one */
};

#define LINK_NONE {.process = {.pidfd = -1}, .bell = -1, .err = -1, .file = -1}

/* LIBRARY as dl_resolve gives it. 0, or an errno: nothing is left open (again.h knows which may pass). */
int link_start(struct link *l, const struct work *work, const char *library, char **env);
/* Copies a batch for the worker: HEAD with all filled in but length and offset. -1 with errno: no memory. */
int link_give(struct link *l, const struct share_batch *head, struct span bytes);
/* Wakes the worker if it sleeps: after anything it might wait for. */
void link_wake(struct link *l);
/* Answers the bell: events may be there. False: the other end is closed. */
bool link_answer(struct link *l);
/* Reads what was printed: the count, 0 at the end, -1: nothing more for now. */
ssize_t link_read(struct link *l, char *buffer, size_t size);
/* Closes and unmaps all but the process, which has ended. */
void link_close(struct link *l);

/* In the exit status of that process: it ended as it should; the rest of it is the answer. */
#define LINK_CHECKED 0x80
/* Opens the library in a process made for that, waits for it: 0, or the exit status 2, 126 or 127
 * (reported). */
int link_check(const struct work *work, const char *library);
/* The file in which dlopen finds LIBRARY, a name without a slash, by a process made for that, since opening it runs code of
 * its own. Malloced; NULL: reported. */
char *link_find(const struct work *work, const char *library);

#endif
