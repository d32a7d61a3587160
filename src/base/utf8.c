/* UTF-8, byte by byte: nothing here looks at the locale. */
#include "base/utf8.h"

size_t utf8_length(const char *text, size_t left, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)text;
    size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 0;

    if (p[0] < 0x80) {
        *code = p[0];
        return 1;
    }
    if (!n || n > left)
        return 0;
    uint32_t c = p[0] & (0xffu >> (n + 1));

    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3f);
    }
    *code = c;
    return c >= least[n] && c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff) ? n : 0;
}

bool utf8_valid(struct span text)
{
    uint32_t code;

    for (size_t i = 0, n; i < text.len; i += n) {
        n = utf8_length(text.ptr + i, text.len - i, &code);
        if (!n)
            return false;
    }
    return true;
}

/* How long the sequence that begins with this byte wants to be; 1: it is none. */
static size_t wanted(unsigned char first)
{
    return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1;
}

void utf8_part(struct utf8_parts *u, struct span part)
{
    uint32_t code;

    for (size_t i = 0, n; i < part.len && !u->bad; i += n) {
        n = u->opened ? 0 : utf8_length(part.ptr + i, part.len - i, &code);
        if (n)
            continue;
        /* Byte by byte until it is whole: it began in an earlier part, or goes on in the next, or is wrong. */
        n = 1;
        u->open[u->opened++] = part.ptr[i];
        if (u->opened < wanted((unsigned char)u->open[0]))
            continue;
        u->bad = utf8_length(u->open, u->opened, &code) != u->opened;
        u->opened = 0;
    }
}

bool utf8_parts_valid(const struct utf8_parts *u)
{
    return !u->bad && !u->opened;
}
