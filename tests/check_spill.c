/* The temporary file and what lies in it: bytes come back, space goes back, damaged or cut records are seen. */
#include "results/spill.h"

#include "results/numbers.h"
#include "results/record.h"
#include "suites.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The number that the next descriptor gets. */
static int next_fd(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

static void fill(char *to, size_t len, unsigned seed)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (char)(seed * 31 + i * 7);
}

START_TEST(bytes_come_back)
{
    enum { EXTENTS = 300 };
    static char in[400000], out[400000];
    off_t at[EXTENTS];
    size_t len[EXTENTS];
    uint64_t live = 0;
    struct spill *s = spill_new();

    srand(7);
    for (unsigned i = 0; i < EXTENTS; i++) {
        len[i] = 1 + (size_t)rand() % (i % 20 ? 3000 : sizeof in);
        fill(in, len[i], i);
        at[i] = spill_append(s, in, len[i]);
        ck_assert_int_ge(at[i], 0);
        live += len[i];
        if (i % 7 == 0) { /* staged or not */
            ck_assert_int_eq(spill_read(s, out, len[i], at[i]), 0);
            ck_assert(memcmp(in, out, len[i]) == 0);
        }
    }
    ck_assert_uint_eq(spill_live(s), live);
    for (unsigned i = EXTENTS; i-- > 0;) { /* dropping one must not touch another, holes or not */
        spill_drop(s, at[i], len[i]);
        if (i) {
            fill(in, len[i - 1], i - 1);
            ck_assert_int_eq(spill_read(s, out, len[i - 1], at[i - 1]), 0);
            ck_assert(memcmp(in, out, len[i - 1]) == 0);
        }
    }
    ck_assert_uint_eq(spill_live(s), 0);
    spill_free(s);
}
END_TEST

START_TEST(file_is_private_and_begins_anew_when_empty)
{
    static char bytes[1 << 20];
    struct stat st;
    int fd = next_fd();
    struct spill *s = spill_new();

    ck_assert_int_lt(fstat(fd, &st), 0); /* no file before it is needed */
    off_t first = spill_append(s, bytes, sizeof bytes), second = spill_append(s, bytes, 10);

    ck_assert_int_eq(spill_flush(s), 0);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_uint_eq(st.st_nlink, 0);
    ck_assert_uint_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(st.st_size, (1 << 20) + 10);
    spill_drop(s, first, sizeof bytes);
    spill_drop(s, second, 10);
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_eq(st.st_size, 0);
    ck_assert_int_eq(spill_append(s, bytes, 1), 0);
    spill_free(s);
    ck_assert_int_lt(fstat(fd, &st), 0);
}
END_TEST

/* A run in which something always waits must not fill the disk with what has long been delivered. */
START_TEST(space_of_dropped_bytes_goes_back)
{
    enum { PIECE = 256 << 10, ROUNDS = 200 };
    static char bytes[PIECE];
    struct stat st;
    int fd = next_fd();
    struct spill *s = spill_new();

    for (int i = 0; i < ROUNDS; i++) {
        off_t at = spill_append(s, bytes, PIECE - 100);

        ck_assert_int_ge(at, 0);
        ck_assert_int_eq(spill_flush(s), 0);
        if (i)
            spill_drop(s, at - (PIECE - 100), PIECE - 100);
    }
    ck_assert_int_eq(fstat(fd, &st), 0);
    ck_assert_int_gt(st.st_size, (off_t)PIECE * (ROUNDS - 1));
    ck_assert_int_lt(st.st_blocks * 512, 4 << 20);
    spill_free(s);
}
END_TEST

START_TEST(failure_is_told)
{
    static char bytes[100000];
    struct spill *s = spill_new();
    off_t at = 0;

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1000000, 1000000});
    close(2); /* what is said is checked with order */
    for (int i = 0; i < 30 && at >= 0; i++)
        at = spill_append(s, bytes, sizeof bytes);
    ck_assert_int_eq(at, -1);
    spill_free(s);
}
END_TEST

static struct piece samples[] = {
    {.kind = PIECE_OUT, .bytes = {"some bytes", 10}},
    {.kind = PIECE_ERR, .bytes = {"x", 1}},
    {.kind = PIECE_END, .end = {.attempt = 1, .slot = 300, .start = 1700000000000000, .elapsed = 5, .maxrss = 4000}},
    {.kind = PIECE_END, .end = {.cause = END_SIGNAL, .status = 255, .signal = 11, .flags = OUTCOME_CUT,
                                .attempt = UINT32_MAX, .slot = UINT32_MAX, .rank = UINT32_MAX, .start = INT64_MAX, .elapsed = INT64_MAX,
                                .maxrss = INT64_MAX, .reason = {"why", 3}}},
    {.kind = PIECE_RUN, .count = 3, .bytes = {"a\nbb\n\n", 6}, .lengths = (uint32_t[]){2, 3, 1}},
    {.kind = PIECE_RUN, .count = UINT32_MAX, .bytes = {"", 0}, .end = {.start = -5}},
};

static void check_same(const struct piece *a, const struct piece *b)
{
    ck_assert_int_eq(a->kind, b->kind);
    ck_assert(span_equal(a->bytes, b->bytes));
    ck_assert(span_equal(a->end.reason, b->end.reason));
    ck_assert_int_eq(a->end.cause, b->end.cause);
    ck_assert_int_eq(a->end.status, b->end.status);
    ck_assert_int_eq(a->end.signal, b->end.signal);
    ck_assert_int_eq(a->end.flags, b->end.flags);
    ck_assert_uint_eq(a->end.attempt, b->end.attempt);
    ck_assert_uint_eq(a->end.slot, b->end.slot);
    ck_assert_uint_eq(a->end.rank, b->end.rank);
    ck_assert_int_eq(a->end.start, b->end.start);
    ck_assert_int_eq(a->end.elapsed, b->end.elapsed);
    ck_assert_int_eq(a->end.maxrss, b->end.maxrss);
    if (a->kind == PIECE_RUN)
        ck_assert_uint_eq(a->count, b->count);
    ck_assert_int_eq(a->lengths != NULL, b->lengths != NULL);
    if (a->lengths)
        ck_assert(memcmp(a->lengths, b->lengths, a->count * sizeof *a->lengths) == 0);
}

START_TEST(records_are_read_as_written)
{
    const struct piece *p = &samples[_i];
    struct buf lengths = BUF_INIT;
    struct piece got;
    char *bytes = malloc(record_room(p));
    size_t size = (size_t)(record_put(bytes, p) - bytes);

    ck_assert_uint_le(size, record_room(p));
    ck_assert_uint_eq(record_get(bytes, size, &got, &lengths), size);
    check_same(p, &got);
    for (size_t cut = 0; cut < size; cut++) { /* a copy of that very size, for the sanitizer to watch */
        char *part = malloc(cut ? cut : 1);

        memcpy(part, bytes, cut);
        ck_assert_uint_eq(record_get(part, cut, &got, &lengths), 0);
        free(part);
    }
    buf_release(&lengths);
    free(bytes);
}
END_TEST

START_TEST(noise_is_no_record_beyond_its_bytes)
{
    struct buf lengths = BUF_INIT;
    struct piece got;
    char bytes[64];

    srand(3);
    for (int i = 0; i < 200000; i++) {
        size_t len = (size_t)rand() % sizeof bytes;

        for (size_t k = 0; k < len; k++)
            bytes[k] = (char)(k ? rand() : rand() % 8 | (rand() & 0x80));
        ck_assert_uint_le(record_get(bytes, len, &got, &lengths), len);
    }
    buf_release(&lengths);
}
END_TEST

/* Against an array: a moving window of numbers, as tasks in flight are. */
START_TEST(numbers_are_found_until_taken)
{
    enum { SPAN = 500, STEPS = 200000 };
    struct numbers t = {0};
    char *there[SPAN] = {NULL}, values[SPAN];
    size_t count = 0;

    srand(11);
    for (uint64_t i = 0; i < STEPS; i++) {
        uint64_t number = i / 100 * 37 + (uint64_t)rand() % 60;
        char **slot = &there[number % SPAN];

        /* numbers that left the window are gone, so that slots of the array are free again */
        for (uint64_t old = i / 100 * 37 + 60; i % 100 == 0 && old < i / 100 * 37 + SPAN; old++) {
            count -= there[old % SPAN] != NULL;
            ck_assert_ptr_eq(old >= SPAN ? numbers_take(&t, old - SPAN) : NULL, there[old % SPAN]);
            there[old % SPAN] = NULL;
        }
        ck_assert_ptr_eq(numbers_get(&t, number), *slot);
        if (*slot) {
            ck_assert_ptr_eq(numbers_take(&t, number), *slot);
            *slot = NULL;
            count--;
        } else {
            *slot = &values[number % SPAN];
            numbers_put(&t, number, *slot);
            count++;
        }
        ck_assert_uint_eq(t.count, count);
    }
    size_t at = 0;

    while (numbers_walk(&t, &at))
        count--;
    ck_assert_uint_eq(count, 0);
    numbers_release(&t);
}
END_TEST

Suite *spill_suite(void)
{
    Suite *s = suite_create("spill");
    TCase *c = tcase_create("file");

    tcase_set_timeout(c, 20);
    tcase_add_test(c, bytes_come_back);
    tcase_add_test(c, file_is_private_and_begins_anew_when_empty);
    tcase_add_test(c, space_of_dropped_bytes_goes_back);
    tcase_add_test(c, failure_is_told);
    suite_add_tcase(s, c);
    c = tcase_create("record");
    tcase_add_loop_test(c, records_are_read_as_written, 0, sizeof samples / sizeof *samples);
    tcase_add_test(c, noise_is_no_record_beyond_its_bytes);
    suite_add_tcase(s, c);
    c = tcase_create("numbers");
    tcase_add_test(c, numbers_are_found_until_taken);
    suite_add_tcase(s, c);
    return s;
}
