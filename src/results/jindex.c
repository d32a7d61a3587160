/*
 * An array of places in the order of their adding, and a table of their numbers: open addressing, linear probing, filled to three quarters at most.
 * A byte of each key stands in an array of its own, so that what is not there is known without a look at any place, each of which would
 * miss the cache. The table is freed before the larger one is built from the array, so growing never costs both.
 */
#include "results/jindex.h"

#include "base/le.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

#define LOW_BITS 0x0101010101010101u
#define TOP_BITS 0x8080808080808080u

enum {
    TABLE_MIN = 256,
    TABLE_LARGE = 1 << 20,
    GROUP = 8,  /* tags looked at together */
    AHEAD = 16, /* a slot is announced so many steps before it is looked at */
};

static_assert(sizeof(struct jindex_place) == 24, "the memory of a journal's index is promised");

void jindex_release(struct jindex *x)
{
    free(x->place);
    free(x->table);
    free(x->tag);
    *x = (struct jindex){0};
}

/* Bit 7 stands for "taken", the others are bits of the key that do not choose the slot. */
static uint8_t tag_of(struct hash128 key)
{
    return (uint8_t)(key.high >> 56 | 0x80);
}

/* Eight tags from slot I on, as a number whose lowest byte is the first. */
static uint64_t tags_at(const struct jindex *x, size_t i)
{
    return le_get64((const char *)x->tag + i);
}

/* The first slot from I on that is free. */
static size_t free_slot(const struct jindex *x, size_t i)
{
    uint64_t taken;

    while ((taken = tags_at(x, i) & TOP_BITS) == TOP_BITS)
        i = (i + GROUP) & (x->table_cap - 1);
    return (i + (size_t)__builtin_ctzll(~taken & TOP_BITS) / 8) & (x->table_cap - 1);
}

/* High bits where a byte of GROUP is TAG; above a true one there may be false ones, which the comparison of keys finds out. */
static uint64_t matches(uint64_t group, uint8_t tag)
{
    uint64_t differ = group ^ (LOW_BITS * tag);

    return (differ - LOW_BITS) & ~differ & TOP_BITS;
}

/* The place of KEY; JINDEX_NONE: it has none, *SLOT is free for it. */
static uint32_t look(const struct jindex *x, struct hash128 key, size_t *slot)
{
    size_t mask = x->table_cap - 1;
    uint8_t tag = tag_of(key);

    for (size_t i = key.low & mask;; i = (i + GROUP) & mask) {
        uint64_t group = tags_at(x, i), unused = ~group & TOP_BITS;

        for (uint64_t hit = matches(group, tag); hit; hit &= hit - 1) {
            uint32_t n = x->table[(i + (size_t)__builtin_ctzll(hit) / 8) & mask];

            if (hash_equal(x->place[n].key, key))
                return n;
        }
        if (unused) {
            *slot = (i + (size_t)__builtin_ctzll(unused) / 8) & mask;
            return JINDEX_NONE;
        }
    }
}

uint32_t jindex_find(const struct jindex *x, struct hash128 key)
{
    size_t slot;

    return x->table_cap ? look(x, key, &slot) : JINDEX_NONE;
}

/* The first tags stand once more behind the last, so that a group never wraps. */
static void take_slot(struct jindex *x, size_t i, struct hash128 key, uint32_t place)
{
    x->table[i] = place;
    x->tag[i] = tag_of(key);
    if (i < GROUP)
        x->tag[x->table_cap + i] = x->tag[i];
}

/* All keys differ: only free slots are looked for. */
static void fill_table(struct jindex *x)
{
    for (uint32_t n = 0; n < x->places; n++) {
        struct hash128 key = x->place[n].key;

        if (n + AHEAD < x->places)
            jindex_expect(x, x->place[n + AHEAD].key);
        take_slot(x, free_slot(x, key.low & (x->table_cap - 1)), key, n);
    }
}

/* Far in the beginning, since every step moves all; where memory counts by doubling. */
static void grow_table(struct jindex *x)
{
    free(x->table);
    free(x->tag);
    x->table_cap = !x->table_cap ? TABLE_MIN : x->table_cap < TABLE_LARGE ? x->table_cap * 4 : x->table_cap * 2;
    x->table = xreallocarray(NULL, x->table_cap, sizeof *x->table);
    x->tag = xcalloc(x->table_cap + GROUP, sizeof *x->tag);
    fill_table(x);
}

static uint32_t new_place(struct jindex *x, struct hash128 key)
{
    if (x->places == x->place_cap) {
        assert(x->places < UINT32_MAX / 2);
        x->place_cap = x->place_cap ? x->place_cap + x->place_cap / 2 : TABLE_MIN;
        x->place = xreallocarray(x->place, x->place_cap, sizeof *x->place);
    }
    x->place[x->places] = (struct jindex_place){.key = key};
    return x->places++;
}

uint32_t jindex_add(struct jindex *x, struct hash128 key)
{
    if ((size_t)x->places * 4 >= x->table_cap * 3)
        grow_table(x);
    size_t slot;
    uint32_t place = look(x, key, &slot);

    if (place != JINDEX_NONE)
        return place;
    place = new_place(x, key);
    take_slot(x, slot, key, place);
    return place;
}

void jindex_expect(const struct jindex *x, struct hash128 key)
{
    if (!x->table_cap)
        return;
    size_t i = key.low & (x->table_cap - 1);

    __builtin_prefetch(&x->tag[i]);
    __builtin_prefetch(&x->table[i]);
}

size_t jindex_memory(const struct jindex *x)
{
    return x->places * sizeof *x->place + x->table_cap * (sizeof *x->table + sizeof *x->tag);
}
