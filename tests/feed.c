/* What the tests of src/tasks share. */
#include "feed.h"

#include "base/io.h"
#include "base/xalloc.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *files[16];
static uint32_t file_count;
static int heard_fd = -1, saved_stderr = -1;

void feed_stdin(int fd)
{
    ck_assert_int_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    close(fd);
}

int feed_pipe(void)
{
    int fd[2];

    ck_assert_int_eq(io_pipe(fd), 0);
    io_set_nonblock(fd[1]);
    feed_stdin(fd[0]);
    return fd[1];
}

void feed_bytes(const char *bytes, size_t len)
{
    int fd = io_temp_file("a test");

    ck_assert_int_eq(io_pwrite_all(fd, bytes, len, 0), 0);
    feed_stdin(fd);
}

char *feed_file(const char *bytes, size_t len)
{
    char *name = xstrdup("/tmp/smap-check-XXXXXX");
    int fd = mkstemp(name);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(io_write_all(fd, bytes, len), 0);
    close(fd);
    ck_assert_uint_lt(file_count, sizeof files / sizeof *files);
    files[file_count++] = name;
    return name;
}

void feed_remove(void)
{
    while (file_count) {
        unlink(files[--file_count]);
        free(files[file_count]);
    }
}

void feed_task(struct buf *out, const struct task *t)
{
    buf_printf(out, "%llu:", (unsigned long long)t->number);
    buf_put(out, t->text.ptr, t->text.len);
    for (uint32_t i = 0; i < t->fields; i++) {
        buf_putc(out, '[');
        buf_put(out, t->field[i].ptr, t->field[i].len);
        buf_putc(out, ']');
    }
    buf_putc(out, ';');
}

/* The text of all tasks together, separators not counted. */
static size_t put_batch(struct buf *out, const struct batch *b)
{
    struct batch_cursor c = {0};
    struct task t;
    uint32_t n = 0;
    size_t text = 0;

    batch_walk(&c, b);
    for (; batch_next(&c, &t); n++) {
        ck_assert_uint_eq(t.number, b->first + n);
        ck_assert_uint_eq(t.attempt, 1);
        feed_task(out, &t);
        text += t.text.len;
    }
    batch_walk_end(&c);
    ck_assert_uint_eq(n, b->count);
    return text;
}

enum source_state feed_drain(struct source *s, uint32_t max, size_t bytes, struct buf *out)
{
    enum source_state state;
    struct batch *b;

    while ((state = source_take(s, max, bytes, &b)) == SOURCE_BATCH) {
        ck_assert_uint_ge(b->count, 1);
        ck_assert_uint_le(b->count, max);
        size_t text = put_batch(out, b);

        if (b->separator >= 0)
            ck_assert_uint_eq(b->data.len, text + b->count);
        if (b->separator >= 0 && b->count > 1)
            ck_assert_uint_le(b->data.len, bytes);
        batch_free(b);
    }
    ck_assert_ptr_null(b);
    return state;
}

enum source_state feed_pass(struct source *s, int fd, struct span bytes, struct buf *out)
{
    enum source_state state = SOURCE_WAIT;

    while (bytes.len) {
        ssize_t n = io_write(fd, bytes.ptr, bytes.len);

        ck_assert(n > 0 || errno == EAGAIN);
        bytes.ptr += n > 0 ? n : 0;
        bytes.len -= n > 0 ? (size_t)n : 0;
        do
            state = feed_drain(s, UINT32_MAX, SIZE_MAX, out);
        while (state == SOURCE_WAIT && poll(&(struct pollfd){.fd = source_fd(s), .events = POLLIN}, 1, 0) > 0);
    }
    return state;
}

const char *feed_all(const struct source_spec *spec, uint32_t max, size_t bytes)
{
    static struct buf out;
    struct source *s;

    buf_clear(&out);
    if (source_open(&s, spec) < 0)
        return "not opened";
    enum source_state state;

    while ((state = feed_drain(s, max, bytes, &out)) == SOURCE_WAIT)
        poll(&(struct pollfd){.fd = source_fd(s), .events = POLLIN}, 1, -1);
    if (state == SOURCE_FAILED)
        buf_puts(&out, "failed");
    ck_assert_int_eq(feed_drain(s, max, bytes, &out), state); /* it stays so */
    source_close(s);
    return buf_cstr(&out);
}

void feed_expect(const struct source_spec *spec, const char *expected)
{
    static const uint32_t max[] = {1, 2, 3, 7, UINT32_MAX};
    static const size_t bytes[] = {0, 1, 2, 5, 100, SIZE_MAX};

    for (size_t i = 0; i < sizeof max / sizeof *max; i++)
        for (size_t k = 0; k < sizeof bytes / sizeof *bytes; k++)
            ck_assert_str_eq(feed_all(spec, max[i], bytes[k]), expected);
}

void feed_listen(void)
{
    heard_fd = io_temp_file("a test");
    saved_stderr = dup(STDERR_FILENO);
    dup2(heard_fd, STDERR_FILENO);
}

const char *feed_heard(void)
{
    static char text[4096];

    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    ssize_t n = pread(heard_fd, text, sizeof text - 1, 0);

    close(heard_fd);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

uint32_t feed_random(uint64_t *state)
{
    *state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(*state >> 33);
}
