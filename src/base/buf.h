/*
 * buf: bytes that grow, and spans of bytes that somebody else owns. Layer: base.
 *
 * A zeroed struct buf is an empty one (BUF_INIT). The bytes belong to the buffer; they move when it grows,
 * so keep offsets rather than pointers across a put. Running out of memory ends the program (xalloc.h).
 */
#ifndef SMAP_BUF_H
#define SMAP_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Lent bytes: any values, not terminated. */
struct span {
    const char *ptr;
    size_t len;
};

struct buf {
    char *ptr;
    size_t len; /* bytes in use */
    size_t cap; /* bytes allocated */
};

#define BUF_INIT {NULL, 0, 0}

void buf_release(struct buf *b);
/* Forgets the content, keeps the memory. */
void buf_clear(struct buf *b);
/* Makes sure that N more bytes fit and returns the place for them; add to b->len what was used. */
char *buf_room(struct buf *b, size_t n);
void buf_put(struct buf *b, const void *ptr, size_t len);
void buf_putc(struct buf *b, char c);
void buf_puts(struct buf *b, const char *text);
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *format, va_list args);
/* Drops the first N bytes. */
void buf_shift(struct buf *b, size_t n);
/* For a buffer read from its front: drops the first *AT bytes and sets *AT to 0, but only once they are so many that moving the rest is
 * cheap beside them. Without it a buffer that is never quite empty would grow for ever. */
void buf_trim(struct buf *b, size_t *at);
/* The content with a NUL behind it (not counted in len); lent until the next change. */
const char *buf_cstr(struct buf *b);

struct span span_of(const char *text);
bool span_equal(struct span a, struct span b);

#endif
