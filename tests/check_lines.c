/* Lines: the same records however the bytes arrive, from wherever they come; what cannot be read says so. */
#include "tasks/lines.h"

#include "base/io.h"
#include "feed.h"
#include "suites.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The records of BYTES, found one byte at a time. */
static void model(struct buf *out, struct span bytes, int separator)
{
    struct task t = {.number = 1};
    size_t from = 0;

    for (size_t i = 0; i <= bytes.len; i++) {
        if (i == bytes.len ? from == i : bytes.ptr[i] != (char)separator)
            continue;
        t.text = (struct span){bytes.ptr + from, i - from};
        feed_task(out, &t);
        t.number++;
        from = i + 1;
    }
}

static bool same(const struct buf *a, const struct buf *b)
{
    return span_equal((struct span){a->ptr, a->len}, (struct span){b->ptr, b->len});
}

/* The bytes in two pieces, cut at AT, through a pipe. */
static void pass_split(struct span bytes, size_t at, int separator, const struct buf *expected)
{
    struct source_spec spec = {.separator = separator};
    struct buf got = BUF_INIT;
    struct source *s;
    int fd = feed_pipe();

    ck_assert_int_eq(source_open(&s, &spec), 0);
    ck_assert_int_eq(feed_drain(s, UINT32_MAX, SIZE_MAX, &got), SOURCE_WAIT);
    ck_assert_int_eq(source_fd(s), STDIN_FILENO);
    feed_pass(s, fd, (struct span){bytes.ptr, at}, &got);
    feed_pass(s, fd, (struct span){bytes.ptr + at, bytes.len - at}, &got);
    close(fd);
    ck_assert_int_eq(feed_drain(s, 2, 3, &got), SOURCE_END);
    ck_assert_int_eq(source_fd(s), -1);
    ck_assert(same(&got, expected));
    source_close(s);
    buf_release(&got);
}

START_TEST(records_do_not_depend_on_the_chunks)
{
    static const char text[] = "one\n\ntwo\0 and\rthree\r\n\n\xff\xfe four \n-x\n''\n five";
    static const int separators[] = {'\n', '\0', 'e', 0xff, 'Q'};
    struct buf expected = BUF_INIT;

    for (size_t k = 0; k < sizeof separators / sizeof *separators; k++) {
        for (size_t len = 0; len < sizeof text; len += len < 40 ? 13 : 1) {
            buf_clear(&expected);
            model(&expected, (struct span){text, len}, separators[k]);
            for (size_t at = 0; at <= len; at++)
                pass_split((struct span){text, len}, at, separators[k], &expected);
        }
    }
    buf_release(&expected);
}
END_TEST

/* Lines of all sizes, some longer than what is read at once. */
static void long_lines(struct buf *out, uint64_t seed)
{
    static const uint32_t size[] = {1, 10, 100, 5000, 100000, 700000};

    while (out->len < 3000000) {
        uint32_t roll = feed_random(&seed) % 1000;
        uint32_t kind = roll < 400 ? 0 : roll < 700 ? 1 : roll < 950 ? 2 : roll < 996 ? 3 : roll < 999 ? 4 : 5;
        size_t len = feed_random(&seed) % size[kind];

        memset(buf_room(out, len + 1), 'a' + (int)(out->len % 26), len);
        out->len += len;
        buf_putc(out, '\n');
    }
}

START_TEST(long_records_arrive_whole_in_random_chunks)
{
    struct buf input = BUF_INIT, expected = BUF_INIT, got = BUF_INIT;
    struct source_spec spec = {.separator = '\n'};
    uint64_t seed = (uint64_t)_i + 1;
    struct source *s;
    int fd = feed_pipe();

    long_lines(&input, seed);
    input.len -= feed_random(&seed) % 3;
    model(&expected, (struct span){input.ptr, input.len}, '\n');
    ck_assert_int_eq(source_open(&s, &spec), 0);
    for (size_t at = 0, n; at < input.len; at += n) {
        n = feed_random(&seed) % (feed_random(&seed) % 2 ? 100000 : 500) + 1;
        n = n < input.len - at ? n : input.len - at;
        ck_assert_int_eq(feed_pass(s, fd, (struct span){input.ptr + at, n}, &got), SOURCE_WAIT);
    }
    close(fd);
    ck_assert_int_eq(feed_drain(s, UINT32_MAX, SIZE_MAX, &got), SOURCE_END);
    ck_assert(same(&got, &expected));
    source_close(s);
    buf_release(&input);
    buf_release(&expected);
    buf_release(&got);
}
END_TEST

START_TEST(a_file_is_cut_alike_for_all_limits)
{
    static const uint32_t max[] = {1, 2, 239, 240, 241, 242, 1000, 100000, UINT32_MAX};
    static const size_t bytes[] = {0, 1000, 65536, 200000, 10000000, SIZE_MAX};
    struct buf input = BUF_INIT, expected = BUF_INIT;
    struct source_spec spec = {.separator = '\n'};

    long_lines(&input, 99);
    model(&expected, (struct span){input.ptr, input.len}, '\n');
    feed_bytes(input.ptr, input.len);
    for (size_t i = 0; i < sizeof max / sizeof *max; i++) {
        for (size_t k = 0; k < sizeof bytes / sizeof *bytes; k++) {
            ck_assert_int_eq(lseek(STDIN_FILENO, 0, SEEK_SET), 0);
            ck_assert_str_eq(feed_all(&spec, max[i], bytes[k]), buf_cstr(&expected));
        }
    }
    buf_release(&input);
    buf_release(&expected);
}
END_TEST

START_TEST(many_empty_lines_are_counted)
{
    struct source_spec spec = {.separator = '\n'};
    size_t len = 600001;
    char *input = malloc(len);
    struct source *s;
    struct batch *b;
    uint64_t n = 0;

    memset(input, '\n', len);
    feed_bytes(input, len);
    ck_assert_int_eq(source_open(&s, &spec), 0);
    while (source_take(s, 100003, SIZE_MAX, &b) == SOURCE_BATCH) {
        ck_assert_uint_eq(b->first, n + 1);
        ck_assert_uint_le(b->count, 100003);
        ck_assert_uint_eq(b->count, b->data.len);
        n += b->count;
        batch_free(b);
    }
    ck_assert_uint_eq(n, len);
    source_close(s);
    free(input);
}
END_TEST

START_TEST(files_follow_one_another)
{
    char *file[] = {feed_file("a\nb", 3), feed_file("", 0), feed_file("c\n", 2), "-", feed_file("\n", 1), feed_file("d", 1)};
    struct source_spec spec = {.file = file, .files = 6, .separator = '\n'};

    feed_bytes("x\ny", 3);
    ck_assert_str_eq(feed_all(&spec, 1, 1), "1:a;2:b;3:c;4:x;5:y;6:;7:d;");
    ck_assert_int_eq(lseek(STDIN_FILENO, 0, SEEK_SET), 0);
    ck_assert_str_eq(feed_all(&spec, UINT32_MAX, SIZE_MAX), "1:a;2:b;3:c;4:x;5:y;6:;7:d;");
    spec.files = 3;
    feed_expect(&spec, "1:a;2:b;3:c;");
    feed_remove();
}
END_TEST

START_TEST(no_input_is_no_task)
{
    char *file[] = {"/dev/null", "/dev/null"};
    struct source_spec spec = {.file = file, .files = 2, .separator = '\n'};

    feed_expect(&spec, "");
    close(feed_pipe());
    spec.files = 0;
    ck_assert_str_eq(feed_all(&spec, 1, 1), "");
}
END_TEST

START_TEST(nothing_is_open_before_its_turn)
{
    char *file[] = {feed_file("a\n", 2), feed_file("b\n", 2)};
    struct source_spec spec = {.file = file, .files = 2, .separator = '\n'};
    struct buf got = BUF_INIT;
    struct source *s;

    ck_assert_int_eq(source_open(&s, &spec), 0);
    unlink(file[1]);
    feed_listen();
    ck_assert_int_eq(feed_drain(s, 1, 1, &got), SOURCE_FAILED);
    ck_assert_int_eq(feed_drain(s, 1, 1, &got), SOURCE_FAILED);
    const char *heard = feed_heard();
    struct buf expected = BUF_INIT;

    buf_printf(&expected, "smap: cannot read %s: No such file or directory\n", file[1]);
    ck_assert_str_eq(heard, buf_cstr(&expected)); /* said once */
    ck_assert_str_eq(buf_cstr(&got), "1:a;");
    ck_assert_str_eq(source_name(s), file[1]);
    source_close(s);
    feed_remove();
    buf_release(&got);
    buf_release(&expected);
}
END_TEST

static void cannot_open(char *bad, const char *message)
{
    char *file[] = {"/dev/null", bad};
    struct source_spec spec = {.file = file, .files = 2, .separator = '\n'};

    feed_listen();
    ck_assert_str_eq(feed_all(&spec, 1, 1), "not opened");
    ck_assert_str_eq(feed_heard(), message);
}

START_TEST(bad_files_are_named_before_anything_runs)
{
    cannot_open("/nonexistent/x", "smap: cannot read /nonexistent/x: No such file or directory\n");
    cannot_open("/dev/null/x", "smap: cannot read /dev/null/x: Not a directory\n");
    cannot_open("/", "smap: cannot read /: Is a directory\n");
    cannot_open("", "smap: cannot read : No such file or directory\n");
}
END_TEST

START_TEST(stdin_that_cannot_be_read_is_an_error)
{
    struct source_spec spec = {.separator = '\n'};

    feed_stdin(open("/dev/null", O_WRONLY)); /* what io_fill_standard puts in place of a closed stdin */
    feed_listen();
    ck_assert_str_eq(feed_all(&spec, 1, 1), "failed");
    ck_assert_str_eq(feed_heard(), "smap: cannot read standard input: Bad file descriptor\n");
    feed_stdin(open("/", O_RDONLY));
    feed_listen();
    ck_assert_str_eq(feed_all(&spec, 1, 1), "failed");
    ck_assert_str_eq(feed_heard(), "smap: cannot read standard input: Is a directory\n");
}
END_TEST

/* The first page of a process is not mapped: a regular file whose reading fails. */
START_TEST(an_error_half_way_is_not_the_end)
{
    char *file[] = {feed_file("a\nb\n", 4), "/proc/self/mem"};
    struct source_spec spec = {.file = file, .files = 2, .separator = '\n'};

    feed_listen();
    ck_assert_str_eq(feed_all(&spec, 7, 100), "1:a;2:b;failed");
    ck_assert_str_eq(feed_heard(), "smap: cannot read /proc/self/mem: Input/output error\n");
    feed_remove();
}
END_TEST

START_TEST(a_non_blocking_stdin_is_waited_for)
{
    struct source_spec spec = {.separator = '\n'};
    struct buf got = BUF_INIT;
    struct source *s;
    int fd = feed_pipe();

    io_set_nonblock(STDIN_FILENO);
    ck_assert_int_eq(source_open(&s, &spec), 0);
    ck_assert_int_eq(feed_drain(s, 9, 9, &got), SOURCE_WAIT);
    ck_assert_int_eq(feed_pass(s, fd, span_of("a\nb"), &got), SOURCE_WAIT);
    ck_assert_str_eq(buf_cstr(&got), "1:a;"); /* at once, though b is still to come */
    close(fd);
    ck_assert_int_eq(feed_drain(s, 9, 9, &got), SOURCE_END);
    ck_assert_str_eq(buf_cstr(&got), "1:a;2:b;");
    source_close(s);
    buf_release(&got);
}
END_TEST

START_TEST(a_fifo_without_a_writer_is_waited_for)
{
    char *file[] = {feed_file("", 0)};
    struct source_spec spec = {.file = file, .files = 1, .separator = '\n'};
    struct buf got = BUF_INIT;
    struct source *s;

    unlink(file[0]);
    ck_assert_int_eq(mkfifo(file[0], 0600), 0);
    ck_assert_int_eq(source_open(&s, &spec), 0);
    ck_assert_int_eq(feed_drain(s, 1, 1, &got), SOURCE_WAIT);
    ck_assert_int_eq(feed_drain(s, 1, 1, &got), SOURCE_WAIT);
    int fd = open(file[0], O_WRONLY | O_NONBLOCK);

    ck_assert_int_eq(feed_drain(s, 1, 1, &got), SOURCE_WAIT);
    feed_pass(s, fd, span_of("x\n"), &got);
    ck_assert_str_eq(buf_cstr(&got), "1:x;");
    close(fd);
    ck_assert_int_eq(feed_drain(s, 1, 1, &got), SOURCE_END);
    source_close(s);
    feed_remove();
    buf_release(&got);
}
END_TEST

START_TEST(a_terminal_is_announced)
{
    struct source_spec spec = {.separator = '\n'};
    int master = posix_openpt(O_RDWR | O_NOCTTY);

    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        return; /* no pseudo terminals here */
    feed_stdin(open(ptsname(master), O_RDWR | O_NOCTTY));
    ck_assert_int_eq(io_write_all(master, "a\nb\n\004", 5), 0);
    feed_listen();
    ck_assert_str_eq(feed_all(&spec, 9, 9), "1:a;2:b;");
    ck_assert_str_eq(feed_heard(), "smap: reading tasks from the terminal, one per line; end with Ctrl-D\n");
    close(master);
}
END_TEST

/* Most of the first block goes at once: the rest must be there when the file turns out to be at its end. */
START_TEST(the_rest_of_a_block_is_given_before_the_end)
{
    struct buf input = BUF_INIT, expected = BUF_INIT;
    struct source_spec spec = {.separator = '\n'};

    while (input.len < 250000)
        buf_printf(&input, "line %zu\n", input.len);
    model(&expected, (struct span){input.ptr, input.len}, '\n');
    feed_bytes(input.ptr, input.len);
    ck_assert_str_eq(feed_all(&spec, UINT32_MAX, 150000), buf_cstr(&expected));
    buf_release(&input);
    buf_release(&expected);
}
END_TEST

/* What is read ahead: an endless input gives batch after batch. */
START_TEST(endless_input_is_read_as_needed)
{
    char *file[] = {"/dev/zero"};
    struct source_spec spec = {.file = file, .files = 1, .separator = '\0'};
    struct source *s;
    struct batch *b;

    ck_assert_int_eq(source_open(&s, &spec), 0);
    for (uint64_t n = 1; n < 3000000; n += b->count, batch_free(b)) {
        ck_assert_int_eq(source_take(s, UINT32_MAX, SIZE_MAX, &b), SOURCE_BATCH);
        ck_assert_uint_eq(b->first, n);
    }
    ck_assert_uint_eq(source_total(s), SOURCE_UNKNOWN);
    source_close(s);
}
END_TEST

Suite *lines_suite(void)
{
    Suite *s = suite_create("lines");
    TCase *c = tcase_create("cut");

    tcase_set_timeout(c, 30);
    tcase_add_test(c, records_do_not_depend_on_the_chunks);
    tcase_add_loop_test(c, long_records_arrive_whole_in_random_chunks, 0, 4);
    tcase_add_test(c, a_file_is_cut_alike_for_all_limits);
    tcase_add_test(c, many_empty_lines_are_counted);
    tcase_add_test(c, the_rest_of_a_block_is_given_before_the_end);
    tcase_add_test(c, endless_input_is_read_as_needed);
    suite_add_tcase(s, c);
    c = tcase_create("inputs");
    tcase_add_test(c, files_follow_one_another);
    tcase_add_test(c, no_input_is_no_task);
    tcase_add_test(c, nothing_is_open_before_its_turn);
    tcase_add_test(c, bad_files_are_named_before_anything_runs);
    tcase_add_test(c, stdin_that_cannot_be_read_is_an_error);
    tcase_add_test(c, an_error_half_way_is_not_the_end);
    tcase_add_test(c, a_non_blocking_stdin_is_waited_for);
    tcase_add_test(c, a_fifo_without_a_writer_is_waited_for);
    tcase_add_test(c, a_terminal_is_announced);
    suite_add_tcase(s, c);
    return s;
}
