/*
 * Types of C by their words, in any order, as C allows them: `unsigned long int`, `long unsigned`.
 * Two words that are no type together (`short char`), and types that no column can be (`long
 * double`, pointers to pointers), are refused.
 */
#include "work/ctype.h"

#include "base/buf.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>

void ctype_skip_blanks(struct ctype_parser *p)
{
    while (*p->at == ' ' || *p->at == '\t')
        p->at++;
}

bool ctype_accept(struct ctype_parser *p, char c)
{
    ctype_skip_blanks(p);
    if (*p->at != c)
        return false;
    p->at++;
    return true;
}

/* The next word, cut at the size of WORD; false: there is none. */
static bool next_word(struct ctype_parser *p, char word[32])
{
    size_t n = 0;

    ctype_skip_blanks(p);
    while (isalnum((unsigned char)*p->at) || *p->at == '_') {
        if (n < 31)
            word[n++] = *p->at;
        p->at++;
    }
    word[n] = '\0';
    return n > 0;
}

/* What the words of one type add up to. */
struct words {
    bool is_signed, is_unsigned, is_char, is_short, is_int, is_other;
    int longs;
    struct ctype other;
};

static bool named_type(const char *word, struct ctype *t)
{
    static const struct {
        const char *name;
        enum kind kind;
        size_t size;
    } named[] = {
        {"void", KIND_VOID, 0},      {"bool", KIND_BOOL, 1},       {"_Bool", KIND_BOOL, 1},
        {"float", KIND_FLOAT, 4},    {"double", KIND_DOUBLE, 8},   {"int8_t", KIND_INT, 1},
        {"int16_t", KIND_INT, 2},    {"int32_t", KIND_INT, 4},     {"int64_t", KIND_INT, 8},
        {"uint8_t", KIND_UINT, 1},   {"uint16_t", KIND_UINT, 2},   {"uint32_t", KIND_UINT, 4},
        {"uint64_t", KIND_UINT, 8},  {"size_t", KIND_UINT, sizeof(size_t)},
        {"ssize_t", KIND_INT, sizeof(ssize_t)},
        {"ptrdiff_t", KIND_INT, sizeof(ptrdiff_t)},
        {"intptr_t", KIND_INT, sizeof(intptr_t)},
        {"uintptr_t", KIND_UINT, sizeof(uintptr_t)},
    };

    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (strcmp(word, named[i].name) == 0) {
            t->kind = named[i].kind;
            t->size = named[i].size;
            return true;
        }
    }
    return false;
}

static bool take_word(struct words *w, struct ctype *t, const char *word)
{
    if (strcmp(word, "const") == 0)
        return t->constant = true;
    if (strcmp(word, "out") == 0)
        return t->out = true;
    if (strcmp(word, "signed") == 0)
        return w->is_signed = true;
    if (strcmp(word, "unsigned") == 0)
        return w->is_unsigned = true;
    if (strcmp(word, "char") == 0)
        return w->is_char = true;
    if (strcmp(word, "short") == 0)
        return w->is_short = true;
    if (strcmp(word, "int") == 0)
        return w->is_int = true;
    if (strcmp(word, "long") == 0)
        return ++w->longs;
    if (w->is_other)
        return false;
    return w->is_other = named_type(word, &w->other);
}

/* False: these words are no type together (`long double`, `short char`, none at all). */
static bool settle_type(const struct words *w, struct ctype *t, int stars)
{
    bool integer = w->is_signed || w->is_unsigned || w->is_char || w->is_short || w->is_int || w->longs;

    if (w->is_other == integer || w->is_char + w->is_short + (w->longs > 0) > 1 || w->longs > 2 || stars > 1 ||
        (w->is_signed && w->is_unsigned) || (w->is_char && w->is_int))
        return false;
    t->reference = stars;
    if (w->is_other) {
        t->kind = w->other.kind;
        t->size = w->other.size;
        return !(t->kind == KIND_VOID && stars);
    }
    if (w->is_char && !w->is_signed && !w->is_unsigned && stars) {
        t->kind = KIND_STRING;
        t->reference = false;
        return !t->out;
    }
    bool negative = !w->is_unsigned && (!w->is_char || w->is_signed || (char)-1 < 0);

    t->kind = negative ? KIND_INT : KIND_UINT;
    t->size = w->is_char        ? 1
              : w->is_short     ? sizeof(short)
              : w->longs == 2   ? sizeof(long long)
              : w->longs == 1   ? sizeof(long)
                                : sizeof(int);
    return true;
}

static int bad(struct ctype_parser *p, const char *from, const char *advice)
{
    while (from < p->at && *from == ' ')
        from++;
    size_t n = strcspn(from, ",()");

    if (n)
        buf_printf(p->error, "'%.*s' is not a type that --signature knows%s", (int)n, from, advice);
    else
        buf_puts(p->error, "a signature looks like 'double(double, int)': a type is missing");
    return -1;
}

int ctype_bad(struct ctype_parser *p, const char *from)
{
    return bad(p, from, "");
}

/* WORD cannot belong to a type. As the last one behind a whole type it is the name that the argument has in a prototype. */
static int bad_word(struct ctype_parser *p, const char *from, const struct words *w, const char *word, int stars)
{
    struct ctype t = {0};
    bool whole = settle_type(w, &t, stars) && !named_type(word, &t) && !strstr(word, "omplex");

    ctype_skip_blanks(p);
    bool last = *p->at == ',' || *p->at == ')';

    return bad(p, from, whole && last ? " (types alone: leave out the names of the arguments)" : "");
}

int ctype_parse(struct ctype_parser *p, struct ctype *t)
{
    struct words w = {0};
    const char *from = p->at;
    char word[32];
    int stars = 0;

    *t = (struct ctype){0};
    do {
        while (next_word(p, word))
            if (!take_word(&w, t, word))
                return bad_word(p, from, &w, word, stars);
    } while (ctype_accept(p, '*') && ++stars);
    if (!settle_type(&w, t, stars))
        return ctype_bad(p, from);
    while (*from == ' ')
        from++;
    size_t n = (size_t)(p->at - from);

    while (n && from[n - 1] == ' ')
        n--;
    if (n >= sizeof t->name)
        n = sizeof t->name - 1;
    memcpy(t->name, from, n);
    return 0;
}
