/*
 * Batches. A structured record is: u64 text length, u32 fields, then offset and length (u64 each) of every field inside
 * the text, then the text and one NUL. Host byte order: a batch crosses processes of one machine or, over MPI, of one
 * kind of machine; the reader checks every length all the same.
 */
#include "base/task.h"

#include "base/le.h"
#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

#define LOW_BITS 0x0101010101010101u
#define TOP_BITS 0x8080808080808080u

struct batch *batch_new(uint64_t first, int separator)
{
    struct batch *b = xcalloc(1, sizeof *b);

    b->first = first;
    b->attempt = 1;
    b->separator = separator;
    return b;
}

void batch_free(struct batch *b)
{
    if (!b)
        return;
    buf_release(&b->data);
    free(b);
}

static char *append(char *to, const void *from, size_t n)
{
    memcpy(to, from, n);
    return to + n;
}

/* The room is asked for once: a column of a record costs nothing but its two numbers. */
void batch_add(struct batch *b, struct span text, const struct span *field, uint32_t fields)
{
    uint64_t len = text.len;
    size_t whole = sizeof len + sizeof fields + (size_t)fields * 2 * sizeof len + text.len + 1;
    char *p = buf_room(&b->data, whole);

    p = append(p, &len, sizeof len);
    p = append(p, &fields, sizeof fields);
    for (uint32_t i = 0; i < fields; i++) {
        uint64_t at[2] = {(uint64_t)(field[i].ptr - text.ptr), field[i].len};

        p = append(p, at, sizeof at);
    }
    if (text.len)
        p = append(p, text.ptr, text.len);
    *p = '\0';
    b->data.len += whole;
    b->count++;
}

struct batch *batch_of(const struct task *t, uint32_t attempt)
{
    struct batch *b = batch_new(t->number, BATCH_STRUCTURED);

    b->attempt = attempt;
    batch_add(b, t->text, t->field, t->fields);
    return b;
}

void task_put_fields(struct buf *out, const struct task *t)
{
    for (uint32_t i = 0; i < t->fields; i++) {
        uint64_t at[2] = {(uint64_t)(t->field[i].ptr - t->text.ptr), t->field[i].len};

        buf_put(out, at, sizeof at);
    }
}

bool task_get_fields(struct task *t, struct span text, struct span fields, struct task_fields *storage)
{
    uint32_t count = (uint32_t)(fields.len / 16);

    *t = (struct task){.text = text, .fields = count};
    if (count > storage->cap) {
        storage->cap = count;
        storage->field = xreallocarray(storage->field, count, sizeof *storage->field);
    }
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at[2];

        memcpy(at, fields.ptr + (size_t)i * sizeof at, sizeof at);
        if (at[0] > text.len || at[1] > text.len - at[0])
            return false;
        storage->field[i] = (struct span){text.ptr + at[0], at[1]};
    }
    t->field = storage->field;
    return true;
}

void task_fields_release(struct task_fields *storage)
{
    free(storage->field);
    *storage = (struct task_fields){0};
}

void batch_walk(struct batch_cursor *c, const struct batch *b)
{
    struct span *field = c->field;
    uint32_t cap = c->field_cap;

    *c = (struct batch_cursor){.batch = b, .field = field, .field_cap = cap};
}

void batch_walk_end(struct batch_cursor *c)
{
    free(c->field);
    *c = (struct batch_cursor){0};
}

static bool next_raw(struct batch_cursor *c, struct task *t)
{
    const struct buf *data = &c->batch->data;
    const char *from = data->ptr + c->at;

    if (c->at >= data->len)
        return false;
    const char *end = memchr(from, c->batch->separator, data->len - c->at);

    if (!end)
        return false;
    t->text = (struct span){from, (size_t)(end - from)};
    t->fields = 0;
    t->field = NULL;
    c->at += t->text.len + 1;
    return true;
}

/* The high bit of each byte of the 8 at P that is C, the first byte lowest. */
static uint64_t find_byte(const char *p, char c)
{
    uint64_t differ = le_get64(p) ^ (LOW_BITS * (uint8_t)c);

    return ~(((differ & ~TOP_BITS) + ~TOP_BITS) | differ | ~TOP_BITS);
}

/* Eight bytes at a time: a call of memchr for each line would take three times as long. */
uint32_t batch_next_short(struct batch_cursor *c, uint8_t *length, uint32_t most)
{
    const struct buf *data = &c->batch->data;
    char separator = (char)c->batch->separator;
    size_t from = c->at, at = from;
    uint32_t n = 0;

    for (; n < most && at + 8 <= data->len && at - from <= BATCH_SHORT - 8; at += 8) {
        for (uint64_t hit = find_byte(data->ptr + at, separator); hit && n < most; hit &= hit - 1) {
            size_t end = at + (size_t)__builtin_ctzll(hit) / 8;

            length[n++] = (uint8_t)(end - from);
            from = end + 1;
        }
    }
    for (; n < most && at < data->len && at - from < BATCH_SHORT; at++) {
        if (data->ptr[at] != separator)
            continue;
        length[n++] = (uint8_t)(at - from);
        from = at + 1;
    }
    c->at = from;
    c->index += n;
    return n;
}

static bool take(struct batch_cursor *c, void *to, size_t n)
{
    if (c->batch->data.len - c->at < n)
        return false;
    memcpy(to, c->batch->data.ptr + c->at, n);
    c->at += n;
    return true;
}

static bool next_structured(struct batch_cursor *c, struct task *t)
{
    const struct buf *data = &c->batch->data;
    uint64_t len;

    if (!take(c, &len, sizeof len) || !take(c, &t->fields, sizeof t->fields))
        return false;
    size_t left = data->len - c->at;

    if (t->fields > left / 16 || len >= left - (size_t)t->fields * 16)
        return false;
    const char *text = data->ptr + c->at + (size_t)t->fields * 16;

    if (t->fields > c->field_cap) {
        c->field_cap = t->fields;
        c->field = xreallocarray(c->field, c->field_cap, sizeof *c->field);
    }
    for (uint32_t i = 0; i < t->fields; i++) {
        uint64_t at[2];

        take(c, at, sizeof at);
        if (at[0] > len || at[1] > len - at[0])
            return false;
        c->field[i] = (struct span){text + at[0], at[1]};
    }
    t->text = (struct span){text, len};
    t->field = c->field;
    c->at += len + 1;
    return true;
}

bool batch_next(struct batch_cursor *c, struct task *t)
{
    if (c->index >= c->batch->count)
        return false;
    bool got = c->batch->separator >= 0 ? next_raw(c, t) : next_structured(c, t);

    if (!got)
        return false;
    t->number = c->batch->first + c->index++;
    t->attempt = c->batch->attempt;
    return true;
}

/* Records of either kind lie one after another: a range of them is a batch again. */
struct batch *batch_cut(struct batch_cursor *c, uint32_t most)
{
    size_t from = c->at;
    uint32_t index = c->index;
    struct task t;

    while (most && batch_next(c, &t))
        most--;
    if (c->index == index)
        return NULL;
    struct batch *b = batch_new(c->batch->first + index, c->batch->separator);

    b->count = c->index - index;
    b->attempt = c->batch->attempt;
    b->timeout = c->batch->timeout;
    buf_put(&b->data, c->batch->data.ptr + from, c->at - from);
    return b;
}

bool batch_seek(struct batch_cursor *c, const struct batch *b, uint64_t number, struct task *t)
{
    batch_walk(c, b);
    while (batch_next(c, t))
        if (t->number == number)
            return true;
    return false;
}
