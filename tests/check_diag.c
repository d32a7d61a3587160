/* Escaping: what reaches a terminal or a log line cannot steer it, and plain text stays plain. */
#include "base/diag.h"
#include "suites.h"

#include <errno.h>

static const char *escaped(const char *text, size_t len, size_t max)
{
    static struct buf out;

    buf_clear(&out);
    diag_escape(&out, (struct span){text, len}, max);
    return buf_cstr(&out);
}

#define ESCAPED(text) escaped(text, sizeof text - 1, 1000)

START_TEST(plain_text_stays)
{
    ck_assert_str_eq(ESCAPED("a b 'c' \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"), "a b 'c' \xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
}
END_TEST

START_TEST(controls_are_shown)
{
    ck_assert_str_eq(ESCAPED("a\nb\tc\rd"), "a\\nb\\tc\\rd");
    ck_assert_str_eq(ESCAPED("\x1b]0;x\x07"), "\\x1B]0;x\\x07");
    ck_assert_str_eq(ESCAPED("\x7f\0"), "\\x7F\\x00");
    ck_assert_str_eq(ESCAPED("\xc2\x9b"), "\\xC2\\x9B");         /* C1 in UTF-8 */
    ck_assert_str_eq(ESCAPED("\xe2\x80\xae"), "\\xE2\\x80\\xAE"); /* right-to-left override */
    ck_assert_str_eq(ESCAPED("\\"), "\\\\");
}
END_TEST

START_TEST(broken_utf8_is_shown)
{
    ck_assert_str_eq(ESCAPED("\xff\xfe"), "\\xFF\\xFE");
    ck_assert_str_eq(ESCAPED("\xc0\xaf"), "\\xC0\\xAF");         /* overlong */
    ck_assert_str_eq(ESCAPED("\xed\xa0\x80"), "\\xED\\xA0\\x80"); /* surrogate */
    ck_assert_str_eq(ESCAPED("\xe2\x82"), "\\xE2\\x82");         /* cut */
}
END_TEST

START_TEST(long_text_is_cut_between_characters)
{
    ck_assert_str_eq(escaped("abcdef", 6, 6), "abcdef");
    ck_assert_str_eq(escaped("abcdef", 6, 5), "abcde...");
    ck_assert_str_eq(escaped("ab\xc3\xa4z", 5, 3), "ab...");
}
END_TEST

static void append(void *ctx, struct span line)
{
    buf_put(ctx, line.ptr, line.len);
}

START_TEST(a_message_begins_a_line)
{
    struct buf said = BUF_INIT;

    diag_divert(append, &said);
    diag_note("%d", 1);
    diag_mid_line(true);
    diag_note("%d", 2);
    diag_line(span_of("3"));
    diag_mid_line(true);
    diag_line(span_of("4"));
    diag_mid_line(true);
    diag_mid_line(false);
    errno = ENOENT;
    ck_assert_int_eq(diag_errno("5"), -1);
    diag_divert(NULL, NULL);
    ck_assert_str_eq(buf_cstr(&said), "smap: 1\n\nsmap: 2\n3\n\n4\nsmap: 5: No such file or directory\n");
    buf_release(&said);
}
END_TEST

Suite *diag_suite(void)
{
    Suite *s = suite_create("diag");
    TCase *c = tcase_create("escape");

    tcase_add_test(c, plain_text_stays);
    tcase_add_test(c, controls_are_shown);
    tcase_add_test(c, broken_utf8_is_shown);
    tcase_add_test(c, long_text_is_cut_between_characters);
    suite_add_tcase(s, c);
    c = tcase_create("lines");
    tcase_add_test(c, a_message_begins_a_line);
    suite_add_tcase(s, c);
    return s;
}
