/*
 * task: what travels down the corridor. Layer: base, since every room sees it.
 *
 * A task is a number (1, 2, 3... in input order), a text (any bytes), and the fields of that text where it has
 * several: columns, the values of a `:::` product, the lines of a pack. Tasks travel in batches of consecutive numbers. A
 * batch is either RAW, records each ended by one separator byte exactly as they were read, no byte touched; or
 * STRUCTURED, records with lengths and fields. Nobody but batch.c looks inside: readers walk with a cursor.
 */
#ifndef SMAP_TASK_H
#define SMAP_TASK_H

#include "base/buf.h"

#include <stdint.h>

struct task {
    uint64_t number;
    uint32_t attempt;        /* 1, 2...: which try this is */
    uint32_t fields;         /* 0: the text is the one field */
    struct span text;        /* a byte that is not part of it follows (may be overwritten with NUL by a worker that owns the batch) */
    const struct span *field; /* inside text */
};

#define BATCH_STRUCTURED (-1)
#define BATCH_SHORT 128

struct batch {
    uint64_t first;   /* number of the first task */
    uint32_t count;   /* tasks */
    uint32_t attempt; /* of all of them; retried tasks travel alone */
    int64_t timeout;  /* us that each of them may take; 0: any */
    int separator;    /* 0..255: RAW; BATCH_STRUCTURED */
    struct buf data;
    struct batch *next; /* for whoever owns the batch */
};

struct batch *batch_new(uint64_t first, int separator);
void batch_free(struct batch *b);
/* Appends a task to a structured batch; FIELDS may be 0. The bytes are copied. */
void batch_add(struct batch *b, struct span text, const struct span *field, uint32_t fields);
/* A batch of this one task alone, for another attempt. */
struct batch *batch_of(const struct task *t, uint32_t attempt);

/* Where the fields of T lie in its text, as bytes that may travel with the text (piece.h); appended. */
void task_put_fields(struct buf *out, const struct task *t);
/* Reads them into storage of the caller's, zeroed at first: T has TEXT and its fields. False: they do not belong together. */
struct task_fields {
    struct span *field;
    uint32_t cap;
};
bool task_get_fields(struct task *t, struct span text, struct span fields, struct task_fields *storage);
void task_fields_release(struct task_fields *storage);

struct batch_cursor {
    const struct batch *batch;
    size_t at;
    uint32_t index; /* tasks already given */
    struct span *field;
    uint32_t field_cap;
};

void batch_walk(struct batch_cursor *c, const struct batch *b);
/* Gives the next task, lent until the next call; false at the end, also when the bytes are malformed (index < count). */
bool batch_next(struct batch_cursor *c, struct task *t);
/* Passes over the next tasks of a RAW batch, up to MOST, as long as their texts are shorter than BATCH_SHORT: how many, and LENGTH gets theirs. */
uint32_t batch_next_short(struct batch_cursor *c, uint8_t *length, uint32_t most);
void batch_walk_end(struct batch_cursor *c);
/* Gives the next tasks, up to MOST, as a batch of their own (a copy, the caller's); NULL at the end. */
struct batch *batch_cut(struct batch_cursor *c, uint32_t most);
/* Walks to task NUMBER of the batch; false when it is not in there. */
bool batch_seek(struct batch_cursor *c, const struct batch *b, uint64_t number, struct task *t);

#endif
