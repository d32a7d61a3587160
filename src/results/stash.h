/*
 * stash: the bytes of one stream of one task, until they are wanted as a whole. Room: results; its users are jsonl and hook.
 *
 * Bytes beyond a bound go to a temporary file without a name, so that a large result costs no memory. Zeroed it is empty. May block on the disk.
 * Every -1 has been reported.
 */
#ifndef SMAP_STASH_H
#define SMAP_STASH_H

#include "base/buf.h"

#include <stdint.h>

struct stash {
    struct buf head;
    int file;       /* the descriptor and 1: what follows the head; 0: none */
    uint64_t beyond; /* bytes in it */
};

#define STASH_HEAD ((size_t)1 << 20) /* bytes in memory */

int stash_put(struct stash *s, struct span bytes);
uint64_t stash_size(const struct stash *s);
/*
 * Up to MAX bytes from AT on (fewer only at the end): lent until the next change of the stash or of ROOM, which is used for what must be
 * read back. An empty span at the end. -1.
 */
int stash_read(const struct stash *s, uint64_t at, size_t max, struct buf *room, struct span *bytes);
/* Forgets all; keeps the memory for the next. */
void stash_clear(struct stash *s);
void stash_release(struct stash *s);

#endif
