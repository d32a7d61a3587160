/*
 * wire: batches and pieces as bytes: their one encoder and decoder. Layer: base.
 *
 * Used wherever they cross processes: smap and its executors (socket pair, MPI), smap and its function workers. What is sent is a stream of
 * frames; a frame is a head (length of the body, kind), the body, and zeros up to a multiple of 8, so that everything in it stays
 * aligned. How the stream is cut into reads or messages does not matter. Host byte order: the ranks of one job are of one kind, and say
 * so in their first frame.
 *
 * The reader trusts nothing: a length never makes it allocate before the bytes are there, no field reaches outside its frame, a kind or a
 * value that does not exist makes the frame bad. A bad frame says so (false, -1) and is the end of that stream. Nothing here blocks.
 */
#ifndef SMAP_WIRE_H
#define SMAP_WIRE_H

#include "base/piece.h"
#include "base/task.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_PIECE_MAX ((size_t)1 << 20) /* longer OUT and ERR pieces travel as several */
#define WIRE_HEAD 16

enum wire_kind {
    WIRE_HELLO = 1, /* executor: who I am, what I have (backend/setup.h) */
    WIRE_SETUP,     /* master: what is to be done, with which slots (backend/setup.h) */
    WIRE_READY,     /* executor: the worker is all right; batches may come */
    WIRE_REFUSED,   /* executor: it is not; u32 exit status, the reason went ahead as NOTE */
    WIRE_BATCH,     /* master, or who holds a worker process */
    WIRE_PIECE,
    WIRE_NOTE,      /* executor: a message for people */
    WIRE_MORE,      /* executor: one batch more, please: what it has been given may not be answered before */
    WIRE_ENDED,     /* executor: its last word; u32 0, or 3: its results cannot be trusted (the reason went ahead as NOTE) */
    WIRE_FINISH,    /* master: nothing follows for now */
    WIRE_SIGNAL,    /* master: i32 signal for all running tasks */
    WIRE_STOP,      /* master: end what runs and leave */
    WIRE_WANTED,    /* master: u32 1: others have nothing to do, tasks that have not begun would be welcome; 0: no longer */
    WIRE_BACK,      /* executor: these tasks it has not begun, and will not; first and count */
    WIRE_KINDS
};

struct wire_frame {
    enum wire_kind kind;
    struct span body; /* lent until the next wire_feed or wire_next */
};

/* Writing: wire_begin, any number of puts, wire_end; or one of the whole frames below. All append to OUT. */
size_t wire_begin(struct buf *out, enum wire_kind kind);
void wire_end(struct buf *out, size_t begin);
void wire_put_u32(struct buf *out, uint32_t n);
void wire_put_u64(struct buf *out, uint64_t n);
/* Length and bytes, filled up to a multiple of 8. */
void wire_put_span(struct buf *out, struct span bytes);
/* A string that may be NULL. */
void wire_put_text(struct buf *out, const char *text);

void wire_batch(struct buf *out, const struct batch *b);
/* One frame, or several where bytes of OUT or ERR are longer than WIRE_PIECE_MAX; without p->input. */
void wire_piece(struct buf *out, const struct piece *p);
void wire_note(struct buf *out, struct span text);
void wire_number(struct buf *out, enum wire_kind kind, uint32_t n);
void wire_range(struct buf *out, enum wire_kind kind, uint64_t first, uint32_t count);

/* Reading a body: gets after the end or past a wrong length give 0 and set `bad`. */
struct wire_cursor {
    const char *ptr;
    size_t left;
    bool bad;
};

struct wire_cursor wire_open(struct span body);
uint32_t wire_get_u32(struct wire_cursor *c);
uint64_t wire_get_u64(struct wire_cursor *c);
/* Lent from the frame. */
struct span wire_get_span(struct wire_cursor *c);
/* Malloced, or NULL (bad, or it was NULL). */
char *wire_get_text(struct wire_cursor *c);
/* True when all was read and nothing was bad. */
bool wire_done(const struct wire_cursor *c);

/* Gives a batch of the caller's; NULL: bad. */
struct batch *wire_get_batch(struct span body);
/* Fills P with spans lent from the frame; false: bad. */
bool wire_get_piece(struct span body, struct piece *p);
/* False: bad, or no tasks. */
bool wire_get_range(struct span body, uint64_t *first, uint32_t *count);

/* Puts a stream together again; zeroed it is new. */
struct wire_reader {
    struct buf data;
    size_t at; /* frames before it were given */
};

void wire_feed(struct wire_reader *r, const void *ptr, size_t len);
/* 1: *F is the next frame; 0: more bytes are needed; -1: not a frame. */
int wire_next(struct wire_reader *r, struct wire_frame *f);
void wire_release(struct wire_reader *r);

#endif
