/*
 * le: numbers as bytes, little-endian, for files that outlive a machine. Layer: base.
 */
#ifndef SMAP_LE_H
#define SMAP_LE_H

#include <stdint.h>
#include <string.h>

static inline uint32_t le_32(uint32_t n)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? n : __builtin_bswap32(n);
}

static inline uint64_t le_64(uint64_t n)
{
    return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? n : __builtin_bswap64(n);
}

static inline void le_put32(char *to, uint32_t n)
{
    uint32_t raw = le_32(n);

    memcpy(to, &raw, sizeof raw);
}

static inline void le_put64(char *to, uint64_t n)
{
    uint64_t raw = le_64(n);

    memcpy(to, &raw, sizeof raw);
}

static inline uint32_t le_get32(const char *from)
{
    uint32_t raw;

    memcpy(&raw, from, sizeof raw);
    return le_32(raw);
}

static inline uint64_t le_get64(const char *from)
{
    uint64_t raw;

    memcpy(&raw, from, sizeof raw);
    return le_64(raw);
}

#endif
