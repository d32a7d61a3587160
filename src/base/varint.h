/*
 * varint: numbers of variable length, and bytes behind them, for records. Layer: base.
 *
 * Little-endian groups of seven bits, the last without the high bit: small numbers take one byte. Reading goes on from what is left of a span;
 * once something is missing or no number, its ptr is NULL, and all that is read from there on is 0 or nothing: who reads a record looks once, at its end.
 */
#ifndef SMAP_VARINT_H
#define SMAP_VARINT_H

#include "base/buf.h"

#include <stdint.h>

enum { VARINT_MAX = 10 }; /* bytes of the largest */

/* TO has room for VARINT_MAX bytes; the result is where the next one goes. */
static inline char *varint_put(char *to, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        *to++ = (char)(n | 0x80);
    *to++ = (char)n;
    return to;
}

static inline uint64_t varint_get(struct span *in)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < in->len && i < VARINT_MAX; i++) {
        uint8_t c = (uint8_t)in->ptr[i];

        if (i == VARINT_MAX - 1 && c > 1)
            break;
        n |= (uint64_t)(c & 0x7f) << (7 * i);
        if (c < 0x80) {
            in->ptr += i + 1;
            in->len -= i + 1;
            return n;
        }
    }
    *in = (struct span){NULL, 0};
    return 0;
}

/* The next N bytes, lent. */
static inline struct span varint_get_bytes(struct span *in, uint64_t n)
{
    struct span got = {in->ptr, (size_t)n};

    if (!in->ptr || n > in->len)
        return *in = (struct span){NULL, 0};
    in->ptr += n;
    in->len -= (size_t)n;
    return got;
}

#endif
