/*
 * The reader of shell lines: which placeholders it finds where, and what it refuses. That what it
 * finds is right, real shells decide in check_template.c.
 */
#include "suites.h"
#include "work/shline.h"

#include <stdlib.h>
#include <string.h>

static const struct hole_syntax syntax = {"{}", NULL, 0};

/* Reads LINE; the places of its holes as letters, capitals for those that are alone: b d s n, B; +
 * for an appended one; ! refused. */
static const char *places(const char *line, bool append, struct buf *error)
{
    static char text[64];
    struct shline s;
    size_t n = 0;

    buf_clear(error);
    if (shline_scan(&s, span_of(line), &syntax, append, error))
        return "!";
    for (uint32_t i = 0; i < s.holes; i++) {
        text[n++] = s.hole[i].alone ? 'B' : "bdsn"[s.hole[i].place];
        if (!s.hole[i].len)
            text[n++] = '+';
    }
    text[n] = '\0';
    shline_release(&s);
    return text;
}

START_TEST(quoting_states)
{
    static const char *const c[][2] = {
        {"echo {}", "B"},
        {"echo x{} {}x {}{}", "bbbb"},
        {"echo '{}' \"{}\" {}", "sdB"},
        {"echo \"it's {}\" '\"{}' {}", "dsB"},
        {"echo \\\"{} \\'{} \\\\{}", "bbb"},
        {"echo \"\\\"{}\" {}", "dB"},
        {"echo '\\' {} '\\'", "B"},
        {"echo \\{} \"\\{}\"", "d"},
        {"echo \"$(cat {} '{}' \"{}\") {}\" {}", "BsddB"},
        {"echo $(cat {} $(cat \"{}\" {})) {}", "BdBB"},
        {"echo \"$(echo \")\" ')' \\) {})\" '{}'", "Bs"},
        {"echo $((2 * {} + (3 - {#}))) \"$(({}))\" {}", "nnnB"},
        {"echo ${x} ${x:-'}'} ${x#\"}\"} \"${x:-\\}}\" {}", "B"},
        {"echo ${#x} $# $$ $$'{}' {}", "sB"},
        {"awk '{print $1}' {}", "B"},
        {"echo `ls '\\`' \"` {}", "B"},
        {"echo a#{} # it's nothing", "b"},
        {"# it's\necho {}", "B"},
        {"echo;# it's\n(# it's\necho {})", "B"},
        {"echo >{} 2>{} <{}", "bbb"},
        {"x={} y=a{} {}", "bbB"},
        {"cat <<E; echo {}\nit's\nE\necho '{}'", "Bs"},
        {"cat <<'E' <<-\\F\n$(it's\nE\n`\n\tF\necho '{}'", "s"},
        {"cat <<\"E F\" {}", "!"},
        {"cat <<E {}\n$(date)\nE\n", "B"},
        {"$(cat <<E\na\nE\n) {}", "B"},
        {"case {} in ({}) echo {};; {}) echo '{}' ;; esac", "BBBBs"},
        {"echo \\\n{} a\\\nb {}", "BB"},
        {"f() { echo {}; }; f", "B"},
        {"{ {}; }", "B"},
        {"echo ${} ${1} $1 \"${x}\"", ""},
        {"echo {1} {2.} {0} {x}", "BB"},
        {"cat <<<{} <<<'{}'", "bs"},
        {"diff <(sort {}) <(sort '{}')", "Bs"},
    };
    struct buf error = BUF_INIT;

    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        const char *got = places(c[i][0], false, &error);

        ck_assert_msg(!strcmp(got, c[i][1]), "%s: %s, not %s (%s)", c[i][0], got, c[i][1],
                      error.len ? buf_cstr(&error) : "");
    }
    buf_release(&error);
}
END_TEST

START_TEST(refusals_say_what_and_where)
{
    static const char *const c[][2] = {
        {"echo `echo {}`", "{} at column 12 stands in backquotes"},
        {"echo \"`echo {#}`\"", "{#} at column 13 stands in backquotes"},
        {"echo x # {}", "{} at column 10 stands in a comment"},
        {"echo {}\n # {}", "{} at line 2, column 4 stands in a comment"},
        {"cat <<E\n{}\nE", "{} at line 2, column 1 stands in a here-document"},
        {"cat <<E\n$(date)\nE\necho {}", "at column 5: with expansions"},
        {"cat <<E\na\\\nE\nE\necho {}", "at column 5: with expansions"},
        {"cat <<E\necho {}", "stands in a here-document"},
        {"cat <<{}", "at column 7: write the end"},
        {"cat <<E\"F\" {}", "write the end"},
        {"cat <<E \"\n\" {}\nE", "whose line is broken"},
        {"echo $(cat <<E) {}\nE", "does not begin before its"},
        {"echo ${x:-{}}", "{} at column 11 stands in ${...}"},
        {"echo \"${x:-{}}\"", "stands in ${...}"},
        {"echo ${x:-\"{}\"} ${x:-'{}'}", "stands in ${...}"},
        {"echo \"${x:-'}'}\" {}", "do not agree on quotes"},
        {"echo $'\\'{}'", "at column 6: shells do not agree"},
        {"echo $\"{}\"", "shells do not agree"},
        {"echo $[1+{}]", "shells do not agree on $[...]"},
        {"((x = {}))", "shells do not agree on ((...))"},
        {"a[{}]=1", "array subscript"},
        {"a[ {} ]=1", "array subscript"},
        {"echo $((x); (y)) {}", "Write a blank"},
        {"echo $((\"{}\"))", "quotes inside $((...))"},
        {"echo $(case x in x) echo {};; esac)", "case inside $(...)"},
        {"echo '{}", "at column 6: no closing '"},
        {"echo \"{}", "at column 6: no closing \""},
        {"echo $(ls {}", "at column 6: no closing )"},
        {"echo ${x {}", "stands in ${...}"},
        {"{} `", "at column 4: no closing `"},
        {"echo {} \\", "ends with a backslash"},
        {"echo $\\\n({})", "broken behind a $"},
        {"cat <\\\n<E {}", "broken inside an operator"},
        {"do\\\nne {}", "broken inside a word"},
        {"echo ${ x {}; }", "do not agree on this"},
    };
    struct buf error = BUF_INIT;

    for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
        ck_assert_msg(!strcmp(places(c[i][0], false, &error), "!"), "%s", c[i][0]);
        ck_assert_msg(strstr(buf_cstr(&error), c[i][1]), "%s: %s", c[i][0], buf_cstr(&error));
    }
    buf_release(&error);
}
END_TEST

START_TEST(appending)
{
    static const char *const good[] = {"ls -l",
                                       "ls -l  ",
                                       "ls -l\n\n",
                                       "ls -l # it's",
                                       "cat <",
                                       "cat >",
                                       "ls 2>/dev/null",
                                       "a; b",
                                       "a && ls 'x y'",
                                       "a | wc",
                                       "echo \\{}",
                                       "ls \\;",
                                       "ls ';'",
                                       "x=1 ls",
                                       "echo done",
                                       "if a; then b; fi; ls {",
                                       "FOO=\"$(pwd)\" ls \"$x\"",
                                       "! ls",
                                       "cat <<E >x\nE\nls"};
    static const char *const bad[] = {"",
                                      " ",
                                      "\n",
                                      "# x",
                                      "a;",
                                      "a &",
                                      "a |",
                                      "a &&",
                                      "a ||",
                                      "(a)",
                                      "{ a; }",
                                      "if a; then",
                                      "while a; do b; done",
                                      "x=1",
                                      "!",
                                      "case x in x) a;; esac",
                                      "cat <<E",
                                      "cat <<E\nx\nE\n",
                                      "a; # b",
                                      "2>x",
                                      "a 'b"};
    struct buf error = BUF_INIT;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const char *got = places(good[i], true, &error);

        ck_assert_msg(strchr(got, '+') && strlen(got) == 2, "%s: %s", good[i],
                      error.len ? buf_cstr(&error) : got);
        ck_assert_str_eq(places(good[i], false, &error), "");
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_msg(!strcmp(places(bad[i], true, &error), "!"), "%s", bad[i]);
        ck_assert_str_eq(places(bad[i], false, &error), ""); /* not read at all */
    }
    buf_release(&error);
}
END_TEST

START_TEST(lines_that_look_at_their_arguments)
{
    static const char *const yes[] = {
        "echo $1 {}",    "echo \"$@\" {}", "echo ${#} {}",
        "set -- a; {}",  "f () { {}; }",   "for i do {}; done",
        ". ./x; {}",     "eval a; {}",     "while getopts a x; do {}; done",
        "echo {};shift", "trap 'x' 0; {}", "awk '{print $2}' {}"};
    static const char *const no[] = {"echo {}",         "reset {}",  "set-up {}", "./set {}",
                                     "echo $x ${x} {}", "(echo {})", "format {}", "ls {.} {..}"};
    struct buf error = BUF_INIT;
    struct shline s;

    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        ck_assert_int_eq(shline_scan(&s, span_of(yes[i]), &syntax, true, &error), 0);
        ck_assert_msg(s.own_args, "%s", yes[i]);
        shline_release(&s);
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        ck_assert_int_eq(shline_scan(&s, span_of(no[i]), &syntax, true, &error), 0);
        ck_assert_msg(!s.own_args, "%s", no[i]);
        shline_release(&s);
    }
    buf_release(&error);
}
END_TEST

START_TEST(commands_of_one_word)
{
    static const char *const line[] = {"a b",  "a\tb", "a;b", "a|b", "$x",   "a>b",
                                       "'a'",  "a*",   "x=1", "~/a", "#a",   "!",
                                       "a\\b", "{a}",  "`a`", "a\n", "{} {}"};
    static const char *const word[] = {"a",  "./a-b_c", "{}", "{/.}.sh", "a+b", "a,b:c@d%e",
                                       "a~", "a#",      "",   "a!",      "-x",  "./x=1"};

    for (size_t i = 0; i < sizeof line / sizeof *line; i++)
        ck_assert_msg(shline_is_line(line[i], &syntax), "%s", line[i]);
    for (size_t i = 0; i < sizeof word / sizeof *word; i++)
        ck_assert_msg(!shline_is_line(word[i], &syntax), "%s", word[i]);
}
END_TEST

/* Any bytes at all: refused or read, never read beyond (the sanitizers watch; the line is not
 * terminated). */
START_TEST(random_lines)
{
    static const char alphabet[] = "{}{}{}$$(()``''\"\"\\\\ \n<<E#;&|ax1=[]";
    struct buf error = BUF_INIT;
    unsigned seed = 7;

    for (int round = 0; round < 20000; round++) {
        size_t len = (seed = seed * 1103515245 + 12345) >> 16 & 31;
        char *line = malloc(len ? len : 1);
        struct shline s;

        for (size_t i = 0; i < len; i++)
            line[i] = alphabet[((seed = seed * 1103515245 + 12345) >> 16) % (sizeof alphabet - 1)];
        buf_clear(&error);
        if (shline_scan(&s, (struct span){line, len}, &syntax, round & 1, &error) == 0) {
            for (uint32_t i = 0; i < s.holes; i++)
                ck_assert(s.hole[i].at + s.hole[i].len <= len);
            shline_release(&s);
        } else {
            ck_assert(error.len > 0);
        }
        free(line);
    }
    buf_release(&error);
}
END_TEST

Suite *shline_suite(void)
{
    Suite *s = suite_create("shline");
    TCase *c = tcase_create("shline");

    tcase_add_test(c, quoting_states);
    tcase_add_test(c, refusals_say_what_and_where);
    tcase_add_test(c, appending);
    tcase_add_test(c, lines_that_look_at_their_arguments);
    tcase_add_test(c, commands_of_one_word);
    tcase_add_test(c, random_lines);
    suite_add_tcase(s, c);
    return s;
}
