/*
 * Argument vectors. The words lie one after another in one buffer, which moves while it grows: so
 * offsets are kept until the last word is in, and pointers are made of them at the end.
 */
#include "work/argv.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void argv_release(struct argv *a)
{
    buf_release(&a->bytes);
    free(a->offset);
    free(a->word);
    *a = (struct argv){0};
}

void argv_clear(struct argv *a)
{
    buf_clear(&a->bytes);
    a->words = 0;
}

void argv_begin(struct argv *a)
{
    if (a->words + 1 >= a->cap) { /* one more than the words: the NULL at the end */
        a->cap = a->cap ? a->cap * 2 : 16;
        a->offset = xreallocarray(a->offset, a->cap, sizeof *a->offset);
        a->word = xreallocarray(a->word, a->cap, sizeof *a->word);
    }
    a->offset[a->words++] = a->bytes.len;
}

size_t argv_end(struct argv *a)
{
    size_t len = a->bytes.len - a->offset[a->words - 1];

    buf_putc(&a->bytes, '\0');
    return len;
}

void argv_add(struct argv *a, struct span word)
{
    argv_begin(a);
    buf_put(&a->bytes, word.ptr, word.len);
    argv_end(a);
}

void argv_finish(struct argv *a)
{
    for (uint32_t i = 0; i < a->words; i++)
        a->word[i] = a->bytes.ptr + a->offset[i];
    if (a->words)
        a->word[a->words] = NULL;
}

size_t argv_limit(void)
{
#ifdef __linux__
    return 32 * (size_t)sysconf(_SC_PAGESIZE); /* MAX_ARG_STRLEN of <linux/binfmts.h>, which user
                                                  programs do not get */
#else
    return SIZE_MAX;
#endif
}

int argv_too_long(struct buf *reason)
{
    buf_printf(reason, "longer than the system's limit of one argument, %zu bytes (use --stdin)",
               argv_limit());
    return -1;
}

int argv_has_nul(struct buf *reason)
{
    buf_puts(reason, "contains a NUL byte, which no argument can hold (use --stdin)");
    return -1;
}

int argv_shell(struct argv *a, const char *shell, struct span line, struct buf *reason)
{
    bool dash = line.len && (line.ptr[0] == '-' || line.ptr[0] == '+');

    if (line.len && memchr(line.ptr, '\0', line.len)) {
        buf_puts(reason, "contains a NUL byte, which no shell line can hold");
        return -1;
    }
    if (dash + line.len >= argv_limit()) {
        buf_printf(reason, "longer than the system's limit of one shell line, %zu bytes",
                   argv_limit());
        return -1;
    }
    argv_clear(a);
    argv_add(a, span_of(shell));
    argv_add(a, span_of("-c"));
    argv_begin(a);
    if (dash)
        buf_putc(&a->bytes, ' ');
    buf_put(&a->bytes, line.ptr, line.len);
    argv_end(a);
    argv_finish(a);
    return 0;
}

/* Bytes that mean nothing to a shell wherever they stand. A word with = may be taken for an
 * assignment, one with ~ for a home. */
static bool plain_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_-./,:+@%", c));
}

/* Reserved words in the place of a command's name. */
static bool reserved(const char *word)
{
    static const char *const list[] = {"case",   "coproc", "do",   "done",     "elif", "else",
                                       "esac",   "fi",     "for",  "function", "if",   "in",
                                       "select", "then",   "time", "until",    "while"};

    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}

static void quote_word(struct buf *out, const char *word, bool quoted)
{
    quoted |= !*word;
    for (const char *p = word; *p && !quoted; p++)
        quoted = !plain_byte(*p);
    if (!quoted) {
        buf_puts(out, word);
        return;
    }
    buf_putc(out, '\'');
    for (const char *quote; (quote = strchr(word, '\'')); word = quote + 1) {
        buf_put(out, word, (size_t)(quote - word));
        buf_puts(out, "'\\''");
    }
    buf_puts(out, word);
    buf_putc(out, '\'');
}

void argv_quote(struct buf *out, char *const *word)
{
    for (size_t i = 0; word[i]; i++) {
        if (i)
            buf_putc(out, ' ');
        quote_word(out, word[i], i == 0 && reserved(word[i]));
    }
}
