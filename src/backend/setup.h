/*
 * setup: the first words between the master and an executor, as frames. Room: backend.
 *
 * An executor says HELLO: which smap it is and what its machine has. The master answers SETUP: the whole job but for the tasks, so that all
 * ranks work with the options, environment and directory of rank 0, whatever they themselves were started with.
 */
#ifndef SMAP_SETUP_H
#define SMAP_SETUP_H

#include "base/cpus.h"
#include "base/wire.h"
#include "work/work.h"

struct hello {
    char *version; /* of smap and of the machine's data layout: must be equal */
    char *host;
    struct cpus_limits limits; /* affinity: this rank's part, see setup_measure */
    uint32_t allowed;          /* CPUs this rank may run on, shared or not */
    uint32_t online;           /* CPUs of the machine */
};

struct setup {
    struct work work;     /* after setup_get: its strings are the setup's own */
    char **env;           /* of every task, NULL-terminated */
    uint32_t slots, first_slot, rank, chunk;
};

/* The version this program is. */
const char *setup_version(void);
/* What this machine has; the CPUs of an unbound rank are shared with the other ranks here. */
void setup_measure(struct hello *h);

void setup_put_hello(struct buf *out, const struct hello *h);
/* False: malformed. Release in either case. A hello of another version has only that. */
bool setup_get_hello(struct span body, struct hello *h);
void setup_release_hello(struct hello *h);

/* ENV is put instead of s->env, which may be NULL. */
void setup_put(struct buf *out, const struct setup *s, char *const *env);
bool setup_get(struct span body, struct setup *s);
void setup_release(struct setup *s);

/*
 * The environment of tasks on another rank: THEIRS (the master's, already without its launcher's variables unless KEEP_MPI) but for what a
 * scheduler sets to tell a rank about its own node, and with KEEP_MPI the launcher's variables: those are taken from OURS. Malloced array of
 * malloced words.
 */
char **setup_environment(char *const *theirs, char *const *ours, bool keep_mpi);

#endif
