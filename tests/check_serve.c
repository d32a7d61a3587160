/* The executor over a socket pair, without any MPI: it does what it is sent, and takes its tasks along when its rank is gone. */
#include "backend/serve.h"

#include "backend/setup.h"
#include "base/io.h"
#include "suites.h"
#include "work/spawn.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* An executor in a child process, and the rank's end of its socket. */
static struct side {
    pid_t pid;
    int fd;
    struct wire_reader in;
} side;

static void start(void)
{
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    side = (struct side){.pid = fork(), .fd = pair[0]};
    if (side.pid == 0) {
        close(pair[0]);
        spawn_init();
        _exit(serve_main(pair[1]));
    }
    close(pair[1]);
}

static int exit_of_executor(void)
{
    int status;

    ck_assert_int_eq(waitpid(side.pid, &status, 0), side.pid);
    wire_release(&side.in);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static struct wire_frame next_frame(void)
{
    struct wire_frame f;
    char buffer[65536];
    int got;

    while ((got = wire_next(&side.in, &f)) == 0) {
        ssize_t n = io_read(side.fd, buffer, sizeof buffer);

        ck_assert_int_gt(n, 0);
        wire_feed(&side.in, buffer, (size_t)n);
    }
    ck_assert_int_eq(got, 1);
    return f;
}

static void give(struct buf *out)
{
    ck_assert_int_eq(io_write_all(side.fd, out->ptr, out->len), 0);
    buf_release(out);
}

static void send_setup(char **word, uint32_t slots)
{
    struct setup s = {.slots = slots, .first_slot = 5, .rank = 2};
    struct buf out = BUF_INIT;

    s.work = (struct work){.kind = WORK_COMMAND, .word = word, .shell = "/bin/sh", .replace = "{}", .separator = '\n',
                           .linger = 1000000, .cpus_per_slot = 1};
    while (word[s.work.words])
        s.work.words++;
    setup_put(&out, &s, environ);
    give(&out);
}

static void greet(char **word, uint32_t slots)
{
    struct hello h;

    start();
    struct wire_frame f = next_frame();

    ck_assert_int_eq(f.kind, WIRE_HELLO);
    ck_assert(setup_get_hello(f.body, &h));
    ck_assert_str_eq(h.version, setup_version());
    setup_release_hello(&h);
    send_setup(word, slots);
    ck_assert_int_eq(next_frame().kind, WIRE_READY);
}

/* TASKS: one line each. */
static void send_tasks(uint64_t first, const char *tasks)
{
    struct batch *b = batch_new(first, '\n');
    struct buf out = BUF_INIT;

    buf_puts(&b->data, tasks);
    for (const char *c = tasks; *c; c++)
        b->count += *c == '\n';
    wire_batch(&out, b);
    batch_free(b);
    give(&out);
}

static void send_number(enum wire_kind kind, uint32_t n)
{
    struct buf out = BUF_INIT;

    wire_number(&out, kind, n);
    give(&out);
}

static struct piece next_piece(void)
{
    struct wire_frame f = next_frame();
    struct piece p;

    ck_assert_int_eq(f.kind, WIRE_PIECE);
    ck_assert(wire_get_piece(f.body, &p));
    return p;
}

START_TEST(tasks_are_done)
{
    char *word[] = {(char *)"/bin/sh", (char *)"-c", (char *)"echo $SMAP_RANK $1; exit $1", (char *)"x", (char *)"{}", NULL};
    bool ended[4] = {false};

    greet(word, 2);
    send_tasks(1, "0\n1\n");
    send_tasks(3, "0\n");
    for (int ends = 0; ends < 3;) {
        struct piece p = next_piece();

        ck_assert_uint_ge(p.task, 1);
        ck_assert_uint_le(p.task, 3);
        if (p.kind == PIECE_OUT)
            ck_assert(span_equal(p.bytes, span_of(p.task == 2 ? "2 1\n" : "2 0\n")));
        if (p.kind != PIECE_END)
            continue;
        ck_assert(!ended[p.task]);
        ended[p.task] = true;
        ck_assert_uint_eq(p.end.status, p.task == 2);
        ck_assert(p.end.slot == 5 || p.end.slot == 6);
        ck_assert_uint_eq(p.end.rank, 2);
        ends++;
    }
    send_number(WIRE_STOP, 0);
    ck_assert_int_eq(exit_of_executor(), 0);
}
END_TEST

START_TEST(a_command_that_is_not_there_is_refused)
{
    char *word[] = {(char *)"/no/such/command", NULL};

    start();
    next_frame();
    send_setup(word, 1);
    ck_assert_int_eq(next_frame().kind, WIRE_NOTE);
    struct wire_frame f = next_frame();
    struct wire_cursor c = wire_open(f.body);

    ck_assert_int_eq(f.kind, WIRE_REFUSED);
    ck_assert_uint_eq(wire_get_u32(&c), 127);
    close(side.fd);
    ck_assert_int_eq(exit_of_executor(), 0);
}
END_TEST

static bool is_alive(pid_t pid)
{
    char path[64], text[256] = "";

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");

    if (!f)
        return false;
    size_t n = fread(text, 1, sizeof text - 1, f);

    fclose(f);
    text[n] = '\0';
    const char *state = strrchr(text, ')');

    return state && state[2] != 'Z' && state[2] != 'X';
}

/* The rank is gone: nothing below the executor may be left when it has ended, not even what went into a session of its own. */
START_TEST(the_end_of_the_rank_ends_everything)
{
    char *word[] = {(char *)"/bin/sh", (char *)"-c", (char *)"trap '' TERM HUP; setsid sleep 1000 & sleep 1000 & echo $! $$; wait",
                    NULL};
    int daemon, shell;

    greet(word, 1);
    send_tasks(1, "x\n");
    struct piece p = next_piece();
    char *line = strndup(p.bytes.ptr, p.bytes.len);

    ck_assert_int_eq(sscanf(line, "%d %d", &daemon, &shell), 2);
    ck_assert(is_alive(daemon) && is_alive(shell));
    free(line);
    close(side.fd);
    ck_assert_int_eq(exit_of_executor(), 0);
    ck_assert(!is_alive(daemon) && !is_alive(shell));
}
END_TEST

START_TEST(a_signal_cancels_what_has_not_begun)
{
    char *word[] = {(char *)"/bin/sh", (char *)"-c", (char *)"echo go; sleep 1000", NULL};
    int signalled = 0, cancelled = 0;

    greet(word, 1);
    send_tasks(1, "a\nb\nc\n");
    ck_assert_int_eq(next_piece().kind, PIECE_OUT);
    send_number(WIRE_SIGNAL, SIGTERM);
    while (signalled + cancelled < 3) {
        struct piece p = next_piece();

        if (p.kind != PIECE_END)
            continue;
        signalled += p.end.cause == END_SIGNAL && p.end.signal == SIGTERM && p.task == 1;
        cancelled += p.end.cause == END_CANCELLED && p.task > 1;
    }
    ck_assert_int_eq(signalled, 1);
    send_number(WIRE_STOP, 0);
    ck_assert_int_eq(exit_of_executor(), 0);
}
END_TEST

/* What comes back, until N have; the tasks before NEXT do not. */
static void expect_back(uint64_t next, uint32_t n)
{
    while (n) {
        struct wire_frame f = next_frame();
        uint64_t first;
        uint32_t count;

        ck_assert_int_eq(f.kind, WIRE_BACK);
        ck_assert(wire_get_range(f.body, &first, &count));
        ck_assert_uint_eq(first, next);
        next += count;
        n -= count;
    }
}

START_TEST(what_has_not_begun_is_given_back)
{
    char *word[] = {(char *)"/bin/sh", (char *)"-c", (char *)"echo go; exec sleep 1000", NULL};

    greet(word, 1);
    send_tasks(1, "a\nb\nc\n");
    send_tasks(7, "d\n");
    ck_assert_int_eq(next_piece().kind, PIECE_OUT);
    send_number(WIRE_WANTED, 1);
    expect_back(2, 2);
    expect_back(7, 1);
    send_tasks(8, "e\nf\n");
    expect_back(8, 2);
    send_number(WIRE_WANTED, 0);
    send_tasks(10, "g\n");
    send_number(WIRE_SIGNAL, SIGTERM);
    struct piece p = next_piece();

    ck_assert(p.task == 10 && p.end.cause == END_CANCELLED);
    p = next_piece();
    ck_assert(p.task == 1 && p.end.cause == END_SIGNAL);
    send_number(WIRE_STOP, 0);
    ck_assert_int_eq(exit_of_executor(), 0);
}
END_TEST

static long peak_kb(pid_t pid)
{
    char path[64], line[256];
    long kb = 0;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return kb;
}

/* A reader that is always behind: what waits for it never becomes nothing, and must not grow. */
START_TEST(a_large_result_takes_little_memory)
{
    char *word[] = {(char *)"/bin/sh", (char *)"-c", (char *)"head -c 60000000 /dev/zero", NULL};
    size_t bytes = 0;

    greet(word, 1);
    long before = peak_kb(side.pid);

    send_tasks(1, "x\n");
    for (struct piece p = next_piece(); p.kind != PIECE_END; p = next_piece()) {
        bytes += p.bytes.len;
        if (bytes < 30000000)
            poll(NULL, 0, 1);
    }
    ck_assert_uint_eq(bytes, 60000000);
    ck_assert_int_lt(peak_kb(side.pid) - before, 20000);
    close(side.fd);
    exit_of_executor();
}
END_TEST

START_TEST(a_large_task_passes)
{
    char *word[] = {(char *)"/usr/bin/cksum", NULL};
    struct setup s = {.slots = 1, .first_slot = 1};
    struct buf out = BUF_INIT, line = BUF_INIT;

    start();
    next_frame();
    s.work = (struct work){.kind = WORK_COMMAND, .word = word, .words = 1, .shell = "/bin/sh", .replace = "{}", .feed = true,
                           .separator = '\n', .linger = 1000000};
    setup_put(&out, &s, environ);
    give(&out);
    ck_assert_int_eq(next_frame().kind, WIRE_READY);
    for (int i = 0; i < 5000000; i++)
        buf_putc(&line, 'x');
    buf_putc(&line, '\n');
    send_tasks(1, buf_cstr(&line));
    struct piece p = next_piece();

    ck_assert_ptr_nonnull(memmem(p.bytes.ptr, p.bytes.len, " 5000000", 8));
    buf_release(&line);
    close(side.fd);
    exit_of_executor();
}
END_TEST

START_TEST(noise_ends_it)
{
    struct buf out = BUF_INIT;

    start();
    next_frame();
    for (int i = 0; i < 100; i++)
        buf_putc(&out, (char)0xee);
    give(&out);
    ck_assert_int_eq(exit_of_executor(), 3);
}
END_TEST

/* A batch that promises more tasks than it holds. */
START_TEST(a_lying_batch_ends_it)
{
    char *word[] = {(char *)"/bin/true", NULL};
    struct batch *b = batch_new(1, '\n');
    struct buf out = BUF_INIT;

    greet(word, 1);
    buf_puts(&b->data, "one\n");
    b->count = 2;
    wire_batch(&out, b);
    batch_free(b);
    give(&out);
    ck_assert_int_eq(exit_of_executor(), 3);
}
END_TEST

Suite *serve_suite(void)
{
    Suite *s = suite_create("serve");
    TCase *c = tcase_create("executor");

    tcase_set_timeout(c, 30);
    tcase_add_test(c, tasks_are_done);
    tcase_add_test(c, a_command_that_is_not_there_is_refused);
    tcase_add_test(c, the_end_of_the_rank_ends_everything);
    tcase_add_test(c, a_signal_cancels_what_has_not_begun);
    tcase_add_test(c, what_has_not_begun_is_given_back);
    tcase_add_test(c, a_large_result_takes_little_memory);
    tcase_add_test(c, a_large_task_passes);
    tcase_add_test(c, noise_ends_it);
    tcase_add_test(c, a_lying_batch_ends_it);
    suite_add_tcase(s, c);
    return s;
}
