/* The tree of --results: where the files of a task are, and what is in them. */
#include "results/tree.h"

#include "suites.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64];

static void make_dir(void)
{
    snprintf(dir, sizeof dir, "/tmp/smap-check-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
}

static int put(struct outlet *o, uint64_t task, enum piece_kind kind, const char *text)
{
    return o->ops->put(o, &(struct piece){.kind = kind, .task = task, .count = 1, .bytes = span_of(text)});
}

static int put_end(struct outlet *o, uint64_t task, struct outcome end)
{
    return o->ops->put(o, &(struct piece){.kind = PIECE_END, .task = task, .count = 1, .end = end});
}

/* The content of a file below the directory; NULL: there is none. */
static const char *content(const char *place)
{
    static char text[256];
    char path[128];

    snprintf(path, sizeof path, "%s/%s", dir, place);
    int fd = open(path, O_RDONLY);

    if (fd < 0)
        return NULL;
    ssize_t n = read(fd, text, sizeof text - 1);

    close(fd);
    text[n] = '\0';
    return text;
}

START_TEST(each_result_has_its_files)
{
    struct outlet *o;

    ck_assert_int_eq(tree_open(&o, dir), 0);
    ck_assert_int_eq(put(o, 1, PIECE_OUT, "a"), 0);
    ck_assert_int_eq(put(o, 1, PIECE_ERR, "e"), 0);
    ck_assert_int_eq(put(o, 1, PIECE_OUT, "b"), 0);
    ck_assert_ptr_null(content("1/status"));
    ck_assert_int_eq(put_end(o, 1, (struct outcome){0}), 0);
    ck_assert_int_eq(put_end(o, 2, (struct outcome){.status = 3}), 0);
    ck_assert_int_eq(put_end(o, 3, (struct outcome){.cause = END_SIGNAL, .signal = SIGKILL}), 0);
    ck_assert_int_eq(put(o, 4, PIECE_OUT, "cut"), 0);
    ck_assert_int_eq(put_end(o, 4, (struct outcome){.cause = END_CANCELLED}), 0);
    o->ops->close(o, true);
    ck_assert_str_eq(content("1/stdout"), "ab");
    ck_assert_str_eq(content("1/stderr"), "e");
    ck_assert_str_eq(content("1/status"), "0\n");
    ck_assert_str_eq(content("2/stdout"), "");
    ck_assert_str_eq(content("2/stderr"), "");
    ck_assert_str_eq(content("2/status"), "3\n");
    ck_assert_str_eq(content("3/status"), "137\n");
    ck_assert_ptr_null(content("4/status"));
}
END_TEST

START_TEST(large_numbers_lie_deeper)
{
    static const struct {
        uint64_t task;
        const char *place;
    } places[] = {{999, "999/status"},           {1000, "1k/1000/status"},          {1001, "1k/1001/status"},
                  {999999, "999k/999999/status"}, {1000000, "1M/1000k/1000000/status"}, {1999999, "1M/1999k/1999999/status"},
                  {UINT64_MAX, "18446744073709M/18446744073709551k/18446744073709551615/status"}};
    struct outlet *o;

    ck_assert_int_eq(tree_open(&o, dir), 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        ck_assert_int_eq(put_end(o, places[i].task, (struct outcome){.status = 9}), 0);
        ck_assert_msg(content(places[i].place) && !strcmp(content(places[i].place), "9\n"), "%s", places[i].place);
    }
    o->ops->close(o, true);
}
END_TEST

START_TEST(an_earlier_run_is_written_over)
{
    for (int run = 0; run < 2; run++) {
        struct outlet *o;

        ck_assert_int_eq(tree_open(&o, dir), 0);
        put(o, 1, PIECE_OUT, run ? "new" : "much longer");
        if (run)
            ck_assert_ptr_null(content("1/status"));
        put_end(o, 1, (struct outcome){.status = (uint8_t)run});
        o->ops->close(o, true);
    }
    ck_assert_str_eq(content("1/stdout"), "new");
    ck_assert_str_eq(content("1/status"), "1\n");
}
END_TEST

START_TEST(what_cannot_be_written_is_an_error)
{
    char path[128], link[128];
    struct outlet *o;

    ck_assert_int_eq(tree_open(&o, "/nonexistent/dir"), -1);
    ck_assert_int_eq(tree_open(&o, "/etc/passwd"), -1);
    ck_assert_int_eq(tree_open(&o, dir), 0);
    snprintf(path, sizeof path, "%s/1", dir);
    snprintf(link, sizeof link, "%s/1/stdout", dir);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    ck_assert_int_eq(symlink("/tmp/smap-check-victim", link), 0);
    ck_assert_int_eq(put(o, 1, PIECE_OUT, "x"), -1);
    ck_assert_int_eq(access("/tmp/smap-check-victim", F_OK), -1);
    snprintf(path, sizeof path, "%s/2", dir);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    ck_assert_int_eq(put(o, 2, PIECE_OUT, "x"), -1);
    o->ops->close(o, false);
}
END_TEST

Suite *tree_suite(void)
{
    Suite *s = suite_create("tree");
    TCase *c = tcase_create("files");

    tcase_add_checked_fixture(c, make_dir, remove_dir);
    tcase_add_test(c, each_result_has_its_files);
    tcase_add_test(c, large_numbers_lie_deeper);
    tcase_add_test(c, an_earlier_run_is_written_over);
    tcase_add_test(c, what_cannot_be_written_is_an_error);
    suite_add_tcase(s, c);
    return s;
}
