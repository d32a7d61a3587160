/*
 * hint: "did you mean ...?": the known name nearest to an unknown one. Layer: base; pure.
 *
 * Start with {.word = WORD, .len = its length}, try every name there is, read `best`: NULL when none is near enough to be worth showing.
 */
#ifndef SMAP_HINT_H
#define SMAP_HINT_H

#include <stddef.h>

struct hint {
    const char *word;
    size_t len;
    const char *best;
    size_t distance; /* of best */
};

void hint_try(struct hint *h, const char *name);

#endif
