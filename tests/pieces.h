/*
 * pieces: what a worker's side hands on, as text, for the suites of work/.
 *
 * "run 1-3 abc|", with lengths "run 1-3 abc|1 1 1 |"; "out 4 x|", "err 4 y|", "end 4 ok|", "end 4 status 3 reason|".
 */
#ifndef SMAP_TESTS_PIECES_H
#define SMAP_TESTS_PIECES_H

#include "base/piece.h"

/* A piece_fn: appends the piece. */
void pieces_note(void *ctx, const struct piece *p);
/* What has come since the last call; lent until the next. */
const char *pieces_taken(void);
void pieces_release(void);

#endif
