/* What a batch system says about the end of a job. */
#include "base/jobend.h"
#include "suites.h"

#include <string.h>

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

START_TEST(pbs_names_the_length)
{
    int64_t l = left(NULL, "1000000", "");

    ck_assert_int_gt(l, 0);
    ck_assert_int_le(l, INT64_C(1000000000000));
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
