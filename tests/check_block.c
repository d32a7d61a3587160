/* Blocks: whole lines, and all blocks together are the input. */
#include "tasks/block.h"

#include "feed.h"
#include "suites.h"

#include <string.h>
#include <unistd.h>

static void expect_blocks(const char *input, uint64_t size, const char *expected)
{
    char *file[] = {feed_file(input, strlen(input))};

    feed_expect(&(struct source_spec){.file = file, .files = 1, .separator = '\n', .block = size}, expected);
    feed_remove();
}

START_TEST(a_block_ends_with_the_line_that_fills_it)
{
    expect_blocks("a\nbb\nc\n", 1, "1:a\n;2:bb\n;3:c\n;");
    expect_blocks("a\nbb\nc\n", 2, "1:a\n;2:bb\n;3:c\n;");
    expect_blocks("a\nbb\nc\n", 3, "1:a\nbb\n;2:c\n;");
    expect_blocks("a\nbb\nc\n", 1000, "1:a\nbb\nc\n;");
    expect_blocks("\n\n\n", 2, "1:\n\n;2:\n;");
    expect_blocks("", 10, "");
}
END_TEST

START_TEST(a_last_line_without_newline_stays_so)
{
    expect_blocks("a\nb", 1, "1:a\n;2:b;");
    expect_blocks("a\nb", 4, "1:a\nb;");
    expect_blocks("a\nb", 3, "1:a\nb;");
    expect_blocks("x", 1, "1:x;");
}
END_TEST

START_TEST(files_do_not_run_together)
{
    char *file[] = {feed_file("a\nb", 3), feed_file("c", 1)};

    feed_expect(&(struct source_spec){.file = file, .files = 2, .separator = '\n', .block = 99}, "1:a\nb\nc;");
    feed_remove();
}
END_TEST

START_TEST(a_header_is_not_part_of_it)
{
    char *file[] = {feed_file("name\na\nb\n", 9)};

    feed_expect(&(struct source_spec){.file = file, .files = 1, .separator = '\n', .header = true, .block = 3}, "1:a\nb\n;");
    feed_remove();
}
END_TEST

/* Through a pipe in random pieces: the text of the blocks is the input, each but the last is just long enough. */
START_TEST(blocks_do_not_depend_on_the_chunks)
{
    struct source_spec spec = {.separator = '\n', .block = 1000};
    struct buf input = BUF_INIT, got = BUF_INIT, expected = BUF_INIT;
    uint64_t seed = (uint64_t)_i;
    struct source *s;
    int fd = feed_pipe();

    while (input.len < 100000) {
        size_t len = feed_random(&seed) % (feed_random(&seed) % 50 ? 100 : 5000);

        memset(buf_room(&input, len + 1), 'x', len);
        input.len += len;
        buf_putc(&input, '\n');
    }
    buf_puts(&input, "end");
    for (size_t from = 0, to, n = 1; from < input.len; from = to, n++) {
        for (to = from + 1; to < input.len && (input.ptr[to - 1] != '\n' || to - from < 1000); to++)
            ;
        feed_task(&expected, &(struct task){.number = n, .text = {input.ptr + from, to - from}});
    }
    ck_assert_int_eq(source_open(&s, &spec), 0);
    for (size_t at = 0, n; at < input.len; at += n) {
        n = feed_random(&seed) % 3000 + 1;
        n = n < input.len - at ? n : input.len - at;
        ck_assert_int_eq(feed_pass(s, fd, (struct span){input.ptr + at, n}, &got), SOURCE_WAIT);
    }
    close(fd);
    ck_assert_int_eq(feed_drain(s, 1, 1, &got), SOURCE_END);
    ck_assert_str_eq(buf_cstr(&got), buf_cstr(&expected));
    source_close(s);
    buf_release(&input);
    buf_release(&got);
    buf_release(&expected);
}
END_TEST

Suite *block_suite(void)
{
    Suite *s = suite_create("block");
    TCase *c = tcase_create("block");

    tcase_add_test(c, a_block_ends_with_the_line_that_fills_it);
    tcase_add_test(c, a_last_line_without_newline_stays_so);
    tcase_add_test(c, files_do_not_run_together);
    tcase_add_test(c, a_header_is_not_part_of_it);
    tcase_add_loop_test(c, blocks_do_not_depend_on_the_chunks, 0, 10);
    suite_add_tcase(s, c);
    return s;
}
