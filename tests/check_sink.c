/*
 * The sink against everything that stdout may be, with readers that are slow, stalled or gone, driven through
 * the loop by hand. A test that blocks is ended by Check's time limit: that is how "never blocks" is tested.
 */
#include "results/sink.h"

#include "base/clock.h"
#include "base/diag.h"
#include "base/loop.h"
#include "results/channel.h"
#include "suites.h"

#include <dirent.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static int kept[2];
static struct loop *loop;
static char dir[64];

static void setup(void)
{
    signal(SIGPIPE, SIG_IGN);
    kept[0] = dup(1);
    kept[1] = dup(2);
    loop = loop_new();
    strcpy(dir, "/tmp/check_sink-XXXXXX");
    ck_assert(mkdtemp(dir) && chdir(dir) == 0);
}

static void restore(void)
{
    dup2(kept[0], 1);
    dup2(kept[1], 2);
}

static void teardown(void)
{
    restore();
    close(kept[0]);
    close(kept[1]);
    loop_free(loop);
    DIR *d = opendir(".");
    struct dirent *e;

    while ((e = readdir(d)))
        if (e->d_name[0] != '.' || strlen(e->d_name) > 2)
            unlink(e->d_name);
    closedir(d);
    rmdir(dir);
}

static struct outlet *open_sink(struct sink_spec spec)
{
    struct outlet *o;

    spec.loop = loop;
    ck_assert_int_eq(sink_open(&o, &spec), 0);
    return o;
}

static int put(struct outlet *o, enum piece_kind kind, uint64_t task, const char *text)
{
    struct piece p = {.kind = kind, .task = task, .count = 1, .bytes = span_of(text), .input = span_of("in")};

    return o->ops->put(o, &p);
}

static int put_end(struct outlet *o, uint64_t task, int status)
{
    struct piece p = {.kind = PIECE_END, .task = task, .count = 1, .input = span_of("in")};

    p.end.status = (uint8_t)status;

    return o->ops->put(o, &p);
}

/* All that FD gives until its end or until it would block. */
static struct buf slurp(int fd)
{
    struct buf b = BUF_INIT;
    ssize_t n;

    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    while ((n = read(fd, buf_room(&b, 4096), 4096)) > 0)
        b.len += (size_t)n;
    return b;
}

static void check_content(int fd, const char *expected)
{
    struct buf b = slurp(fd);

    ck_assert_str_eq(buf_cstr(&b), expected);
    buf_release(&b);
}

static void check_file(const char *name, const char *expected)
{
    int fd = open(name, O_RDONLY);

    ck_assert_int_ge(fd, 0);
    check_content(fd, expected);
    close(fd);
}

static int count_files(void)
{
    DIR *d = opendir(".");
    int n = -2; /* . and .. */

    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* Readers that take their time */

enum { TOTAL = 3 << 20, MOST = 300000 };

static char noise[TOTAL + MOST];
static char back[TOTAL + MOST];

static void make_noise(void)
{
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)('a' + rand() % 26);
}

static size_t read_some(int fd, size_t have)
{
    size_t want = (size_t)rand() % 100000;
    ssize_t n = read(fd, back + have, have + want > sizeof back ? sizeof back - have : want);

    return n > 0 ? have + (size_t)n : have;
}

/* Gives pieces while the sink is ready, reads a little while it is not; returns how often the sink said no. */
static int feed(struct outlet *o, int fd)
{
    size_t given = 0, have = 0;
    int refused = 0;

    make_noise();
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    while (have < given || given < TOTAL) {
        if (!o->ops->ready(o) || given >= TOTAL) {
            refused += !o->ops->ready(o);
            have = read_some(fd, have);
            loop_wait(loop, 0);
            ck_assert_int_eq(o->ops->flush(o), 0);
            continue;
        }
        struct piece p = {.kind = PIECE_OUT, .task = 1, .count = 1,
                          .bytes = {noise + given, (size_t)(rand() % (rand() % 4 ? 5000 : MOST))}};

        ck_assert_int_eq(o->ops->put(o, &p), 0);
        given += p.bytes.len;
    }
    ck_assert(!o->ops->busy(o));
    ck_assert_uint_eq(have, given);
    ck_assert(memcmp(noise, back, given) == 0);
    return refused;
}

START_TEST(slow_reader_of_a_pipe)
{
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    if (_i == 1)
        fcntl(fd[1], F_SETFL, O_NONBLOCK);
    dup2(fd[1], 1);
    struct outlet *o = open_sink((struct sink_spec){0});

    ck_assert_int_gt(feed(o, fd[0]), 0);
    /* the description that others share is as it was */
    ck_assert_int_eq((fcntl(1, F_GETFL) & O_NONBLOCK) != 0, _i == 1);
    ck_assert_int_eq(o->ops->close(o, true), 0);
}
END_TEST

START_TEST(slow_reader_of_a_socket)
{
    int fd[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    dup2(fd[1], 1);
    struct outlet *o = open_sink((struct sink_spec){0});

    ck_assert_int_gt(feed(o, fd[0]), 0);
    ck_assert_int_eq(fcntl(1, F_GETFL) & O_NONBLOCK, 0);
    ck_assert_int_eq(o->ops->close(o, true), 0);
}
END_TEST

START_TEST(slow_reader_of_a_terminal)
{
    int master, slave;
    struct termios raw;

    if (openpty(&master, &slave, NULL, NULL, NULL) < 0)
        return; /* a bare chroot without /dev/pts */
    tcgetattr(slave, &raw);
    cfmakeraw(&raw);
    tcsetattr(slave, TCSANOW, &raw);
    dup2(slave, 1);
    struct outlet *o = open_sink((struct sink_spec){0});

    ck_assert_int_gt(feed(o, master), 0);
    ck_assert_int_eq(o->ops->close(o, true), 0);
}
END_TEST

/* Where /proc does not give a second description: poll, and small steps. */
START_TEST(careful_steps_do_not_block)
{
    struct channel c;
    int fd[2];
    size_t have = 0, given = 0;

    ck_assert_int_eq(pipe(fd), 0);
    channel_open(&c, loop, fd[1], "pipe", false);
    ck_assert_int_eq(c.way, CHANNEL_OWN);
    close(c.fd);
    c = (struct channel){.loop = loop, .fd = fd[1], .name = "pipe", .way = CHANNEL_CAREFUL, .step = 4096};
    make_noise();
    fcntl(fd[0], F_SETFL, O_NONBLOCK);
    while (have < given || given < TOTAL) {
        if (!c.waiting && given < TOTAL) {
            ck_assert_int_eq(channel_put(&c, (struct span){noise + given, 70000}), 0);
            given += 70000;
        }
        channel_flush(&c);
        have = read_some(fd[0], have);
        loop_wait(loop, 0);
    }
    ck_assert(!channel_busy(&c));
    ck_assert(memcmp(noise, back, given) == 0);
    channel_close(&c);
}
END_TEST

START_TEST(what_waits_is_bounded_by_a_piece)
{
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    dup2(fd[1], 1);
    struct outlet *o = open_sink((struct sink_spec){0});
    int puts = 0;

    make_noise();
    noise[60000] = '\0';
    for (; o->ops->ready(o); puts++)
        ck_assert_int_eq(put(o, PIECE_OUT, 1, noise), 0);
    ck_assert_int_le(puts, 4);
    ck_assert(o->ops->busy(o));
    ck_assert_int_eq(o->ops->close(o, false), 0); /* does not wait for the reader */
}
END_TEST

/* Readers that go */

START_TEST(gone_reader_is_noticed_while_nothing_is_written)
{
    int fd[2];

    ck_assert_int_eq(_i ? socketpair(AF_UNIX, SOCK_STREAM, 0, fd) : pipe(fd), 0);
    dup2(fd[1], 1);
    close(fd[1]);
    struct outlet *o = open_sink((struct sink_spec){0});

    loop_wait(loop, 0);
    ck_assert(!sink_closed(o));
    close(fd[0]);
    loop_wait(loop, clock_now() + 2000000);
    ck_assert(sink_closed(o));
    ck_assert_int_eq(put(o, PIECE_OUT, 1, "late"), OUTLET_STOP);
    ck_assert(o->ops->ready(o) && !o->ops->busy(o));
    ck_assert_int_eq(o->ops->flush(o), 0);
    ck_assert_int_eq(o->ops->close(o, false), 0);
}
END_TEST

START_TEST(reader_gone_before_the_start)
{
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    dup2(fd[1], 1);
    close(fd[1]);
    close(fd[0]);
    struct outlet *o = open_sink((struct sink_spec){0});

    loop_wait(loop, clock_now() + 1000000);
    ck_assert(sink_closed(o));
    ck_assert_int_eq(o->ops->close(o, true), 0);
}
END_TEST

START_TEST(reader_of_stderr_matters_when_something_is_said)
{
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    dup2(open("out", O_WRONLY | O_CREAT, 0600), 1);
    dup2(fd[1], 2);
    close(fd[1]);
    close(fd[0]);
    struct outlet *o = open_sink((struct sink_spec){0});

    loop_wait(loop, 0);
    ck_assert_int_eq(put(o, PIECE_OUT, 1, "out"), 0);
    ck_assert(!sink_closed(o));
    ck_assert_int_eq(put(o, PIECE_ERR, 1, "err"), OUTLET_STOP);
    ck_assert(sink_closed(o));
    ck_assert_int_eq(o->ops->close(o, false), 0);
    restore();
    check_file("out", "out");
}
END_TEST

START_TEST(full_device_is_reported_once)
{
    int said[2];

    ck_assert_int_eq(pipe(said), 0);
    dup2(open("/dev/full", O_WRONLY), 1);
    dup2(said[1], 2);
    close(said[1]);
    struct outlet *o = open_sink((struct sink_spec){0});

    ck_assert_int_eq(put(o, PIECE_OUT, 1, "lost"), 0);
    ck_assert_int_eq(o->ops->flush(o), -1);
    ck_assert_int_eq(put(o, PIECE_OUT, 1, "more"), -1);
    ck_assert_int_eq(o->ops->close(o, true), -1);
    restore();
    check_content(said[0], "smap: cannot write standard output: No space left on device\n");
}
END_TEST

/* Files and the order of bytes */

START_TEST(plain_file_gets_the_bytes)
{
    int fd = open("out", O_WRONLY | O_CREAT | O_APPEND, 0600);

    ck_assert_int_eq(write(fd, "before\n", 7), 7);
    dup2(fd, 1);
    struct outlet *o = open_sink((struct sink_spec){0});

    ck_assert_int_eq(put(o, PIECE_OUT, 1, "one\n"), 0);
    ck_assert_int_eq(put_end(o, 1, 0), 0);
    ck_assert_int_eq(put(o, PIECE_RUN, 2, "two\nthree\n"), 0);
    check_file("out", "before\n");
    ck_assert_int_eq(o->ops->flush(o), 0);
    check_file("out", "before\none\ntwo\nthree\n");
    ck_assert_int_eq(o->ops->close(o, true), 0);
}
END_TEST

/* What a file takes at once never makes the sink say no, whatever the sizes. */
START_TEST(file_is_always_ready)
{
    dup2(open("out", O_WRONLY | O_CREAT, 0600), 1);
    struct outlet *o = open_sink((struct sink_spec){0});
    struct stat st;
    size_t total = 0;

    for (size_t len = 1; len <= 1 << 19; len *= 2) {
        for (size_t k = len > 2 ? len - 2 : 0; k < len + 2; total += k++) {
            struct piece p = {.kind = PIECE_OUT, .task = 1, .count = 1, .bytes = {noise, k}};

            ck_assert_int_eq(o->ops->put(o, &p), 0);
            ck_assert(o->ops->ready(o));
            if (len & 0x55555555)
                ck_assert_int_eq(o->ops->flush(o), 0);
        }
    }
    ck_assert_int_eq(o->ops->close(o, true), 0);
    restore();
    ck_assert_int_eq(stat("out", &st), 0);
    ck_assert_uint_eq((size_t)st.st_size, total);
}
END_TEST

START_TEST(one_pipe_for_both_keeps_the_order_of_pieces)
{
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    dup2(fd[1], 1);
    dup2(fd[1], 2);
    struct outlet *o = open_sink((struct sink_spec){0});

    put(o, PIECE_OUT, 1, "out1 ");
    put(o, PIECE_ERR, 1, "err1 ");
    put(o, PIECE_OUT, 1, "out2 ");
    put(o, PIECE_OUT, 1, "out3 ");
    put_end(o, 1, 1); /* failed: what smap says of it comes next */
    diag_note("failed");
    put(o, PIECE_OUT, 2, "out4");
    ck_assert_int_eq(o->ops->close(o, true), 0);
    restore();
    check_content(fd[0], "out1 err1 out2 out3 \nsmap: failed\nout4");
}
END_TEST

START_TEST(messages_wait_for_a_stalled_reader_without_blocking)
{
    char *big = malloc(200001), *expected = malloc(200100);
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    dup2(open("/dev/null", O_WRONLY), 1);
    dup2(fd[1], 2);
    close(fd[1]);
    struct outlet *o = open_sink((struct sink_spec){0});

    memset(big, 'x', 200000);
    big[200000] = '\0';
    ck_assert_int_eq(put(o, PIECE_ERR, 1, big), 0);
    put_end(o, 1, 1);
    diag_note("task 1 failed");
    ck_assert(!o->ops->ready(o) && o->ops->busy(o));
    struct buf got = BUF_INIT;

    while (o->ops->busy(o)) {
        struct buf some = slurp(fd[0]);

        buf_put(&got, some.ptr, some.len);
        buf_release(&some);
        loop_wait(loop, 0);
    }
    ck_assert_int_eq(o->ops->close(o, true), 0);
    restore();
    struct buf rest = slurp(fd[0]);

    buf_put(&got, rest.ptr, rest.len);
    sprintf(expected, "%s\nsmap: task 1 failed\n", big);
    ck_assert_str_eq(buf_cstr(&got), expected);
    buf_release(&rest);
    buf_release(&got);
    free(big);
    free(expected);
}
END_TEST

START_TEST(messages_notice_a_reader_that_is_gone)
{
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    dup2(open("/dev/null", O_WRONLY), 1);
    dup2(fd[1], 2);
    close(fd[1]);
    close(fd[0]);
    struct outlet *o = open_sink((struct sink_spec){0});

    ck_assert(!sink_closed(o));
    diag_note("anybody there?");
    ck_assert(sink_closed(o));
    ck_assert_int_eq(o->ops->close(o, false), 0);
}
END_TEST

START_TEST(quiet_streams_are_dropped)
{
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    dup2(fd[1], 1);
    dup2(fd[1], 2);
    struct outlet *o = open_sink((struct sink_spec){.quiet_stdout = _i == 0, .quiet_stderr = _i == 1});

    put(o, PIECE_OUT, 1, "out");
    put(o, PIECE_ERR, 1, "err");
    put_end(o, 1, 0);
    ck_assert_int_eq(o->ops->close(o, true), 0);
    restore();
    check_content(fd[0], _i ? "out" : "err");
}
END_TEST

/* -o */

START_TEST(output_file_appears_when_complete)
{
    struct stat st;

    umask(027);
    struct outlet *o = open_sink((struct sink_spec){.file = "result"});

    put(o, PIECE_OUT, 1, "whole\n");
    ck_assert_int_ne(access("result", F_OK), 0);
    ck_assert_int_eq(o->ops->close(o, true), 0);
    check_file("result", "whole\n");
    ck_assert_int_eq(stat("result", &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0640);
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

static void make_file(const char *name, const char *content, mode_t mode)
{
    int fd = open(name, O_WRONLY | O_CREAT, 0600);

    ck_assert_int_eq(write(fd, content, strlen(content)), (int)strlen(content));
    fchmod(fd, mode);
    close(fd);
}

START_TEST(link_is_followed_and_mode_kept)
{
    struct stat st;

    make_file("real", "old", 0604);
    ck_assert_int_eq(symlink("real", "link"), 0);
    struct outlet *o = open_sink((struct sink_spec){.file = "link"});

    put(o, PIECE_OUT, 1, "new");
    check_file("real", "old");
    ck_assert_int_eq(o->ops->close(o, true), 0);
    check_file("real", "new");
    ck_assert_int_eq(lstat("link", &st), 0);
    ck_assert(S_ISLNK(st.st_mode));
    ck_assert_int_eq(stat("real", &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0604);
    ck_assert_int_eq(symlink("yet-to-come", "dangling"), 0);
    o = open_sink((struct sink_spec){.file = "dangling"});
    put(o, PIECE_OUT, 1, "come");
    ck_assert_int_eq(o->ops->close(o, true), 0);
    check_file("yet-to-come", "come");
}
END_TEST

START_TEST(incomplete_output_is_named)
{
    int said[2];
    char name[64];

    make_file("result", "old", 0600);
    ck_assert_int_eq(pipe(said), 0);
    struct outlet *o = open_sink((struct sink_spec){.file = "result"});

    put(o, PIECE_OUT, 1, "part");
    dup2(said[1], 2);
    ck_assert_int_eq(o->ops->close(o, false), 0);
    restore();
    struct buf text = slurp(said[0]);

    check_file("result", "old");
    ck_assert_int_eq(sscanf(buf_cstr(&text), "smap: result is left as it was; the partial output is in %63s", name), 1);
    check_file(name, "part");
    buf_release(&text);
    o = open_sink((struct sink_spec){.file = "result"});
    dup2(said[1], 2);
    ck_assert_int_eq(o->ops->close(o, false), 0);
    restore();
    check_file("result", "old");
    ck_assert_int_eq(count_files(), 2); /* no output, nothing left behind */
}
END_TEST

START_TEST(output_file_that_does_not_fit_is_told)
{
    int said[2];

    make_file("result", "old", 0600);
    make_noise();
    ck_assert_int_eq(pipe(said), 0);
    dup2(said[1], 2);
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){100000, 100000});
    struct outlet *o = open_sink((struct sink_spec){.file = "result"});
    struct piece p = {.kind = PIECE_RUN, .task = 1, .count = 9, .bytes = {noise, TOTAL}};

    ck_assert_int_eq(o->ops->put(o, &p), -1);
    ck_assert_int_eq(o->ops->close(o, true), -1);
    restore();
    struct buf text = slurp(said[0]);

    ck_assert(strncmp(buf_cstr(&text), "smap: cannot write result: File too large\n", 42) == 0);
    ck_assert(strstr(buf_cstr(&text), "partial output is in .result."));
    check_file("result", "old");
    buf_release(&text);
}
END_TEST

START_TEST(output_file_may_be_a_device_or_a_descriptor)
{
    static const char *const names[] = {"/dev/null", "/dev/stdout", "/dev/fd/1", "-", "/proc/self/fd/1"};
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    dup2(fd[1], 1);
    struct outlet *o = open_sink((struct sink_spec){.file = names[_i]});

    put(o, PIECE_OUT, 1, "bytes");
    ck_assert_int_eq(o->ops->close(o, true), 0);
    restore();
    check_content(fd[0], _i ? "bytes" : "");
    ck_assert_int_eq(count_files(), 0);
}
END_TEST

START_TEST(output_that_cannot_be_made_is_refused)
{
    static const char *const names[] = {".", "no/such/place"};
    struct outlet *o;
    int said[2];

    ck_assert_int_eq(pipe(said), 0);
    dup2(said[1], 2);
    int rc = sink_open(&o, &(struct sink_spec){.loop = loop, .file = names[_i]});

    restore();
    ck_assert_int_eq(rc, -1);
    struct buf text = slurp(said[0]);

    ck_assert(strstr(buf_cstr(&text), names[_i]));
    buf_release(&text);
}
END_TEST

/* Lines */

static int lines_fd;

static struct outlet *lines_sink(struct sink_spec spec)
{
    int fd[2];

    ck_assert_int_eq(pipe(fd), 0);
    dup2(fd[1], 1);
    dup2(fd[1], 2);
    lines_fd = fd[0];
    return open_sink(spec);
}

static void check_lines(struct outlet *o, const char *expected)
{
    ck_assert_int_eq(o->ops->close(o, true), 0);
    restore();
    check_content(lines_fd, expected);
}

START_TEST(lines_of_tasks_do_not_mix)
{
    struct outlet *o = lines_sink((struct sink_spec){.line_buffer = true});

    put(o, PIECE_OUT, 1, "a");
    put(o, PIECE_OUT, 2, "b\nbb");
    put(o, PIECE_ERR, 1, "e");
    put(o, PIECE_RUN, 3, "run\nrun");
    put(o, PIECE_OUT, 1, "aa\naaa\naaaa");
    put(o, PIECE_OUT, 2, "\n");
    put_end(o, 1, 0);
    put_end(o, 2, 0);
    check_lines(o, "b\nrun\nrunaaa\naaa\nbb\naaaa\ne\n");
}
END_TEST

START_TEST(tag_begins_every_line)
{
    struct outlet *o = lines_sink((struct sink_spec){.tag = true});

    ck_assert(o->ops->per_task && o->ops->wants_input);
    put(o, PIECE_OUT, 1, "a");
    put(o, PIECE_OUT, 1, "b\nc\n\nd");
    put_end(o, 1, 0);
    put(o, PIECE_ERR, 2, "x\n");
    put_end(o, 2, 0);
    struct piece p = {.kind = PIECE_OUT, .task = 3, .bytes = span_of("y\n"), .input = span_of("two\nlines")};

    ck_assert_int_eq(o->ops->put(o, &p), 0);
    check_lines(o, "in\tab\nin\tc\nin\t\nin\td\nin\tx\ntwo\\nlines\ty\n");
}
END_TEST

START_TEST(tag_and_ungroup_make_whole_lines)
{
    struct outlet *o = lines_sink((struct sink_spec){.tag = true, .ungroup = true});

    put(o, PIECE_OUT, 1, "a");
    put(o, PIECE_OUT, 2, "b\n");
    put(o, PIECE_OUT, 1, "a\n");
    put_end(o, 1, 0);
    put_end(o, 2, 0);
    check_lines(o, "in\tb\nin\taa\n");
}
END_TEST

/* A line that never ends must not fill the memory. */
START_TEST(endless_line_goes_out_in_parts)
{
    dup2(open("out", O_WRONLY | O_CREAT, 0600), 1);
    struct outlet *o = open_sink((struct sink_spec){.line_buffer = true, .tag = true});
    struct stat st;

    make_noise();
    noise[100000] = '\0';
    for (int i = 0; i < 20; i++)
        ck_assert_int_eq(put(o, PIECE_OUT, 1, noise), 0);
    o->ops->flush(o);
    ck_assert_int_eq(stat("out", &st), 0);
    ck_assert_int_ge(st.st_size, 900000);
    put_end(o, 1, 0);
    ck_assert_int_eq(o->ops->close(o, true), 0);
    ck_assert_int_eq(stat("out", &st), 0);
    ck_assert_int_eq(st.st_size, 3 + 2000000 + 1); /* one tag, one newline */
    restore();
}
END_TEST

Suite *sink_suite(void)
{
    Suite *s = suite_create("sink");
    TCase *c = tcase_create("readers");

    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 20);
    tcase_add_loop_test(c, slow_reader_of_a_pipe, 0, 2);
    tcase_add_test(c, slow_reader_of_a_socket);
    tcase_add_test(c, slow_reader_of_a_terminal);
    tcase_add_test(c, careful_steps_do_not_block);
    tcase_add_test(c, what_waits_is_bounded_by_a_piece);
    tcase_add_loop_test(c, gone_reader_is_noticed_while_nothing_is_written, 0, 2);
    tcase_add_test(c, reader_gone_before_the_start);
    tcase_add_test(c, reader_of_stderr_matters_when_something_is_said);
    tcase_add_test(c, messages_wait_for_a_stalled_reader_without_blocking);
    tcase_add_test(c, messages_notice_a_reader_that_is_gone);
    tcase_add_test(c, full_device_is_reported_once);
    suite_add_tcase(s, c);
    c = tcase_create("files");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, plain_file_gets_the_bytes);
    tcase_add_test(c, file_is_always_ready);
    tcase_add_test(c, one_pipe_for_both_keeps_the_order_of_pieces);
    tcase_add_loop_test(c, quiet_streams_are_dropped, 0, 2);
    tcase_add_test(c, output_file_appears_when_complete);
    tcase_add_test(c, link_is_followed_and_mode_kept);
    tcase_add_test(c, incomplete_output_is_named);
    tcase_add_test(c, output_file_that_does_not_fit_is_told);
    tcase_add_loop_test(c, output_file_may_be_a_device_or_a_descriptor, 0, 5);
    tcase_add_loop_test(c, output_that_cannot_be_made_is_refused, 0, 2);
    suite_add_tcase(s, c);
    c = tcase_create("lines");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, lines_of_tasks_do_not_mix);
    tcase_add_test(c, tag_begins_every_line);
    tcase_add_test(c, tag_and_ungroup_make_whole_lines);
    tcase_add_test(c, endless_line_goes_out_in_parts);
    suite_add_tcase(s, c);
    return s;
}
