/* The table of backends. */
#include "backend/backend.h"

#include "backend/dry.h"
#include "backend/local.h"
#include "backend/ranks.h"

#include <string.h>

const struct backend_ops *backend_find(const char *name)
{
    static const struct backend_ops *const table[] = {&serial_ops, &procs_ops, &dry_ops, &ranks_ops};

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}
