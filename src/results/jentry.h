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

struct identity;

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
#define JENTRY_SHORT 128       /* a length below takes one byte */

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

/* Which result: that of the record at AT, of a RUN's task NTH. */
struct jentry_hook {
    uint64_t at;
    uint32_t nth;
};

/* One task's result; of a RUN's task too. */
struct jentry_result {
    struct hash128 key; /* of a task of a RUN: jentry_key makes it */
    bool has_key;
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
/* No more than the key, and whether it is a failure. */
bool jentry_peek_result(struct span body, struct hash128 *key, bool *failed);
void jentry_put_hook(struct buf *body, const struct jentry_hook *h);
bool jentry_get_hook(struct span body, struct jentry_hook *h);

/* Makes spans inside r->input of FIELD (r->fields of them); false: malformed. */
bool jentry_fields(const struct jentry_result *r, struct span *field);
/* Sets r->key, which a task of a RUN by this worker has not yet; false: malformed. */
bool jentry_key(struct jentry_result *r, struct identity *id);

/* A RUN in the making: zeroed, then puts, then take. */
struct jentry_run {
    struct buf meta, copied;
    struct span inputs, outs; /* lent until take */
    uint32_t count;
    bool ended; /* each input is followed by a byte that is not part of it */
};

void jentry_run_release(struct jentry_run *r);
/*
 * The next task, whose input must not be longer than JENTRY_INPUT_MAX. OUT follows that of the task before in memory; so does the input, and its separator
 * behind it, when RAW, which all tasks of a run are or none. Both must stay until take.
 */
void jentry_run_put(struct jentry_run *r, const struct task *t, bool raw, struct span out);
/* COUNT tasks at once, RAW: their inputs, of INPUT bytes each, begin at INPUTS, their results, of OUT bytes each, at OUTS. None is JENTRY_SHORT or longer. */
void jentry_run_put_short(struct jentry_run *r, uint32_t count, const char *inputs, const uint8_t *input, const char *outs,
                          const uint32_t *out);
/* Writes the body, for tasks from FIRST on, and empties the run. END: of each task, elapsed is one task's share. */
void jentry_run_take(struct jentry_run *r, struct buf *body, uint64_t first, const struct outcome *end, uint32_t host);

/* Walks a RUN: false at the end, or malformed (index < count). */
struct jentry_walk {
    uint32_t count, index;
    unsigned has;
    struct span meta, inputs, outs;
    struct jentry_result common;
};

bool jentry_walk(struct jentry_walk *w, struct span body);
bool jentry_walk_next(struct jentry_walk *w, struct jentry_result *r);

#endif
