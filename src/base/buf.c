/*
 * Bytes that grow by half of what they are, so that a million small puts cost a few dozen moves.
 */
#include "base/buf.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIM = 1 << 16 };

void buf_release(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf)BUF_INIT;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
}

char *buf_room(struct buf *b, size_t n)
{
    if (b->cap - b->len < n) {
        size_t want = b->len + n;
        size_t cap = b->cap + b->cap / 2;

        if (cap < want)
            cap = want < 64 ? 64 : want;
        b->ptr = xreallocarray(b->ptr, cap, 1);
        b->cap = cap;
    }
    return b->ptr + b->len;
}

void buf_put(struct buf *b, const void *ptr, size_t len)
{
    if (!len)
        return;
    memcpy(buf_room(b, len), ptr, len);
    b->len += len;
}

void buf_putc(struct buf *b, char c)
{
    *buf_room(b, 1) = c;
    b->len++;
}

void buf_puts(struct buf *b, const char *text)
{
    buf_put(b, text, strlen(text));
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;

    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n <= 0)
        return;
    vsnprintf(buf_room(b, (size_t)n + 1), (size_t)n + 1, format, args);
    b->len += (size_t)n;
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

void buf_shift(struct buf *b, size_t n)
{
    memmove(b->ptr, b->ptr + n, b->len - n);
    b->len -= n;
}

void buf_trim(struct buf *b, size_t *at)
{
    if (*at < TRIM || *at < b->len / 2)
        return;
    buf_shift(b, *at);
    *at = 0;
}

const char *buf_cstr(struct buf *b)
{
    *buf_room(b, 1) = '\0';
    return b->ptr;
}

struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (!a.len || memcmp(a.ptr, b.ptr, a.len) == 0);
}
