/*
 * Signatures: parsed once into a list of types, called through libffi. Every argument has a place
 * for its value; by reference, the argument is the address of that place. Columns are read
 * strictly: the whole column must be a number, and it must fit.
 */
#include "work/signature.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "work/ctype.h"

#include <errno.h>
#include <ffi.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 64, NUMBER_MAX = 512 };

union value {
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    float f;
    double d;
    const char *s;
    ffi_arg widened; /* libffi gives small integers back as this */
};

struct signature {
    struct ctype result, type[ARGUMENTS];
    uint32_t arguments, columns;
    void (*function)(void);
    ffi_cif cif;
    ffi_type *ffi[ARGUMENTS];
    union value value[ARGUMENTS];
    void *reference[ARGUMENTS]; /* &value, for by-reference arguments */
    void *place[ARGUMENTS];     /* what libffi reads the arguments from */
    struct span column[ARGUMENTS];
    struct buf text;            /* string columns, ended by NUL */
};

/* --- parsing ----------------------------------------------------------------------------------- */

static int parse_arguments(struct ctype_parser *p, struct signature *s)
{
    if (ctype_accept(p, ')'))
        return 0;
    do {
        struct ctype *t = &s->type[s->arguments];

        if (s->arguments == ARGUMENTS) {
            buf_printf(p->error, "a signature has at most %d arguments", ARGUMENTS);
            return -1;
        }
        const char *from = p->at;

        if (ctype_parse(p, t) < 0)
            return -1;
        if (t->kind == KIND_VOID && !s->arguments && ctype_accept(p, ')'))
            return 0;
        if (t->kind == KIND_VOID || (t->out && (!t->reference || t->constant)))
            return ctype_bad(p, from);
        s->arguments++;
        s->columns += !t->out;
    } while (ctype_accept(p, ','));
    if (ctype_accept(p, ')'))
        return 0;
    buf_puts(p->error, "a signature looks like 'double(double, int)': there is no ')'");
    return -1;
}

static int parse(struct ctype_parser *p, struct signature *s)
{
    const char *from = p->at;

    if (ctype_parse(p, &s->result) < 0)
        return -1;
    if (s->result.out || s->result.reference)
        return ctype_bad(p, from);
    if (!ctype_accept(p, '(')) {
        buf_puts(p->error, "a signature looks like 'double(double, int)': there is no '('");
        return -1;
    }
    if (parse_arguments(p, s) < 0)
        return -1;
    ctype_skip_blanks(p);
    if (!*p->at || (ctype_accept(p, ';') && !*p->at))
        return 0;
    buf_printf(p->error, "'%s' follows the signature", p->at);
    return -1;
}

static ffi_type *ffi_of(const struct ctype *t)
{
    static ffi_type *const is_signed[] = {[1] = &ffi_type_sint8, [2] = &ffi_type_sint16, [4] = &ffi_type_sint32,
                                          [8] = &ffi_type_sint64};
    static ffi_type *const is_unsigned[] = {[1] = &ffi_type_uint8, [2] = &ffi_type_uint16, [4] = &ffi_type_uint32,
                                            [8] = &ffi_type_uint64};

    if (t->reference || t->kind == KIND_STRING)
        return &ffi_type_pointer;
    switch (t->kind) {
    case KIND_INT:
        return is_signed[t->size];
    case KIND_UINT:
        return is_unsigned[t->size];
    case KIND_BOOL:
        return &ffi_type_uint8;
    case KIND_FLOAT:
        return &ffi_type_float;
    case KIND_DOUBLE:
        return &ffi_type_double;
    default:
        return &ffi_type_void;
    }
}

int signature_parse(struct signature **out, const char *text, struct buf *error)
{
    struct signature *s = xcalloc(1, sizeof *s);
    struct ctype_parser p = {text, error};

    if (parse(&p, s) < 0) {
        signature_free(s);
        return -1;
    }
    for (uint32_t i = 0; i < s->arguments; i++) {
        s->ffi[i] = ffi_of(&s->type[i]);
        s->reference[i] = &s->value[i];
        s->place[i] = s->type[i].reference ? (void *)&s->reference[i] : &s->value[i];
    }
    if (ffi_prep_cif(&s->cif, FFI_DEFAULT_ABI, s->arguments, ffi_of(&s->result), s->ffi) != FFI_OK) {
        buf_printf(error, "'%s' cannot be called on this machine", text);
        signature_free(s);
        return -1;
    }
    *out = s;
    return 0;
}

void signature_free(struct signature *s)
{
    if (!s)
        return;
    buf_release(&s->text);
    free(s);
}

void signature_bind(struct signature *s, void *function)
{
    *(void **)&s->function = function;
}

/* --- columns ----------------------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct span trim(struct span c)
{
    while (c.len && is_blank(*c.ptr)) {
        c.ptr++;
        c.len--;
    }
    while (c.len && is_blank(c.ptr[c.len - 1]))
        c.len--;
    return c;
}

/* Words between blanks; counts them all, keeps as many as there is room for. */
static uint32_t split(struct signature *s, struct span text)
{
    uint32_t n = 0;

    for (text = trim(text); text.len; text = trim(text)) {
        size_t len = 0;

        while (len < text.len && !is_blank(text.ptr[len]))
            len++;
        if (n < ARGUMENTS)
            s->column[n] = (struct span){text.ptr, len};
        n++;
        text.ptr += len;
        text.len -= len;
    }
    return n;
}

static int find_columns(struct signature *s, struct smap_context *smap, const struct smap_task *task)
{
    uint32_t n = task->fields;

    if (s->columns == 0)
        return 0;
    if (n)
        for (uint32_t i = 0; i < n && i < ARGUMENTS; i++)
            s->column[i] = (struct span){task->field[i].text, task->field[i].length};
    else if (s->columns > 1)
        n = split(s, (struct span){task->text, task->length});
    else
        s->column[n++] = (struct span){task->text, task->length};
    if (n == s->columns)
        return 0;
    return smap_errorf(smap, "the signature needs %u column%s, the task has %u", s->columns,
                       s->columns == 1 ? "" : "s", n);
}

static bool read_bool(const char *text, union value *v)
{
    v->u8 = strcmp(text, "1") == 0 || strcmp(text, "true") == 0;
    return v->u8 || strcmp(text, "0") == 0 || strcmp(text, "false") == 0;
}

static int base_of(const char *text)
{
    text += *text == '-' || *text == '+';
    return text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
}

/* True: it fits; the bytes of the value are the low ones of V (little-endian or not). */
static bool store_int(union value *v, size_t size, int64_t n)
{
    switch (size) {
    case 1:
        v->i8 = (int8_t)n;
        return v->i8 == n;
    case 2:
        v->i16 = (int16_t)n;
        return v->i16 == n;
    case 4:
        v->i32 = (int32_t)n;
        return v->i32 == n;
    default:
        v->i64 = n;
        return true;
    }
}

static bool store_uint(union value *v, size_t size, uint64_t n)
{
    switch (size) {
    case 1:
        v->u8 = (uint8_t)n;
        return v->u8 == n;
    case 2:
        v->u16 = (uint16_t)n;
        return v->u16 == n;
    case 4:
        v->u32 = (uint32_t)n;
        return v->u32 == n;
    default:
        v->u64 = n;
        return true;
    }
}

/* Reads a number as KIND says; *END: where it stops. False: out of range. */
static bool read_number(const char *text, const struct ctype *t, union value *v, char **end)
{
    bool fits = true;

    errno = 0;
    switch (t->kind) {
    case KIND_INT:
        fits = store_int(v, t->size, strtoll(text, end, base_of(text)));
        break;
    case KIND_UINT:
        fits = store_uint(v, t->size, strtoull(text, end, base_of(text))) && *text != '-';
        break;
    case KIND_FLOAT:
        v->f = strtof(text, end);
        return errno != ERANGE || fabsf(v->f) < 1; /* too small to be kept whole is no error */
    default:
        v->d = strtod(text, end);
        return errno != ERANGE || fabs(v->d) < 1;
    }
    return fits && errno != ERANGE;
}

static int bad_column(struct smap_context *smap, uint32_t column, struct span c, const char *what, const char *type)
{
    return smap_errorf(smap, "column %u: '%.*s' %s %s", column + 1, c.len < 60 ? (int)c.len : 60, c.ptr, what, type);
}

static int read_string(struct signature *s, struct smap_context *smap, uint32_t column, union value *v)
{
    struct span c = s->column[column];

    if (memchr(c.ptr, '\0', c.len))
        return smap_errorf(smap, "column %u: a string cannot hold a NUL byte", column + 1);
    v->s = s->text.ptr + s->text.len; /* there is room for all of them: nothing moves */
    buf_put(&s->text, c.ptr, c.len);
    buf_putc(&s->text, '\0');
    return 0;
}

static int read_column(struct signature *s, struct smap_context *smap, uint32_t column, const struct ctype *t,
                       union value *v)
{
    char number[NUMBER_MAX], *end = number;

    if (t->kind == KIND_STRING)
        return read_string(s, smap, column, v);
    struct span c = trim(s->column[column]);

    if (!c.len || c.len >= NUMBER_MAX || memchr(c.ptr, '\0', c.len))
        return bad_column(smap, column, c, "is not of type", t->name);
    memcpy(number, c.ptr, c.len);
    number[c.len] = '\0';
    if (t->kind == KIND_BOOL)
        return read_bool(number, v) ? 0 : bad_column(smap, column, c, "is not of type", t->name);
    bool fits = read_number(number, t, v, &end);

    if (end == number || *end)
        return bad_column(smap, column, c, "is not of type", t->name);
    return fits ? 0 : bad_column(smap, column, c, "is out of the range of", t->name);
}

static int read_columns(struct signature *s, struct smap_context *smap, const struct smap_task *task)
{
    uint32_t column = 0;

    if (find_columns(s, smap, task))
        return 1;
    buf_clear(&s->text);
    buf_room(&s->text, task->length + ARGUMENTS + 1);
    for (uint32_t i = 0; i < s->arguments; i++) {
        memset(&s->value[i], 0, sizeof s->value[i]);
        if (!s->type[i].out && read_column(s, smap, column++, &s->type[i], &s->value[i]))
            return 1;
    }
    return 0;
}

/* --- results ----------------------------------------------------------------------------------- */

/* The fewest digits that read back as the same number. */
static int print_double(struct smap_context *smap, double d)
{
    char text[40];
    int digits = 15;

    if (isnan(d))
        return smap_emit(smap, "nan", 3); /* its sign differs from machine to machine */
    do
        snprintf(text, sizeof text, "%.*g", digits, d);
    while (strtod(text, NULL) != d && ++digits <= 17);
    return smap_emit(smap, text, strlen(text));
}

static int print_float(struct smap_context *smap, float f)
{
    char text[40];
    int digits = 6;

    if (isnan(f))
        return smap_emit(smap, "nan", 3);
    do
        snprintf(text, sizeof text, "%.*g", digits, (double)f);
    while (strtof(text, NULL) != f && ++digits <= 9);
    return smap_emit(smap, text, strlen(text));
}

static int64_t load_int(const union value *v, size_t size)
{
    return size == 1 ? v->i8 : size == 2 ? v->i16 : size == 4 ? v->i32 : v->i64;
}

static uint64_t load_uint(const union value *v, size_t size)
{
    return size == 1 ? v->u8 : size == 2 ? v->u16 : size == 4 ? v->u32 : v->u64;
}

static int print(struct smap_context *smap, const struct ctype *t, const union value *v)
{
    switch (t->kind) {
    case KIND_INT:
        return smap_printf(smap, "%lld", (long long)load_int(v, t->size));
    case KIND_UINT:
        return smap_printf(smap, "%llu", (unsigned long long)load_uint(v, t->size));
    case KIND_BOOL:
        return smap_emit(smap, v->u8 ? "1" : "0", 1);
    case KIND_FLOAT:
        return print_float(smap, v->f);
    case KIND_DOUBLE:
        return print_double(smap, v->d);
    case KIND_STRING:
        return v->s ? smap_emit(smap, v->s, strlen(v->s)) : smap_error(smap, "the function has returned NULL");
    default:
        return 0;
    }
}

/* Undoes the widening of libffi, so that results and places look alike. */
static void narrow(const struct ctype *t, union value *v)
{
    if (t->kind == KIND_INT && t->size < sizeof(ffi_arg))
        store_int(v, t->size, (int64_t)v->widened);
    else if ((t->kind == KIND_UINT && t->size < sizeof(ffi_arg)) || t->kind == KIND_BOOL)
        store_uint(v, t->size, (uint64_t)v->widened & (UINT64_MAX >> (64 - 8 * t->size)));
}

int signature_call(struct smap_context *smap, const struct smap_task *task)
{
    struct signature *s = smap->state;
    union value result = {0};
    bool first = true;

    if (read_columns(s, smap, task))
        return 1;
    ffi_call(&s->cif, s->function, &result, s->place);
    if (s->result.kind != KIND_VOID) {
        narrow(&s->result, &result);
        if (print(smap, &s->result, &result))
            return 1;
        first = false;
    }
    for (uint32_t i = 0; i < s->arguments; i++) {
        if (!s->type[i].reference || s->type[i].constant)
            continue;
        if ((!first && smap_emit(smap, "\t", 1)) || print(smap, &s->type[i], &s->value[i]))
            return 1;
        first = false;
    }
    return 0;
}
