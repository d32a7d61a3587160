/* Only names of columns are compared with: what else stands in braces may be awk's, or the shell's own. */
#include "work/misnamed.h"

#include "base/buf.h"
#include "base/diag.h"
#include "base/hint.h"
#include "work/hole.h"
#include "work/work.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* What is written between the braces at TEXT[AT], without the form ({name.}, {name/}...); empty: no word. */
static struct span word_at(struct span text, size_t at)
{
    size_t from = at + 1, end = from;

    while (end < text.len && (isalnum((unsigned char)text.ptr[end]) || strchr("_- ", text.ptr[end])))
        end++;
    size_t close = end + strspn(text.ptr + end, "./");
    bool closed = close < text.len && text.ptr[close] == '}';

    return (struct span){text.ptr + from, closed && !isdigit((unsigned char)text.ptr[from]) ? end - from : 0};
}

static const char *nearest(const struct work *w, struct span word)
{
    struct hint h = {.word = word.ptr, .len = word.len};

    for (uint32_t i = 0; i < w->names; i++)
        hint_try(&h, w->name[i]);
    return h.best;
}

/* False: nothing is wrong with TEXT. */
static bool note_first(const struct work *w, struct span text)
{
    struct hole_syntax syntax = {w->replace, w->name, w->names};
    struct hole h;

    for (size_t at = 0; at < text.len; at++) {
        if (text.ptr[at] != '{' || (at && strchr("$\\", text.ptr[at - 1])) || hole_match(&syntax, text, at, &h))
            continue;
        struct span word = word_at(text, at);
        const char *name = word.len ? nearest(w, word) : NULL;

        if (name) {
            diag_note("{%.*s} is no column, and stays as it is: did you mean {%s}?", (int)word.len, word.ptr, name);
            return true;
        }
    }
    return false;
}

void misnamed_note(const struct work *w)
{
    if (w->kind != WORK_COMMAND && w->kind != WORK_SHELL)
        return;
    for (uint32_t i = 0; i < w->words; i++)
        if (note_first(w, span_of(w->word[i])))
            return;
}
