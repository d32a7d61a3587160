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
/* Appends CODE, a code point. */
void utf8_put(struct buf *out, uint32_t code);

#endif
