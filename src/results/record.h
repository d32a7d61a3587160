/*
 * record: a piece as bytes, while it waits in memory or in the temporary file. Room: results.
 *
 * A record is a tag, a few numbers of variable length and the bytes; its task's number is not part of it
 * where records follow in the order of tasks. A small successful task takes about 20 bytes beside its own.
 * Only this process reads what it wrote, so the format may change with any version; lengths are checked all
 * the same.
 */
#ifndef SMAP_RECORD_H
#define SMAP_RECORD_H

#include "base/piece.h"

/* Kinds beside those of pieces. */
enum {
    RECORD_INPUT = PIECE_RUN + 1, /* the text of the task, for the pieces that follow: in .input and .fields */
    RECORD_TASK,                  /* what follows belongs to this task: in .task */
};

/* A record is never longer than this plus the bytes, reason and lengths of its piece. */
#define RECORD_HEAD_MAX 80

/* Bytes that record_put may use for P (its input is not part of it: see record_put_input). */
size_t record_room(const struct piece *p);
/* Each writes one record and returns the end of it. */
char *record_put(char *to, const struct piece *p);
char *record_put_bytes(char *to, enum piece_kind kind, struct span bytes);
char *record_put_input(char *to, struct span text, struct span fields);
char *record_put_task(char *to, uint64_t task);

/*
 * Reads the record that begins at FROM; returns its size, 0: LEN bytes are not all of it (or no record at
 * all). The spans point into FROM; LENGTHS keeps what the lengths of a run need for their alignment. p->kind
 * may be one of the kinds above.
 */
size_t record_get(const char *from, size_t len, struct piece *p, struct buf *lengths);

#endif
