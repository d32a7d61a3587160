/*
 * chain: records that wait, one after another, in memory or in the temporary file. Room: results; its only
 * user is order.
 *
 * A zeroed chain is an empty one. It is a list of chunks: memory of up to CHUNK_SIZE bytes (more only for one
 * larger record), or an extent of the file; every chunk holds whole records. All chains of one order share a
 * store: the count of memory, the file, and the window through which extents are read back. Only one chain is
 * read at a time, from its front; the window then holds the bytes before its first chunk. May block on the
 * file only. -1 is reported.
 */
#ifndef SMAP_CHAIN_H
#define SMAP_CHAIN_H

#include "base/piece.h"

struct chunk;
struct spill;

struct store {
    struct spill *spill;
    size_t memory;     /* bytes held by all chains */
    struct buf window; /* read back from the file */
    size_t window_at;  /* ... and already taken */
    struct buf lengths;
};

struct chain {
    struct chunk *first, *last;
    size_t memory;
};

void store_init(struct store *s);
void store_release(struct store *s);

/* Appends the piece, without its input and its task's number. */
void chain_put(struct store *s, struct chain *c, const struct piece *p);
void chain_put_input(struct store *s, struct chain *c, const struct piece *p);
void chain_put_task(struct store *s, struct chain *c, uint64_t task);
/* Appends all of FROM, which is empty then. */
void chain_move(struct store *s, struct chain *to, struct chain *from);
/* Writes about WANT bytes of memory to the file, those at the end of the chain. */
int chain_spill(struct store *s, struct chain *c, size_t want);
/* Forgets all; for the chain that is being read store_forget_window too. */
void chain_release(struct store *s, struct chain *c);
void store_forget_window(struct store *s);

/* True when the chain being read has something to give. */
bool chain_pending(const struct store *s, const struct chain *c);
/*
 * The record at the front (kinds as record_get), lent until chain_skip with the SIZE it told. 1; 0: none; -1.
 */
int chain_peek(struct store *s, struct chain *c, struct piece *p, size_t *size);
void chain_skip(struct store *s, struct chain *c, size_t size);

#endif
