/*
 * entry: everything about one task as a line of JSON. Room: results; its users are jsonl and hook.
 *
 * The pieces of a task are gathered (entry_put), large ones on the disk; when its END has come the line is handed out in parts
 * of some 100 KiB, so that no result need fit into memory as JSON.
 */
#ifndef SMAP_ENTRY_H
#define SMAP_ENTRY_H

#include "base/piece.h"
#include "base/utf8.h"
#include "results/stash.h"

struct entry_stream {
    struct stash bytes;
    struct utf8_parts text;
};

/* Zeroed it is an empty one. */
struct entry {
    struct entry_stream stream[2]; /* stdout, stderr */
    struct buf head;  /* the line up to the streams, made at END */
    int step;         /* what comes next */
    uint64_t at;      /* of the stream that is being handed out */
    struct buf room;
};

/* Takes in an OUT, ERR or END piece of one task, with its input. -1: the temporary file (reported). */
int entry_put(struct entry *e, const struct piece *p);
/* After END: appends the next part of the line to OUT. 1: there is more; 0: that was the last part, newline included, and the entry is empty again;
 * -1: reported. */
int entry_next(struct entry *e, struct buf *out);
/* Forgets the task at hand. */
void entry_clear(struct entry *e);
void entry_release(struct entry *e);

/* The exit status as a shell tells it: 128 and the signal where one ended the task. 0: success only. */
unsigned entry_status(const struct outcome *o);

#endif
