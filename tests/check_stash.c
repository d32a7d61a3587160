/* A stash gives back what was put into it, from memory and from its file. */
#include "results/stash.h"

#include "suites.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static char byte_at(uint64_t i)
{
    return (char)(i * 31 + i / 251);
}

static void fill(struct stash *s, uint64_t size, size_t step)
{
    char *bytes = malloc(step);

    for (uint64_t at = 0; at < size; at += step) {
        size_t n = size - at < step ? (size_t)(size - at) : step;

        for (size_t i = 0; i < n; i++)
            bytes[i] = byte_at(at + i);
        ck_assert_int_eq(stash_put(s, (struct span){bytes, n}), 0);
    }
    free(bytes);
}

static void expect(const struct stash *s, uint64_t size, size_t step)
{
    struct buf room = BUF_INIT;
    struct span bytes;
    uint64_t at = 0;
    bool same = true;

    ck_assert_uint_eq(stash_size(s), size);
    do {
        ck_assert_int_eq(stash_read(s, at, step, &room, &bytes), 0);
        ck_assert_uint_eq(bytes.len, size - at < step ? size - at : step);
        for (size_t i = 0; i < bytes.len; i++)
            same = same && bytes.ptr[i] == byte_at(at + i);
        at += bytes.len;
    } while (bytes.len);
    ck_assert(same);
    buf_release(&room);
}

START_TEST(what_is_put_comes_back)
{
    static const uint64_t sizes[] = {0, 1, 1000, STASH_HEAD - 1, STASH_HEAD, STASH_HEAD + 1, 3 * STASH_HEAD + 17};
    static const size_t steps[] = {997, 65536, 4 * STASH_HEAD};
    struct stash s = {0};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
            fill(&s, sizes[i], steps[k]);
            expect(&s, sizes[i], steps[(k + 1) % 3]);
            ck_assert_uint_le(s.head.cap, 3 * STASH_HEAD);
            stash_clear(&s);
            ck_assert_uint_eq(stash_size(&s), 0);
        }
    stash_release(&s);
}
END_TEST

static int descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

START_TEST(a_large_one_costs_a_descriptor_while_it_lasts)
{
    struct stash s = {0};
    int before = descriptors();

    fill(&s, 2 * STASH_HEAD, 65536);
    ck_assert_int_eq(descriptors(), before + 1);
    stash_clear(&s);
    ck_assert_int_eq(descriptors(), before);
    stash_release(&s);
}
END_TEST

START_TEST(no_place_is_an_error)
{
    struct stash s = {0};
    char *large = calloc(1, 2 * STASH_HEAD);

    setenv("TMPDIR", "/nonexistent", 1);
    ck_assert_int_eq(stash_put(&s, (struct span){large, 2 * STASH_HEAD}), -1);
    stash_release(&s);
    free(large);
}
END_TEST

Suite *stash_suite(void)
{
    Suite *s = suite_create("stash");
    TCase *c = tcase_create("bytes");

    tcase_add_test(c, what_is_put_comes_back);
    tcase_add_test(c, a_large_one_costs_a_descriptor_while_it_lasts);
    tcase_add_test(c, no_place_is_an_error);
    suite_add_tcase(s, c);
    return s;
}
