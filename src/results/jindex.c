/*
 * An array of places in the order of their adding, and a table of their numbers: open addressing, linear probing, filled to three quarters at most. The
 * table is freed before the larger one is built from the array, so growing never costs both.
 */
#include "results/jindex.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

enum { TABLE_MIN = 64 };

static_assert(sizeof(struct jindex_place) == 24, "the memory of a journal's index is promised");

void jindex_release(struct jindex *x)
{
    free(x->place);
    free(x->table);
    *x = (struct jindex){0};
}

/* The slot that holds KEY, or the free one where it would go. */
static size_t slot_of(const struct jindex *x, struct hash128 key)
{
    size_t mask = x->table_cap - 1, i = key.low & mask;

    while (x->table[i] && !hash_equal(x->place[x->table[i] - 1].key, key))
        i = (i + 1) & mask;
    return i;
}

uint32_t jindex_find(const struct jindex *x, struct hash128 key)
{
    if (!x->table_cap)
        return JINDEX_NONE;
    uint32_t n = x->table[slot_of(x, key)];

    return n ? n - 1 : JINDEX_NONE;
}

/* All keys differ: only a free slot is looked for. */
static void fill_table(struct jindex *x)
{
    size_t mask = x->table_cap - 1;

    for (uint32_t n = 0; n < x->places; n++) {
        size_t i = x->place[n].key.low & mask;

        while (x->table[i])
            i = (i + 1) & mask;
        x->table[i] = n + 1;
    }
}

static void grow_table(struct jindex *x)
{
    free(x->table);
    x->table_cap = x->table_cap ? x->table_cap * 2 : TABLE_MIN;
    x->table = xcalloc(x->table_cap, sizeof *x->table);
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
    size_t i = slot_of(x, key);

    if (!x->table[i])
        x->table[i] = new_place(x, key) + 1;
    return x->table[i] - 1;
}

void jindex_expect(const struct jindex *x, struct hash128 key)
{
    if (x->table_cap)
        __builtin_prefetch(&x->table[key.low & (x->table_cap - 1)]);
}

size_t jindex_memory(const struct jindex *x)
{
    return x->places * sizeof *x->place + x->table_cap * sizeof *x->table;
}
