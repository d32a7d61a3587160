/*
 * What stands in quotes and expansions. The rules of each kind of quoting are one function;
 * messages and the stack come first.
 */
#include "work/shscan.h"

#include "base/diag.h"
#include "base/xalloc.h"

#include <string.h>

#define IN_BRACE "stands in ${...}: give the value to a variable first (x={})"

/* "column 5", or "line 2, column 5" */
static void put_place(const struct scan *s, size_t at)
{
    size_t row = 1, begin = 0;

    for (size_t i = 0; i < at; i++)
        if (s->line.ptr[i] == '\n') {
            row++;
            begin = i + 1;
        }
    if (row > 1)
        buf_printf(s->error, "line %zu, ", row);
    buf_printf(s->error, "column %zu", at - begin + 1);
}

/* The line itself is refused: WHAT is there at AT. */
int shscan_refuse(struct scan *s, size_t at, const char *what)
{
    buf_puts(s->error, "the shell line at ");
    put_place(s, at);
    buf_printf(s->error, ": %s", what);
    return -1;
}

/* The placeholder at AT is refused. */
int shscan_refuse_hole(struct scan *s, size_t at, size_t len, const char *why)
{
    diag_escape(s->error, (struct span){s->line.ptr + at, len}, 40);
    buf_puts(s->error, " at ");
    put_place(s, at);
    buf_printf(s->error, " %s", why);
    return -1;
}

size_t shscan_match(const struct scan *s, struct hole *h)
{
    return hole_match(s->syntax, s->line, s->at, h);
}

void shscan_add(struct scan *s, const struct shline_hole *h)
{
    struct shline *out = s->out;

    if (out->holes == out->cap) {
        out->cap = out->cap ? out->cap * 2 : 8;
        out->hole = xreallocarray(out->hole, out->cap, sizeof *out->hole);
    }
    out->hole[out->holes++] = *h;
}

/* The bytes up to END are text that the shell takes as it is but where no parameter is possible. */
int shscan_skip(struct scan *s, size_t end, const char *why)
{
    struct hole h;

    for (; s->at < end; s->at++) {
        size_t len = shscan_match(s, &h);

        if (len)
            return shscan_refuse_hole(s, s->at, len, why);
    }
    return 0;
}

/* ---- what is open ---- */

int shscan_push(struct scan *s, enum level_kind kind, size_t skip)
{
    struct level *up = shscan_top(s), *l = up + 1;

    if (s->levels == SHSCAN_LEVELS)
        return shscan_refuse(s, s->at, "nested too deeply");
    *l = (struct level){.kind = kind, .from = s->at};
    l->doubled =
        kind != LEVEL_BARE && (up->doubled || kind == LEVEL_DOUBLE || kind == LEVEL_NUMBER);
    l->brace = kind != LEVEL_BARE && (up->brace || kind == LEVEL_BRACE);
    l->words.command_next = true;
    s->levels++;
    s->at += skip;
    return 0;
}

int shscan_pop(struct scan *s, size_t skip)
{
    /* dash and bash differ on where such a body is */
    if (s->heres && s->here_level == s->levels)
        return shscan_refuse(s, s->here[0].at,
                             "a here-document that does not begin before its $(...) ends");
    s->levels--;
    s->at += skip;
    return 0;
}

/* '...' from its first quote; the text between may have placeholders. */
int shscan_single(struct scan *s)
{
    struct shline_hole h = {.place = SHLINE_SINGLE};
    size_t from = s->at++;

    while (s->at < s->line.len &&
           ((h.len = shscan_match(s, &h.hole)) || shscan_ahead(s, 0) != '\'')) {
        h.at = s->at;
        if (h.len && shscan_top(s)->brace)
            return shscan_refuse_hole(s, h.at, h.len, IN_BRACE);
        if (h.len)
            shscan_add(s, &h);
        s->at += h.len ? h.len : 1;
    }
    if (s->at == s->line.len)
        return shscan_refuse(s, from, "no closing ' for this one");
    s->at++;
    return 0;
}

int shscan_backquote(struct scan *s)
{
    size_t from = s->at++;
    size_t end = s->at;

    while (end < s->line.len && s->line.ptr[end] != '`')
        end += s->line.ptr[end] == '\\' ? 2 : 1;
    if (end >= s->line.len)
        return shscan_refuse(s, from, "no closing ` for this one");
    if (shscan_skip(
            s, end,
            "stands in backquotes, where quoting has rules of its own: write $(...) instead"))
        return -1;
    s->at++;
    return 0;
}

int shscan_dollar(struct scan *s)
{
    struct level *l = shscan_top(s);
    char c = shscan_ahead(s, 1);

    if (c == '\\' && shscan_ahead(s, 2) == '\n')
        return shscan_refuse(s, s->at, "a line broken behind a $");
    switch (c) {
    case '(':
        return shscan_ahead(s, 2) == '(' ? shscan_push(s, LEVEL_NUMBER, 3)
                                         : shscan_push(s, LEVEL_BARE, 2);
    case '{':
        if (shscan_ahead(s, 2) && strchr(" \t\n|(", shscan_ahead(s, 2)))
            return shscan_refuse(s, s->at, "shells do not agree on this ${...}");
        return shscan_push(s, LEVEL_BRACE, 2);
    case '[':
        return shscan_refuse(s, s->at, "shells do not agree on $[...]: write $((...))");
    case '\'':
    case '"':
        if (!l->doubled)
            return shscan_refuse(
                s, s->at,
                "shells do not agree on $ before a quote: use printf, or a backslash before the $");
        break;
    case '$':
    case '#':
    case '@':
    case '*':
    case '?':
    case '!':
    case '-':
        s->at++;
    }
    s->at++;
    return 0;
}

/* What is the same inside of "...", ${...} and $((...)). */
static int scan_common(struct scan *s)
{
    switch (shscan_ahead(s, 0)) {
    case '`':
        return shscan_backquote(s);
    case '$':
        return shscan_dollar(s);
    case '\\':
        s->at++; /* and, below, what it quotes */
    }
    s->at += s->at < s->line.len;
    return 0;
}

int shscan_double(struct scan *s)
{
    struct shline_hole h = {.place = SHLINE_DOUBLE};
    bool kept = shscan_ahead(s, 0) == '\\' &&
                !(shscan_ahead(s, 1) &&
                  strchr("$`\"\\\n", shscan_ahead(s, 1))); /* a backslash that quotes nothing */

    s->at += kept;
    h.at = s->at;
    h.backslash = kept;
    h.len = s->at < s->line.len ? shscan_match(s, &h.hole) : 0;
    if (h.len && shscan_top(s)->brace)
        return shscan_refuse_hole(s, h.at, h.len, IN_BRACE);
    if (h.len) {
        shscan_add(s, &h);
        s->at += h.len;
        return 0;
    }
    if (kept)
        return 0;
    return shscan_ahead(s, 0) == '"' ? shscan_pop(s, 1) : scan_common(s);
}

int shscan_brace(struct scan *s)
{
    struct level *l = shscan_top(s);
    struct hole h;
    size_t len = shscan_match(s, &h);

    if (len)
        return shscan_refuse_hole(s, s->at, len, IN_BRACE);
    switch (shscan_ahead(s, 0)) {
    case '}':
        return shscan_pop(s, 1);
    case '\'':
        return l->doubled
                   ? shscan_refuse(s, s->at, "shells do not agree on quotes inside \"${...}\"")
                   : shscan_single(s);
    case '"':
        return l->doubled
                   ? shscan_refuse(s, s->at, "shells do not agree on quotes inside \"${...}\"")
                   : shscan_push(s, LEVEL_DOUBLE, 1);
    default:
        return scan_common(s);
    }
}

int shscan_number(struct scan *s)
{
    struct shline_hole h = {.at = s->at, .place = SHLINE_NUMBER};
    struct level *l = shscan_top(s);

    h.len = shscan_match(s, &h.hole);
    if (h.len) {
        shscan_add(s, &h);
        s->at += h.len;
        return 0;
    }
    switch (shscan_ahead(s, 0)) {
    case '\'':
    case '"':
        return shscan_refuse(s, s->at, "shells do not agree on quotes inside $((...))");
    case '(':
        l->depth++;
        break;
    case ')':
        if (!l->depth)
            return shscan_ahead(s, 1) == ')'
                       ? shscan_pop(s, 2)
                       : shscan_refuse(s, l->from,
                                       "is this $((...)) or $( (...) )? Write a blank between the "
                                       "parentheses");
        l->depth--;
    }
    return scan_common(s);
}
