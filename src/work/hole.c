/*
 * Placeholders: the one place that knows how they are spelt and what the five forms of a path are.
 */
#include "work/hole.h"

#include <stdio.h>
#include <string.h>

static bool starts(struct span text, size_t at, const char *what)
{
    size_t len = strlen(what);

    return text.len - at >= len && memcmp(text.ptr + at, what, len) == 0;
}

/* Length of "FORM}" at AT, 0: neither. */
static size_t match_form(struct span text, size_t at, struct hole *h)
{
    static const struct {
        const char *text;
        enum hole_form form;
    } form[] = {{"}", HOLE_WHOLE},
                {".}", HOLE_STEM},
                {"/}", HOLE_BASE},
                {"//}", HOLE_DIR},
                {"/.}", HOLE_BASE_STEM}};

    for (size_t i = 0; i < sizeof form / sizeof *form; i++)
        if (starts(text, at, form[i].text)) {
            h->form = (uint8_t)form[i].form;
            return strlen(form[i].text);
        }
    return 0;
}

/* NAME and form behind the brace; the longest of several names that fit. */
static size_t match_name(const struct hole_syntax *syntax, struct span text, size_t at,
                         struct hole *h)
{
    size_t best = 0;

    for (uint32_t i = 0; i < syntax->names; i++) {
        size_t len = strlen(syntax->name[i]), form;
        struct hole found = {.source = HOLE_FIELD, .column = i + 1};

        if (!len || len <= best || !starts(text, at, syntax->name[i]))
            continue;
        form = match_form(text, at + len, &found);
        if (form && len + form > best) {
            best = len + form;
            *h = found;
        }
    }
    return best;
}

static size_t match_column(struct span text, size_t at, struct hole *h)
{
    uint32_t column = 0;
    size_t len = 0, form;

    while (at + len < text.len && len < 9 && text.ptr[at + len] >= '0' && text.ptr[at + len] <= '9')
        column = column * 10 + (uint32_t)(text.ptr[at + len++] - '0');
    if (!len || text.ptr[at] == '0')
        return 0;
    *h = (struct hole){.source = HOLE_FIELD, .column = column};
    form = match_form(text, at + len, h);
    return form ? len + form : 0;
}

size_t hole_match(const struct hole_syntax *syntax, struct span text, size_t at, struct hole *h)
{
    size_t len;

    if (at > 0 && text.ptr[at - 1] == '$')
        return 0;
    *h = (struct hole){.source = HOLE_TEXT};
    if (starts(text, at, syntax->replace))
        return strlen(syntax->replace);
    if (text.ptr[at] != '{')
        return 0;
    at++;
    if ((len = match_form(text, at, h)))
        return h->form == HOLE_WHOLE ? 0 : 1 + len; /* {} itself is REPLACE's affair */
    if (starts(text, at, "#}") || starts(text, at, "%}")) {
        h->source = text.ptr[at] == '#' ? HOLE_NUMBER : HOLE_SLOT;
        return 3;
    }
    if ((len = match_name(syntax, text, at, h)) || (len = match_column(text, at, h)))
        return 1 + len;
    return 0;
}

/* Where the last component begins: behind the last slash. */
static size_t base_at(struct span v)
{
    const char *slash = v.len ? memrchr(v.ptr, '/', v.len) : NULL;

    return slash ? (size_t)(slash - v.ptr) + 1 : 0;
}

static struct span stem(struct span v)
{
    size_t base = base_at(v);
    const char *dot = v.len > base ? memrchr(v.ptr + base, '.', v.len - base) : NULL;

    return dot ? (struct span){v.ptr, (size_t)(dot - v.ptr)} : v;
}

static struct span base(struct span v)
{
    size_t at = base_at(v);

    return at ? (struct span){v.ptr + at, v.len - at} : v;
}

static size_t without_slashes(struct span v)
{
    while (v.len && v.ptr[v.len - 1] == '/')
        v.len--;
    return v.len;
}

static struct span dir(struct span v)
{
    bool rooted = v.len && v.ptr[0] == '/';

    v.len = without_slashes(v);
    v.len = base_at(v);
    v.len = without_slashes(v);
    return v.len ? v : span_of(rooted ? "/" : ".");
}

struct span hole_shape(enum hole_form form, struct span value)
{
    switch (form) {
    case HOLE_WHOLE:
        break;
    case HOLE_STEM:
        return stem(value);
    case HOLE_BASE:
        return base(value);
    case HOLE_DIR:
        return dir(value);
    case HOLE_BASE_STEM:
        return stem(base(value));
    }
    return value;
}

bool hole_value(const struct hole *h, const struct task *t, uint32_t slot, char digits[HOLE_DIGITS],
                struct span *value)
{
    switch (h->source) {
    case HOLE_NUMBER:
    case HOLE_SLOT:
        value->len = (size_t)snprintf(digits, HOLE_DIGITS, "%llu",
                                      h->source == HOLE_SLOT ? (unsigned long long)slot
                                                             : (unsigned long long)t->number);
        value->ptr = digits;
        return true;
    case HOLE_FIELD:
        if (h->column > (t->fields ? t->fields : 1))
            return false;
        *value = t->fields ? t->field[h->column - 1] : t->text;
        break;
    default:
        *value = t->text;
    }
    *value = hole_shape((enum hole_form)h->form, *value);
    return true;
}

bool hole_equal(const struct hole *a, const struct hole *b)
{
    return a->source == b->source && a->form == b->form && a->column == b->column;
}
