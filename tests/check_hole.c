/* Placeholders: how they are spelt, what is none, and the forms of a path. */
#include "suites.h"
#include "work/hole.h"

#include <string.h>

static char *names[] = {"mass", "m", "2019", "a/b", "odd}"};
static const struct hole_syntax syntax = {"{}", names, 5};

/* The length of the placeholder at the first { of TEXT. */
static size_t at_brace(const char *text, struct hole *h)
{
    return hole_match(&syntax, span_of(text), (size_t)(strchr(text, '{') - text), h);
}

START_TEST(spelling)
{
    static const struct {
        const char *text;
        size_t len;
        enum hole_source source;
        enum hole_form form;
        uint32_t column;
    } c[] = {
        {"{}", 2, HOLE_TEXT, HOLE_WHOLE, 0},
        {"x{.}y", 3, HOLE_TEXT, HOLE_STEM, 0},
        {"{/}", 3, HOLE_TEXT, HOLE_BASE, 0},
        {"{//}", 4, HOLE_TEXT, HOLE_DIR, 0},
        {"{/.}", 4, HOLE_TEXT, HOLE_BASE_STEM, 0},
        {"{#}", 3, HOLE_NUMBER, HOLE_WHOLE, 0},
        {"{%}", 3, HOLE_SLOT, HOLE_WHOLE, 0},
        {"{1}", 3, HOLE_FIELD, HOLE_WHOLE, 1},
        {"{12//}", 6, HOLE_FIELD, HOLE_DIR, 12},
        {"{3/.}", 5, HOLE_FIELD, HOLE_BASE_STEM, 3},
        {"{mass}", 6, HOLE_FIELD, HOLE_WHOLE, 1},
        {"{m.}", 4, HOLE_FIELD, HOLE_STEM, 2},
        {"{2019}", 6, HOLE_FIELD, HOLE_WHOLE, 3},
        {"{a/b/}", 6, HOLE_FIELD, HOLE_BASE, 4},
        {"{odd}}", 6, HOLE_FIELD, HOLE_WHOLE, 5},
        {"{999999999}", 11, HOLE_FIELD, HOLE_WHOLE, 999999999},
    };
    struct hole h;

    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        ck_assert_msg(at_brace(c[i].text, &h) == c[i].len, "%s", c[i].text);
        ck_assert_msg(h.source == c[i].source && h.form == c[i].form && h.column == c[i].column,
                      "%s", c[i].text);
    }
}
END_TEST

START_TEST(other_braces_are_left_alone)
{
    static const char *const c[] = {"{",        "{ }",        "{0}",          "{01}",     "{-1}",
                                    "{1",       "{print $1}", "{1..9}",       "{x}",      "{mas}",
                                    "{masses}", "${1}",       "${}",          "$${mass}", "{///}",
                                    "{1#}",     "{##}",       "{1234567890}", "{.",       "{/./}"};
    struct hole h;

    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        ck_assert_msg(at_brace(c[i], &h) == 0, "%s", c[i]);
}
END_TEST

START_TEST(another_replacement_text)
{
    const struct hole_syntax xx = {"XX", NULL, 0};
    struct hole h;

    ck_assert_uint_eq(hole_match(&xx, span_of("XX"), 0, &h), 2);
    ck_assert_uint_eq(h.source, HOLE_TEXT);
    ck_assert_uint_eq(hole_match(&xx, span_of("$XX"), 1, &h), 0);
    ck_assert_uint_eq(hole_match(&xx, span_of("X"), 0, &h), 0);
    ck_assert_uint_eq(hole_match(&xx, span_of("{}"), 0, &h), 0);
    ck_assert_uint_eq(hole_match(&xx, span_of("{.}"), 0, &h), 3);
}
END_TEST

static void check_form(const char *value, enum hole_form form, const char *want)
{
    struct span got = hole_shape(form, span_of(value));

    ck_assert_msg(span_equal(got, span_of(want)), "form %d of '%s' is '%.*s', not '%s'", form,
                  value, (int)got.len, got.ptr, want);
}

/* The right-hand sides are what GNU parallel 20221122 prints. */
START_TEST(forms_are_those_of_gnu_parallel)
{
    static const char *const c[][5] = {
        /* value, {.}, {/}, {//}, {/.} */
        {"a/b.c", "a/b", "b.c", "a", "b"},
        {"a.tar.gz", "a.tar", "a.tar.gz", ".", "a.tar"},
        {"a.b/c", "a.b/c", "c", "a.b", "c"},
        {".bashrc", "", ".bashrc", ".", ""},
        {"a/.bashrc", "a/", ".bashrc", "a", ""},
        {"a/b/", "a/b/", "", "a", ""},
        {"a/b.c/", "a/b.c/", "", "a", ""},
        {"a/", "a/", "", ".", ""},
        {"/", "/", "", "/", ""},
        {"//", "//", "", "/", ""},
        {"//x", "//x", "x", "/", "x"},
        {"/x.y", "/x", "x.y", "/", "x"},
        {"a//b", "a//b", "b", "a", "b"},
        {"a.", "a", "a.", ".", "a"},
        {"a..b", "a.", "a..b", ".", "a."},
        {"", "", "", ".", ""},
        {".", "", ".", ".", ""},
        {"..", ".", "..", ".", "."},
    };

    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        check_form(c[i][0], HOLE_WHOLE, c[i][0]);
        check_form(c[i][0], HOLE_STEM, c[i][1]);
        check_form(c[i][0], HOLE_BASE, c[i][2]);
        check_form(c[i][0], HOLE_DIR, c[i][3]);
        check_form(c[i][0], HOLE_BASE_STEM, c[i][4]);
    }
}
END_TEST

START_TEST(values)
{
    struct span field[] = {span_of("p/q.r"), span_of("s")};
    struct task t = {
        .number = 12345678901, .text = span_of("p/q.r\ts"), .fields = 2, .field = field};
    char digits[HOLE_DIGITS];
    struct span v;

    ck_assert(hole_value(&(struct hole){HOLE_NUMBER, 0, 0}, &t, 7, digits, &v));
    ck_assert(span_equal(v, span_of("12345678901")));
    ck_assert(hole_value(&(struct hole){HOLE_SLOT, 0, 0}, &t, 7, digits, &v));
    ck_assert(span_equal(v, span_of("7")));
    ck_assert(hole_value(&(struct hole){HOLE_FIELD, HOLE_BASE_STEM, 1}, &t, 7, digits, &v));
    ck_assert(span_equal(v, span_of("q")));
    ck_assert(!hole_value(&(struct hole){HOLE_FIELD, 0, 3}, &t, 7, digits, &v));
    t.fields = 0;
    ck_assert(hole_value(&(struct hole){HOLE_FIELD, 0, 1}, &t, 7, digits, &v));
    ck_assert(span_equal(v, t.text));
    ck_assert(!hole_value(&(struct hole){HOLE_FIELD, 0, 2}, &t, 7, digits, &v));
}
END_TEST

Suite *hole_suite(void)
{
    Suite *s = suite_create("hole");
    TCase *c = tcase_create("hole");

    tcase_add_test(c, spelling);
    tcase_add_test(c, other_braces_are_left_alone);
    tcase_add_test(c, another_replacement_text);
    tcase_add_test(c, forms_are_those_of_gnu_parallel);
    tcase_add_test(c, values);
    suite_add_tcase(s, c);
    return s;
}
