/*
 * Lines that wait for their end. The table holds only streams that stand in mid-line: most output ends where
 * lines end, and then nothing is kept.
 */
#include "results/lines.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define LINE_MAX_KEPT ((size_t)1 << 20)

struct line {
    struct buf part; /* WHOLE: what is kept of it */
    bool begun;      /* its beginning has been printed: no tag any more */
};

static void free_line(struct line *line)
{
    if (!line)
        return;
    buf_release(&line->part);
    free(line);
}

void lines_release(struct lines *l)
{
    size_t at = 0;
    struct line *line;

    while ((line = numbers_walk(&l->open, &at)))
        free_line(line);
    numbers_release(&l->open);
}

/* A run's bytes are lines of stdout. */
static uint64_t key(uint64_t task, enum piece_kind kind)
{
    return task * 2 + (kind == PIECE_ERR);
}

static void print_tag(struct buf *out, struct span text)
{
    while (text.len) {
        const char *newline = memchr(text.ptr, '\n', text.len);
        size_t n = newline ? (size_t)(newline - text.ptr) : text.len;

        buf_put(out, text.ptr, n);
        if (newline)
            buf_puts(out, "\\n");
        n += newline != NULL;
        text = (struct span){text.ptr + n, text.len - n};
    }
    buf_putc(out, '\t');
}

/* Prints BYTES, each line that begins in them with its tag; BEGUN: the first one has its tag already. */
static void print(const struct lines *l, const struct piece *p, struct span bytes, bool begun, struct buf *out)
{
    if (!l->tag) {
        buf_put(out, bytes.ptr, bytes.len);
        return;
    }
    while (bytes.len) {
        const char *newline = memchr(bytes.ptr, '\n', bytes.len);
        size_t n = newline ? (size_t)(newline - bytes.ptr) + 1 : bytes.len;

        if (!begun)
            print_tag(out, p->input);
        begun = false;
        buf_put(out, bytes.ptr, n);
        bytes = (struct span){bytes.ptr + n, bytes.len - n};
    }
}

/* What was kept, as the beginning of a line that goes on. */
static bool print_kept(const struct lines *l, const struct piece *p, struct line *line, struct buf *out)
{
    if (!line)
        return false;
    print(l, p, (struct span){line->part.ptr, line->part.len}, line->begun, out);
    line->begun = line->begun || line->part.len;
    buf_clear(&line->part);
    return line->begun;
}

static struct line *open_line(struct lines *l, uint64_t number)
{
    struct line *line = xcalloc(1, sizeof *line);

    numbers_put(&l->open, number, line);
    return line;
}

/* The beginning of a line: kept, or printed when it may be or has grown too long. */
static void put_rest(struct lines *l, const struct piece *p, struct span rest, struct buf *out)
{
    struct line *line = numbers_get(&l->open, key(p->task, p->kind));

    if (!rest.len)
        return;
    if (!line)
        line = open_line(l, key(p->task, p->kind));
    if (l->whole && line->part.len + rest.len <= LINE_MAX_KEPT) {
        buf_put(&line->part, rest.ptr, rest.len);
        return;
    }
    print(l, p, rest, print_kept(l, p, line, out), out);
    line->begun = true;
}

void lines_put(struct lines *l, const struct piece *p, struct buf *out)
{
    const char *newline = p->bytes.len ? memrchr(p->bytes.ptr, '\n', p->bytes.len) : NULL;
    size_t n = newline ? (size_t)(newline - p->bytes.ptr) + 1 : 0;

    if (n) {
        struct line *line = numbers_take(&l->open, key(p->task, p->kind));
        bool begun = print_kept(l, p, line, out);

        free_line(line);
        print(l, p, (struct span){p->bytes.ptr, n}, begun, out);
    }
    put_rest(l, p, (struct span){p->bytes.ptr + n, p->bytes.len - n}, out);
}

void lines_end(struct lines *l, const struct piece *p, enum piece_kind kind, struct buf *out)
{
    struct line *line = numbers_take(&l->open, key(p->task, kind));

    if (!line)
        return;
    print_kept(l, p, line, out);
    buf_putc(out, '\n');
    free_line(line);
}
