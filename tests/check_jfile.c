/* The journal as a file: whatever is cut off or altered, what is told is what was written, and what is appended afterwards is read again. */
#include "results/jentry.h"
#include "results/jfile.h"
#include "suites.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RECORDS = 12, HEADER = 40 };

static char dir[64], path[96];

static void set_up(void)
{
    strcpy(dir, "/tmp/smap-jfile-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/journal", dir);
    /* Errors are expected here; nobody wants to read them. */
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stderr));
}

static void tear_down(void)
{
    unlink(path);
    rmdir(dir);
}

/* Bodies of different lengths, each of one letter; every third is DATA. */
static struct span body_of(unsigned n)
{
    static char body[64];

    memset(body, 'a' + (int)n, sizeof body);
    return (struct span){body, n * 5 % 64};
}

static unsigned type_of(unsigned n)
{
    return n % 3 == 2 ? JENTRY_DATA : JENTRY_HOST;
}

struct told {
    unsigned next; /* the record that should come */
    uint64_t at[RECORDS + 1];
};

static void tell(void *ctx, uint64_t at, unsigned type, struct span body)
{
    struct told *t = ctx;

    ck_assert_uint_lt(t->next, RECORDS + 1);
    ck_assert_uint_eq(type, type_of(t->next));
    if (type != JENTRY_DATA)
        ck_assert(span_equal(body, body_of(t->next)));
    t->at[t->next++] = at;
}

static void append(struct jfile *f, unsigned n)
{
    uint64_t at;
    struct span body = body_of(n);

    buf_put(jfile_begin(f, type_of(n), &at), body.ptr, body.len);
    ck_assert_int_eq(jfile_end(f), 0);
}

static struct jfile *open_it(struct told *t)
{
    struct jfile *f;

    *t = (struct told){0};
    ck_assert_int_eq(jfile_open(&f, path, JFILE_APPEND), 0);
    ck_assert_int_eq(jfile_scan(f, tell, t), 0);
    return f;
}

static void write_sample(struct buf *bytes)
{
    struct told t;
    struct jfile *f = open_it(&t);

    for (unsigned i = 0; i < RECORDS; i++)
        append(f, i);
    ck_assert(jfile_dirty(f));
    ck_assert_int_eq(jfile_sync(f), 0);
    ck_assert(!jfile_dirty(f));
    jfile_close(f);

    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, buf_room(bytes, 4096), 4096);

    ck_assert_int_gt(n, HEADER);
    bytes->len = (size_t)n;
    close(fd);
}

static void put_file(const char *bytes, size_t len)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    ck_assert_int_eq(write(fd, bytes, len), (ssize_t)len);
    close(fd);
}

START_TEST(records_come_back)
{
    struct buf bytes = BUF_INIT;
    struct told t;
    struct stat st;

    write_sample(&bytes);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0600);
    struct jfile *f = open_it(&t);

    ck_assert_uint_eq(t.next, RECORDS);
    for (unsigned i = 0; i < RECORDS; i++) {
        unsigned type;
        struct span body;

        ck_assert_int_eq(jfile_read(f, t.at[RECORDS - 1 - i], &type, &body), JFILE_GOOD);
        ck_assert_uint_eq(type, type_of(RECORDS - 1 - i));
        ck_assert(span_equal(body, body_of(RECORDS - 1 - i)));
    }
    jfile_close(f);
    buf_release(&bytes);
}
END_TEST

START_TEST(what_is_appended_can_be_read_at_once)
{
    struct told t;
    struct jfile *f = open_it(&t);
    struct span body;
    uint64_t at;
    unsigned type;

    append(f, 1);
    buf_puts(jfile_begin(f, JENTRY_DATA, &at), "new");
    ck_assert_int_eq(jfile_end(f), 0);
    ck_assert_int_eq(jfile_read(f, at, &type, &body), JFILE_GOOD);
    ck_assert(span_equal(body, span_of("new")));
    append(f, 2);
    ck_assert_int_eq(jfile_read(f, at, &type, &body), JFILE_GOOD);
    ck_assert(span_equal(body, span_of("new")));
    jfile_close(f);
}
END_TEST

START_TEST(places_that_are_none_are_bad)
{
    struct buf bytes = BUF_INIT;
    struct told t;
    struct span body;
    unsigned type;

    write_sample(&bytes);
    struct jfile *f = open_it(&t);

    for (uint64_t at = 0; at < bytes.len + 50; at++) {
        bool is_one = false;

        for (unsigned i = 0; i < RECORDS; i++)
            is_one |= t.at[i] == at;
        ck_assert_int_eq(jfile_read(f, at, &type, &body), is_one ? JFILE_GOOD : JFILE_BAD);
    }
    ck_assert_int_eq(jfile_read(f, UINT64_MAX - 3, &type, &body), JFILE_BAD);
    ck_assert_int_eq(jfile_read(f, UINT64_MAX / 2, &type, &body), JFILE_BAD);
    jfile_close(f);
    buf_release(&bytes);
}
END_TEST

/* A scan gave some first records, in full; what is appended then follows them. */
static void check_repaired(struct told *t, struct jfile *f)
{
    struct told again;
    unsigned good = t->next;

    append(f, good);
    ck_assert_int_eq(jfile_flush(f), 0);
    jfile_close(f);
    f = open_it(&again);
    ck_assert_uint_eq(again.next, good + 1);
    jfile_close(f);
}

START_TEST(cut_anywhere_the_rest_is_good)
{
    struct buf bytes = BUF_INIT;

    write_sample(&bytes);
    for (size_t len = 0; len <= bytes.len; len++) {
        struct told t;
        unsigned whole = 0;
        size_t end = HEADER;

        while (whole < RECORDS && end + 24 + body_of(whole).len <= len)
            end += 24 + body_of(whole++).len;
        put_file(bytes.ptr, len);
        struct jfile *f = open_it(&t);

        ck_assert_uint_eq(t.next, whole);
        check_repaired(&t, f);
    }
    buf_release(&bytes);
}
END_TEST

/* DATA is not looked at when a journal is opened, but when it is read. */
static void check_data(struct jfile *f, const struct told *t, size_t altered)
{
    for (unsigned i = 2; i < t->next; i += 3) {
        unsigned type;
        struct span body;
        bool hit = altered >= t->at[i] && altered < t->at[i] + 24 + body_of(i).len;

        ck_assert_int_eq(jfile_read(f, t->at[i], &type, &body), hit ? JFILE_BAD : JFILE_GOOD);
    }
}

START_TEST(an_altered_byte_is_never_taken_for_good)
{
    struct buf bytes = BUF_INIT;

    write_sample(&bytes);
    for (size_t at = HEADER; at < bytes.len; at++) {
        struct told t;

        bytes.ptr[at] ^= 0x20;
        put_file(bytes.ptr, bytes.len);
        struct jfile *f = open_it(&t); /* tell compares */

        check_data(f, &t, at);
        check_repaired(&t, f);
        bytes.ptr[at] ^= 0x20;
    }
    buf_release(&bytes);
}
END_TEST

START_TEST(an_altered_header_is_refused)
{
    struct buf bytes = BUF_INIT;
    struct jfile *f;

    write_sample(&bytes);
    for (size_t at = 0; at < HEADER; at++) {
        bytes.ptr[at] ^= 0x20;
        put_file(bytes.ptr, bytes.len);
        ck_assert_int_eq(jfile_open(&f, path, JFILE_APPEND), -1);
        bytes.ptr[at] ^= 0x20;
    }
    put_file("seven lines of shell, perhaps a script that is dear to somebody", 60);
    ck_assert_int_eq(jfile_open(&f, path, JFILE_APPEND), -1);
    put_file("short", 5);
    ck_assert_int_eq(jfile_open(&f, path, JFILE_APPEND), -1);
    buf_release(&bytes);
}
END_TEST

/* A record behind which another journal's records lie, as after a crash of the machine. */
START_TEST(records_of_another_journal_are_bad)
{
    struct buf one = BUF_INIT, two = BUF_INIT;
    struct told t;

    write_sample(&one);
    unlink(path);
    write_sample(&two);
    ck_assert_uint_eq(one.len, two.len);
    memcpy(one.ptr + HEADER, two.ptr + HEADER, one.len - HEADER);
    put_file(one.ptr, one.len);
    jfile_close(open_it(&t));
    ck_assert_uint_eq(t.next, 0);
    buf_release(&one);
    buf_release(&two);
}
END_TEST

START_TEST(one_writer_many_readers)
{
    struct told t;
    struct jfile *f = open_it(&t), *other;

    ck_assert_int_eq(jfile_open(&other, path, JFILE_APPEND), -1);
    append(f, 0);
    jfile_flush(f);
    ck_assert_int_eq(jfile_open(&other, path, JFILE_READ), 0);
    ck_assert_int_eq(jfile_scan(other, tell, &t), 0);
    ck_assert_uint_eq(t.next, 1);
    jfile_close(other);
    jfile_close(f);
    jfile_close(open_it(&t));
}
END_TEST

START_TEST(files_that_are_not_for_a_journal)
{
    struct jfile *f;
    char link[128];

    ck_assert_int_eq(jfile_open(&f, dir, JFILE_APPEND), -1);
    ck_assert_int_eq(jfile_open(&f, "/dev/null", JFILE_APPEND), -1);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(jfile_open(&f, path, JFILE_APPEND), -1);
    ck_assert_int_eq(jfile_open(&f, path, JFILE_READ), -1);
    unlink(path);
    snprintf(link, sizeof link, "%s/target", dir);
    ck_assert_int_eq(symlink(link, path), 0);
    ck_assert_int_eq(jfile_open(&f, path, JFILE_APPEND), -1);
    ck_assert_int_eq(access(link, F_OK), -1);
    put_file("", 0);
    ck_assert_int_eq(chmod(path, 0620), 0);
    ck_assert_int_eq(jfile_open(&f, path, JFILE_APPEND), -1);
    ck_assert_int_eq(jfile_open(&f, "/nonexistent/journal", JFILE_APPEND), -1);
}
END_TEST

START_TEST(a_full_disk_breaks_it_once_and_for_all)
{
    struct told t;
    struct jfile *f = open_it(&t);
    struct stat before, after;
    uint64_t at;

    append(f, 1);
    ck_assert_int_eq(jfile_flush(f), 0);
    stat(path, &before);

    struct rlimit none = {(rlim_t)before.st_size + 100, (rlim_t)before.st_size + 100};

    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    buf_printf(jfile_begin(f, JENTRY_HOST, &at), "%1000s", "");
    ck_assert_int_eq(jfile_end(f), 0);
    ck_assert_int_eq(jfile_flush(f), -1);
    ck_assert_int_eq(jfile_flush(f), -1);
    ck_assert_int_eq(jfile_sync(f), -1);
    stat(path, &after);
    ck_assert_int_eq(before.st_size, after.st_size); /* half a record was taken away again */
    jfile_close(f);
}
END_TEST

Suite *jfile_suite(void)
{
    Suite *s = suite_create("jfile");
    TCase *c = tcase_create("jfile");

    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_add_test(c, records_come_back);
    tcase_add_test(c, what_is_appended_can_be_read_at_once);
    tcase_add_test(c, places_that_are_none_are_bad);
    tcase_add_test(c, cut_anywhere_the_rest_is_good);
    tcase_add_test(c, an_altered_byte_is_never_taken_for_good);
    tcase_add_test(c, an_altered_header_is_refused);
    tcase_add_test(c, records_of_another_journal_are_bad);
    tcase_add_test(c, one_writer_many_readers);
    tcase_add_test(c, files_that_are_not_for_a_journal);
    tcase_add_test(c, a_full_disk_breaks_it_once_and_for_all);
    suite_add_tcase(s, c);
    return s;
}
