/*
 * Shell lines filled in and judged by real shells: generated lines with hostile values must print
 * every value byte for byte in its place, and leave no file behind. SEED and ROUNDS in the
 * environment make other and longer runs.
 */
#include "shells.h"
#include "suites.h"
#include "work/hole.h"
#include "work/template.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct argv out;
static struct buf message;

/* Compiles LINE and fills it in; false: refused, or T cannot be put in. */
static bool fill(const char *line, const char *shell, bool append, bool pack, const struct task *t)
{
    struct template_spec spec = {.word = (char *[]){(char *)line},
                                 .words = 1,
                                 .append = append,
                                 .pack = pack,
                                 .shell_line = true,
                                 .shell = shell};
    struct template *compiled;
    bool done;

    buf_clear(&message);
    if (template_new(&compiled, &spec, &message))
        return false;
    done = template_expand(compiled, t, 3, &out, &message) == 0;
    template_free(compiled);
    return done;
}

static unsigned number_of(const char *variable, unsigned otherwise)
{
    const char *text = getenv(variable);

    return text ? (unsigned)atoi(text) : otherwise;
}

static const char *const hostile[] = {
    "plain",
    "",
    " ",
    "a  b",
    "\t",
    "'",
    "''",
    "\"",
    "\"\"",
    "'\"'\"",
    "\\",
    "\\\\",
    "a\\",
    "\\'",
    "\\\"",
    "$(touch x)",
    "`touch x`",
    "$((1+1))",
    "${HOME}",
    "$HOME",
    "$1",
    "$@",
    "\"; touch x; \"",
    "'; touch x; '",
    "; touch x",
    "& touch x",
    "| touch x",
    "&& touch x",
    "|| touch x",
    "> x",
    ">x",
    "2>&1",
    "< /etc/passwd",
    "\ntouch x\n",
    "a\nb",
    "trailing\n",
    "\n\n\n",
    "\r\n",
    "-n",
    "-e",
    "--",
    "--help",
    "-",
    "*",
    "/*",
    "?",
    "[a-z]*",
    "~",
    "~root",
    "{}",
    "{a,b}",
    "{1..3}",
    "{#}",
    "{.}",
    "#",
    "# x",
    "a#b",
    "!",
    "!!",
    "!x",
    "%s",
    "%d%n",
    "\\n",
    "\\0",
    "\\c",
    "\\x41",
    "a=b",
    "IFS=x",
    "()",
    "(touch x)",
    "{ touch x; }",
    "x() { touch x; }",
    "if",
    "done",
    "esac",
    "\x80",
    "\xff\xfe",
    "\xc3\x28",
    "\x81\x82\x83\x84\x85\x86\x87\x88",
    "\xe2\x80\xae",
    "\x1b]0;x\x07",
    "\x01\x02\x7f",
    "a/b.c/d e.f",
    "/",
    "//",
    "a/",
    ".x",
    "../..",
    "a'b\"c`d$e\\f",
    "${x:-$(touch x)}",
    "$(",
    "`",
    "${",
    "<<E",
    "E",
    "$'\\x41'",
    "$\"x\"",
    "\xc2\xa0",
    "'\"${1}\"'",
    "\"${1}\"",
};
#define HOSTILE (sizeof hostile / sizeof *hostile)

struct generator {
    struct buf line, want;
    struct task task;
    unsigned seed;
};

static unsigned dice(struct generator *g, unsigned sides)
{
    g->seed = g->seed * 1103515245 + 12345;
    return (g->seed >> 16) % sides;
}

static void want_form(struct generator *g, const char *before, enum hole_form form,
                      const char *after)
{
    struct span v = hole_shape(form, g->task.text);

    buf_puts(&g->want, before);
    buf_put(&g->want, v.ptr, v.len);
    buf_puts(&g->want, after);
}

/* Fragments of an argument: what is written, and what is wanted around the value (FORM -1: no
 * value; -2: twice). */
static const struct fragment {
    const char *text, *before;
    int form;
    const char *after;
} fragments[] = {
    {"{}", "", HOLE_WHOLE, ""},
    {"\"{}\"", "", HOLE_WHOLE, ""},
    {"'{}'", "", HOLE_WHOLE, ""},
    {"\"a {} b\"", "a ", HOLE_WHOLE, " b"},
    {"'a \" {} b'", "a \" ", HOLE_WHOLE, " b"},
    {"\"it's {}\"", "it's ", HOLE_WHOLE, ""},
    {"x{}1", "x", HOLE_WHOLE, "1"},
    {"\"{}1\"", "", HOLE_WHOLE, "1"},
    {"{/}", "", HOLE_BASE, ""},
    {"'{.}'", "", HOLE_STEM, ""},
    {"\"{//}\"", "", HOLE_DIR, ""},
    {"{/.}", "", HOLE_BASE_STEM, ""},
    {"'{1}'", "", HOLE_WHOLE, ""},
    {"\"\\{}\"", "\\", HOLE_WHOLE, ""},
    {"\\\\{}", "\\", HOLE_WHOLE, ""},
    {"\"\\\\{}\\\"\"", "\\", HOLE_WHOLE, "\""},
    {"\\\"{}\\'", "\"", HOLE_WHOLE, "'"},
    {"'$'{}", "$", HOLE_WHOLE, ""},
    {"'\\'{}", "\\", HOLE_WHOLE, ""},
    {"$nothing{}\"$nothing{}\"", "", -2, ""},
    {"${nothing:-a}{}", "a", HOLE_WHOLE, ""},
    {"${nothing:-'}'}\"${nothing#a}{}\"", "}", HOLE_WHOLE, ""},
    {"\"$(printf '%sX' {})\"", "", HOLE_WHOLE, "X"},
    {"\"$(printf '%sX' \"a{}\")b\"", "a", HOLE_WHOLE, "Xb"},
    {"\"$(printf '%s''X' '{}' # it's {a} comment\n)\"", "", HOLE_WHOLE, "X"},
    {"\"$(printf '%s%s' \"$(printf '%sX' '{}')\" Y)\"", "", HOLE_WHOLE, "XY"},
    {"\"`printf a`\"{}", "a", HOLE_WHOLE, ""},
    {"\"$((1 + {#}))\"", "8", -1, ""},
    {"{#}{#}", "77", -1, ""},
    {"\\{}", "{}", -1, ""},
    {"'a b'", "a b", -1, ""},
    {"a\\ b", "a b", -1, ""},
    {"\"\\$x \\` \\\\\"", "$x ` \\", -1, ""},
    {"'#'#\"#\"", "###", -1, ""},
    {"\\\n{}", "", HOLE_WHOLE, ""},
    {"')'\"(\"{}", ")(", HOLE_WHOLE, ""},
};

/* Lines around the command, @. */
static const char *const frames[] = {
    "@",
    "@",
    "@",
    " @ # it's {a comment} \"",
    "(@)",
    "( @ )",
    "{ @; }",
    "if :; then @; fi",
    "f() { @; }; f a b",
    "set -- p q; @",
    "for i in 1; do @; done",
    "for i do :; done; @",
    "case x in (y) ;; (x) @;; esac",
    "case {} in {}) @;; esac",
    "cat <<'E' >/dev/null\nit's \" `$(\nE\n@",
    "cat <<E1 <<-E2 >/dev/null\nit's \\$\n\tE1\nE1\n\"\n\tE2\n@",
    "# it's\n@",
    "@ | cat",
    ": {} && \\\n@",
    ": {}; @",
    ": '{}' \"{}\"; @",
    "x={}; y='{}'; test \"$x\" = {} && test \"x$y\" = \"x{}\" && @",
    "test $# = 0; : $1; @",
    "eval :; @",
    ": \"$(echo ')' # it's )\n)\"; @",
    "test -z \"$1$2$3\" && @",
    "printf '' {} {} '{}' | @",
    "while :; do @; break; done",
    "! :; @",
    "unset x; : ${x:=y}; @",
    ": >/dev/null 2>&1; @ 3</dev/null",
    "trap : 0; @",
};

static void generate(struct generator *g)
{
    const char *frame = frames[dice(g, sizeof frames / sizeof *frames)], *at = strchr(frame, '@');

    buf_clear(&g->line);
    buf_clear(&g->want);
    g->task = (struct task){.number = 7, .text = span_of(hostile[dice(g, HOSTILE)])};
    buf_put(&g->line, frame, (size_t)(at - frame));
    buf_puts(&g->line, "printf '%s\\0'");
    for (unsigned args = 1 + dice(g, 4); args; args--) {
        buf_putc(&g->line, ' ');
        for (unsigned n = 1 + dice(g, 3); n; n--) {
            const struct fragment *p = &fragments[dice(g, sizeof fragments / sizeof *fragments)];

            if (p->text[0] == '\\' && p->text[1] == '\n' && g->line.ptr[g->line.len - 1] != ' ')
                p = &fragments[0];
            buf_puts(&g->line, p->text);
            if (p->form == -1) {
                buf_puts(&g->want, p->before);
            } else {
                if (p->form == -2)
                    want_form(g, "", HOLE_WHOLE, "");
                want_form(g, p->before, p->form < 0 ? HOLE_WHOLE : (enum hole_form)p->form,
                          p->after);
            }
        }
        buf_putc(&g->want, '\0');
    }
    buf_puts(&g->line, at + 1);
}

static void judge(struct generator *g, const char *shell, bool append, struct buf *got)
{
    const char *line = buf_cstr(&g->line);

    ck_assert_msg(fill(line, shell, append, false, &g->task), "%s: %s", line, buf_cstr(&message));
    shells_run(out.word, got);
    ck_assert_msg(got->len == g->want.len && !memcmp(got->ptr, g->want.ptr, got->len),
                  "%s -c %s\nof: %s\nwith: %.*s\nprints: %s", shell, out.word[2], line,
                  (int)g->task.text.len, g->task.text.ptr, buf_cstr(got));
}

START_TEST(generated_lines_in_real_shells)
{
    struct generator g = {.seed = number_of("SEED", 20)};
    const char *const *shell = shells_here();
    struct buf got = BUF_INIT;
    int rounds = (int)number_of("ROUNDS", 300);

    shells_enter();
    for (int i = 0; i < rounds; i++) {
        generate(&g);
        judge(&g, "/bin/sh", false, &got);
        for (const char *const *s = shell + 1; *s; s++)
            if (i % 4 == 0 && !(strstr(*s, "zsh") &&
                                strstr(buf_cstr(&g.line), "\\{}"))) /* } is an operator there */
                judge(&g, *s, false, &got);
    }
    ck_assert_msg(shells_leave(), "a value was executed");
    buf_release(&g.line);
    buf_release(&g.want);
    buf_release(&got);
}
END_TEST

/* Every hostile value in every simple place, and appended. */
START_TEST(hostile_values_in_real_shells)
{
    static const char *const c[] = {"printf '%s\\0' {}",
                                    "printf '%s\\0' \"{}\"",
                                    "printf '%s\\0' '{}'",
                                    "printf '%s\\0'",
                                    "f() { shift; printf '%s\\0' \"$@\"; }; f a \"{}\"",
                                    "printf '%s\\0' # it's"};
    struct generator g = {.task = {.number = 7}};
    struct buf got = BUF_INIT;

    shells_enter();
    for (size_t i = 0; i < HOSTILE; i++)
        for (size_t k = 0; k < sizeof c / sizeof *c; k++) {
            g.task.text = span_of(hostile[i]);
            buf_clear(&g.line);
            buf_clear(&g.want);
            buf_puts(&g.line, c[k]);
            buf_put(&g.want, hostile[i], strlen(hostile[i]) + 1);
            judge(&g, "/bin/sh", true, &got);
        }
    ck_assert_msg(shells_leave(), "a value was executed");
    buf_release(&g.line);
    buf_release(&g.want);
    buf_release(&got);
}
END_TEST

/* Fragments of shell thrown together: what is not refused may be any nonsense, but never runs a
 * piece of the value. */
START_TEST(nonsense_in_real_shells)
{
    static const char *const token[] = {
        "{}",    "{}",    "{}",    "'",      "\"",    "\\",  "$(",        ")",    "(",
        "$((",   "))",    "${x",   "${x:-",  "}",     "`",   "#",         " ",    "\n",
        ";",     "<<E ",  "\nE\n", "<<'E'",  "|",     "$",   "$'",        ":",    "x=",
        "[",     "]",     "<",     "<<<",    "{ ",    " }",  "&",         "<(",   "case x in",
        "esac",  "x)",    ";;",    "if :;",  "then ", "fi",  "$x",        "\\\n", "a[",
        "echo ", "echo ", "\"$(",  "\"${x#", "}\"",   ")\"", "printf %s "};
    static const char *const value[] = {"'\"`touch PWNED`$(touch PWNED)\n touch PWNED\n#",
                                        "$(touch PWNED)",
                                        "';touch PWNED;'",
                                        "\";touch PWNED;\"",
                                        "`touch PWNED`",
                                        "\ntouch PWNED\n",
                                        ")\ntouch PWNED\n",
                                        "\nE\ntouch PWNED\n",
                                        "x[$(touch PWNED)]",
                                        "}\ntouch PWNED\n",
                                        "\\\ntouch PWNED\n"};
    struct generator g = {.seed = number_of("SEED", 1), .task = {.number = 7}};
    int rounds = (int)number_of("ROUNDS", 300), accepted = 0;
    struct buf got = BUF_INIT;

    shells_enter();
    for (int i = 0; i < rounds; i++) {
        buf_clear(&g.line);
        for (unsigned n = 2 + dice(&g, 12); n; n--)
            buf_puts(&g.line, token[dice(&g, sizeof token / sizeof *token)]);
        g.task.text = span_of(value[dice(&g, sizeof value / sizeof *value)]);
        if (strchr(buf_cstr(&g.line), '&') && !strstr(buf_cstr(&g.line), "&&"))
            continue; /* nothing that outlives the test */
        for (const char *const *shell = shells_here(); *shell; shell++) {
            if (strstr(*shell, "zsh") ||
                !fill(buf_cstr(&g.line), *shell, i % 4 == 0, false, &g.task))
                continue;
            accepted++;
            shells_run(out.word, &got);
            ck_assert_msg(access("PWNED", F_OK) != 0, "%s -c %s\nof: %s\nwith: %s", *shell,
                          out.word[2], buf_cstr(&g.line), g.task.text.ptr);
        }
    }
    ck_assert(shells_leave());
    ck_assert_int_gt(accepted, rounds / 20);
    buf_release(&g.line);
    buf_release(&got);
}
END_TEST

/* Packs: what is written, and what is wanted for the fields `a b`, `` and `$(touch x)'`, NUL as |.
 */
START_TEST(packs_in_real_shells)
{
    static const char *const c[][2] = {
        {"printf '%s|' {}", "a b||$(touch x)'|"},
        {"printf '%s|'", "a b||$(touch x)'|"},
        {"printf '%s|' {} end", "a b||$(touch x)'|end|"},
        {"printf '%s|' \"<{}>\" '{}'", "<a b  $(touch x)'>|a b  $(touch x)'|"},
        {"printf '%s|' {#} {} x{}", "7|a b||$(touch x)'|xa b  $(touch x)'|"},
        {"printf '%s|' {} {//} {2} {1}", "a b||$(touch x)'|.|.|.||a b|"},
        {"f() { printf '%s|' $# {}; }; f x", "1|a b||$(touch x)'|"},
        {"set -- x; printf '%s|' {#} {} {} {/} $1",
         "7|a b||$(touch x)'|a b||$(touch x)'|a b||$(touch x)'|x|"},
        {"for i in {}; do printf '%s|' \"$i\"; done", "a b||$(touch x)'|"},
        {"cat </dev/null >/dev/null; (printf '%s|' {})", "a b||$(touch x)'|"},
    };
    static const struct span field[] = {{"a b", 3}, {"", 0}, {"$(touch x)'", 11}};
    static const struct task t = {.number = 7, .text = {"all", 3}, .fields = 3, .field = field};
    struct buf got = BUF_INIT;

    shells_enter();
    for (const char *const *shell = shells_here(); *shell; shell++)
        for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
            ck_assert(fill(c[i][0], *shell, true, true, &t));
            ck_assert_int_eq(shells_run(out.word, &got), 0);
            ck_assert_msg(!strcmp(buf_cstr(&got), c[i][1]), "%s: %s: %s", *shell, out.word[2],
                          buf_cstr(&got));
        }
    ck_assert_msg(shells_leave(), "a value was executed");
    buf_release(&got);
}
END_TEST

Suite *quoting_suite(void)
{
    Suite *s = suite_create("quoting");
    TCase *c = tcase_create("shells");

    tcase_set_timeout(c, 120);
    tcase_add_test(c, generated_lines_in_real_shells);
    tcase_add_test(c, hostile_values_in_real_shells);
    tcase_add_test(c, nonsense_in_real_shells);
    tcase_add_test(c, packs_in_real_shells);
    suite_add_tcase(s, c);
    return s;
}
