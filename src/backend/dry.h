/* dry: the backend of --dry-run: each task's result is the command that would run. Room: backend. Contract: backend.h. */
#ifndef SMAP_DRY_H
#define SMAP_DRY_H

#include "backend/backend.h"

extern const struct backend_ops dry_ops;

#endif
