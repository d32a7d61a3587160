/* What a batch system says about the end of a job. */
#include "base/jobend.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *slurm, *pbs;

static const char *get(const char *name)
{
    return strcmp(name, "SLURM_JOB_END_TIME") == 0 ? slurm : strcmp(name, "PBS_WALLTIME") == 0 ? pbs : NULL;
}

static int64_t left(const char *slurm_end, const char *pbs_length, const char *root)
{
    slurm = slurm_end;
    pbs = pbs_length;
    return jobend_left(get, INT64_C(1700000000000000), root);
}

START_TEST(slurm_names_the_end)
{
    ck_assert_int_eq(left("1700000060", NULL, ""), 60000000);
    ck_assert_int_eq(left("1700000060", "5", ""), 60000000);
    ck_assert_int_eq(left("1700000000", NULL, ""), -1); /* is over, and we are still here */
    ck_assert_int_eq(left("soon", NULL, ""), -1);
    ck_assert_int_eq(left("", NULL, ""), -1);
    ck_assert_int_eq(left("99999999999999999999", NULL, ""), -1);
}
END_TEST

static void text_file(const char *dir, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "w");

    ck_assert_ptr_nonnull(f);
    fputs(text, f);
    ck_assert_int_eq(fclose(f), 0);
}

/* A machine up for 1000 s whose session leader began ten seconds ago; in a PID namespace the leader may have no number but 0. */
static void fake_machine(char *root)
{
    char dir[256], stat[128];

    ck_assert_ptr_nonnull(mkdtemp(root));
    snprintf(dir, sizeof dir, "%s/proc", root);
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    text_file(dir, "uptime", "1000.00 1500.00\n");
    snprintf(dir, sizeof dir, "%s/proc/%d", root, (int)getsid(0));
    ck_assert_int_eq(mkdir(dir, 0700), 0);
    snprintf(stat, sizeof stat, "7 (a b) c) S 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 %ld 0 0\n", 990 * sysconf(_SC_CLK_TCK));
    text_file(dir, "stat", stat);
}

static void remove_machine(const char *root)
{
    static const char *const format[] = {"%s/proc/%d/stat", "%s/proc/%d", "%s/proc/uptime", "%s/proc", "%s"};
    char path[256];

    for (size_t i = 0; i < sizeof format / sizeof *format; i++) {
        snprintf(path, sizeof path, format[i], root, (int)getsid(0));
        ck_assert_int_eq(remove(path), 0);
    }
}

START_TEST(pbs_names_the_length)
{
    char root[] = "/tmp/check-jobend-XXXXXX";

    fake_machine(root);
    ck_assert_int_eq(left(NULL, "60", root), 50000000);
    ck_assert_int_eq(left(NULL, "10", root), -1); /* is over, and we are still here */
    remove_machine(root);
    ck_assert_int_eq(left(NULL, "1000000", "/nonexistent"), -1);
    ck_assert_int_eq(left(NULL, NULL, ""), -1);
}
END_TEST

Suite *jobend_suite(void)
{
    Suite *s = suite_create("jobend");
    TCase *c = tcase_create("variables");

    tcase_add_test(c, slurm_names_the_end);
    tcase_add_test(c, pbs_names_the_length);
    suite_add_tcase(s, c);
    return s;
}
