/*
 * utf8: which bytes are text. Layer: base; pure.
 */
#ifndef SMAP_UTF8_H
#define SMAP_UTF8_H

#include "base/buf.h"

#include <stdint.h>

/* Length of the valid UTF-8 sequence at P, at most LEFT bytes (at least one) being there (RFC 3629: no overlong forms, no
 * surrogates), and its code point; 0: none. */
size_t utf8_length(const char *p, size_t left, uint32_t *code);
/* True when all of TEXT is such sequences. */
bool utf8_valid(struct span text);
/* The same for a text that comes in parts; zeroed it is an empty one. */
struct utf8_parts {
    char open[4]; /* bytes of a sequence that has not ended */
    size_t opened;
    bool bad;
};

void utf8_part(struct utf8_parts *u, struct span part);
/* True when the parts so far are such sequences, the last one whole. */
bool utf8_parts_valid(const struct utf8_parts *u);

#endif
