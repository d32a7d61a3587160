/* Signatures: what can be written, what is refused, and what comes out of the functions below when columns go in. */
#include "work/signature.h"

#include "base/buf.h"
#include "suites.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- functions that are called ------------------------------------------------------------------------------------ */

static double half(double x)
{
    return x / 2;
}

static float third(float x)
{
    return x / 3;
}

static signed char negate(signed char x)
{
    return (signed char)-x;
}

static unsigned short add_short(unsigned short a, short b)
{
    return (unsigned short)(a + b);
}

static long long mix(int8_t a, uint16_t b, int32_t c, uint64_t d, bool e, float f, double g, const char *h)
{
    return a + b + c + (long long)d + e + (long long)f + (long long)g + (long long)strlen(h);
}

static const char *greet(const char *name)
{
    return *name ? name : NULL;
}

static bool is_even(long n)
{
    return n % 2 == 0;
}

/* As a Fortran subroutine looks from here. */
static void polar(const double *x, const double *y, double *r, double *phi)
{
    *r = hypot(*x, *y);
    *phi = atan2(*y, *x);
}

static void twice(int *n)
{
    *n *= 2;
}

static int answer(void)
{
    return 42;
}

/* --- a context to call them in ------------------------------------------------------------------------------------- */

struct bench {
    struct smap_context context; /* first */
    char *memory;
    char error[256];
};

static int grow(struct smap_context *context, size_t length)
{
    struct bench *b = (struct bench *)context;
    size_t used = (size_t)(context->at - b->memory), cap = used + length + 100;

    b->memory = realloc(b->memory, cap);
    context->at = b->memory + used;
    context->end = b->memory + cap;
    return 0;
}

static int set_error(struct smap_context *context, const char *text, size_t length)
{
    struct bench *b = (struct bench *)context;

    snprintf(b->error, sizeof b->error, "%.*s", (int)length, text);
    return 0;
}

/* The result of SIGNATURE on TEXT by FUNCTION, or "! " and the error. */
static const char *call_on(const char *signature, void *function, const struct smap_task *task)
{
    static char answer_text[600];
    struct bench b = {.context = {.grow = grow, .set_error = set_error}};
    struct buf error = BUF_INIT;
    struct signature *s;

    ck_assert_msg(signature_parse(&s, signature, &error) == 0, "%s", buf_cstr(&error));
    signature_bind(s, function);
    b.context.state = s;
    if (signature_call(&b.context, task))
        snprintf(answer_text, sizeof answer_text, "! %s", b.error);
    else
        snprintf(answer_text, sizeof answer_text, "%.*s", (int)(b.context.at - b.memory), b.memory ? b.memory : "");
    free(b.memory);
    signature_free(s);
    return answer_text;
}

static const char *call(const char *signature, void *function, const char *text)
{
    struct smap_task task = {.number = 1, .text = text, .length = strlen(text), .attempt = 1};

    return call_on(signature, function, &task);
}

static const char *refusal(const char *signature)
{
    static struct buf error;
    struct signature *s;

    buf_clear(&error);
    ck_assert_int_eq(signature_parse(&s, signature, &error), -1);
    return buf_cstr(&error);
}

#define IS(wanted, signature, function, text) ck_assert_str_eq(call(signature, (void *)(function), text), wanted)

START_TEST(numbers_go_in_and_come_out)
{
    IS("1.5", "double(double)", half, "3");
    IS("0.05", "double(double)", half, "0.1");
    IS("inf", "double(double)", half, "inf");
    IS("nan", "double(double)", half, "-nan");
    IS("0.33333334", "float(float)", third, "1");
    IS("-7", "signed char(signed char)", negate, "7");
    IS("-7", "int8_t(int8_t)", negate, " 7\t");
    IS("1", "unsigned short(unsigned short, short)", add_short, "4 -3");
    IS("65535", "uint16_t(uint16_t, int16_t)", add_short, "0 -1");
    IS("1", "bool(long)", is_even, "4");
    IS("0", "_Bool(long int)", is_even, "-3");
    IS("42", "int(void)", answer, "anything");
    IS("42", " int ( ) ", answer, "");
    IS("16", "long long(int8_t, uint16_t, int32_t, uint64_t, bool, float, double, const char *)", mix,
       "-1 2 -3 4 true 5.9 6 ab");
}
END_TEST

START_TEST(doubles_read_back_as_the_same)
{
    srand(7);
    for (int i = 0; i < 20000; i++) {
        union {
            uint64_t u;
            double d;
        } v;
        char text[40];

        v.u = (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
        if (!isfinite(v.d) || fabs(v.d) < 1e-300 || fabs(v.d) > 1e300)
            continue;
        snprintf(text, sizeof text, "%.17g", v.d);
        ck_assert(strtod(call("double(double)", (void *)half, text), NULL) == v.d / 2);
    }
}
END_TEST

START_TEST(strings_and_references)
{
    IS("a b  c", "char *(const char *)", greet, "a b  c");
    IS("! the function has returned NULL", "const char*(char*)", greet, "");
    IS("8", "void(int *)", twice, "4");
    IS("5\t0", "void(const double *, const double *, out double *, out double *)", polar, "5 0");
    IS("5\t0", "void(const double*, const double*, double*, double*)", polar, "5 0 1 1");
}
END_TEST

START_TEST(columns_come_from_fields_when_there_are_some)
{
    const char *text = "4,-3";
    struct smap_field field[] = {{text, 1}, {text + 2, 2}};
    struct smap_task task = {1, text, 4, 1, 2, field};

    ck_assert_str_eq(call_on("unsigned short(unsigned short, short)", (void *)add_short, &task), "1");
    task.fields = 1;
    ck_assert_str_eq(call_on("unsigned short(unsigned short, short)", (void *)add_short, &task),
                     "! the signature needs 2 columns, the task has 1");
}
END_TEST

START_TEST(errors_name_the_column)
{
    IS("! column 1: 'x' is not of type double", "double(double)", half, "x");
    IS("! column 1: '' is not of type double", "double(double)", half, " ");
    IS("! column 1: '1 2' is not of type double", "double(double)", half, "1 2");
    IS("! column 1: '1e999' is out of the range of double", "double(double)", half, "1e999");
    IS("0", "double(double)", half, "1e-999");
    IS("! column 1: '128' is out of the range of signed char", "signed char(signed char)", negate, "128");
    IS("! column 2: '-32769' is out of the range of short", "unsigned short(unsigned short,short)", add_short, "1 -32769");
    IS("! column 1: '-1' is out of the range of unsigned short", "unsigned short(unsigned short,short)", add_short, "-1 1");
    IS("! column 1: '99999999999999999999' is out of the range of long", "bool(long)", is_even, "99999999999999999999");
    IS("! column 1: '4.0' is not of type long", "bool(long)", is_even, "4.0");
    IS("1", "bool(long)", is_even, "0x10");
    IS("! the signature needs 2 columns, the task has 3", "short(short,short)", add_short, "1 2 3");
    IS("! column 1: '' is not of type long", "bool(long)", is_even, "");
}
END_TEST

START_TEST(a_string_holds_no_nul)
{
    struct smap_task task = {1, "a\0b", 3, 1, 0, NULL};

    ck_assert_str_eq(call_on("char*(char*)", (void *)greet, &task), "! column 1: a string cannot hold a NUL byte");
}
END_TEST

START_TEST(what_cannot_be_called_is_refused)
{
    static const char *const bad[] = {
        "",        "double",       "double(",          "double(double",     "double(double))", "double(double,)",
        "(int)",   "int(void, int)", "int(int, void)", "long double(int)",  "int(complex)",    "int(short char)",
        "int(double float)", "int(void *)", "int(int **)", "int(out int)",  "int(out const int *)", "int *(int)",
        "out int(int)", "int(char **)", "int(long long long)", "int(signed unsigned)", "int(out char *)", "int(int) x",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(*refusal(bad[i]), "%s", bad[i]);
    ck_assert_str_eq(refusal("int(complex, int)"), "'complex' is not a type that --signature knows");
    ck_assert_str_eq(refusal("int(double complex)"), "'double complex' is not a type that --signature knows");
    ck_assert_str_eq(refusal("int(int int8_t)"), "'int int8_t' is not a type that --signature knows");
    ck_assert_str_eq(refusal("double(double x, int n)"),
                     "'double x' is not a type that --signature knows (types alone: leave out the names of the arguments)");
    ck_assert_str_eq(refusal("size_t(const char *s)"),
                     "'const char *s' is not a type that --signature knows (types alone: leave out the names of the arguments)");
    ck_assert_str_eq(refusal("int(int,)"), "a signature looks like 'double(double, int)': a type is missing");
    ck_assert_str_eq(refusal("int("), "a signature looks like 'double(double, int)': a type is missing");
    struct buf many = BUF_INIT;

    buf_puts(&many, "int(int");
    for (int i = 0; i < 100; i++)
        buf_puts(&many, ",int");
    buf_puts(&many, ")");
    ck_assert_str_eq(refusal(buf_cstr(&many)), "a signature has at most 64 arguments");
    buf_release(&many);
}
END_TEST

START_TEST(random_signatures_do_no_harm)
{
    static const char *const word[] = {"int", "double", "*", "(", ")", ",", " ", "char", "const", "out", "long", "void", "x", "unsigned"};

    srand(1);
    for (int i = 0; i < 20000; i++) {
        struct buf text = BUF_INIT, error = BUF_INIT;
        struct signature *s;

        for (int n = rand() % 12; n > 0; n--)
            buf_puts(&text, word[(size_t)rand() % (sizeof word / sizeof *word)]);
        if (signature_parse(&s, buf_cstr(&text), &error) == 0)
            signature_free(s);
        else
            ck_assert_uint_gt(error.len, 0);
        buf_release(&text);
        buf_release(&error);
    }
}
END_TEST

Suite *signature_suite(void)
{
    Suite *s = suite_create("signature");
    TCase *c = tcase_create("calls");

    tcase_add_test(c, numbers_go_in_and_come_out);
    tcase_add_test(c, doubles_read_back_as_the_same);
    tcase_add_test(c, strings_and_references);
    tcase_add_test(c, columns_come_from_fields_when_there_are_some);
    tcase_add_test(c, errors_name_the_column);
    tcase_add_test(c, a_string_holds_no_nul);
    tcase_add_test(c, what_cannot_be_called_is_refused);
    tcase_add_test(c, random_signatures_do_no_harm);
    suite_add_tcase(s, c);
    return s;
}
