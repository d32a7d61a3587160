/*
 * hash: checksums and content keys (XXH3). Layer: base.
 *
 * Not meant against an adversary: whoever relies on two contents being the same compares them too.
 */
#ifndef SMAP_HASH_H
#define SMAP_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash128 {
    uint64_t low, high;
};

uint64_t hash64(const void *ptr, size_t len, uint64_t seed);
struct hash128 hash128(const void *ptr, size_t len);
/* Of all bytes of a file; -1 with errno. Blocks as long as reading takes. */
int hash_file(const char *path, struct hash128 *hash);

static inline bool hash_equal(struct hash128 a, struct hash128 b)
{
    return a.low == b.low && a.high == b.high;
}

#endif
