/*
 * Messages. A line is formatted into memory and leaves with one write(2): stdio would buffer, and its lines
 * would tear when several processes share a terminal or a log.
 */
#include "base/diag.h"

#include "base/io.h"
#include "base/utf8.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static bool lost; /* a message could not be written */
static bool in_line; /* what was last written there is not a whole line */
static void (*divert_fn)(void *ctx, struct span line);
static void *divert_ctx;

void diag_divert(void (*fn)(void *ctx, struct span line), void *ctx)
{
    divert_fn = fn;
    divert_ctx = ctx;
}

/* Takes the line. */
static void write_line(struct buf *line)
{
    buf_putc(line, '\n');
    if (divert_fn)
        divert_fn(divert_ctx, (struct span){line->ptr, line->len});
    else if (io_write_all(STDERR_FILENO, line->ptr, line->len) < 0)
        lost = true;
    buf_release(line);
}

static void begin_line(struct buf *line)
{
    if (in_line)
        buf_putc(line, '\n');
    in_line = false;
}

void diag_mid_line(bool mid_line)
{
    in_line = mid_line;
}

static void say(const char *format, va_list args, const char *reason)
{
    struct buf line = BUF_INIT;

    begin_line(&line);
    buf_puts(&line, "smap: ");
    buf_vprintf(&line, format, args);
    if (reason)
        buf_printf(&line, ": %s", reason);
    write_line(&line);
}

void diag_line(struct span text)
{
    struct buf line = BUF_INIT;

    begin_line(&line);
    buf_put(&line, text.ptr, text.len);
    write_line(&line);
}

int diag(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args, NULL);
    va_end(args);
    return -1;
}

int diag_errno(const char *format, ...)
{
    va_list args;
    int error = errno;

    va_start(args, format);
    say(format, args, strerror(error));
    va_end(args);
    errno = error;
    return -1;
}

void diag_note(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(format, args, NULL);
    va_end(args);
}

bool diag_lost(void)
{
    return lost;
}

/* C0, DEL, C1, and what reorders text on a screen. */
static bool is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void escape_bytes(struct buf *out, const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '\n' || p[i] == '\t' || p[i] == '\r')
            buf_puts(out, p[i] == '\n' ? "\\n" : p[i] == '\t' ? "\\t" : "\\r");
        else
            buf_printf(out, "\\x%02X", p[i]);
    }
}

void diag_escape(struct buf *out, struct span text, size_t max)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t len = text.len < max ? text.len : max;

    for (size_t i = 0; i < len;) {
        uint32_t code = 0;
        size_t n = utf8_length((const char *)p + i, text.len - i, &code);

        if (n && i + n > len && len < text.len)
            break; /* the cut falls inside a character: leave it out whole */
        if (!n || is_control(code))
            escape_bytes(out, p + i, n ? n : 1);
        else if (code == '\\')
            buf_puts(out, "\\\\");
        else
            buf_put(out, p + i, n);
        i += n ? n : 1;
    }
    if (len < text.len)
        buf_puts(out, "...");
}
