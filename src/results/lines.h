/*
 * lines: the lines of --line-buffer and --tag. Room: results; its user is the sink.
 *
 * WHOLE: what a task has printed of a line is kept until the line ends, so that lines of several tasks never
 * mix (a line above 1 MiB goes out in parts all the same: memory is bounded). TAG: every line begins with the
 * text of its task and a tab; a newline in that text is shown as \n. In both cases a last line without a
 * newline gets one, for another's line may follow. What is kept belongs to tasks that have not ended. Nothing
 * can fail.
 */
#ifndef SMAP_LINES_H
#define SMAP_LINES_H

#include "base/piece.h"
#include "results/numbers.h"

struct lines {
    bool whole, tag;
    struct numbers open; /* by task and stream: the line that has not ended */
};

void lines_release(struct lines *l);
/* Appends to OUT what can be printed now that P has come: OUT, ERR and RUN pieces. */
void lines_put(struct lines *l, const struct piece *p, struct buf *out);
/* P is the END of its task: what is left of the stream of KIND, OUT or ERR. */
void lines_end(struct lines *l, const struct piece *p, enum piece_kind kind, struct buf *out);

#endif
