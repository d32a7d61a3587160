/*
 * A key is the hash of: identity (16 bytes), number of fields (4), offset and length of each (8, 8), the task's number where it counts (8), the text. All
 * lengths but the text's follow from what stands before, so different tasks never give the same bytes.
 */
#include "results/identity.h"

#include "base/diag.h"
#include "base/le.h"
#include "base/xalloc.h"
#include "work/link.h"
#include "work/work.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void identity_release(struct identity *id)
{
    buf_release(&id->items);
    buf_release(&id->scratch);
}

void identity_put(struct identity *id, const char *name, struct span value)
{
    size_t len = strlen(name);

    le_put32(buf_room(&id->items, 4), (uint32_t)(len + 1 + value.len));
    id->items.len += 4;
    buf_put(&id->items, name, len);
    buf_putc(&id->items, '=');
    buf_put(&id->items, value.ptr, value.len);
}

bool identity_next(struct span items, size_t *at, struct span *name, struct span *value)
{
    if (items.len < 4 || *at > items.len - 4)
        return false;
    uint32_t len = le_get32(items.ptr + *at);
    const char *from = items.ptr + *at + 4, *equals;

    if (len > items.len - *at - 4 || !(equals = memchr(from, '=', len)))
        return false;
    *name = (struct span){from, (size_t)(equals - from)};
    *value = (struct span){equals + 1, len - name->len - 1};
    *at += 4 + len;
    return true;
}

int identity_put_file(struct identity *id, const char *name, const char *path)
{
    struct buf hex = BUF_INIT;
    struct hash128 h;

    if (hash_file(path, &h) < 0)
        return diag_errno("cannot read %s", path);
    buf_printf(&hex, "%016" PRIx64 "%016" PRIx64, h.high, h.low);
    identity_put(id, name, (struct span){hex.ptr, hex.len});
    buf_release(&hex);
    return 0;
}

static void put_text(struct identity *id, const char *name, const char *text)
{
    if (text)
        identity_put(id, name, span_of(text));
}

static void put_flag(struct identity *id, const char *name, bool set)
{
    if (set)
        put_text(id, name, "yes");
}

static const char *const kind_name[] = {
    [WORK_COMMAND] = "command", [WORK_SHELL] = "shell",   [WORK_LINES] = "lines",
    [WORK_FUNCTION] = "function", [WORK_FILTER] = "filter",
};

/* Whether the result may depend on the place in the input. Better once too often: then only more is run again. */
static bool names_number(struct span word)
{
    return memmem(word.ptr, word.len, "{#}", 3) || memmem(word.ptr, word.len, "SMAP_TASK", 9);
}

/* One without a slash lies where dlopen finds it. */
static int put_library(struct identity *id, const struct work *w)
{
    char *file = strchr(w->word[0], '/') ? xstrdup(w->word[0]) : link_find(w, w->word[0]);
    int result = file ? identity_put_file(id, "library", file) : -1;

    free(file);
    return result;
}

int identity_put_work(struct identity *id, const struct work *w)
{
    char separator = (char)w->separator;

    put_text(id, "worker", kind_name[w->kind]);
    for (uint32_t i = 0; i < w->words; i++)
        put_text(id, "word", w->word[i]);
    if (w->kind == WORK_SHELL || w->kind == WORK_LINES)
        put_text(id, "shell", w->shell);
    put_text(id, "replace", w->replace);
    for (uint32_t i = 0; i < w->names; i++)
        put_text(id, "column", w->name[i]);
    if (w->kind == WORK_FUNCTION || w->kind == WORK_FILTER)
        identity_put(id, "separator", (struct span){&separator, 1});
    put_flag(id, "pack", w->pack);
    put_flag(id, "stdin", w->feed);
    for (char **env = w->env; env && *env; env++)
        put_text(id, "env", *env);
    put_text(id, "signature", w->signature);
    put_text(id, "config", w->config);
    put_text(id, "fill", w->fill);
    return w->kind == WORK_FUNCTION ? put_library(id, w) : 0;
}

void identity_assume(struct identity *id, struct hash128 hash, struct span items)
{
    struct span name, value;
    size_t at = 0;

    id->hash = hash;
    id->numbered = false;
    while (identity_next(items, &at, &name, &value))
        if (span_equal(name, span_of("word")))
            id->numbered |= names_number(value);
}

void identity_seal(struct identity *id)
{
    struct span items = {id->items.ptr, id->items.len};

    identity_assume(id, hash128(items.ptr, items.len), items);
}

/* One more at the end of a NULL-terminated list. */
static void add_word(char ***list, uint32_t *count, struct span value)
{
    *list = xreallocarray(*list, *count + 2, sizeof **list);
    (*list)[(*count)++] = xmemdup(value.ptr, value.len);
    (*list)[*count] = NULL;
}

static void set_text(const char **text, struct span value)
{
    free((char *)(uintptr_t)*text);
    *text = xmemdup(value.ptr, value.len);
}

static enum work_kind kind_named(struct span name)
{
    for (unsigned i = 0; i < sizeof kind_name / sizeof *kind_name; i++)
        if (span_equal(name, span_of(kind_name[i])))
            return (enum work_kind)i;
    return WORK_FILTER;
}

static void take_item(struct work *w, struct span name, struct span value)
{
    if (span_equal(name, span_of("worker")))
        w->kind = kind_named(value);
    else if (span_equal(name, span_of("word")))
        add_word(&w->word, &w->words, value);
    else if (span_equal(name, span_of("column")))
        add_word(&w->name, &w->names, value);
    else if (span_equal(name, span_of("shell")))
        set_text(&w->shell, value);
    else if (span_equal(name, span_of("replace")))
        set_text(&w->replace, value);
    else if (span_equal(name, span_of("pack")))
        w->pack = true;
    else if (span_equal(name, span_of("stdin")))
        w->feed = true;
}

void identity_get_work(struct span items, struct work *work)
{
    struct span name, value;
    size_t at = 0;

    *work = (struct work){.cpus_per_slot = 1};
    while (identity_next(items, &at, &name, &value))
        take_item(work, name, value);
    if (!work->shell)
        set_text(&work->shell, span_of("/bin/sh"));
    if (!work->replace)
        set_text(&work->replace, span_of("{}"));
    while (work->words < 2 && work->kind == WORK_FUNCTION)
        add_word(&work->word, &work->words, span_of(""));
    if (!work->words && work->kind != WORK_LINES)
        add_word(&work->word, &work->words, span_of(""));
}

static void free_words(char **list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

void identity_free_work(struct work *work)
{
    free_words(work->word, work->words);
    free_words(work->name, work->names);
    free((char *)(uintptr_t)work->shell);
    free((char *)(uintptr_t)work->replace);
    *work = (struct work){0};
}

struct hash128 identity_key(struct identity *id, const struct task *t)
{
    size_t head = 20 + (size_t)t->fields * 16 + (id->numbered ? 8 : 0);
    char *p;

    buf_clear(&id->scratch);
    p = buf_room(&id->scratch, head + t->text.len);
    le_put64(p, id->hash.low);
    le_put64(p + 8, id->hash.high);
    le_put32(p + 16, t->fields);
    p += 20;
    for (uint32_t i = 0; i < t->fields; i++, p += 16) {
        le_put64(p, (uint64_t)(t->field[i].ptr - t->text.ptr));
        le_put64(p + 8, t->field[i].len);
    }
    if (id->numbered)
        le_put64(p, t->number);
    if (t->text.len)
        memcpy(id->scratch.ptr + head, t->text.ptr, t->text.len);
    return hash128(id->scratch.ptr, head + t->text.len);
}

struct hash128 identity_again(struct hash128 key, uint64_t n)
{
    char bytes[24];

    le_put64(bytes, key.low);
    le_put64(bytes + 8, key.high);
    le_put64(bytes + 16, n);
    return hash128(bytes, sizeof bytes);
}
