/*
 * identity: which worker a result was made by, and the key under which it is found again. Room: results.
 *
 * The identity is a list of items "name=value", each with its length before it: the words of the command, the bytes of a library, the contents of
 * the files named by --depends. Its hash goes into the key of every task, so results of another worker are never found. Not part
 * of it: backend, slots, limits, and whatever only shapes the output.
 */
#ifndef SMAP_IDENTITY_H
#define SMAP_IDENTITY_H

#include "base/hash.h"
#include "base/task.h"

#include <stdbool.h>

struct work;

/* Zeroed it is empty. */
struct identity {
    struct buf items;
    struct hash128 hash; /* of items; set by identity_seal */
    bool numbered;       /* the command names the task's number: the number is part of the key */
    struct buf scratch;
};

void identity_release(struct identity *id);
void identity_put(struct identity *id, const char *name, struct span value);
/* The contents of a file, as their hash; -1: it cannot be read (reported). */
int identity_put_file(struct identity *id, const char *name, const char *path);
/* What WORK says; of a library its bytes, too. -1: it cannot be read (reported). */
int identity_put_work(struct identity *id, const struct work *work);
void identity_seal(struct identity *id);

/* Reads items one after another: *AT starts at 0; false at the end or where they are malformed. */
bool identity_next(struct span items, size_t *at, struct span *name, struct span *value);

/* Becomes the identity of which only hash and items are known. */
void identity_assume(struct identity *id, struct hash128 hash, struct span items);
/* The worker that the items tell of, as far as it is needed to show a command. Strings and arrays are the caller's: identity_free_work. */
void identity_get_work(struct span items, struct work *work);
void identity_free_work(struct work *work);

struct hash128 identity_key(struct identity *id, const struct task *t);
/* The key of the N-th task (2, 3...) that has the same key. */
struct hash128 identity_again(struct hash128 key, uint64_t n);

#endif
