/* The command line: every option in every spelling, the three kinds of COMMAND, lists, and errors that say what to do. */
#include "ask/option.h"

#include "ask/ask.h"
#include "base/io.h"
#include "results/order.h"
#include "suites.h"
#include "tasks/source.h"
#include "work/work.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct conf conf;
static char text[16384]; /* what was printed on the descriptor that capture() took */

/* Parses "smap LINE", cut at blanks; ~ in a word stands for a blank. */
static enum ask_result parse(const char *line)
{
    static char copy[1024], *argv[64];
    int argc = 0;
    char *save;

    argv[argc++] = "smap";
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        for (char *p = word; (p = strchr(p, '~'));)
            *p = ' ';
        argv[argc++] = word;
    }
    argv[argc] = NULL;
    return ask_read(&conf, argc, argv);
}

/* Parses with the descriptor WHICH going into `text`. Every test runs in a process of its own, so nothing is put back. */
static enum ask_result parse_capturing(int which, const char *line)
{
    int fd = memfd_create("captured", MFD_CLOEXEC);

    ck_assert_int_ge(dup2(fd, which), 0);
    enum ask_result result = parse(line);
    ssize_t n = pread(fd, text, sizeof text - 1, 0);

    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    close(fd);
    return result;
}

static void expect_usage(const char *line, const char *message)
{
    ck_assert_msg(parse_capturing(2, line) == ASK_USAGE, "'%s' was accepted", line);
    ck_assert_msg(strcmp(text, message) == 0, "'%s' says:\n%s", line, text);
    ask_release(&conf);
}

START_TEST(defaults)
{
    ck_assert_int_eq(parse(""), ASK_RUN);
    ck_assert_int_eq(conf.kind, WORK_LINES);
    ck_assert_str_eq(conf.backend, "serial");
    ck_assert_uint_eq(conf.procs.number, 1);
    ck_assert_int_eq(conf.separator, '\n');
    ck_assert_int_eq(conf.order, ORDER_TASKS);
    ck_assert_uint_eq(conf.buffer, 64u << 20);
    ck_assert_int_eq(conf.linger, 1000000);
    ck_assert_str_eq(conf.shell, "/bin/sh");
    ck_assert_str_eq(conf.replace, "{}");
    ask_release(&conf);
}
END_TEST

/* A command line for every row of the table, and a claim that is false without it. */
static const struct sample {
    const char *name, *line;
    bool (*holds)(void);
} samples[];

#define SAMPLE(ident, claim) \
    static bool ident(void)  \
    {                        \
        return claim;        \
    }

SAMPLE(has_arg_files, conf.arg_file.words == 2 && !strcmp(conf.arg_file.word[1], "-"))
SAMPLE(is_null, conf.separator == 0)
SAMPLE(is_tab, conf.separator == '\t')
SAMPLE(has_colsep, conf.colsep.len == 2 && !memcmp(conf.colsep.ptr, "\0;", 2))
SAMPLE(has_header, conf.header)
SAMPLE(has_max_args, conf.max_args == 7)
SAMPLE(has_exact_args, conf.exact_args == 7)
SAMPLE(is_fed, conf.feed)
SAMPLE(has_block, conf.block == 1536 * 1024)
SAMPLE(is_r, conf.no_run_if_empty)
SAMPLE(has_replace, !strcmp(conf.replace, "%%"))
SAMPLE(has_shell, !strcmp(conf.shell, "/bin/dash"))
SAMPLE(has_no_shell, conf.no_shell)
SAMPLE(keeps_mpi_env, conf.keep_mpi_env)
SAMPLE(has_linger, conf.linger == 250000)
SAMPLE(has_worker, conf.kind == WORK_FUNCTION && conf.words == 2 && !strcmp(conf.word[0], "./a:b.so") && !strcmp(conf.word[1], "f"))
SAMPLE(has_worker_config, !strcmp(conf.worker_config, ""))
SAMPLE(has_signature, !strcmp(conf.signature, "int(int)"))
SAMPLE(has_filter, conf.kind == WORK_FILTER && conf.words == 1 && !strcmp(conf.word[0], "bc"))
SAMPLE(has_fill, !strcmp(conf.fill, "-"))
SAMPLE(has_chunk, conf.chunk == 12)
SAMPLE(has_max_crashes, conf.max_worker_crashes == 3)
SAMPLE(has_max_tasks, conf.max_tasks_per_worker == 9)
SAMPLE(is_serial, conf.serial && !strcmp(conf.backend, "serial"))
SAMPLE(has_procs, conf.procs.kind == CPUS_COUNT && conf.procs.number == 3 && !strcmp(conf.backend, "procs"))
SAMPLE(is_mpi, conf.mpi.on && !conf.mpi.library && !strcmp(conf.backend, "mpi"))
SAMPLE(is_mpich, conf.mpi.on && !strcmp(conf.mpi.library, "mpich"))
SAMPLE(is_dedicated, conf.dedicated_master)
SAMPLE(has_heartbeat, conf.heartbeat == 5000000)
SAMPLE(has_no_mpi_check, conf.no_mpi_check)
SAMPLE(keeps_order, conf.keep_order && conf.order == ORDER_TASKS)
SAMPLE(is_unordered, conf.order == ORDER_ARRIVAL)
SAMPLE(is_line_buffered, conf.line_buffer && conf.order == ORDER_PASS)
SAMPLE(is_ungrouped, conf.ungroup && conf.order == ORDER_PASS)
SAMPLE(is_tagged, conf.tag)
SAMPLE(has_output, !strcmp(conf.output, "out"))
SAMPLE(has_buffer, conf.buffer == 1000)
SAMPLE(has_journal, !strcmp(conf.journal, "j"))
SAMPLE(has_sync, conf.sync == 0)
SAMPLE(memoizes, conf.memoize)
SAMPLE(keeps_failures, conf.keep_failures)
SAMPLE(has_depends, conf.depends.words == 2 && !strcmp(conf.depends.word[1], "b"))
SAMPLE(has_failed, !strcmp(conf.failed, "f"))
SAMPLE(has_joblog, !strcmp(conf.joblog, "l"))
SAMPLE(has_from, !strcmp(conf.from, "j"))
SAMPLE(has_retries, conf.retries == 3)
SAMPLE(has_retry_delay, conf.retry_delay == 1500000)
SAMPLE(has_timeout, conf.timeout.percent == 20000 && conf.timeout.us == 0)
SAMPLE(has_kill_after, conf.kill_after == 100000)
SAMPLE(has_halt, conf.halt.when == HALT_NOW && conf.halt.what == HALT_SUCCESS && conf.halt.count == 2)
SAMPLE(has_time_limit, conf.time_limit == 0)
SAMPLE(has_exit, conf.exit_style == LIMITS_EXIT_XARGS)
SAMPLE(has_delay, conf.delay == 2000000)
SAMPLE(has_load, conf.load.hundredths == 80 && conf.load.of_cpus)
SAMPLE(has_memfree, conf.memfree == 1u << 30)
SAMPLE(is_nice, conf.nice == 19)
SAMPLE(is_dry, conf.dry_run)
SAMPLE(is_verbose, conf.verbose)
SAMPLE(prints_commands, conf.print_commands)
SAMPLE(has_summary, conf.summary)

SAMPLE(has_repeat, conf.repeat == 7)

SAMPLE(is_jsonl, conf.jsonl)
SAMPLE(has_hook, !strcmp(conf.hook, "h"))
SAMPLE(has_hook_stream, !strcmp(conf.hook_stream, "h"))
SAMPLE(has_hook_config, !strcmp(conf.hook_config, "c"))
SAMPLE(has_results, !strcmp(conf.results, "dir"))

static const struct sample samples[] = {
    {"format", "--format jsonl x", is_jsonl},
    {"hook", "--hook h x", has_hook},
    {"hook-stream", "--hook-stream h x", has_hook_stream},
    {"hook-config", "--hook h --hook-config c x", has_hook_config},
    {"results", "--results dir x", has_results},
    {"repeat", "--repeat 7 x", has_repeat},
    {"arg-file", "-a one --arg-file=- x", has_arg_files},
    {"null", "--null x", is_null},
    {"delimiter", "--delimiter \\t x", is_tab},
    {"colsep", "--colsep \\0; x", has_colsep},
    {"header", "--header x", has_header},
    {"max-args", "--max-args 7 x", has_max_args},
    {"exact-args", "--exact-args 7 x", has_exact_args},
    {"stdin", "--stdin x", is_fed},
    {"block", "--stdin --block 1.5M x", has_block},
    {"no-run-if-empty", "--no-run-if-empty x", is_r},
    {"replace", "--replace %% x", has_replace},
    {"shell", "--shell /bin/dash x", has_shell},
    {"no-shell", "--no-shell x", has_no_shell},
    {"keep-mpi-env", "--keep-mpi-env x", keeps_mpi_env},
    {"linger", "--linger 250ms x", has_linger},
    {"worker", "--worker ./a:b.so:f", has_worker},
    {"worker-config", "--worker-config= --worker a:f", has_worker_config},
    {"signature", "--signature int(int) --worker a:f", has_signature},
    {"filter", "--filter bc ::: 1", has_filter},
    {"fill", "--filter bc --fill -", has_fill},
    {"chunk", "--filter bc --chunk 12", has_chunk},
    {"max-worker-crashes", "--filter bc --max-worker-crashes 3", has_max_crashes},
    {"max-tasks-per-worker", "--worker a:f --max-tasks-per-worker 9", has_max_tasks},
    {"serial", "--serial x", is_serial},
    {"procs", "--procs 3 x", has_procs},
    {"mpi", "--mpi x", is_mpi},
    {"mpi", "--mpi=mpich x", is_mpich},
    {"dedicated-master", "--mpi --dedicated-master x", is_dedicated},
    {"heartbeat", "--mpi --heartbeat 5 x", has_heartbeat},
    {"no-mpi-check", "--no-mpi-check x", has_no_mpi_check},
    {"keep-order", "--keep-order x", keeps_order},
    {"unordered", "--unordered x", is_unordered},
    {"line-buffer", "--line-buffer x", is_line_buffered},
    {"ungroup", "--ungroup x", is_ungrouped},
    {"tag", "--tag x", is_tagged},
    {"output", "--output out x", has_output},
    {"buffer", "--buffer 1000 x", has_buffer},
    {"journal", "--journal j x", has_journal},
    {"sync", "--journal j --sync 0 x", has_sync},
    {"memoize", "--journal j --memoize x", memoizes},
    {"keep-failures", "--journal j --keep-failures x", keeps_failures},
    {"depends", "--journal j --depends a --depends=b x", has_depends},
    {"failed", "--failed f x", has_failed},
    {"joblog", "--joblog l x", has_joblog},
    {"from", "--from j --joblog l", has_from},
    {"retries", "--retries 3 x", has_retries},
    {"retry-delay", "--retries 1 --retry-delay 1.5 x", has_retry_delay},
    {"timeout", "--timeout 200% x", has_timeout},
    {"kill-after", "--kill-after 100ms x", has_kill_after},
    {"halt", "--halt now,success=2 x", has_halt},
    {"time-limit", "--time-limit 0 x", has_time_limit},
    {"exit", "--exit xargs x", has_exit},
    {"delay", "--delay 2 x", has_delay},
    {"load", "--load 80% x", has_load},
    {"memfree", "--memfree 1G x", has_memfree},
    {"nice", "--nice 19 x", is_nice},
    {"dry-run", "--dry-run x", is_dry},
    {"verbose", "--verbose x", is_verbose},
    {"print-commands", "--print-commands x", prints_commands},
    {"summary", "--summary x", has_summary},
};

static const struct sample *sample_of(const char *name)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        if (strcmp(samples[i].name, name) == 0)
            return &samples[i];
    return NULL;
}

START_TEST(every_option_fills_its_field)
{
    size_t count;
    const struct option_row *row = option_table(&count);

    for (size_t i = 0; i < count; i++) {
        const struct sample *s = sample_of(row[i].name);

        if (row[i].show || row[i].flags & OPTION_LINE_ONLY)
            continue; /* tested with job files */
        ck_assert_msg(s != NULL, "no sample for --%s", row[i].name);
        ck_assert_int_eq(parse(s->line), ASK_RUN);
        ck_assert_msg(s->holds(), "'%s' has no effect", s->line);
        ck_assert_msg(conf.given[i], "'%s' is not marked as given", s->line);
        ck_assert_int_eq(conf.words, conf.worker ? 2 : 1);
        ask_release(&conf);
    }
}
END_TEST

START_TEST(spellings_are_unique)
{
    size_t count;
    const struct option_row *row = option_table(&count);

    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            ck_assert_str_ne(row[i].name, row[j].name);
            ck_assert_msg(!row[i].letter ||
                              (row[i].letter != row[j].letter && row[i].letter != row[j].other_letter),
                          "--%s and --%s share a letter", row[i].name, row[j].name);
            ck_assert(!row[i].other_letter || row[i].other_letter != row[j].letter);
        }
}
END_TEST

START_TEST(all_spellings_mean_the_same)
{
    static const char *const lines[] = {"-P4 -rk x",     "-P 4 -r -k x",  "-j4 -kr x",     "-rkj 4 x",
                                        "-rkP4 x",       "--procs 4 -rk x", "--procs=4 -rk -- x", "--jobs=4 -rk x",
                                        "--jobs 4 -rk x", "-P 2 -P4 -rk x"};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ck_assert_msg(parse(lines[i]) == ASK_RUN, "%s", lines[i]);
        ck_assert_msg(conf.procs.number == 4 && conf.no_run_if_empty && conf.keep_order, "%s", lines[i]);
        ck_assert_msg(conf.words == 1 && !strcmp(conf.word[0], "x"), "%s", lines[i]);
        ask_release(&conf);
    }
}
END_TEST

START_TEST(options_end_at_the_command)
{
    ck_assert_int_eq(parse("-k ls --unknown -k"), ASK_RUN);
    ck_assert_uint_eq(conf.words, 3);
    ck_assert_str_eq(conf.word[1], "--unknown");
    ask_release(&conf);
    ck_assert_int_eq(parse("-k -- -x ::: 1"), ASK_RUN);
    ck_assert_uint_eq(conf.words, !conf.from);
    ck_assert_str_eq(conf.word[0], "-x");
    ck_assert_uint_eq(conf.lists, 1);
    ask_release(&conf);
    ck_assert_int_eq(parse("- x"), ASK_RUN);
    ck_assert_str_eq(conf.word[0], "-");
    ask_release(&conf);
}
END_TEST

START_TEST(lists_follow_the_command)
{
    ck_assert_int_eq(parse("echo x: ::: a b ::::+ f :::: g h :::"), ASK_RUN);
    ck_assert_uint_eq(conf.words, 2);
    ck_assert_uint_eq(conf.lists, 4);
    ck_assert(!conf.list[0].from_file && !conf.list[0].linked && conf.list[0].words == 2);
    ck_assert_str_eq(conf.list[0].word[1], "b");
    ck_assert(conf.list[1].from_file && conf.list[1].linked && conf.list[1].words == 1);
    ck_assert(conf.list[2].from_file && !conf.list[2].linked && conf.list[2].words == 2);
    ck_assert(!conf.list[3].from_file && conf.list[3].words == 0);
    ask_release(&conf);
    ck_assert_int_eq(parse("::: ls"), ASK_RUN);
    ck_assert_int_eq(conf.kind, WORK_LINES);
    ask_release(&conf);
    ck_assert_int_eq(parse(":: ::::: :::x"), ASK_RUN);
    ck_assert_uint_eq(conf.words, 3);
    ask_release(&conf);
}
END_TEST

static int kind_of(const char *line)
{
    ck_assert_int_eq(parse(line), ASK_RUN);
    ask_release(&conf);
    return conf.kind;
}

START_TEST(commands_are_of_three_kinds)
{
    static const char *const lines[] = {"a~b", "a|b",   "a;", "a&",  "a>b",  "a<b", "$x",  "`a`",
                                        "'a'", "\"a\"", "a\\b", "*.sh", "a?", "[ab]", "~/a", "#a", "(a)",
                                        "{a,b}", "A=b"};
    static const char *const programs[] = {"ls",  "./a-b_c.sh", "{}", "./{//}/{#}.{%}", "./a=b", "{1}", "a#b",
                                           "a~b c", "a|b {}"};

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(kind_of(lines[i]) == WORK_SHELL, "%s", lines[i]);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        ck_assert_msg(kind_of(programs[i]) == WORK_COMMAND, "%s", programs[i]);
    ck_assert_int_eq(kind_of("-I*? ./*?.sh"), WORK_COMMAND);
    ck_assert_int_eq(kind_of("-k"), WORK_LINES);
}
END_TEST

#define SEE " (see smap --help)\n"
#define NOTHING "smap: nothing was run" SEE

START_TEST(unknown_options_get_a_hint)
{
    expect_usage("--prcos 4 x", "smap: unknown option --prcos (did you mean --procs?)\n" NOTHING);
    expect_usage("--proc=4 x", "smap: unknown option --proc (did you mean --procs?)\n" NOTHING);
    expect_usage("--ungruop", "smap: unknown option --ungruop (did you mean --ungroup?)\n" NOTHING);
    expect_usage("--max-procs 3", "smap: unknown option --max-procs (did you mean --procs?)\n" NOTHING);
    expect_usage("-procs", "smap: unknown option -p in -procs (did you mean --procs?)\n" NOTHING);
    expect_usage("-krq", "smap: unknown option -q in -krq\n" NOTHING);
    expect_usage("-h", "smap: unknown option -h (did you mean --help?)\n" NOTHING);
    expect_usage("-q", "smap: unknown option -q\n" NOTHING);
    expect_usage("--xyzzy", "smap: unknown option --xyzzy\n" NOTHING);
    expect_usage("--a\nb", "smap: unknown option --a\\nb\n" NOTHING);
    expect_usage("--list-option", "smap: unknown option --list-option\n" NOTHING);
}
END_TEST

START_TEST(bad_values_name_the_option)
{
    expect_usage("-P x", "smap: -P expects a number, a percentage, auto, or 0 for as many as fit, not 'x'\n" NOTHING);
    expect_usage("--buffer=1Q", "smap: --buffer expects a size from 1 on, as 512, 64K or 1.5M, not '1Q'\n" NOTHING);
    expect_usage("-n0", "smap: -n expects a number from 1 to 4294967295, not '0'\n" NOTHING);
    expect_usage("-n 4294967296", "smap: -n expects a number from 1 to 4294967295, not '4294967296'\n" NOTHING);
    expect_usage("-d ab", "smap: -d expects one byte, as , or \\t or \\x1f, not 'ab'\n" NOTHING);
    expect_usage("--linger 5x", "smap: --linger expects a time, as 2.5, 30s, 5m or 1h, not '5x'\n" NOTHING);
    expect_usage("--output=", "smap: --output expects a text that is not empty, not ''\n" NOTHING);
    expect_usage("-kn", "smap: -n needs an argument: a number from 1 to 4294967295\n" NOTHING);
    expect_usage("--procs", "smap: --procs needs an argument: a number, a percentage, auto, or 0 for as many as fit\n" NOTHING);
    expect_usage("--tag=x", "smap: --tag takes no argument\n" NOTHING);
}
END_TEST

START_TEST(contradictions_name_both)
{
    static const char *const lines[] = {
        "--serial --procs 3 x", "--serial --mpi x",      "-k --unordered x", "-u -k x",        "--unordered -u x",
        "-u --line-buffer x",   "-u --tag x",            "-0 -d, x",         "-n 2 -N 2 x",    "-n 2 -C, x",
        "--block 3 x",          "--stdin",               "-n 2",             "-C ,",           "-a f x ::: 1",
        "--shell /bin/x --no-shell x",                   "--header -N 2 x",  "--stdin --block 9 -C , x"};

    expect_usage("--serial --jobs 3 x", "smap: --serial and --procs contradict each other\n"
                                        "smap: nothing was run: leave out one of them" SEE);
    expect_usage("--worker a:f --filter bc", "smap: --worker and --filter contradict each other\n"
                 "smap: nothing was run: leave out one of them (see smap --help)\n");
    expect_usage("--filter bc --dry-run", "smap: --filter and --dry-run contradict each other\n"
                 "smap: nothing was run: there are no commands to print (see smap --help)\n");
    expect_usage("--chunk 3 ls", "smap: --chunk needs a --worker or --filter\n"
                 "smap: nothing was run: commands are handed out one by one (see smap --help)\n");
    expect_usage("--signature int(int) --filter bc", "smap: --signature needs --worker\n"
                 "smap: nothing was run: it describes a function of a library (see smap --help)\n");
    expect_usage("-u --tag x", "smap: --ungroup and --tag contradict each other\n"
                               "smap: nothing was run: for whole lines with their tag use --line-buffer" SEE);
    expect_usage("--stdin", "smap: --stdin needs a COMMAND\n"
                            "smap: nothing was run: say what is to read the tasks" SEE);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        ck_assert_msg(parse_capturing(2, lines[i]) == ASK_USAGE, "'%s' was accepted", lines[i]);
        ask_release(&conf);
    }
    ck_assert_int_eq(parse("--mpi --procs 3 --stdin --block 9 -0 -I@ x"), ASK_RUN);
    ask_release(&conf);
}
END_TEST

START_TEST(bad_commands_are_refused)
{
    expect_usage("--worker a.so x", "smap: --worker expects LIBRARY:SYMBOL (as ./libsim.so:simulate), not 'a.so'\n"
                 "smap: nothing was run (see smap --help)\n");
    expect_usage("--worker a:f x", "smap: --worker takes the place of a COMMAND, but there is one: 'x' (tasks come from standard input, -a FILE or ::: VALUES)\n"
                 "smap: nothing was run (see smap --help)\n");
    expect_usage("--filter python3 x.py",
                 "smap: --filter takes the place of a COMMAND, but there is one: 'x.py' (a filter is one word: quote its whole line)\n"
                 "smap: nothing was run (see smap --help)\n");
    expect_usage("--no-shell", "smap: --no-shell needs a COMMAND: without one every task is a shell line\n" NOTHING);
    expect_usage("--no-shell a~b", "smap: --no-shell forbids the shell line 'a b': give its program and arguments as "
                                   "words of their own\n" NOTHING);
    expect_usage("x :::+ a", "smap: :::+ has no list before it to be linked to\n" NOTHING);
    expect_usage("x ::::", "smap: :::: needs the name of a file\n" NOTHING);
    char *argv[] = {"smap", "", NULL};

    ck_assert_int_eq(ask_read(&conf, 2, argv), ASK_USAGE);
}
END_TEST

/* Whatever stands on the command line, an error is two lines, and nothing else is said. */
START_TEST(any_words_give_two_lines_or_none)
{
    static char *const pool[] = {"-",     "--",    "-P",   "-P4",    "-0rkP",     "--procs", "--procs=", "--procs=auto", "-d", "\\t",
                                 "--tag", "--tag=", "-I",   "",       ":::",       "::::",    ":::+",     "::::+",        "a",  "a b",
                                 "\x1b\n", "--\xff", "-\xff", "--block", "4K",        "--stdin", "-n",       "3",            "-u", "--=x",
                                 "--no-shell", "-C", ",",   "--header", "--output", "-k", "---", "--serial", "-a", "{}"};
    unsigned seed = 1;
    int fd = memfd_create("captured", MFD_CLOEXEC);

    ck_assert_int_ge(dup2(fd, 2), 0);
    for (int round = 0; round < 20000; round++) {
        char *argv[10] = {"smap"};
        int argc = 1, lines = 0;

        for (; argc < 2 + round % 8; argc++) {
            seed = seed * 1664525 + 1013904223;
            argv[argc] = pool[(seed >> 16) % (sizeof pool / sizeof *pool)];
        }
        ck_assert_int_eq(ftruncate(fd, 0), 0);
        lseek(fd, 0, SEEK_SET);
        enum ask_result result = ask_read(&conf, argc, argv);
        ssize_t n = pread(fd, text, sizeof text, 0);

        for (ssize_t i = 0; i < n; i++)
            lines += text[i] == '\n';
        ck_assert_int_eq(lines, result == ASK_RUN ? 0 : 2);
        ck_assert(result == ASK_RUN || result == ASK_USAGE);
        ask_release(&conf);
    }
}
END_TEST

START_TEST(help_has_every_option_in_80_columns)
{
    size_t count;
    const struct option_row *row = option_table(&count);

    ck_assert_int_eq(parse_capturing(1, "-k --help --nonsense"), ASK_DONE);
    for (size_t i = 0; i < count; i++) {
        char name[64];

        snprintf(name, sizeof name, "--%s", row[i].name);
        ck_assert_msg((strstr(text, name) != NULL) == (row[i].group != OPTION_INTERNAL), "%s", name);
    }
    for (char *line = text; *line; line += strcspn(line, "\n") + 1)
        ck_assert_msg(strcspn(line, "\n") < 80, "%.100s", line);
}
END_TEST

START_TEST(version_is_one_line)
{
    ck_assert_int_eq(parse_capturing(1, "--version"), ASK_DONE);
    ck_assert_str_eq(text, "smap " SMAP_VERSION "\n");
}
END_TEST

START_TEST(help_that_cannot_be_written_is_no_success)
{
    FILE *full = freopen("/dev/full", "w", stdout);

    ck_assert_ptr_nonnull(full);
    ck_assert_int_eq(parse_capturing(2, "--help"), ASK_BROKEN);
    ck_assert_str_eq(text, "smap: write stdout: No space left on device\n");
}
END_TEST

Suite *option_suite(void)
{
    Suite *s = suite_create("option");
    TCase *c = tcase_create("command line");

    tcase_add_test(c, defaults);
    tcase_add_test(c, every_option_fills_its_field);
    tcase_add_test(c, spellings_are_unique);
    tcase_add_test(c, all_spellings_mean_the_same);
    tcase_add_test(c, options_end_at_the_command);
    tcase_add_test(c, lists_follow_the_command);
    tcase_add_test(c, commands_are_of_three_kinds);
    tcase_add_test(c, unknown_options_get_a_hint);
    tcase_add_test(c, bad_values_name_the_option);
    tcase_add_test(c, contradictions_name_both);
    tcase_add_test(c, bad_commands_are_refused);
    tcase_add_test(c, any_words_give_two_lines_or_none);
    tcase_add_test(c, help_has_every_option_in_80_columns);
    tcase_add_test(c, version_is_one_line);
    tcase_add_test(c, help_that_cannot_be_written_is_no_success);
    suite_add_tcase(s, c);
    return s;
}
