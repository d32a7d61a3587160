/* Hosts are few: a list will do. */
#include "results/jhosts.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void jhosts_release(struct jhosts *h)
{
    for (uint32_t i = 0; i < h->count; i++)
        free(h->name[i]);
    free(h->name);
}

uint32_t jhosts_add(struct jhosts *h, struct span name)
{
    if (h->count == h->cap) {
        h->cap = h->cap ? h->cap * 2 : 8;
        h->name = xreallocarray(h->name, h->cap, sizeof *h->name);
    }
    h->name[h->count++] = xmemdup(name.ptr, name.len);
    return h->count;
}

uint32_t jhosts_find(const struct jhosts *h, const char *name)
{
    for (uint32_t i = 0; i < h->count; i++)
        if (strcmp(h->name[i], name) == 0)
            return i + 1;
    return 0;
}

const char *jhosts_name(const struct jhosts *h, uint32_t number)
{
    return number && number <= h->count ? h->name[number - 1] : NULL;
}
