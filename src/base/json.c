/* Only what must be escaped is: quotes, backslashes, control characters. DEL too, for the sake of those who look at it on a terminal. */
#include "base/json.h"

#include "base/utf8.h"

#include <string.h>

static bool must_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == 0x7f;
}

static void escape_byte(struct buf *out, unsigned char c)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
    const char *at = c ? strchr(plain, c) : NULL;

    if (at)
        buf_printf(out, "\\%c", letter[at - plain]);
    else
        buf_printf(out, "\\u%04x", c);
}

void json_escape(struct buf *out, struct span text)
{
    size_t from = 0;

    for (size_t i = 0; i < text.len; i++) {
        if (!must_escape((unsigned char)text.ptr[i]))
            continue;
        buf_put(out, text.ptr + from, i - from);
        escape_byte(out, (unsigned char)text.ptr[i]);
        from = i + 1;
    }
    buf_put(out, text.ptr + from, text.len - from);
}

void json_base64(struct buf *out, struct span bytes)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    char *to = buf_room(out, (bytes.len + 2) / 3 * 4);

    for (size_t left = bytes.len; left; p += 3) {
        size_t n = left < 3 ? left : 3;
        unsigned bits = (unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0) | (n > 2 ? p[2] : 0u);

        *to++ = digits[bits >> 18];
        *to++ = digits[bits >> 12 & 63];
        *to++ = n > 1 ? digits[bits >> 6 & 63] : '=';
        *to++ = n > 2 ? digits[bits & 63] : '=';
        left -= n;
    }
    out->len = (size_t)(to - out->ptr);
}

void json_member(struct buf *out, const char *key, struct span bytes)
{
    bool valid = utf8_valid(bytes);

    buf_printf(out, valid ? "\"%s\":\"" : "\"%s_base64\":\"", key);
    if (valid)
        json_escape(out, bytes);
    else
        json_base64(out, bytes);
    buf_putc(out, '"');
}
