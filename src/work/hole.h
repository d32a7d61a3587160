/*
 * hole: one placeholder: how it is written, and which bytes of a task it stands for. Layer: work;
 * pure: no process, no I/O.
 *
 * {} the text, {N} field N, {name} the field of that name, each also as {.} {/} {//} {/.}; {#} the
 * task's number, {%} the slot. A value is always a piece of the task's own bytes (or ".", "/",
 * digits), so taking one copies nothing.
 */
#ifndef SMAP_HOLE_H
#define SMAP_HOLE_H

#include "base/task.h"

enum hole_source { HOLE_TEXT, HOLE_FIELD, HOLE_NUMBER, HOLE_SLOT };

/*
 * As GNU parallel has them: {.} drops the last dot of the last component and what follows
 * (a.tar.gz: a.tar; a.b/c: a.b/c; .profile: nothing is left); {/} is what follows the last slash
 * (a/b/: nothing); {//} is dirname(1) (no slash: "."); {/.} is {.} of {/}.
 */
enum hole_form { HOLE_WHOLE, HOLE_STEM, HOLE_BASE, HOLE_DIR, HOLE_BASE_STEM };

struct hole {
    uint8_t source;  /* enum hole_source */
    uint8_t form;    /* enum hole_form */
    uint32_t column; /* HOLE_FIELD: from 1 */
};

/* How placeholders are written here. Lent. */
struct hole_syntax {
    const char *replace; /* what stands for {}; not empty. When it is another than "{}", "{}" is
                            left alone */
    char *const *name;   /* names of the columns 1, 2... */
    uint32_t names;
};

/*
 * Length of the placeholder that begins at TEXT[AT], 0 when there is none: other braces are
 * nobody's business, nor is anything directly behind a $. {-1}, {0} and {01} are no placeholders. A
 * name wins over a number: with a column called 2019, {2019} is that one.
 */
size_t hole_match(const struct hole_syntax *syntax, struct span text, size_t at, struct hole *h);

/* Room for the digits of a number. */
#define HOLE_DIGITS 24

/* The value of H for task T in slot SLOT: a span into the task or into DIGITS. False: the task has
 * no such column. */
bool hole_value(const struct hole *h, const struct task *t, uint32_t slot, char digits[HOLE_DIGITS],
                struct span *value);
/* VALUE in that form (for the fields of a pack, one by one). */
struct span hole_shape(enum hole_form form, struct span value);

bool hole_equal(const struct hole *a, const struct hole *b);

#endif
