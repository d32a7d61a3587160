/*
 * shscan: the state of shline's reader and what is not bare text: quotes, expansions, messages.
 * Layer: work; private to shline.c, shscan.c and shbare.c.
 *
 * One pass, a stack of what is open ("...", $(...), ${...}, $((...))); what is open is read by one
 * step function each, what cannot nest
 * ('...', `...`) at once:
 *
 *     bare ──"──▶ double ──$(──▶ bare (of the substitution) ...
 *       └──${──▶ brace      └──$((──▶ number
 *
 * A step moves AT past what it has read; -1: the line is refused and ERROR says why.
 */
#ifndef SMAP_SHSCAN_H
#define SMAP_SHSCAN_H

#include "work/shline.h"

#define SHSCAN_LEVELS 32
#define SHSCAN_HERES  8

enum level_kind { LEVEL_BARE, LEVEL_DOUBLE, LEVEL_BRACE, LEVEL_NUMBER };

/* Reading words outside of quotes. */
struct words {
    bool inside;       /* in a word, which began at AT */
    bool plain;        /* no quotes or expansions in it so far */
    bool command_next; /* the next word is (or comes before) the name of a command */
    bool redirect;     /* the next word is the target of a redirection */
    size_t at;
    size_t end;            /* behind the last word or operator */
    const char *no_append; /* why a word put there would not be an argument; NULL: it would */
};

struct level {
    enum level_kind kind;
    bool doubled;       /* inside double quotes, counting from the last $( */
    bool brace;         /* inside ${...}, counting likewise */
    uint32_t depth;     /* open parentheses */
    size_t from;        /* where it began, for messages */
    struct words words; /* LEVEL_BARE */
};

struct here {
    struct span end;
    bool quoted; /* no expansions in the body */
    bool tabs;   /* <<- */
    size_t at;   /* of its operator */
};

struct scan {
    struct shline *out;
    struct span line;
    size_t at;
    const struct hole_syntax *syntax;
    struct buf *error;
    struct level level[SHSCAN_LEVELS];
    uint32_t levels;
    struct here here[SHSCAN_HERES];
    uint32_t heres, here_level;
};

static inline struct level *shscan_top(struct scan *s)
{
    return &s->level[s->levels - 1];
}

/* The byte N behind the present one, 0 at the end (no line holds a NUL). */
static inline char shscan_ahead(const struct scan *s, size_t n)
{
    return s->at + n < s->line.len ? s->line.ptr[s->at + n] : '\0';
}

/* Length of the placeholder here, 0: none. */
size_t shscan_match(const struct scan *s, struct hole *h);
void shscan_add(struct scan *s, const struct shline_hole *h);

/* The line is refused: WHAT is there at AT. -1. */
int shscan_refuse(struct scan *s, size_t at, const char *what);
/* The placeholder at AT is refused. -1. */
int shscan_refuse_hole(struct scan *s, size_t at, size_t len, const char *why);
/* The bytes up to END are text that the shell takes as it is, but where no parameter is possible:
 * WHY. */
int shscan_skip(struct scan *s, size_t end, const char *why);

int shscan_push(struct scan *s, enum level_kind kind, size_t skip);
int shscan_pop(struct scan *s, size_t skip);

/* The steps; the first three read from their opening byte. */
int shscan_single(struct scan *s);
int shscan_backquote(struct scan *s);
int shscan_dollar(struct scan *s);
int shscan_double(struct scan *s);
int shscan_brace(struct scan *s);
int shscan_number(struct scan *s);
/* In shbare.c. */
int shbare_step(struct scan *s);
/* The word that ends here, if there is one: is the next one an argument of a command? */
int shbare_end_word(struct scan *s);

/* Length of the name (letters, digits, _) WORD begins with. */
size_t shbare_name(struct span word);
/* Is WORD in LIST, whose words have a blank on both sides? */
bool shbare_listed(const char *list, struct span word);

#endif
