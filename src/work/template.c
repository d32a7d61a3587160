/*
 * Templates. A command is a list of words, a word a list of parts: text, or a hole that a value
 * goes into. A shell line becomes a command of that kind too: SHELL -c PROGRAM sh VALUE..., where
 * each VALUE is a word of one hole and PROGRAM, almost always, plain text.
 *
 * Only a pack makes it less plain: how many words a {} becomes is known when the task is. A program
 * whose only value is that one says
 * "$@"; any other is written out for the number of fields at hand (PART_LIST, PART_PRELUDE). The
 * text of a value is in none of them.
 */
#include "work/template.h"

#include "base/xalloc.h"
#include "work/shline.h"

#include <stdlib.h>
#include <string.h>

enum part_kind {
    PART_TEXT,
    PART_HOLE,
    PART_NUMBER,  /* a hole for plain numbers only */
    PART_LIST,    /* "${4}" "${5}"...: the parameters of list LIST */
    PART_PRELUDE, /* _smap1=$1 ...; shift N; */
};

struct part {
    enum part_kind kind;
    size_t at, len; /* PART_TEXT: in template.text */
    struct hole hole;
    uint32_t list;
};

struct word {
    uint32_t first, parts;
    bool spread; /* one hole, which becomes one word per field */
};

struct template
{
    struct buf text;
    struct part *part;
    uint32_t parts, part_cap;
    struct word *word;
    uint32_t words, word_cap;
    uint32_t scalars; /* shell line: parameters that are one word each, before the lists */
    uint32_t lists;   /* and those that are a word per field */
    bool own_args;
    bool pack;
    char *program;
};

/* ---- building ---- */

static void add_word(struct template *t)
{
    if (t->words == t->word_cap) {
        t->word_cap = t->word_cap ? t->word_cap * 2 : 8;
        t->word = xreallocarray(t->word, t->word_cap, sizeof *t->word);
    }
    t->word[t->words++] = (struct word){.first = t->parts};
}

/* Adds a part to the last word. */
static struct part *add_part(struct template *t, enum part_kind kind)
{
    if (t->parts == t->part_cap) {
        t->part_cap = t->part_cap ? t->part_cap * 2 : 16;
        t->part = xreallocarray(t->part, t->part_cap, sizeof *t->part);
    }
    t->word[t->words - 1].parts++;
    t->part[t->parts] = (struct part){.kind = kind};
    return &t->part[t->parts++];
}

static void add_text(struct template *t, const char *ptr, size_t len)
{
    struct word *w = &t->word[t->words - 1];
    struct part *p = w->parts ? &t->part[t->parts - 1] : NULL;

    if (!len)
        return;
    if (!p || p->kind != PART_TEXT) {
        p = add_part(t, PART_TEXT);
        p->at = t->text.len;
    }
    buf_put(&t->text, ptr, len);
    p->len += len;
}

static void add_text_word(struct template *t, const char *text)
{
    add_word(t);
    add_text(t, text, strlen(text));
}

static void add_hole(struct template *t, const struct hole *hole, enum part_kind kind)
{
    add_part(t, kind)->hole = *hole;
}

/* ---- commands of words ---- */

static bool compile_word(struct template *t, const char *word, const struct hole_syntax *syntax)
{
    struct span text = span_of(word);
    bool any = false;
    struct word *w;

    add_word(t);
    for (size_t at = 0; at < text.len;) {
        struct hole h;
        size_t len = hole_match(syntax, text, at, &h);

        any |= len > 0;
        if (len)
            add_hole(t, &h, PART_HOLE);
        else
            add_text(t, text.ptr + at, 1);
        at += len ? len : 1;
    }
    w = &t->word[t->words - 1];
    w->spread = t->pack && w->parts == 1 && t->part[w->first].kind == PART_HOLE &&
                t->part[w->first].hole.source == HOLE_TEXT;
    return any;
}

static void compile_words(struct template *t, const struct template_spec *spec,
                          const struct hole_syntax *syntax)
{
    bool any = false;

    for (uint32_t i = 0; i < spec->words; i++)
        any |= compile_word(t, spec->word[i], syntax);
    if (any || !spec->append)
        return;
    add_word(t);
    add_hole(t, &(struct hole){.source = HOLE_TEXT}, PART_HOLE);
    t->word[t->words - 1].spread = t->pack;
}

/* ---- shell lines ---- */

/* A value of the program: several placeholders may share one. */
struct param {
    struct hole hole;
    bool number, list;
    uint32_t index; /* among the scalars, or the lists; from 0 */
};

struct params {
    struct param *param;
    uint32_t count;
    uint32_t *of; /* hole of the line -> parameter */
};

static void gather(struct template *t, const struct shline *line, struct params *all)
{
    all->param = xcalloc(line->holes ? line->holes : 1, sizeof *all->param);
    all->of = xcalloc(line->holes ? line->holes : 1, sizeof *all->of);
    for (uint32_t i = 0; i < line->holes; i++) {
        const struct shline_hole *h = &line->hole[i];
        struct param p = {.hole = h->hole, .number = h->place == SHLINE_NUMBER};
        uint32_t k = 0;

        p.list = t->pack && h->alone && h->hole.source == HOLE_TEXT;
        while (k < all->count &&
               !(hole_equal(&all->param[k].hole, &p.hole) && all->param[k].number == p.number &&
                 all->param[k].list == p.list))
            k++;
        all->of[i] = k;
        if (k < all->count)
            continue;
        p.index = p.list ? t->lists++ : t->scalars++;
        all->param[all->count++] = p;
    }
}

/* "1" or "_smap1" */
static void put_name(struct buf *out, bool own_args, uint32_t index)
{
    buf_printf(out, own_args ? "_smap%u" : "%u", index + 1);
}

/* The bytes that stand for a placeholder in the program. */
static void reference(struct template *t, const struct shline_hole *h, const struct param *p)
{
    static const struct {
        const char *before, *after;
    } quotes[] = {[SHLINE_BARE] = {"\"${", "}\""},
                  [SHLINE_DOUBLE] = {"${", "}"},
                  [SHLINE_SINGLE] = {"'\"${", "}\"'"},
                  [SHLINE_NUMBER] = {"(${", "})"}};
    struct buf text = BUF_INIT;

    if (!h->len)
        buf_putc(&text, ' ');
    if (h->backslash)
        buf_putc(&text, '\\');
    if (p->list && t->lists == 1 && !t->scalars && !t->own_args) {
        buf_puts(&text, "\"$@\"");
    } else if (!p->list) {
        buf_puts(&text, quotes[h->place].before);
        put_name(&text, t->own_args, p->index);
        buf_puts(&text, quotes[h->place].after);
    }
    add_text(t, text.ptr, text.len);
    if (p->list && (t->lists > 1 || t->scalars || t->own_args))
        add_part(t, PART_LIST)->list = p->index;
    buf_release(&text);
}

static void put_prelude(struct buf *out, size_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_printf(out, "_smap%u=$%s%u%s ", i + 1, i < 9 ? "" : "{", i + 1, i < 9 ? "" : "}");
    out->len -= count > 0;
    buf_printf(out, "; shift %zu; ", count);
}

static void prelude(struct template *t)
{
    struct buf text = BUF_INIT;

    if (!t->own_args || t->scalars + t->lists == 0)
        return;
    if (t->lists) {
        add_part(t, PART_PRELUDE);
        return;
    }
    put_prelude(&text, t->scalars);
    add_text(t, text.ptr, text.len);
    buf_release(&text);
}

/* SHELL -c PROGRAM sh, then scalars, then lists. */
static void compile_program(struct template *t, const struct template_spec *spec,
                            const struct shline *line)
{
    const char *text = spec->word[0];
    struct params all = {0};
    size_t at = 0;

    gather(t, line, &all);
    t->own_args = line->own_args;
    add_text_word(t, spec->shell);
    add_text_word(t, "-c");
    add_word(t);
    prelude(t);
    if (*text == '-' || *text == '+') /* would be taken for options of the shell */
        add_text(t, " ", 1);
    for (uint32_t i = 0; i < line->holes; i++) {
        const struct shline_hole *h = &line->hole[i];

        add_text(t, text + at, h->at - at);
        reference(t, h, &all.param[all.of[i]]);
        at = h->at + h->len;
    }
    add_text(t, text + at, strlen(text + at));
    add_text_word(t, "sh");
    for (int list = 0; list < 2; list++)
        for (uint32_t i = 0; i < all.count; i++)
            if (all.param[i].list == list) {
                add_word(t);
                add_hole(t, &all.param[i].hole, all.param[i].number ? PART_NUMBER : PART_HOLE);
                t->word[t->words - 1].spread = list;
            }
    free(all.param);
    free(all.of);
}

static int compile_line(struct template *t, const struct template_spec *spec,
                        const struct hole_syntax *syntax, struct buf *error)
{
    static const char *const other[] = {"csh", "tcsh", "fish"};
    const char *slash = strrchr(spec->shell, '/'), *base = slash ? slash + 1 : spec->shell;
    struct shline line;

    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (strcmp(base, other[i]) == 0) {
            buf_printf(error, "%s is not a POSIX shell: name another for shell lines", spec->shell);
            return -1;
        }
    if (shline_scan(&line, span_of(spec->word[0]), syntax, spec->append, error))
        return -1;
    compile_program(t, spec, &line);
    shline_release(&line);
    return 0;
}

int template_new(struct template **out, const struct template_spec *spec, struct buf *error)
{
    struct template *t = xcalloc(1, sizeof *t);
    struct hole_syntax syntax = {spec->replace ? spec->replace : "{}", spec->name, spec->names};
    const struct word *first;

    *out = NULL;
    t->pack = spec->pack;
    if (!*syntax.replace) {
        buf_puts(error, "what stands for the task (-I) cannot be empty");
        template_free(t);
        return -1;
    }
    if (!spec->shell_line) {
        compile_words(t, spec, &syntax);
    } else if (compile_line(t, spec, &syntax, error)) {
        template_free(t);
        return -1;
    }
    first = &t->word[0];
    if (!first->parts)
        t->program = xstrdup("");
    else if (first->parts == 1 && t->part[0].kind == PART_TEXT)
        t->program = xmemdup(t->text.ptr + t->part[0].at, t->part[0].len);
    *out = t;
    return 0;
}

void template_free(struct template *t)
{
    if (!t)
        return;
    buf_release(&t->text);
    free(t->part);
    free(t->word);
    free(t->program);
    free(t);
}

const char *template_program(const struct template *t)
{
    return t->program;
}

/* ---- filling in ---- */

struct fill {
    const struct template *t;
    const struct task *task;
    uint32_t slot;
    struct argv *out;
    struct buf *reason;
};

static uint32_t fields(const struct task *task)
{
    return task->fields ? task->fields : 1;
}

static struct span field(const struct task *task, uint32_t i)
{
    return task->fields ? task->field[i] : task->text;
}

static size_t digits(struct span v, size_t at)
{
    size_t n = 0;

    while (at + n < v.len && v.ptr[at + n] >= '0' && v.ptr[at + n] <= '9')
        n++;
    return n;
}

/* [+-] digits [.digits]: what arithmetic cannot take for a name, an assignment or a subscript. */
static bool plain_number(struct span v)
{
    size_t at = v.len && (v.ptr[0] == '-' || v.ptr[0] == '+'), n = digits(v, at);

    if (!n)
        return false;
    at += n;
    if (at < v.len && v.ptr[at] == '.')
        at += 1 + digits(v, at + 1);
    return at == v.len;
}

static int put_value(struct fill *f, struct span v, const struct part *p)
{
    if (p->kind == PART_NUMBER && !plain_number(v)) {
        buf_puts(f->reason, "is not a plain number, which the $((...)) of the command needs");
        return -1;
    }
    if (v.len && memchr(v.ptr, '\0', v.len))
        return argv_has_nul(f->reason);
    buf_put(&f->out->bytes, v.ptr, v.len);
    return 0;
}

/* All fields of a pack in one word. */
static int put_joined(struct fill *f, const struct part *p)
{
    for (uint32_t i = 0; i < fields(f->task); i++) {
        if (i)
            buf_putc(&f->out->bytes, ' ');
        if (put_value(f, hole_shape((enum hole_form)p->hole.form, field(f->task, i)), p))
            return -1;
    }
    return 0;
}

static int put_hole(struct fill *f, const struct part *p)
{
    char digit[HOLE_DIGITS];
    struct span v;

    if (f->t->pack && p->hole.source == HOLE_TEXT)
        return put_joined(f, p);
    if (!hole_value(&p->hole, f->task, f->slot, digit, &v)) {
        buf_printf(f->reason, "no column %u", p->hole.column);
        return -1;
    }
    return put_value(f, v, p);
}

static void put_list(struct fill *f, uint32_t list)
{
    uint32_t n = fields(f->task);

    for (uint32_t i = 0; i < n; i++) {
        buf_puts(&f->out->bytes, i ? " \"${" : "\"${");
        put_name(&f->out->bytes, f->t->own_args, f->t->scalars + list * n + i);
        buf_puts(&f->out->bytes, "}\"");
    }
}

static int put_part(struct fill *f, const struct part *p)
{
    switch (p->kind) {
    case PART_TEXT:
        buf_put(&f->out->bytes, f->t->text.ptr + p->at, p->len);
        return 0;
    case PART_LIST:
        put_list(f, p->list);
        return 0;
    case PART_PRELUDE:
        put_prelude(&f->out->bytes, f->t->scalars + (size_t)f->t->lists * fields(f->task));
        return 0;
    case PART_HOLE:
    case PART_NUMBER:
        break;
    }
    return put_hole(f, p);
}

static int put_spread(struct fill *f, const struct part *p, size_t limit)
{
    for (uint32_t i = 0; i < fields(f->task); i++) {
        argv_begin(f->out);
        if (put_value(f, hole_shape((enum hole_form)p->hole.form, field(f->task, i)), p))
            return -1;
        if (argv_end(f->out) >= limit)
            return argv_too_long(f->reason);
    }
    return 0;
}

static int put_word(struct fill *f, const struct word *w, size_t limit)
{
    if (w->spread)
        return put_spread(f, &f->t->part[w->first], limit);
    argv_begin(f->out);
    for (uint32_t i = 0; i < w->parts; i++)
        if (put_part(f, &f->t->part[w->first + i]))
            return -1;
    return argv_end(f->out) >= limit ? argv_too_long(f->reason) : 0;
}

int template_expand(const struct template *t, const struct task *task, uint32_t slot,
                    struct argv *out, struct buf *reason)
{
    struct fill f = {t, task, slot, out, reason};
    size_t limit = argv_limit();

    argv_clear(out);
    for (uint32_t i = 0; i < t->words; i++)
        if (put_word(&f, &t->word[i], limit))
            return -1;
    argv_finish(out);
    return 0;
}
