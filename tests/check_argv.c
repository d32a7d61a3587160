/* Argument vectors: storage that is used again, lines for a shell, and quoting that real shells
 * read back. */
#include "shells.h"
#include "suites.h"
#include "work/argv.h"

#include <stdlib.h>
#include <string.h>

START_TEST(words_survive_the_growth_of_their_storage)
{
    struct argv a = {0};

    argv_finish(&a);
    for (int round = 0; round < 3; round++) {
        argv_clear(&a);
        for (int i = 0; i < 1000; i++) {
            argv_begin(&a);
            buf_printf(&a.bytes, "word %d", i);
            ck_assert_uint_eq(argv_end(&a), i < 10 ? 6 : i < 100 ? 7 : 8);
        }
        argv_finish(&a);
        ck_assert_uint_eq(a.words, 1000);
        ck_assert_str_eq(a.word[0], "word 0");
        ck_assert_str_eq(a.word[999], "word 999");
        ck_assert_ptr_null(a.word[1000]);
    }
    argv_release(&a);
}
END_TEST

START_TEST(shell_lines)
{
    struct argv a = {0};
    struct buf reason = BUF_INIT;
    char *longest = malloc(argv_limit());

    ck_assert_int_eq(argv_shell(&a, "/bin/sh", (struct span){"echo it's; rest", 9}, &reason), 0);
    ck_assert_str_eq(a.word[0], "/bin/sh");
    ck_assert_str_eq(a.word[1], "-c");
    ck_assert_str_eq(a.word[2], "echo it's");
    ck_assert_ptr_null(a.word[3]);
    ck_assert_int_eq(argv_shell(&a, "/bin/sh", span_of("-x"), &reason), 0);
    ck_assert_str_eq(a.word[2], " -x");
    ck_assert_int_eq(argv_shell(&a, "/bin/sh", (struct span){NULL, 0}, &reason), 0);
    ck_assert_str_eq(a.word[2], "");
    memset(longest, 'x', argv_limit());
    ck_assert_int_eq(argv_shell(&a, "/bin/sh", (struct span){longest, argv_limit() - 1}, &reason),
                     0);
    ck_assert_uint_eq(reason.len, 0);
    ck_assert_int_eq(argv_shell(&a, "/bin/sh", (struct span){longest, argv_limit()}, &reason), -1);
    ck_assert(strstr(buf_cstr(&reason), "limit of one shell line"));
    buf_clear(&reason);
    ck_assert_int_eq(argv_shell(&a, "/bin/sh", (struct span){"a\0b", 3}, &reason), -1);
    ck_assert(strstr(buf_cstr(&reason), "NUL"));
    free(longest);
    buf_release(&reason);
    argv_release(&a);
}
END_TEST

static const char *quoted(struct buf *out, char *const *word)
{
    buf_clear(out);
    argv_quote(out, word);
    return buf_cstr(out);
}

START_TEST(quoting_is_sparing)
{
    struct buf out = BUF_INIT;

    ck_assert_str_eq(quoted(&out, (char *[]){"gzip", "-9", "a/b_c.txt", "+%s,@:", NULL}),
                     "gzip -9 a/b_c.txt +%s,@:");
    ck_assert_str_eq(quoted(&out, (char *[]){"a b", "", "it's", "x=1", NULL}),
                     "'a b' '' 'it'\\''s' 'x=1'");
    ck_assert_str_eq(quoted(&out, (char *[]){"if", "if", NULL}), "'if' if");
    ck_assert_str_eq(quoted(&out, (char *[]){"a\nb\t\xff", NULL}), "'a\nb\t\xff'");
    buf_release(&out);
}
END_TEST

/* printf with every byte but NUL, alone and together, pasted into every shell. */
START_TEST(shells_read_back_what_was_quoted)
{
    char all[256], single[256][2], *word[260] = {"printf", "%s\\0"};
    struct buf line = BUF_INIT, out = BUF_INIT, want = BUF_INIT;

    for (int i = 1; i < 256; i++) {
        all[i - 1] = (char)i;
        single[i][0] = (char)i;
        single[i][1] = '\0';
        word[i + 1] = single[i];
    }
    all[255] = '\0';
    word[257] = all;
    word[258] = "";
    word[259] = NULL;
    for (int i = 2; i < 259; i++)
        buf_put(&want, word[i], strlen(word[i]) + 1);
    argv_quote(&line, word);
    for (const char *const *shell = shells_here(); *shell; shell++) {
        ck_assert_int_eq(
            shells_run((char *[]){(char *)*shell, "-c", (char *)buf_cstr(&line), NULL}, &out), 0);
        ck_assert_msg(out.len == want.len && !memcmp(out.ptr, want.ptr, want.len), "%s", *shell);
    }
    buf_release(&line);
    buf_release(&out);
    buf_release(&want);
}
END_TEST

Suite *argv_suite(void)
{
    Suite *s = suite_create("argv");
    TCase *c = tcase_create("argv");

    tcase_add_test(c, words_survive_the_growth_of_their_storage);
    tcase_add_test(c, shell_lines);
    tcase_add_test(c, quoting_is_sparing);
    tcase_add_test(c, shells_read_back_what_was_quoted);
    suite_add_tcase(s, c);
    return s;
}
