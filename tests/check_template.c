/* Templates: words and shell lines filled in. What real shells make of them: check_quoting.c. */
#include "shells.h"
#include "suites.h"
#include "work/template.h"

#include <stdlib.h>
#include <string.h>

static struct argv out;
static struct buf message;

static struct template *compile(const struct template_spec *spec)
{
    struct template *t;

    buf_clear(&message);
    ck_assert_msg(template_new(&t, spec, &message) == 0, "%s: %s", spec->word[0],
                  buf_cstr(&message));
    ck_assert_uint_eq(message.len, 0);
    return t;
}

/* Expands and joins the words with |; on failure "!" and the reason. */
static const char *expand(const struct template_spec *spec, const struct task *task)
{
    static struct buf text;
    struct template *t = compile(spec);

    buf_clear(&text);
    if (template_expand(t, task, 3, &out, &message))
        buf_printf(&text, "!%s", buf_cstr(&message));
    else
        for (uint32_t i = 0; i < out.words; i++)
            buf_printf(&text, i ? "|%s" : "%s", out.word[i]);
    template_free(t);
    return buf_cstr(&text);
}

static const struct task one = {.number = 7, .text = {"d/a.b c", 7}};
static const struct span pair_field[] = {{"x/1.a", 5}, {"", 0}, {"3", 1}};
static const struct task pair = {
    .number = 8, .text = {"x/1.a\t\t3", 8}, .fields = 3, .field = pair_field};

#define WORDS(...)                                                                                 \
    .word = (char *[]){__VA_ARGS__}, .words = sizeof((char *[]){__VA_ARGS__}) / sizeof(char *)
#define SPEC(...)                                                                                  \
    &(struct template_spec)                                                                        \
    {                                                                                              \
        WORDS(__VA_ARGS__), .append = true                                                         \
    }
#define PACK(...)                                                                                  \
    &(struct template_spec)                                                                        \
    {                                                                                              \
        WORDS(__VA_ARGS__), .append = true, .pack = true                                           \
    }
#define LINE(text)                                                                                 \
    &(struct template_spec)                                                                        \
    {                                                                                              \
        WORDS(text), .append = true, .shell_line = true, .shell = "/bin/sh"                        \
    }

START_TEST(words)
{
    ck_assert_str_eq(expand(SPEC("echo", "a"), &one), "echo|a|d/a.b c");
    ck_assert_str_eq(expand(SPEC("echo", "<{}>{}"), &one), "echo|<d/a.b c>d/a.b c");
    ck_assert_str_eq(expand(SPEC("echo", "{.} {/}", "{//}{/.}", "{#}{%}"), &one),
                     "echo|d/a a.b c|da|73");
    ck_assert_str_eq(expand(SPEC("echo", "${}", "{x}", "{0}", ""), &one),
                     "echo|${}|{x}|{0}||d/a.b c");
    ck_assert_str_eq(expand(SPEC("{}", "a"), &one), "d/a.b c|a");
    ck_assert_str_eq(expand(SPEC("echo", "{1}"), &one), "echo|d/a.b c");
    ck_assert_str_eq(expand(SPEC("echo", "{2}"), &one), "!no column 2");
    ck_assert_str_eq(expand(SPEC("echo", "{3}-{1/.}", "{2}"), &pair), "echo|3-1|");
    ck_assert_str_eq(expand(SPEC("echo", "{4}"), &pair), "!no column 4");
    ck_assert_str_eq(expand(SPEC("echo", "{}"), &pair), "echo|x/1.a\t\t3");
    ck_assert_str_eq(expand(&(struct template_spec){WORDS("a")}, &one), "a");
    ck_assert_str_eq(expand(&(struct template_spec){WORDS("a", "{}-X{.}"), .replace = "X"}, &one),
                     "a|{}-d/a.b cd/a");
    ck_assert_str_eq(expand(&(struct template_spec){WORDS("a", "{n}{k/}"),
                                                    .name = (char *[]){"k", "l", "n"}, .names = 3},
                            &pair),
                     "a|31.a");
}
END_TEST

START_TEST(packs_of_words)
{
    static const struct task none = {.number = 1, .text = {"t", 1}};

    ck_assert_str_eq(expand(PACK("rm", "--"), &pair), "rm|--|x/1.a||3");
    ck_assert_str_eq(expand(PACK("mv", "{}", "to"), &pair), "mv|x/1.a||3|to");
    ck_assert_str_eq(expand(PACK("a", "x{}y", "{/.}"), &pair), "a|xx/1.a  3y|1||3");
    ck_assert_str_eq(expand(PACK("a", "{2}{#}", "{3}"), &pair), "a|8|3");
    ck_assert_str_eq(expand(PACK("a", "{}", "-{}"), &none), "a|t|-t");
    ck_assert_str_eq(expand(PACK("a"), &none), "a|t");
}
END_TEST

START_TEST(values_are_never_read_again)
{
    static const struct task t = {.number = 1, .text = {"{}{#}{.}$1", 10}};

    ck_assert_str_eq(expand(SPEC("a", "{}{}"), &t), "a|{}{#}{.}$1{}{#}{.}$1");
}
END_TEST

START_TEST(what_cannot_be_an_argument)
{
    size_t limit = argv_limit();
    char *bytes = malloc(limit + 1);
    struct task t = {.number = 1, .text = {bytes, limit - 1}};

    memset(bytes, 'x', limit + 1);
    ck_assert_str_ne(expand(SPEC("a", "{}"), &t), "");
    ck_assert_uint_eq(message.len, 0);
    ck_assert_ptr_nonnull(strstr(expand(SPEC("a", "-{}"), &t), "!longer than the system's limit"));
    ck_assert_ptr_nonnull(strstr(expand(SPEC("a", "{/}{.}"), &t), "(use --stdin)"));
    expand(LINE("a {} {}"), &t);
    ck_assert_uint_eq(message.len, 0);
    t.text.len++;
    ck_assert_ptr_nonnull(strstr(expand(LINE("a {}"), &t), "!longer"));
    ck_assert_ptr_nonnull(strstr(expand(PACK("a"), &t), "!longer"));
    ck_assert_str_eq(expand(&(struct template_spec){WORDS("a")}, &t), "a"); /* --stdin */
    t.text = (struct span){"a\0b/c", 5};
    ck_assert_ptr_nonnull(strstr(expand(SPEC("a", "{}"), &t), "!contains a NUL byte"));
    ck_assert_ptr_nonnull(strstr(expand(LINE("a"), &t), "!contains a NUL byte"));
    ck_assert_str_eq(expand(SPEC("a", "{/}"), &t), "a|c");
    free(bytes);
}
END_TEST

START_TEST(lines)
{
    ck_assert_str_eq(expand(LINE("cat x{} \"{}1\" '{}'"), &one),
                     "/bin/sh|-c|cat x\"${1}\" \"${1}1\" ''\"${1}\"''|sh|d/a.b c");
    ck_assert_str_eq(
        expand(LINE("a {.} {#} {} {.} {%}"), &one),
        "/bin/sh|-c|a \"${1}\" \"${2}\" \"${3}\" \"${1}\" \"${4}\"|sh|d/a|7|d/a.b c|3");
    ck_assert_str_eq(expand(LINE("a | b # c"), &one), "/bin/sh|-c|a | b \"${1}\" # c|sh|d/a.b c");
    ck_assert_str_eq(expand(LINE("-a b"), &one), "/bin/sh|-c| -a b \"${1}\"|sh|d/a.b c");
    ck_assert_str_eq(expand(LINE("set a; echo {} $1"), &one),
                     "/bin/sh|-c|_smap1=$1; shift 1; set a; echo \"${_smap1}\" $1|sh|d/a.b c");
    ck_assert_str_eq(expand(LINE("echo {2}"), &one), "!no column 2");
    ck_assert_str_eq(expand(LINE("echo \"\\{}\""), &one),
                     "/bin/sh|-c|echo \"\\\\${1}\"|sh|d/a.b c");
}
END_TEST

START_TEST(numbers_in_arithmetic)
{
    static const char *const bad[] = {"",   "x", "a[$(touch f)]", "1+1", "x=2", "0x",
                                      "1 ", "-", "1.2.3",         "--1", "1,2"};
    struct buf got = BUF_INIT;
    struct task t = {.number = 7};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        t.text = span_of(bad[i]);
        ck_assert_msg(strstr(expand(LINE("echo $((2 * {}))"), &t), "!is not a plain number"), "%s",
                      bad[i]);
    }
    t.text = span_of("-5");
    expand(LINE("printf %s $((3-{} + {#}*{1})) \"$(( {} ))\""), &t);
    ck_assert_int_eq(shells_run(out.word, &got), 0);
    ck_assert_str_eq(buf_cstr(&got), "-27-5");
    buf_release(&got);
}
END_TEST

START_TEST(a_fixed_first_word_is_the_program)
{
    struct template *t = compile(SPEC("a{", "b"));

    ck_assert_str_eq(template_program(t), "a{");
    template_free(t);
    t = compile(SPEC("a{}", "b"));
    ck_assert_ptr_null(template_program(t));
    template_free(t);
    t = compile(LINE("a {}"));
    ck_assert_str_eq(template_program(t), "/bin/sh");
    template_free(t);
}
END_TEST

START_TEST(refused_commands)
{
    struct template *t;

    buf_clear(&message);
    ck_assert_int_eq(template_new(&t, LINE("echo `{}`"), &message), -1);
    ck_assert_ptr_null(t);
    ck_assert(strstr(buf_cstr(&message), "backquotes"));
    buf_clear(&message);
    ck_assert_int_eq(template_new(&t,
                                  &(struct template_spec){WORDS("a b"), .shell_line = true,
                                                          .shell = "/usr/bin/fish"},
                                  &message),
                     -1);
    ck_assert(strstr(buf_cstr(&message), "not a POSIX shell"));
    buf_clear(&message);
    ck_assert_int_eq(template_new(&t, &(struct template_spec){WORDS("a"), .replace = ""}, &message),
                     -1);
    ck_assert(message.len);
}
END_TEST

START_TEST(expansion_settles_its_memory)
{
    struct template *t = compile(SPEC("echo", "{}-{.}", "{/}", "{#}"));
    struct task task = one;
    char **word;

    ck_assert_int_eq(template_expand(t, &task, 1, &out, &message), 0);
    word = out.word;
    for (int i = 0; i < 1000; i++) {
        size_t cap = out.bytes.cap;
        char *bytes = out.bytes.ptr;

        ck_assert_int_eq(template_expand(t, &task, 1, &out, &message), 0);
        ck_assert(out.word == word && out.bytes.ptr == bytes && out.bytes.cap == cap);
    }
    template_free(t);
}
END_TEST

Suite *template_suite(void)
{
    Suite *s = suite_create("template");
    TCase *pure = tcase_create("pure");

    tcase_add_test(pure, words);
    tcase_add_test(pure, packs_of_words);
    tcase_add_test(pure, values_are_never_read_again);
    tcase_add_test(pure, what_cannot_be_an_argument);
    tcase_add_test(pure, lines);
    tcase_add_test(pure, numbers_in_arithmetic);
    tcase_add_test(pure, a_fixed_first_word_is_the_program);
    tcase_add_test(pure, refused_commands);
    tcase_add_test(pure, expansion_settles_its_memory);
    suite_add_tcase(s, pure);
    return s;
}
