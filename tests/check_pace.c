/* The pace of starts, on a machine that is made of files. */
#include "pace.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static void write_file(const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof path, "%s/proc/%s", root, name);
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    fclose(f);
}

static void make_machine(void)
{
    char path[128];

    snprintf(root, sizeof root, "/tmp/check_pace.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(path, sizeof path, "%s/proc", root);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void remove_machine(void)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", root);
    ck_assert_int_eq(system(command), 0);
}

START_TEST(starts_keep_their_distance)
{
    struct pace p;

    ck_assert_int_eq(pace_init(&p, &(struct pace_spec){.delay = 1000}, root), 0);
    ck_assert(pace_limits(&p));
    ck_assert(pace_ready(&p, 5));
    pace_started(&p, 5);
    ck_assert(!pace_ready(&p, 1004));
    ck_assert_int_eq(p.next, 1005);
    ck_assert(pace_ready(&p, 1005));
    ck_assert_int_eq(pace_init(&p, &(struct pace_spec){.delay = 0}, root), 0);
    ck_assert(!pace_limits(&p));
}
END_TEST

START_TEST(a_busy_machine_gets_no_more)
{
    struct pace p;

    write_file("loadavg", "0.50 2.00 2.00 2/300 999\n");
    ck_assert_int_eq(pace_init(&p, &(struct pace_spec){.load = {.hundredths = 200}}, root), 0);
    ck_assert(pace_ready(&p, 1));
    write_file("loadavg", "0.50 2.00 2.00 3/300 999\n"); /* two beside smap itself */
    ck_assert(!pace_ready(&p, 2));
    ck_assert_int_gt(p.next, 2);
    write_file("loadavg", "0.50 2.00 2.00 1/300 999\n");
    ck_assert(!pace_ready(&p, 3)); /* not yet looked at again */
    ck_assert(pace_ready(&p, p.next));
    write_file("loadavg", "2.00 0.00 0.00 1/300 999\n");
    ck_assert(!pace_ready(&p, p.next + 1));
    ck_assert_int_eq(pace_init(&p, &(struct pace_spec){.load = {.hundredths = 50, .of_cpus = true}, .cpus = 8}, root), 0);
    ck_assert(pace_ready(&p, 1));
}
END_TEST

START_TEST(memory_must_be_free)
{
    struct pace p;

    write_file("meminfo", "MemTotal: 8000 kB\nMemFree: 10 kB\nMemAvailable:    4000 kB\n");
    ck_assert_int_eq(pace_init(&p, &(struct pace_spec){.memfree = 4000 * 1024}, root), 0);
    ck_assert(pace_ready(&p, 1));
    write_file("meminfo", "MemTotal: 8000 kB\nMemFree: 9000 kB\nMemAvailable:    3999 kB\n");
    ck_assert(!pace_ready(&p, 2));
}
END_TEST

START_TEST(a_machine_that_does_not_tell_is_an_error)
{
    struct pace p;

    ck_assert_int_eq(pace_init(&p, &(struct pace_spec){.load = {.hundredths = 200}}, root), -1);
    write_file("meminfo", "MemTotal: 8000 kB\n");
    ck_assert_int_eq(pace_init(&p, &(struct pace_spec){.memfree = 1}, root), -1);
}
END_TEST

Suite *pace_suite(void)
{
    Suite *s = suite_create("pace");
    TCase *c = tcase_create("starts");

    tcase_add_checked_fixture(c, make_machine, remove_machine);
    tcase_add_test(c, starts_keep_their_distance);
    tcase_add_test(c, a_busy_machine_gets_no_more);
    tcase_add_test(c, memory_must_be_free);
    tcase_add_test(c, a_machine_that_does_not_tell_is_an_error);
    suite_add_tcase(s, c);
    return s;
}
