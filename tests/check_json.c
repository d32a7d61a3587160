/* JSON texts: what must be escaped is, everything else is as it was. */
#include "base/json.h"

#include "suites.h"

#include <string.h>

static const char *member(const char *bytes, size_t len)
{
    static struct buf out;

    buf_clear(&out);
    json_member(&out, "k", (struct span){bytes, len});
    return buf_cstr(&out);
}

START_TEST(texts_are_escaped)
{
    ck_assert_str_eq(member("", 0), "\"k\":\"\"");
    ck_assert_str_eq(member("a\"b\\c/d", 7), "\"k\":\"a\\\"b\\\\c/d\"");
    ck_assert_str_eq(member("\n\t\r\b\f", 5), "\"k\":\"\\n\\t\\r\\b\\f\"");
    ck_assert_str_eq(member("\0\x01\x1f\x7f", 4), "\"k\":\"\\u0000\\u0001\\u001f\\u007f\"");
    ck_assert_str_eq(member("\xc3\xa4\xf0\x9f\x98\x80", 6), "\"k\":\"\xc3\xa4\xf0\x9f\x98\x80\"");
}
END_TEST

START_TEST(bytes_are_base64)
{
    ck_assert_str_eq(member("\xff", 1), "\"k_base64\":\"/w==\"");
    ck_assert_str_eq(member("a\xff", 2), "\"k_base64\":\"Yf8=\"");
    ck_assert_str_eq(member("ab\xff", 3), "\"k_base64\":\"YWL/\"");
    ck_assert_str_eq(member("\xc3", 1), "\"k_base64\":\"ww==\"");
    ck_assert_str_eq(member("\0\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f", 12), "\"k_base64\":\"ABCDEFGHIJKLMNOP\"");
}
END_TEST

START_TEST(every_byte_is_one_or_the_other)
{
    for (int i = 0; i < 256; i++) {
        char byte = (char)i;
        const char *text = member(&byte, 1);

        ck_assert_int_eq(strncmp(text, "\"k_base64\"", 10) == 0, i >= 0x80);
        for (const char *p = text; *p; p++)
            ck_assert((unsigned char)*p >= 0x20 && (unsigned char)*p < 0x7f);
    }
}
END_TEST

START_TEST(parts_make_the_whole)
{
    struct buf whole = BUF_INIT, parts = BUF_INIT;
    const struct span text = span_of("\xc3\xa4\"\n\xe2\x82\xac");

    json_escape(&whole, text);
    for (size_t i = 0; i < text.len; i++)
        json_escape(&parts, (struct span){text.ptr + i, 1});
    ck_assert_str_eq(buf_cstr(&whole), buf_cstr(&parts));
    buf_release(&whole);
    buf_release(&parts);
}
END_TEST

Suite *json_suite(void)
{
    Suite *s = suite_create("json");
    TCase *c = tcase_create("texts");

    tcase_add_test(c, texts_are_escaped);
    tcase_add_test(c, bytes_are_base64);
    tcase_add_test(c, every_byte_is_one_or_the_other);
    tcase_add_test(c, parts_make_the_whole);
    suite_add_tcase(s, c);
    return s;
}
