/*
 * The whole line: the loop over its steps, the appended value, and two questions that need less
 * than reading it.
 */
#include "work/shline.h"

#include "work/shscan.h"

#include <stdlib.h>
#include <string.h>

static const char *missing(enum level_kind kind)
{
    switch (kind) {
    case LEVEL_DOUBLE:
        return "no closing \" for this one";
    case LEVEL_BRACE:
        return "no closing } for this one";
    case LEVEL_NUMBER:
        return "no closing )) for this one";
    default:
        return "no closing ) for this one";
    }
}

static int scan_line(struct scan *s)
{
    static int (*const step[])(struct scan *) = {[LEVEL_BARE] = shbare_step,
                                                 [LEVEL_DOUBLE] = shscan_double,
                                                 [LEVEL_BRACE] = shscan_brace,
                                                 [LEVEL_NUMBER] = shscan_number};

    s->level[0] = (struct level){
        .kind = LEVEL_BARE, .words = {.command_next = true, .no_append = "there is no command"}};
    s->levels = 1;
    while (s->at < s->line.len)
        if (step[shscan_top(s)->kind](s))
            return -1;
    if (s->levels > 1)
        return shscan_refuse(s, shscan_top(s)->from, missing(shscan_top(s)->kind));
    if (s->heres)
        s->level[0].words.no_append = "it ends with a here-document";
    return shbare_end_word(s);
}

static bool any_hole(const struct scan *s)
{
    struct hole h;

    for (size_t at = 0; at < s->line.len; at++)
        if (hole_match(s->syntax, s->line, at, &h))
            return true;
    return false;
}

static int append_hole(struct scan *s)
{
    const struct words *w = &s->level[0].words;
    struct shline_hole h = {.at = w->end, .place = SHLINE_BARE, .alone = !w->redirect};

    if (w->no_append) {
        buf_printf(s->error,
                   "no value can be appended to this shell line (%s): say with %s where it goes",
                   w->no_append, s->syntax->replace);
        return -1;
    }
    shscan_add(s, &h);
    return 0;
}

static bool word_byte(char c)
{
    return c && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-", c);
}

/* "()" at AT: a function may be defined there. */
static bool parentheses(struct span line, size_t at)
{
    if (line.ptr[at++] != '(')
        return false;
    while (at < line.len && (line.ptr[at] == ' ' || line.ptr[at] == '\t'))
        at++;
    return at < line.len && line.ptr[at] == ')';
}

/* $1, $@, ${#...} and so on at AT. */
static bool parameter(struct span line, size_t at)
{
    if (line.ptr[at++] != '$')
        return false;
    at += at < line.len && line.ptr[at] == '{';
    return at < line.len && line.ptr[at] && strchr("0123456789@*#!", line.ptr[at]);
}

/*
 * Could the line have to do with positional parameters? A function has its own, a sourced file
 * reads the caller's, an eval may do anything: what is found in quotes and comments counts too,
 * since a wrong yes costs nothing.
 */
static bool looks_at_args(struct span line)
{
    static const char words[] = " set shift getopts function eval trap source for select ";

    for (size_t i = 0, n; i < line.len; i += n ? n : 1) {
        n = 0;
        while (i + n < line.len && word_byte(line.ptr[i + n]))
            n++;
        if (n ? shbare_listed(words, (struct span){line.ptr + i, n})
              : parentheses(line, i) || parameter(line, i))
            return true;
        if (n == 1 && line.ptr[i] == '.' && i + 1 < line.len &&
            strchr(" \t", line.ptr[i + 1])) /* no {.} */
            return true;
    }
    return false;
}

int shline_scan(struct shline *out, struct span line, const struct hole_syntax *syntax, bool append,
                struct buf *error)
{
    struct scan s = {.out = out, .line = line, .syntax = syntax, .error = error};

    *out = (struct shline){0};
    if (!any_hole(&s) && !append)
        return 0;
    if (scan_line(&s) || (!out->holes && append && append_hole(&s))) {
        shline_release(out);
        return -1;
    }
    out->own_args = looks_at_args(line);
    return 0;
}

void shline_release(struct shline *s)
{
    free(s->hole);
    *s = (struct shline){0};
}

bool shline_is_line(const char *command, const struct hole_syntax *syntax)
{
    struct span text = span_of(command);
    size_t name = shbare_name(text), len;
    struct hole h;

    if ((name && command[name] == '=') || command[0] == '~' || command[0] == '#' ||
        strcmp(command, "!") == 0)
        return true;
    for (size_t at = 0; at < text.len; at += len ? len : 1) {
        len = hole_match(syntax, text, at, &h);
        if (!len && strchr(" \t\n\r\v\f|&;<>()$`\\\"'*?[]{}", command[at]))
            return true;
    }
    return false;
}
