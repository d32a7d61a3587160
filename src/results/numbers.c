/*
 * Open addressing with linear probing, at most half full. Removal moves the followers back instead of leaving
 * marks, so that a table through which millions of numbers pass stays as short to search as on the first day.
 */
#include "results/numbers.h"

#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>

void numbers_release(struct numbers *t)
{
    free(t->slot);
    *t = (struct numbers){0};
}

/* Fibonacci hashing: neighbouring numbers, which is what there is, land far apart. */
static size_t home(const struct numbers *t, uint64_t number)
{
    return (size_t)(number * 0x9e3779b97f4a7c15u >> 20) & (t->cap - 1);
}

static size_t find(const struct numbers *t, uint64_t number)
{
    size_t i = home(t, number);

    while (t->slot[i].value && t->slot[i].number != number)
        i = (i + 1) & (t->cap - 1);
    return i;
}

void *numbers_get(const struct numbers *t, uint64_t number)
{
    return t->count ? t->slot[find(t, number)].value : NULL;
}

static void grow(struct numbers *t)
{
    struct numbers old = *t;

    t->cap = old.cap ? old.cap * 2 : 16;
    t->slot = xcalloc(t->cap, sizeof *t->slot);
    for (size_t i = 0; i < old.cap; i++)
        if (old.slot[i].value)
            t->slot[find(t, old.slot[i].number)] = old.slot[i];
    free(old.slot);
}

void numbers_put(struct numbers *t, uint64_t number, void *value)
{
    if (t->count * 2 >= t->cap)
        grow(t);
    size_t i = find(t, number);

    assert(value && !t->slot[i].value);
    t->slot[i] = (struct numbers_slot){number, value};
    t->count++;
}

/* Closes the hole at I: every follower that would no longer be found past it moves into it. */
static void close_hole(struct numbers *t, size_t i)
{
    size_t mask = t->cap - 1;

    for (size_t j = (i + 1) & mask; t->slot[j].value; j = (j + 1) & mask) {
        if (((j - home(t, t->slot[j].number)) & mask) < ((j - i) & mask))
            continue;
        t->slot[i] = t->slot[j];
        i = j;
    }
    t->slot[i].value = NULL;
}

void *numbers_take(struct numbers *t, uint64_t number)
{
    if (!t->count)
        return NULL;
    size_t i = find(t, number);
    void *value = t->slot[i].value;

    if (value) {
        close_hole(t, i);
        t->count--;
    }
    return value;
}

void *numbers_walk(const struct numbers *t, size_t *at)
{
    while (*at < t->cap) {
        void *value = t->slot[(*at)++].value;

        if (value)
            return value;
    }
    return NULL;
}
