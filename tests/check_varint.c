/* Numbers of variable length: there and back, and what is none. */
#include "base/varint.h"

#include "suites.h"

START_TEST(every_length_comes_back)
{
    for (int bits = 0; bits <= 64; bits++) {
        uint64_t n = bits < 64 ? ((uint64_t)1 << bits) - 1 : UINT64_MAX;
        char bytes[VARINT_MAX + 1];
        char *end = varint_put(bytes, n);
        struct span in = {bytes, (size_t)(end - bytes) + 1};

        ck_assert_int_le(end - bytes, VARINT_MAX);
        *end = 'x';
        ck_assert_uint_eq(varint_get(&in), n);
        ck_assert(span_equal(in, span_of("x")));
    }
}
END_TEST

START_TEST(small_numbers_take_a_byte)
{
    char bytes[VARINT_MAX];

    ck_assert_ptr_eq(varint_put(bytes, 127), bytes + 1);
    ck_assert_ptr_eq(varint_put(bytes, 128), bytes + 2);
}
END_TEST

START_TEST(nothing_is_read_behind_what_is_missing)
{
    static const struct span bad[] = {
        {"", 0},
        {"\xff", 1},                                              /* cut */
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10},         /* more than 64 bits */
        {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11},     /* too long */
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct span in = bad[i];

        ck_assert_uint_eq(varint_get(&in), 0);
        ck_assert_ptr_null(in.ptr);
        ck_assert_uint_eq(varint_get(&in), 0);
        ck_assert_ptr_null(varint_get_bytes(&in, 0).ptr);
    }
}
END_TEST

START_TEST(bytes_are_there_or_not)
{
    struct span in = span_of("abc");

    ck_assert(span_equal(varint_get_bytes(&in, 2), span_of("ab")));
    ck_assert_ptr_null(varint_get_bytes(&in, 2).ptr);
    ck_assert_ptr_null(in.ptr);
    in = span_of("abc");
    ck_assert_ptr_null(varint_get_bytes(&in, UINT64_MAX).ptr);
}
END_TEST

Suite *varint_suite(void)
{
    Suite *s = suite_create("varint");
    TCase *c = tcase_create("varint");

    suite_add_tcase(s, c);
    tcase_add_test(c, every_length_comes_back);
    tcase_add_test(c, small_numbers_take_a_byte);
    tcase_add_test(c, nothing_is_read_behind_what_is_missing);
    tcase_add_test(c, bytes_are_there_or_not);
    return s;
}
