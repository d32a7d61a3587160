/* Job files: every key means what its type says, the command line wins, and what is wrong is named with its place. */
#include "ask/jobfile.h"

#include "ask/ask.h"
#include "base/io.h"
#include "suites.h"
#include "tasks/source.h"
#include "tasks/sweep.h"
#include "work/work.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static struct conf conf;
static char said[4096]; /* stderr of the last parse */

/* A regular file of these bytes. */
static const char *file_of(const void *bytes, size_t len)
{
    static char name[32];
    static int fd = -1;

    close(fd);
    fd = memfd_create("job", MFD_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(io_write_all(fd, bytes, len), 0);
    snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
    return name;
}

/* Parses "smap --job FILE WORDS", words cut at blanks. */
static enum ask_result parse(const char *file, const char *words)
{
    static char copy[256], *argv[32];
    int argc = 3, fd = memfd_create("said", MFD_CLOEXEC), saved = dup(STDERR_FILENO);
    char *save;

    argv[0] = "smap";
    argv[1] = "--job";
    argv[2] = (char *)file;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    argv[argc] = NULL;
    dup2(fd, STDERR_FILENO);
    enum ask_result result = ask_read(&conf, argc, argv);

    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t n = pread(fd, said, sizeof said - 1, 0);

    said[n > 0 ? n : 0] = '\0';
    close(fd);
    return result;
}

static void read_job(const char *text, const char *words)
{
    enum ask_result result = parse(file_of(text, strlen(text)), words);

    ck_assert_msg(result == ASK_RUN, "%s\n%s", text, said);
}

/* The place and the message, the name of the file left out. */
static void expect_error_of(const void *bytes, size_t len, const char *message)
{
    const char *file = file_of(bytes, len);
    size_t skip = strlen("smap: ") + strlen(file) + 1;

    ck_assert_msg(parse(file, "x") == ASK_USAGE, "accepted: %s", message);
    ck_assert_msg(strncmp(said + 6, file, strlen(file)) == 0, "%s", said);
    *strchr(said, '\n') = '\0';
    ck_assert_str_eq(said + skip, message);
    ask_release(&conf);
}

static void expect_error(const char *text, const char *message)
{
    expect_error_of(text, strlen(text), message);
}

START_TEST(values_are_what_their_key_says)
{
    read_job("procs: 3\ntag: yes\nkeep-order: off\nlinger: 250ms\nbuffer: '1k'\narg-file: [a, \"b\"]\n\"null\": TRUE\n"
             "output: no\nmax-args: 0777\n", "x");
    ck_assert_uint_eq(conf.procs.number, 3);
    ck_assert(conf.tag && !conf.keep_order && conf.separator == 0);
    ck_assert_int_eq(conf.linger, 250000);
    ck_assert_uint_eq(conf.buffer, 1024);
    ck_assert_uint_eq(conf.arg_file.words, 2);
    ck_assert_str_eq(conf.arg_file.word[1], "b");
    ck_assert_str_eq(conf.output, "no");
    ck_assert_uint_eq(conf.max_args, 777);
    ck_assert_str_eq(conf.backend, "procs");
    ask_release(&conf);
    read_job("jobs: 1\nfile: a\ndelimiter: \"\\t\"\n", "x");
    ck_assert(conf.separator == '\t' && conf.arg_file.words == 1 && conf.procs.number == 1);
    ask_release(&conf);
    expect_error("max-args: 1e3", "1:11: max-args expects a number from 1 to 4294967295, not '1e3'");
    expect_error("tag: 1", "1:6: tag expects yes or no, not '1'");
}
END_TEST

START_TEST(commands_are_lines_or_words)
{
    read_job("command: gzip", "");
    ck_assert_int_eq(conf.kind, WORK_SHELL);
    ask_release(&conf);
    read_job("command: |\n  echo a\n  echo {}\n\n", "");
    ck_assert_str_eq(conf.word[0], "echo a\necho {}");
    ask_release(&conf);
    read_job("command: \"a\\n\"", "");
    ck_assert_str_eq(conf.word[0], "a\n");
    ask_release(&conf);
    read_job("command: ['a b']\nno-shell: yes", "");
    ck_assert_int_eq(conf.kind, WORK_COMMAND);
    ck_assert(conf.words == 1 && !strcmp(conf.word[0], "a b") && !conf.word[1]);
    ask_release(&conf);
    read_job("env: {A: 1, B: '', C: a=b}", "");
    ck_assert_int_eq(conf.kind, WORK_LINES);
    ck_assert_str_eq(conf.env[0], "A=1");
    ck_assert_str_eq(conf.env[1], "B=");
    ck_assert_str_eq(conf.env[2], "C=a=b");
    ck_assert_ptr_null(conf.env[3]);
    ask_release(&conf);
}
END_TEST

START_TEST(tasks_are_said_in_several_ways)
{
    read_job("tasks: [a, '', no, 1e3]", "x");
    ck_assert(conf.lists == 1 && conf.list[0].words == 4 && !conf.list[0].from_file);
    ck_assert_str_eq(conf.list[0].word[3], "1e3");
    ask_release(&conf);
    read_job("lists:\n- [a, b]\n- {file: [f, g], linked: yes}\n- values: []\n", "x");
    ck_assert(conf.lists == 3 && conf.list[1].from_file && conf.list[1].linked && conf.list[1].words == 2);
    ck_assert(!conf.list[2].from_file && !conf.list[2].linked && !conf.list[2].words);
    ask_release(&conf);
    read_job("tasks: {file: f, repeat: 3}", "x");
    ck_assert(conf.arg_file.words == 1 && conf.repeat == 3);
    ask_release(&conf);
    read_job("tasks: {sweep: {a: 1, \xce\xbc: [x, y], c: {from: 1, to: 2}, zip: [\xce\xbc, c], repeat: 2}}", "x");
    ck_assert(conf.axes == 3 && conf.repeat == 2 && conf.axis[0].values == 1 && conf.axis[2].values == 2);
    ck_assert(!conf.axis[0].group && conf.axis[1].group && conf.axis[1].group == conf.axis[2].group);
    ck_assert_str_eq(conf.axis[1].name, "\xce\xbc");
    ask_release(&conf);
}
END_TEST

START_TEST(the_command_line_wins)
{
    const char *job = "procs: 8\ncommand: 'a | b'\narg-file: [f, g]\nunordered: yes\nsummary: yes";

    read_job(job, "--serial -k -a h");
    ck_assert(!conf.procs.number || !strcmp(conf.backend, "serial"));
    ck_assert(conf.keep_order && !conf.unordered && conf.summary);
    ck_assert(conf.arg_file.words == 1 && !strcmp(conf.arg_file.word[0], "h") && conf.kind == WORK_SHELL);
    ask_release(&conf);
    read_job(job, "--procs 2 c d ::: 1");
    ck_assert(conf.procs.number == 2 && conf.words == 2 && conf.lists == 1 && !conf.arg_file.words);
    ask_release(&conf);
    read_job(job, "--filter cat");
    ck_assert(conf.kind == WORK_FILTER && !strcmp(conf.word[0], "cat"));
    ask_release(&conf);
    read_job("filter: cat\nsweep: {a: 1}", "x -a ::: y");
    ck_assert(conf.kind == WORK_COMMAND && conf.words == 2 && !conf.axes && conf.lists == 1);
    ask_release(&conf);
    read_job("sweep: {a: 1}", "-a f x");
    ck_assert(!conf.axes && conf.arg_file.words == 1);
    ask_release(&conf);
    ck_assert_int_eq(parse(file_of("procs: x", 8), "--procs 2 y"), ASK_USAGE);
    ask_release(&conf);
}
END_TEST

START_TEST(wrong_keys_are_named)
{
    expect_error("\nprcos: 3", "2:1: unknown key 'prcos' (did you mean procs?)");
    expect_error("comand: x", "1:1: unknown key 'comand' (did you mean command?)");
    expect_error("max-procs: 2", "1:1: unknown key 'max-procs' (did you mean procs?)");
    expect_error("xyzzy: 3", "1:1: unknown key 'xyzzy'");
    expect_error("list-options: yes", "1:1: unknown key 'list-options'");
    expect_error("job: x", "1:1: job belongs on the command line");
    expect_error("version: yes", "1:1: version belongs on the command line");
    expect_error("tag: no\nprocs: 1\ntag: no", "3:1: the key 'tag' is given twice");
    expect_error("procs: 3\n\"jobs\": 4", "2:1: the key 'procs' is given twice");
    expect_error("env: {A: b, C: d, A: e}", "1:19: the variable 'A' is given twice");
    expect_error("env: {'': b}", "1:7: this cannot be the name of a variable");
    expect_error("sweep: {a: 1, a: 2}", "1:15: the parameter 'a' is given twice");
    expect_error("sweep: {a: {from: 1, form: 2}}", "1:22: unknown key 'form' of a range (did you mean from?)");
    expect_error("sweep: {a: {to: 1, to: 2}}", "1:20: the key 'to' is given twice");
    expect_error("sweep: {a/b: 2}", "1:9: a parameter's name has letters, digits, _ and - only");
    expect_error("tasks: [a]\nsweep: {a: 1}", "2:8: tasks: and sweep: both say what the tasks are");
    expect_error("file: x\narg-file: x", "2:1: file: and arg-file: both say what the tasks are");
}
END_TEST

START_TEST(wrong_values_are_named)
{
    expect_error("procs: [1]", "1:8: procs takes one value, not a list");
    expect_error("arg-file: [a, [b]]", "1:15: arg-file takes a list of values: it cannot hold a list");
    expect_error("output:", "1:8: output expects a text that is not empty, not ''");
    expect_error("command: ''", "1:10: command is empty");
    expect_error("command: {a: b}", "1:10: command takes a list of texts, not a map");
    expect_error("env: [A]", "1:6: env takes a map of variables, not a list");
    expect_error("env: {A: [b]}", "1:10: a variable takes a text, not a list");
    expect_error("tasks: a", "1:8: tasks takes a list of texts, not a text");
    expect_error("tasks: [{a: b}]", "1:9: tasks is a list of texts: it cannot hold a map");
    expect_error("lists: []", "1:8: lists is empty");
    expect_error("lists: [{values: [a], linked: yes}]", "1:31: there is no list before this one to be linked to");
    expect_error("lists: [{values: [a], file: b}]", "1:29: a list has values: or file:, not both");
    expect_error("lists: [{file: []}]", "1:9: file needs the name of a file");
    expect_error("sweep: {}", "1:8: this sweep has no parameter");
    expect_error("sweep: {a: []}", "1:12: this parameter has no values");
    expect_error("sweep: {a: {from: 0, to: 1, step: 0}}", "1:12: step: 0 never gets anywhere");
    expect_error("sweep: {a: {from: [0]}}", "1:19: from takes a text, not a list");
    expect_error("sweep: {a: [1, 2], b: [3], zip: [b, a]}", "1:37: zip: 'b' and 'a' have not equally many values");
    expect_error("sweep: {a: 1, zip: [b]}", "1:21: zip: there is no parameter 'b'");
    expect_error("sweep: {a: 1, zip: [[a], [a]]}", "1:27: the zipped parameter 'a' is given twice");
    expect_error("sweep: {a: 1, zip: a}", "1:20: zip takes a list of names, or a list of such lists");
}
END_TEST

START_TEST(what_yaml_can_do_and_jobs_cannot)
{
    expect_error("output: &a x", "1:9: anchors (&) and aliases (*) are not understood here; quote a text that begins so");
    expect_error("output: *a", "1:9: anchors (&) and aliases (*) are not understood here; quote a text that begins so");
    expect_error("output: !!str x", "1:9: tags (!) are not understood here; quote a text that begins so");
    expect_error("output: ! x", "1:9: tags (!) are not understood here; quote a text that begins so");
    expect_error("tasks: !x [a]", "1:8: tags (!) are not understood here; quote a text that begins so");
    expect_error("<<: {a: b}", "1:1: merge keys (<<) are not understood here");
    expect_error("env: {<<: b}", "1:7: merge keys (<<) are not understood here");
    expect_error("? [a]\n: b", "1:3: a key must be a text");
    expect_error("---\ntag: no\n---\ntag: no", "3:1: a second document: a job file has one");
    expect_error("%YAML 1.1\n---\ntag: no", "1:1: no line can begin with %: directives are not understood here");
    expect_error("", "1:1: a job file cannot be empty");
    expect_error("- a", "1:1: a job file is a map of keys and values");
    expect_error("tasks: [a", "2:1: this is not YAML: while parsing a flow sequence, did not find expected ',' or ']'");
    expect_error("output: \"a\\0b\"", "1:9: a NUL byte cannot be part of any value");
    expect_error_of("a: b\nc\0d", 8, "2:2: a NUL byte");
    expect_error("output: \x01", "1:9: a control character (write it as \"\\x01\")");
    expect_error("\xc3\xa4\xff", "1:2: this is not UTF-8 text");
    expect_error_of("\xff\xfet\0a\0", 6, "1:1: this is UTF-16: a job file is UTF-8 text");
    expect_error_of("\xfe\xff\0t\0a", 6, "1:1: this is UTF-16: a job file is UTF-8 text");
    read_job("\xef\xbb\xbftag: yes", "x");
    ck_assert(conf.tag);
    ask_release(&conf);
}
END_TEST

START_TEST(only_regular_files_of_some_size_are_read)
{
    char dir[] = "/tmp/smap-check-XXXXXX", fifo[64];

    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(fifo, sizeof fifo, "%s/fifo", dir);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    const char *const bad[] = {fifo, "/dev/zero", "/", "/nonexistent/job"};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        ck_assert_int_eq(parse(bad[i], "x"), ASK_USAGE);
        ck_assert_msg(strstr(said, i < 3 ? ":1:1: a job file must be a regular file\n" : ":1:1: cannot be read: No such file"), "%s", said);
        ask_release(&conf);
    }
    unlink(fifo);
    rmdir(dir);
    char *large = calloc(1, (1 << 20) + 1);

    memset(large, '#', (1 << 20) + 1);
    expect_error_of(large, (1 << 20) + 1, "1:1: a job file has 1 MiB at most");
    expect_error_of(large, 1 << 20, "2:1: a job file cannot be empty");
    free(large);
}
END_TEST

/* TEXT again and again up to the size limit. */
static void expect_quick(const char *begin, const char *text)
{
    size_t len = strlen(text), used = strlen(begin);
    char *job = malloc(1 << 20);
    struct timespec a, b;

    memcpy(job, begin, used);
    for (; used + len <= 1 << 20; used += len)
        memcpy(job + used, text, len);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    parse(file_of(job, used), "x");
    ask_release(&conf);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    ck_assert_msg((double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9 < 5, "%s%s... takes long", begin, text);
    free(job);
}

/* Generous, since the sanitizers look on: what grows with the square of the size would take minutes. */
START_TEST(no_file_takes_long)
{
    static const char *const texts[] = {"[", "{", "- ", "? ", ": ", "a: ", "!", "!<", "&", "*", "\"", "'", "|", ">", "#", "\n", "\r", "%", "a ",
                                        ",", "[a", "{a: ", "\"\\n", "\t", " ", "\n- ", "\n  ", "\n\"", "? - "};
    static const char *const begins[] = {"", "tasks: [", "tasks:\n- ", "lists: [", "env: {", "sweep: {", "sweep: {a: [", "output: "};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t k = 0; k < sizeof begins / sizeof *begins; k++)
            expect_quick(begins[k], texts[i]);
    expect_quick("arg-file:", "\n- a");
    expect_quick("lists: [", "[],");
    expect_quick("lists: [", "{file: f},");
    expect_quick("tasks: [", "a,");
    expect_quick("env: {", "a: b,");
}
END_TEST

static uint32_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

/* Whatever a file holds, it is a job or an error with a place, in two lines. */
START_TEST(any_text_is_a_job_or_an_error)
{
    static const char *const pool[] = {"a", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ", ", "\"", "'", "#", "&", "*", "!", "|", ">", "%",
                                       "procs", "tasks", "sweep", "lists", "env", "command", "zip", "from", "to", "1", "0.1", "yes", "\xc3\xa4",
                                       "\xff", "\\", "<<", "---", "...", "\t", "~", "file", "linked", "values", "repeat", "points"};
    uint64_t state = 7;

    for (int round = 0; round < 20000; round++) {
        char job[512];
        size_t len = 0;

        for (uint32_t n = next_random(&state) % 24; n; n--) {
            const char *part = pool[next_random(&state) % (sizeof pool / sizeof *pool)];

            len += (size_t)sprintf(job + len, "%s", part);
        }
        enum ask_result result = parse(file_of(job, len), "x");
        int lines = 0;

        for (const char *p = said; *p; p++)
            lines += *p == '\n';
        ck_assert(result == ASK_RUN || result == ASK_USAGE);
        ck_assert_msg(lines == (result == ASK_RUN ? 0 : 2), "%s", said);
        ask_release(&conf);
    }
}
END_TEST

Suite *jobfile_suite(void)
{
    Suite *s = suite_create("jobfile");
    TCase *c = tcase_create("keys"), *hostile = tcase_create("hostile");

    tcase_add_test(c, values_are_what_their_key_says);
    tcase_add_test(c, commands_are_lines_or_words);
    tcase_add_test(c, tasks_are_said_in_several_ways);
    tcase_add_test(c, the_command_line_wins);
    tcase_add_test(c, wrong_keys_are_named);
    tcase_add_test(c, wrong_values_are_named);
    suite_add_tcase(s, c);
    tcase_set_timeout(hostile, 120);
    tcase_add_test(hostile, what_yaml_can_do_and_jobs_cannot);
    tcase_add_test(hostile, only_regular_files_of_some_size_are_read);
    tcase_add_test(hostile, no_file_takes_long);
    tcase_add_test(hostile, any_text_is_a_job_or_an_error);
    suite_add_tcase(s, hostile);
    return s;
}
