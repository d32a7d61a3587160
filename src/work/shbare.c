/*
 * Text outside of quotes, with just enough of the shell's grammar to tell comments, here-documents
 * and the place where a value may be appended. Parentheses of subshells are counted to find the end
 * of a $(...); elsewhere they do not change the quoting.
 */
#include "work/shscan.h"

#include <string.h>

#define WOULD_RUN "the value would become the name of a command"

static const char opener[] = " if then do else elif while until { ! time ";
static const char closer[] = " fi done esac } ";

bool shbare_listed(const char *list, struct span word)
{
    for (const char *at = list + 1; *at; at = strchr(at, ' ') + 1)
        if (strncmp(at, word.ptr, word.len) == 0 && at[word.len] == ' ')
            return true;
    return false;
}

static bool word_ends(char c)
{
    return !c || strchr(" \t\n;&|()<>", c);
}

static bool name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Length of the name WORD begins with. */
size_t shbare_name(struct span word)
{
    size_t n = 0;

    while (n < word.len && name_byte(word.ptr[n]))
        n++;
    return n && word.ptr[0] >= '0' && word.ptr[0] <= '9' ? 0 : n;
}

static void begin_word(struct scan *s, bool plain)
{
    struct words *w = &shscan_top(s)->words;

    if (!w->inside) {
        w->inside = true;
        w->at = s->at;
        w->plain = true;
    }
    w->plain &= plain;
}

/* The word that ends here: is the next one an argument of a command? */
int shbare_end_word(struct scan *s)
{
    struct words *w = &shscan_top(s)->words;
    struct span word = {s->line.ptr + w->at, s->at - w->at};
    size_t name;

    if (!w->inside)
        return 0;
    w->inside = false;
    w->end = s->at;
    if (w->redirect) { /* a target is no word of the command */
        w->redirect = false;
        return 0;
    }
    if (w->plain && word.len == 4 && !memcmp(word.ptr, "case", 4) && s->levels > 1)
        return shscan_refuse(s, w->at,
                             "case inside $(...): its parentheses are not understood here");
    if (!w->command_next) {
        w->no_append = NULL;
        return 0;
    }
    name = shbare_name(word);
    if (name < word.len && word.ptr[name] == '[' && name && !memchr(word.ptr, ']', word.len))
        return shscan_refuse(s, w->at, "an array subscript with blanks: write it without");
    if (w->plain && shbare_listed(opener, word)) {
        w->no_append = WOULD_RUN;
    } else if (w->plain && shbare_listed(closer, word)) {
        w->command_next = false;
        w->no_append = "nothing can be appended to that";
    } else if (name && name < word.len && (word.ptr[name] == '=' || word.ptr[name] == '[')) {
        w->no_append = WOULD_RUN;
    } else {
        w->command_next = false;
        w->no_append = NULL;
    }
    return 0;
}

/* An operator of LEN bytes, behind which another command begins. */
static int scan_operator(struct scan *s, size_t len)
{
    struct words *w = &shscan_top(s)->words;

    if (shbare_end_word(s))
        return -1;
    s->at += len;
    w->command_next = true;
    w->redirect = false;
    w->end = s->at;
    w->no_append = WOULD_RUN;
    return 0;
}

/* The word behind <<: what ends the body. Only the plain forms END, \END, 'END' and "END". */
static int scan_delimiter(struct scan *s, struct here *here)
{
    static const char plain_word[] = "write the end of the here-document as a plain word";
    size_t from;
    char quote;

    while (shscan_ahead(s, 0) == ' ' || shscan_ahead(s, 0) == '\t')
        s->at++;
    quote = shscan_ahead(s, 0);
    here->quoted = quote && strchr("'\"\\", quote);
    s->at += here->quoted;
    from = s->at;
    while (!word_ends(shscan_ahead(s, 0)) && !strchr("$`\\'\"", shscan_ahead(s, 0))) {
        struct hole h;

        if (shscan_match(s, &h))
            return shscan_refuse(s, s->at, plain_word);
        s->at++;
    }
    here->end = (struct span){s->line.ptr + from, s->at - from};
    if (here->quoted && quote != '\\' && shscan_ahead(s, 0) == quote)
        s->at++;
    else if (here->quoted && quote != '\\')
        return shscan_refuse(s, s->at, plain_word);
    return here->end.len && word_ends(shscan_ahead(s, 0)) ? 0
                                                          : shscan_refuse(s, here->at, plain_word);
}

static int scan_here(struct scan *s)
{
    struct here *here = &s->here[s->heres];

    if (s->heres == SHSCAN_HERES)
        return shscan_refuse(s, s->at, "too many here-documents");
    if (s->heres && s->here_level != s->levels)
        return shscan_refuse(s, s->at, "here-documents in each other");
    here->at = s->at;
    s->at += 2;
    here->tabs = shscan_ahead(s, 0) == '-';
    s->at += here->tabs;
    s->here_level = s->levels;
    s->heres++;
    return scan_delimiter(s, here);
}

/* < and > in all their forms. */
static int scan_redirection(struct scan *s)
{
    struct words *w = &shscan_top(s)->words;
    char c = shscan_ahead(s, 0);

    if (w->inside && w->plain && strspn(s->line.ptr + w->at, "0123456789") >= s->at - w->at)
        w->inside = false; /* the 2 of 2> is no word */
    if (shbare_end_word(s))
        return -1;
    if (c == '<' && shscan_ahead(s, 1) == '<' && shscan_ahead(s, 2) != '<') {
        if (scan_here(s))
            return -1;
        w->end = s->at;
        return 0;
    }
    while (shscan_ahead(s, 0) == '<' || shscan_ahead(s, 0) == '>')
        s->at++;
    if (shscan_ahead(s, 0) == '&' || shscan_ahead(s, 0) == '|')
        s->at++;
    w->redirect = true;
    w->end = s->at;
    if (shscan_ahead(s, 0) == '#')
        return shscan_refuse(s, s->at, "a comment in the place of a file name");
    return 0;
}

/* A line of the body, from FROM to END, that a shell may not see as it stands here. */
static bool unclear(const struct here *here, const char *from, const char *end)
{
    if (here->quoted)
        return false;
    for (const char *p = from; p < end; p++)
        if (*p == '`' || (*p == '$' && p + 1 < end && (p[1] == '(' || p[1] == '{')) ||
            (*p == '\\' && p + 1 == end))
            return true;
    return false;
}

/* The bodies that begin behind this newline. */
static int scan_bodies(struct scan *s)
{
    const char *limit = s->line.ptr + s->line.len;
    bool sure = true;

    for (uint32_t i = 0; i < s->heres; i++) {
        const struct here *here = &s->here[i];

        for (bool over = false; !over;) {
            const char *from = s->line.ptr + s->at,
                       *end = memchr(from, '\n', (size_t)(limit - from));

            if (from >= limit)
                return shscan_refuse(s, here->at, "a here-document without its end");
            end = end ? end : limit;
            sure &= !unclear(here, from, end);
            if (shscan_skip(s, (size_t)(end - s->line.ptr),
                            "stands in a here-document: give the value to a variable first (x={})"))
                return -1;
            while (here->tabs && from < end && *from == '\t')
                from++;
            over = span_equal((struct span){from, (size_t)(end - from)}, here->end);
            s->at += s->at < s->line.len;
        }
    }
    /* Expansions may run over several lines, and then what looked like the end was none. */
    if (!sure && s->at < s->line.len)
        return shscan_refuse(s, s->here[0].at,
                             "with expansions in the here-document nothing may follow it: put it "
                             "last, or quote its end word");
    s->heres = 0;
    shscan_top(s)->words.no_append = "it ends with a here-document";
    return 0;
}

static int scan_newline(struct scan *s)
{
    struct words *w = &shscan_top(s)->words;

    if (shbare_end_word(s))
        return -1;
    w->command_next = true; /* but W->END and NO_APPEND stay with the last word: newlines at the end
                               do not count */
    if (s->heres && memchr(s->line.ptr + s->here[0].at, '\n', s->at - s->here[0].at))
        return shscan_refuse(s, s->here[0].at, "a here-document whose line is broken");
    s->at++;
    if (!s->heres)
        return 0;
    if (s->here_level != s->levels)
        return shscan_refuse(s, s->here[0].at, "a here-document around a $(...) of several lines");
    return scan_bodies(s);
}

static int scan_comment(struct scan *s)
{
    const char *from = s->line.ptr + s->at, *end = memchr(from, '\n', s->line.len - s->at);

    return shscan_skip(s, end ? (size_t)(end - s->line.ptr) : s->line.len, "stands in a comment");
}

static int scan_backslash(struct scan *s)
{
    const struct words *w = &shscan_top(s)->words;

    if (s->at + 1 == s->line.len)
        return shscan_refuse(s, s->at, "ends with a backslash");
    if (shscan_ahead(s, 1) != '\n') {
        begin_word(s, false);
    } else if (s->at && strchr("(<", s->line.ptr[s->at - 1])) {
        return shscan_refuse(s, s->at, "a line broken inside an operator");
    } else if (w->inside && w->plain && w->command_next && !word_ends(shscan_ahead(s, 2))) {
        return shscan_refuse(s, s->at, "a line broken inside a word");
    } /* else the lines are joined and nothing is between them */
    s->at += 2;
    return 0;
}

static int scan_parenthesis(struct scan *s)
{
    struct level *l = shscan_top(s);

    if (shscan_ahead(s, 0) == '(') {
        if (shscan_ahead(s, 1) == '(')
            return shscan_refuse(s, s->at,
                                 "shells do not agree on ((...)): write $((...)), or a blank "
                                 "between the parentheses");
        l->depth++;
        return scan_operator(s, 1);
    }
    if (s->levels > 1 && !l->depth)
        return shbare_end_word(s) ? -1 : shscan_pop(s, 1);
    l->depth -= l->depth > 0; /* a pattern of case has one that was never opened */
    return scan_operator(s, 1);
}

static int scan_bare_hole(struct scan *s, const struct hole *hole, size_t len)
{
    struct shline_hole h = {.at = s->at, .len = len, .hole = *hole, .place = SHLINE_BARE};
    struct words *w = &shscan_top(s)->words;
    struct span word = {s->line.ptr + w->at, s->at - w->at};
    size_t name = w->inside ? shbare_name(word) : 0;

    if (w->command_next && name && name < word.len && word.ptr[name] == '[' &&
        !memchr(word.ptr, ']', word.len))
        return shscan_refuse_hole(s, s->at, len,
                                  "stands in an array subscript, which a shell evaluates: give the "
                                  "value to a variable first (x={})");
    h.alone = !w->inside && !w->redirect && word_ends(shscan_ahead(s, len));
    begin_word(s, false);
    shscan_add(s, &h);
    s->at += len;
    return 0;
}

int shbare_step(struct scan *s)
{
    struct hole h;
    size_t len = shscan_match(s, &h);
    char c = shscan_ahead(s, 0);

    if (len)
        return scan_bare_hole(s, &h, len);
    switch (c) {
    case ' ':
    case '\t':
        if (shbare_end_word(s))
            return -1;
        s->at++;
        return 0;
    case '\n':
        return scan_newline(s);
    case '\\':
        return scan_backslash(s);
    case '\'':
        begin_word(s, false);
        return shscan_single(s);
    case '"':
        begin_word(s, false);
        return shscan_push(s, LEVEL_DOUBLE, 1);
    case '`':
        begin_word(s, false);
        return shscan_backquote(s);
    case '$':
        begin_word(s, false);
        return shscan_dollar(s);
    case ';':
    case '&':
    case '|':
        return scan_operator(s, 1);
    case '<':
    case '>':
        return scan_redirection(s);
    case '(':
    case ')':
        return scan_parenthesis(s);
    case '#':
        if (!shscan_top(s)->words.inside)
            return scan_comment(s);
    }
    begin_word(s, true);
    s->at++;
    return 0;
}
