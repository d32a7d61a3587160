/* UTF-8: every code point there and back, and what only looks like it. */
#include "base/utf8.h"

#include "suites.h"

static void put_code(struct buf *out, uint32_t code)
{
    if (code < 0x80) {
        buf_putc(out, (char)code);
        return;
    }
    int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

    buf_putc(out, (char)(0xffu << (7 - more) | code >> 6 * more));
    while (more--)
        buf_putc(out, (char)(0x80 | (code >> 6 * more & 0x3f)));
}

/* One claim for all: a million checks one by one take Check a long time. */
static bool comes_back(uint32_t c, struct buf *out)
{
    uint32_t code = ~0u;

    buf_clear(out);
    put_code(out, c);
    return utf8_length(out->ptr, out->len, &code) == out->len && code == c &&
           (out->len == 1 || utf8_length(out->ptr, out->len - 1, &code) == 0);
}

START_TEST(every_code_point_comes_back)
{
    struct buf out = BUF_INIT;

    for (uint32_t c = 0; c <= 0x10ffff; c++)
        if (!(c >= 0xd800 && c <= 0xdfff) && !comes_back(c, &out))
            ck_abort_msg("U+%04X", c);
    buf_release(&out);
}
END_TEST

START_TEST(what_is_no_text)
{
    static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                      "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "a\xc3", "\xc3" "a", "\xe2\x82"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!utf8_valid(span_of(bad[i])), "%zu", i);
    ck_assert(utf8_valid(span_of("")));
    ck_assert(utf8_valid(span_of("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80")));
    ck_assert(utf8_valid((struct span){"\0", 1}));
}
END_TEST

/* Cut anywhere, a text is what it is in one. */
START_TEST(parts_are_as_good_as_the_whole)
{
    static const char *const texts[] = {"", "a", "\xc3\xa4", "a\xe2\x82\xac" "b", "\xf0\x9f\x98\x80\xf0\x9f\x98\x80", "\xff", "\xe2\x82", "\xe2\x28\xa1",
                                        "\xf0\x28\x8c\xbc", "a\xc3" "b", "\xed\xa0\x80", "\xc3\xa4\x80"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct span whole = span_of(texts[i]);

        for (size_t a = 0; a <= whole.len; a++)
            for (size_t b = a; b <= whole.len; b++) {
                struct utf8_parts u = {0};

                utf8_part(&u, (struct span){whole.ptr, a});
                utf8_part(&u, (struct span){whole.ptr + a, b - a});
                utf8_part(&u, (struct span){whole.ptr + b, whole.len - b});
                ck_assert_msg(utf8_parts_valid(&u) == utf8_valid(whole), "%zu cut at %zu and %zu", i, a, b);
            }
    }
}
END_TEST

Suite *utf8_suite(void)
{
    Suite *s = suite_create("utf8");
    TCase *c = tcase_create("sequences");

    tcase_add_test(c, every_code_point_comes_back);
    tcase_add_test(c, what_is_no_text);
    tcase_add_test(c, parts_are_as_good_as_the_whole);
    suite_add_tcase(s, c);
    return s;
}
