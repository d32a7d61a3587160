/* A command line, dumped as a job file and read back, is the same job: for every row of the option table, and for any words. */
#include "ask/job.h"

#include "ask/ask.h"
#include "ask/option.h"
#include "suites.h"
#include "tasks/source.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WORDS(...) ((char *[]){"smap", __VA_ARGS__, NULL})

static enum ask_result parse(struct conf *conf, char **argv)
{
    int argc = 0, quiet = memfd_create("quiet", MFD_CLOEXEC), saved = dup(STDERR_FILENO);

    while (argv[argc])
        argc++;
    dup2(quiet, STDERR_FILENO);
    enum ask_result result = ask_read(conf, argc, argv);

    dup2(saved, STDERR_FILENO);
    close(saved);
    close(quiet);
    return result;
}

/* The dump of a job, as a file with a name. */
static const char *dump(const struct conf *conf)
{
    static char name[32];
    static int fd = -1;
    int saved = dup(STDOUT_FILENO);
    struct buf why = BUF_INIT;

    close(fd);
    fd = memfd_create("dump", MFD_CLOEXEC);
    dup2(fd, STDOUT_FILENO);
    ck_assert_int_eq(job_dump(conf, &why), 0);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return name;
}

static const char *text_of(const char *file)
{
    static char text[65536];
    FILE *f = fopen(file, "r");

    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

/* The last value of each row, all of a repeatable one: what counts, in the order of the table. */
static void settings_of(const struct conf *conf, struct buf *out)
{
    size_t rows;
    const struct option_row *row = option_table(&rows);

    for (size_t i = 0; i < rows; i++) {
        size_t start = out->len;

        for (uint32_t k = 0; k < conf->settings; k++) {
            if (conf->setting[k].row != &row[i] || row[i].flags & OPTION_LINE_ONLY)
                continue;
            if (!(row[i].flags & OPTION_REPEATABLE))
                out->len = start;
            buf_printf(out, "%s=%s;", row[i].name, conf->setting[k].value ? conf->setting[k].value : "(none)");
        }
    }
}

static void same_lists(const struct conf *a, const struct conf *b)
{
    ck_assert_uint_eq(a->lists, b->lists);
    for (uint32_t i = 0; i < a->lists; i++) {
        const struct source_list *x = &a->list[i], *y = &b->list[i];

        ck_assert(x->from_file == y->from_file && x->linked == y->linked && x->words == y->words);
        for (uint32_t k = 0; k < x->words; k++)
            ck_assert_str_eq(x->word[k], y->word[k]);
    }
}

static void same_job(const struct conf *a, const struct conf *b, const char *yaml)
{
    struct buf x = BUF_INIT, y = BUF_INIT;

    settings_of(a, &x);
    settings_of(b, &y);
    ck_assert_msg(same_text(buf_cstr(&x), buf_cstr(&y)), "%s became %s by\n%s", x.ptr, y.ptr, yaml);
    ck_assert_msg(a->kind == b->kind && a->words == b->words, "%s", yaml);
    for (uint32_t i = 0; i < a->words; i++)
        ck_assert_msg(same_text(a->word[i], b->word[i]), "'%s' became '%s' by\n%s", a->word[i], b->word[i], yaml);
    same_lists(a, b);
    ck_assert_str_eq(a->backend, b->backend);
    ck_assert_int_eq(a->order, b->order);
    buf_release(&x);
    buf_release(&y);
}

/* Parses, dumps, reads back, compares; false when the command line is not a job. */
static bool comes_back(char **argv)
{
    struct conf before, after;
    bool accepted = parse(&before, argv) == ASK_RUN;

    if (accepted) {
        const char *file = dump(&before), *yaml = text_of(file);

        ck_assert_msg(parse(&after, WORDS("--job", (char *)file)) == ASK_RUN, "not a job:\n%s", yaml);
        same_job(&before, &after, yaml);
        ask_release(&after);
    }
    ask_release(&before);
    return accepted;
}

static char *const values[] = {"3", "no", "yes", "Null", "0777", "1e3", "x", "- a", "-", "-1", "?", "a: b", "a #b", " a ", "", "\t", "a\nb\n", "#x", "'", "\"",
                               "\\", "\\t", ",", "[a]", "{}", "&a", "*a", "!a", "|", ">", "%", "@", "`", "~", "=", "<<", "...", "---", "\xc3\xa4",
                               "\xe2\x80\xa8", "\xf0\x9f\x98\x80", "\x7f", "\x1b[0m", "auto", "50%", "1.5M", "250ms", "lib.so:f", "a:b", "1:2", "jsonl",
                               "now,fail=1", "soon,fail=10%", "count", "10:00", "0x10", "1_000", "\xef\xbb\xbf", "long text with blanks", "a  b", "trailing ", "double(double)"};

#define VALUES (sizeof values / sizeof *values)

/* What some options need beside them. */
static char *const company[][3] = {{NULL}, {"--stdin"}, {"--journal=j"}, {"--worker=l:s"}, {"--filter=f"}, {"--worker=l:s", "--signature=t"},
                                   {"--procs=2"}, {"--mpi"}, {"--hook=h"}, {"--retries=1"}, {"--timeout=1"}, {"--results=d"}, {"--report=r", "--from=j"}, {"--from=j"}};

/* One option with one value, in whatever company it is accepted. */
static bool try_option(const struct option_row *row, const char *value)
{
    char option[256];

    snprintf(option, sizeof option, value ? "--%s=%s" : "--%s", row->name, value);
    for (size_t i = 0; i < sizeof company / sizeof *company; i++)
        for (int command = 1; command >= 0; command--) {
            char *argv[8] = {"smap", option};
            int argc = 2;

            for (int k = 0; k < 3 && company[i][k]; k++)
                argv[argc++] = company[i][k];
            if (command)
                argv[argc++] = "x";
            if (comes_back(argv))
                return true;
        }
    return false;
}

START_TEST(every_option_comes_back)
{
    size_t rows;
    const struct option_row *row = option_table(&rows);

    for (size_t i = 0; i < rows; i++) {
        bool tried = false;

        if (row[i].show || row[i].flags & OPTION_LINE_ONLY)
            continue;
        if (!row[i].metavar || row[i].flags & OPTION_OPTIONAL_ARG)
            tried = try_option(&row[i], NULL);
        for (size_t k = 0; k < VALUES && row[i].metavar; k++)
            if (option_accepts(&row[i], values[k]))
                tried |= try_option(&row[i], values[k]);
        ck_assert_msg(tried, "no value was found that --%s takes", row[i].name);
    }
}
END_TEST

START_TEST(every_word_comes_back)
{
    for (size_t i = 0; i < VALUES; i++) {
        ck_assert(comes_back(WORDS("x", values[i])));
        ck_assert(comes_back(WORDS("x", ":::", values[i], "b")));
        comes_back(WORDS("--", values[i]));
        comes_back(WORDS("--", values[i], "x"));
        ck_assert(comes_back(WORDS("-a", *values[i] ? values[i] : "a", "-a", "b", "x")));
    }
}
END_TEST

START_TEST(every_kind_of_task_comes_back)
{
    ck_assert(comes_back(WORDS("x")));
    ck_assert(comes_back(WORDS("-k")));
    ck_assert(comes_back(WORDS(":::", "ls")));
    ck_assert(comes_back(WORDS("x", ":::")));
    ck_assert(comes_back(WORDS("x", ":::", "a", "b", ":::", ":::+", "c", "::::", "f", "g", "::::+", "h")));
    ck_assert(comes_back(WORDS("x", "::::", "f")));
    ck_assert(comes_back(WORDS("--header", "x", ":::", "name", "b")));
    ck_assert(comes_back(WORDS("-P2", "-P4", "--tag", "--tag", "x")));
}
END_TEST

START_TEST(sweeps_come_back)
{
    static const char job[] = "sweep:\n  mass:\n    from: 0\n    to: 1e0\n    step: .1\n  'no':\n    - 'yes'\n    - a b\n  c:\n    - 1\n    - 2\n"
                              "  d:\n    from: 1\n    to: 2\n    points: 2\n    scale: log\n  zip:\n    - - 'no'\n      - c\n      - d\n";
    struct conf conf;
    char name[32];
    int fd = memfd_create("job", MFD_CLOEXEC);

    ck_assert_int_eq(write(fd, job, sizeof job - 1), sizeof job - 1);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    enum ask_result parsed = parse(&conf, WORDS("--job", name, "--", "echo", "{mass}")); /* the words must outlive the macro */

    ck_assert_int_eq(parsed, ASK_RUN);
    const char *yaml = text_of(dump(&conf));

    ck_assert_msg(strstr(yaml, job) != NULL, "%s", yaml);
    ck_assert_ptr_nonnull(strstr(yaml, "command:\n  - echo\n  - '{mass}'\n"));
    ask_release(&conf);
    close(fd);
}
END_TEST

START_TEST(bytes_that_are_no_text_are_refused)
{
    struct conf conf;
    struct buf why = BUF_INIT;

    enum ask_result parsed = parse(&conf, WORDS("--output=a\xff", "x")); /* the words must outlive the macro */

    ck_assert_int_eq(parsed, ASK_RUN);
    ck_assert_int_eq(job_dump(&conf, &why), -2);
    ck_assert_str_eq(buf_cstr(&why), "output is not UTF-8 text, so that a job file cannot hold it: 'a\\xFF'");
    buf_release(&why);
    ask_release(&conf);
}
END_TEST

Suite *jobdump_suite(void)
{
    Suite *s = suite_create("jobdump");
    TCase *c = tcase_create("there and back");

    tcase_set_timeout(c, 60);
    tcase_add_test(c, every_option_comes_back);
    tcase_add_test(c, every_word_comes_back);
    tcase_add_test(c, every_kind_of_task_comes_back);
    tcase_add_test(c, sweeps_come_back);
    tcase_add_test(c, bytes_that_are_no_text_are_refused);
    suite_add_tcase(s, c);
    return s;
}
