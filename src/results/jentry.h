/*
 * jentry: what stands in a journal, as bytes: the bodies of its records, encoder and decoder. Room: results; pure.
 *
 * The format is described in smap-journal(5) and must be read as long as there are journals: a change means a new version in the header
 * (jfile.h). Decoders trust nothing: every length is checked against what is there; false means malformed. Spans are lent from the body.
 */
#ifndef SMAP_JENTRY_H
#define SMAP_JENTRY_H

#include "base/hash.h"
#include "base/piece.h"
#include "base/task.h"

#include <stdbool.h>

enum jentry_type {
    JENTRY_SESSION = 1, /* results from here on were made by this worker */
    JENTRY_HOST,        /* a name; hosts are numbered 1, 2... as they appear */
    JENTRY_DATA,        /* part of the output of a task whose RESULT follows */
    JENTRY_RESULT,      /* one task */
    JENTRY_RUN,         /* several consecutive tasks that succeeded and printed nothing on stderr */
    JENTRY_HOOK,        /* the hook has finished with a result */
};

#define JENTRY_INPUT_MAX 65536 /* of a longer task only so much is kept */
#define JENTRY_FIELDS_MAX 4096 /* a task with more is kept without its fields */
#define JENTRY_RUN_MAX 1024    /* tasks in a RUN */

struct jentry_session {
    struct hash128 identity;
    int64_t start; /* wall clock, us since 1970 */
    struct span items; /* identity_next reads them */
};

struct jentry_data {
    uint64_t task;
    enum piece_kind kind; /* OUT or ERR */
    uint64_t previous;    /* where the DATA before it lies; 0: this is the first */
    struct span bytes;
};

/* One task's result; of a RUN's task too. */
struct jentry_result {
    struct hash128 key;
    uint64_t task;
    struct outcome end; /* without host */
    uint32_t host;      /* 0: not known */
    uint64_t out_len, err_len;
    uint64_t last;      /* where the last DATA lies; 0: out and err are here */
    struct span out, err;
    uint64_t input_len; /* of the task; input may be less of it */
    struct span input;
    uint32_t fields;    /* known; 0: none, or too many */
    struct span field_bytes; /* jentry_fields makes spans of them */
};

void jentry_put_session(struct buf *body, const struct jentry_session *s);
bool jentry_get_session(struct span body, struct jentry_session *s);
void jentry_put_data(struct buf *body, const struct jentry_data *d);
bool jentry_get_data(struct span body, struct jentry_data *d);
/* Input and fields are taken from T. */
void jentry_put_result(struct buf *body, const struct jentry_result *r, const struct task *t);
bool jentry_get_result(struct span body, struct jentry_result *r);
void jentry_put_hook(struct buf *body, struct hash128 key);
bool jentry_get_hook(struct span body, struct hash128 *key);

/* Makes COUNT spans inside r->input of FIELD (r->fields of them); false: malformed. */
bool jentry_fields(const struct jentry_result *r, struct span *field);

/* A RUN in the making: zeroed, then puts, then take. */
struct jentry_run {
    struct buf keys, meta, inputs, outs;
    uint32_t count;
};

void jentry_run_release(struct jentry_run *r);
/* T's input must not be longer than JENTRY_INPUT_MAX. */
void jentry_run_put(struct jentry_run *r, struct hash128 key, const struct task *t, struct span out);
/* Writes the body, for tasks from FIRST on, and empties the run. END: of each task, elapsed is one task's share. */
void jentry_run_take(struct jentry_run *r, struct buf *body, uint64_t first, const struct outcome *end, uint32_t host);

/* Walks a RUN: false at the end, or malformed (index < count). */
struct jentry_walk {
    uint32_t count, index;
    const char *keys;
    struct span meta, inputs, outs;
    struct jentry_result common;
};

bool jentry_walk(struct jentry_walk *w, struct span body);
bool jentry_walk_next(struct jentry_walk *w, struct jentry_result *r);
/* Key of the task at INDEX < count. */
struct hash128 jentry_walk_key(const struct jentry_walk *w, uint32_t index);

#endif
