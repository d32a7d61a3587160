/*
 * jhosts: the names of hosts in a journal, numbered 1, 2... as they appear in it. Room: results.
 */
#ifndef SMAP_JHOSTS_H
#define SMAP_JHOSTS_H

#include "base/buf.h"

#include <stdint.h>

/* Zeroed it is empty. */
struct jhosts {
    char **name;
    uint32_t count, cap;
};

void jhosts_release(struct jhosts *h);
/* Gives the number of the new name. */
uint32_t jhosts_add(struct jhosts *h, struct span name);
/* 0: not there. */
uint32_t jhosts_find(const struct jhosts *h, const char *name);
/* NULL: no such number. Lives as long as the table. */
const char *jhosts_name(const struct jhosts *h, uint32_t number);

#endif
