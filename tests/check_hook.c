/* Hooks: called with each result, one at a time; how they vote; what happens to those that do not
 * read, or do not end. */
#include "results/hook.h"

#include "base/clock.h"
#include "base/loop.h"
#include "suites.h"
#include "work/work.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct loop *loop;
static char dir[64];
static int said = -1; /* stderr goes there */

static void begin(void)
{
    snprintf(dir, sizeof dir, "/tmp/smap-check-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    ck_assert_int_eq(chdir(dir), 0);
    said = memfd_create("said", MFD_CLOEXEC);
    dup2(said, STDERR_FILENO);
    signal(SIGPIPE, SIG_IGN);
    loop = loop_new();
}

static void end(void)
{
    char command[128];

    loop_free(loop);
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static const char *heard(void)
{
    static char text[4096];
    ssize_t n = pread(said, text, sizeof text - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

static const char *content(const char *file)
{
    static char text[4096];
    int fd = open(file, O_RDONLY);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

    close(fd);
    text[n] = '\0';
    return text;
}

static struct outlet *open_hook(const char *command, bool stream)
{
    static const struct work work = {.shell = "/bin/sh", .replace = "{}"};
    struct hook_spec spec = {.loop = loop, .command = command, .stream = stream, .work = &work};
    struct outlet *o = NULL;

    ck_assert_int_eq(hook_open(&o, &spec), 0);
    return o;
}

/* One result; what the put of its END says. */
static int put(struct outlet *o, uint64_t task, struct span out, struct outcome how)
{
    struct piece p = {
        .kind = PIECE_OUT, .task = task, .count = 1, .bytes = out, .input = span_of("in put")};

    ck_assert(!o->ops->ready || o->ops->ready(o));
    ck_assert_int_eq(o->ops->put(o, &p), 0);
    p.kind = PIECE_ERR;
    p.bytes = span_of("not for hooks");
    ck_assert_int_eq(o->ops->put(o, &p), 0);
    p.kind = PIECE_END;
    p.bytes = (struct span){0};
    p.end = how;
    p.end.attempt = 1;
    return o->ops->put(o, &p);
}

/* Until the hook has come to an end of what it is doing: its vote. */
static int settle(struct outlet *o)
{
    int64_t until = clock_now() + 60000000;
    int vote = 0;

    for (;;) {
        vote |= o->ops->flush(o);
        if (vote || !o->ops->busy(o))
            return vote;
        ck_assert_msg(clock_now() < until, "the hook does not end");
        loop_wait(loop, until);
    }
}

static int run(struct outlet *o, uint64_t task, const char *out)
{
    int vote = put(o, task, span_of(out), (struct outcome){0});

    return vote ? vote : settle(o);
}

START_TEST(a_function_is_known_by_its_looks)
{
    static const char *const functions[] = {"./a.so:f",    "/x/y:f_1", "liba.so:f",
                                            "liba.so.6:f", "a.so.1:f", "./a:b:f"};
    static const char *const commands[] = {"a:f",     "./a.so",  "cat",   "./a.so:",           ":f",
                                           "./a b:f", "./a:f-g", "x | y", "curl http://x:80/y"};

    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        ck_assert_msg(hook_is_function(functions[i]), "%s", functions[i]);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        ck_assert_msg(!hook_is_function(commands[i]), "%s", commands[i]);
}
END_TEST

START_TEST(a_command_is_run_with_each_result)
{
    struct outlet *o = open_hook("{ echo $SMAP_TASK $SMAP_STATUS $SMAP_SIGNAL $SMAP_ATTEMPT "
                                 "$SMAP_SLOT \"$SMAP_INPUT\" {} {#}; cat; } >> out",
                                 false);

    ck_assert_int_eq(run(o, 1, "one\n"), 0);
    ck_assert_int_eq(
        put(o, 2, span_of(""), (struct outcome){.cause = END_SIGNAL, .signal = 9, .slot = 3}), 0);
    ck_assert(!o->ops->ready(o) && o->ops->busy(o));
    ck_assert_int_eq(settle(o), 0);
    ck_assert_int_eq(put(o, 3, span_of("gone"), (struct outcome){.cause = END_CANCELLED}), 0);
    ck_assert(o->ops->ready(o));
    ck_assert_int_eq(run(o, 4, "four\n"), 0);
    ck_assert_int_eq(o->ops->close(o, true), 0);
    ck_assert_str_eq(content("out"), "1 0 0 1 0 in put in put 1\none\n2 137 9 1 3 in put in put "
                                     "2\n4 0 0 1 0 in put in put 4\nfour\n");
    ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(votes)
{
    static const struct {
        const char *command;
        int vote;
        const char *words;
    } cases[] = {
        {"true", 0, ""},
        {"exit 10", OUTLET_STOP, "smap: the hook has stopped the run after task 7\n"},
        {"exit 1", OUTLET_BREAK, "smap: the hook has failed for task 7: status 1\n"},
        {"kill -9 $$", OUTLET_BREAK, "smap: the hook has failed for task 7: signal 9 (Killed)\n"},
        {"/nonexistent/program", OUTLET_BREAK,
         "smap: the hook cannot be run for task 7: /nonexistent/program: No such file or "
         "directory\n"},
        {"/etc/passwd", OUTLET_BREAK,
         "smap: the hook cannot be run for task 7: /etc/passwd: Permission denied\n"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct outlet *o = open_hook(cases[i].command, false);

        ck_assert_int_eq(ftruncate(said, 0), 0);
        lseek(said, 0, SEEK_SET);
        ck_assert_int_eq(run(o, 7, "x"), cases[i].vote);
        ck_assert_str_eq(heard(), cases[i].words);
        ck_assert_int_eq(o->ops->ready(o), cases[i].vote == 0);
        ck_assert_int_eq(o->ops->close(o, false), 0);
    }
}
END_TEST

START_TEST(large_results_and_hooks_that_do_not_read)
{
    static const char *const commands[] = {"wc -c > out", "true", "read line",
                                           "exec <&-; sleep 0.01", "head -c 10 > /dev/null"};
    size_t len = 20 << 20;
    char *large = malloc(len);

    memset(large, 'x', len);
    large[5] = '\n';
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct outlet *o = open_hook(commands[i], false);

        ck_assert_int_eq(put(o, 1, (struct span){large, len}, (struct outcome){0}), 0);
        ck_assert_int_eq(settle(o), 0);
        ck_assert_int_eq(o->ops->close(o, true), 0);
    }
    ck_assert_int_eq(atoi(content("out")), (int)len);
    free(large);
}
END_TEST

START_TEST(what_it_prints_goes_to_stderr)
{
    struct outlet *o = open_hook("echo out; echo err >&2", false);

    ck_assert_int_eq(run(o, 1, ""), 0);
    ck_assert_int_eq(o->ops->close(o, true), 0);
    ck_assert_str_eq(heard(), "out\nerr\n");
}
END_TEST

START_TEST(one_that_does_not_end_is_ended)
{
    static const char *const stubborn = "trap '' TERM; while :; do sleep 1; done";
    struct outlet *o = open_hook(stubborn, false);

    ck_assert_int_eq(put(o, 1, span_of(""), (struct outcome){0}), 0);
    o->ops->hurry(o, 1000);
    ck_assert_int_eq(settle(o), 0);
    ck_assert_str_eq(heard(), "smap: the run ends without the hook, from task 1 on\n");
    /* Results go by. */
    ck_assert_int_eq(run(o, 2, ""), 0);
    o->ops->close(o, false);
    /* No time is left for another. */
    o = open_hook("touch called", false);
    o->ops->hurry(o, -1);
    ck_assert_int_eq(run(o, 1, ""), 0);
    ck_assert_int_eq(run(o, 2, ""), 0);
    o->ops->close(o, false);
    ck_assert_int_eq(access("called", F_OK), -1);
    /* Closing does not wait for it either. */
    o = open_hook(stubborn, false);
    ck_assert_int_eq(put(o, 1, span_of(""), (struct outcome){0}), 0);
    o->ops->close(o, false);
}
END_TEST

START_TEST(a_stream_reads_lines)
{
    struct outlet *o = open_hook("cat > out; echo done >> out", true);

    ck_assert_int_eq(run(o, 1, "a\n"), 0);
    ck_assert_int_eq(run(o, 2, "b\xff"), 0);
    ck_assert_int_eq(put(o, 3, span_of("gone"), (struct outcome){.cause = END_CANCELLED}), 0);
    o->ops->finish(o);
    ck_assert(o->ops->busy(o));
    ck_assert_int_eq(settle(o), 0);
    ck_assert_int_eq(o->ops->close(o, true), 0);
    const char *text = content("out");

    ck_assert_msg(strncmp(text, "{\"task\":1,\"input\":\"in put\",", 27) == 0, "%s", text);
    ck_assert_ptr_nonnull(
        strstr(text, "\"stdout\":\"a\\n\",\"stderr\":\"not for hooks\"}\n{\"task\":2,"));
    ck_assert_ptr_nonnull(
        strstr(text, "\"stdout_base64\":\"Yv8=\",\"stderr\":\"not for hooks\"}\ndone\n"));
}
END_TEST

/* Results until it votes, or MOST of them and the end. */
static int stream_votes(const char *command, int most)
{
    struct outlet *o = open_hook(command, true);
    int vote = 0;

    for (int i = 1; i <= most && !vote; i++) {
        vote = run(o, (uint64_t)i, "x");
        loop_wait(loop, 0);
        vote |= o->ops->flush(o);
    }
    if (!vote) {
        o->ops->finish(o);
        vote = settle(o);
    }
    ck_assert_int_eq(o->ops->close(o, vote == 0), 0);
    return vote;
}

START_TEST(a_stream_votes_by_its_end)
{
    ck_assert_int_eq(stream_votes("read line; exit 10", 1000000), OUTLET_STOP);
    ck_assert_int_eq(stream_votes("read line; exit 3", 1000000), OUTLET_BREAK);
    ck_assert_int_eq(stream_votes("read line", 1000), 0);
    ck_assert_int_eq(stream_votes("cat > /dev/null; exit 10", 3), 0);
    ck_assert_int_eq(stream_votes("cat > /dev/null; exit 5", 3), OUTLET_BREAK);
    ck_assert_int_eq(stream_votes("/nonexistent/program", 3), OUTLET_BREAK);
    ck_assert_int_eq(stream_votes("true", 0), 0);
}
END_TEST

START_TEST(a_stream_that_does_not_end_is_ended)
{
    struct outlet *o = open_hook("trap '' TERM; while :; do sleep 1; done", true);

    ck_assert_int_eq(run(o, 1, "x"), 0);
    o->ops->finish(o);
    o->ops->hurry(o, 1000);
    ck_assert_int_eq(settle(o), 0);
    ck_assert_str_eq(
        heard(),
        "smap: the run ends without the hook, which has been given the results up to task 1\n");
    ck_assert_int_eq(run(o, 2, "x"), 0);
    o->ops->close(o, false);
    o = open_hook("trap '' TERM; while :; do sleep 1; done", true);
    ck_assert_int_eq(run(o, 1, "x"), 0);
    o->ops->close(o, false);
}
END_TEST

START_TEST(a_stream_is_fed_large_lines)
{
    struct outlet *o = open_hook("wc -c > out", true);
    size_t len = 20 << 20;
    char *large = malloc(len);

    memset(large, '\n', len);
    ck_assert_int_eq(put(o, 1, (struct span){large, len}, (struct outcome){0}), 0);
    ck_assert(!o->ops->ready(o));
    ck_assert_int_eq(settle(o), 0);
    o->ops->finish(o);
    ck_assert_int_eq(settle(o), 0);
    ck_assert_int_eq(o->ops->close(o, true), 0);
    ck_assert_int_gt(atoi(content("out")), (int)len * 2);
    free(large);
}
END_TEST

START_TEST(libraries_that_cannot_be_used)
{
    static const struct work work = {.shell = "/bin/sh", .replace = "{}"};
    struct hook_spec spec = {.loop = loop, .command = "/nonexistent/lib.so:f", .work = &work};
    struct outlet *o;

    ck_assert_int_eq(hook_open(&o, &spec), -1);
    ck_assert_ptr_nonnull(strstr(
        heard(), "smap: the hook cannot be run: cannot open the library: /nonexistent/lib.so"));
    spec.command = "libc.so.6:getpid";
    ck_assert_int_eq(hook_open(&o, &spec), -1);
    ck_assert_ptr_nonnull(strstr(heard(), "getpid is not a hook: there is no getpid_abi"));
}
END_TEST

Suite *hook_suite(void)
{
    Suite *s = suite_create("hook");
    TCase *c = tcase_create("calls");

    tcase_set_timeout(c, 60);
    tcase_add_checked_fixture(c, begin, end);
    tcase_add_test(c, a_function_is_known_by_its_looks);
    tcase_add_test(c, a_command_is_run_with_each_result);
    tcase_add_test(c, votes);
    tcase_add_test(c, large_results_and_hooks_that_do_not_read);
    tcase_add_test(c, what_it_prints_goes_to_stderr);
    tcase_add_test(c, one_that_does_not_end_is_ended);
    tcase_add_test(c, a_stream_reads_lines);
    tcase_add_test(c, a_stream_votes_by_its_end);
    tcase_add_test(c, a_stream_that_does_not_end_is_ended);
    tcase_add_test(c, a_stream_is_fed_large_lines);
    tcase_add_test(c, libraries_that_cannot_be_used);
    suite_add_tcase(s, c);
    return s;
}
