/* Launchers by the variables that real ones set; and the rule by which those who wait for MPI sleep. */
#include "backend/launcher.h"
#include "backend/nap.h"

#include "suites.h"

#include <stddef.h>
#include <string.h>

static const char *const *variables; /* "NAME", "VALUE", ..., NULL: the environment of one case */

static const char *get(const char *name)
{
    for (const char *const *v = variables; *v; v += 2)
        if (strcmp(*v, name) == 0)
            return v[1];
    return NULL;
}

#define DETECT(...)                                                                                                    \
    (variables = (const char *const[]){__VA_ARGS__ __VA_OPT__(, ) NULL}, launcher_detect(&l, get))

#define MUST_BE(k, n, r)                                                                                               \
    do {                                                                                                               \
        ck_assert_int_eq(l.kind, k);                                                                                   \
        ck_assert_uint_eq(l.size, n);                                                                                  \
        ck_assert_uint_eq(l.rank, r);                                                                                  \
    } while (0)

START_TEST(every_launcher_is_known)
{
    struct launcher l;

    variables = (const char *const[]){NULL};
    launcher_detect(&l, get);
    MUST_BE(LAUNCHER_NONE, 1, 0);
    DETECT("OMPI_COMM_WORLD_SIZE", "4", "OMPI_COMM_WORLD_RANK", "3", "PMIX_RANK", "3", "OMPI_COMM_WORLD_LOCAL_SIZE", "2");
    MUST_BE(LAUNCHER_OPENMPI, 4, 3);
    ck_assert_uint_eq(l.local, 2);
    ck_assert_str_eq(launcher_library(&l), "openmpi");
    DETECT("PMI_SIZE", "2", "PMI_RANK", "0", "PMI_FD", "9", "MPI_LOCALNRANKS", "2");
    MUST_BE(LAUNCHER_HYDRA, 2, 0);
    ck_assert_str_eq(launcher_library(&l), "mpich");
    DETECT("PMIX_RANK", "1", "SLURM_PROCID", "1", "SLURM_STEP_ID", "0", "SLURM_STEP_NUM_TASKS", "3",
           "SLURM_STEP_TASKS_PER_NODE", "2(x3),1");
    MUST_BE(LAUNCHER_PMIX, 3, 1);
    ck_assert_uint_eq(l.local, 2);
    ck_assert(l.step);
    DETECT("PMI_SIZE", "3", "PMI_RANK", "2", "SLURM_PROCID", "2", "SLURM_STEP_ID", "0", "SLURM_STEP_NUM_TASKS", "3");
    MUST_BE(LAUNCHER_PMI2, 3, 2);
    ck_assert(l.step);
    DETECT("SLURM_PROCID", "1", "SLURM_STEP_ID", "0", "SLURM_STEP_NUM_TASKS", "3");
    MUST_BE(LAUNCHER_SRUN, 3, 1);
    ck_assert_ptr_null(launcher_library(&l));
}
END_TEST

/* A batch script is one process, whatever was reserved for it; mpirun and mpiexec inside one are themselves. */
START_TEST(a_batch_script_is_no_launcher)
{
    struct launcher l;

    DETECT("SLURM_JOB_ID", "7", "SLURM_PROCID", "0", "SLURM_NTASKS", "64");
    MUST_BE(LAUNCHER_NONE, 1, 0);
    ck_assert(!l.step);
    DETECT("SLURM_JOB_ID", "7", "SLURM_STEP_ID", "1", "SLURM_STEP_NUM_TASKS", "2", "SLURM_PROCID", "1",
           "OMPI_COMM_WORLD_SIZE", "8", "OMPI_COMM_WORLD_RANK", "5");
    MUST_BE(LAUNCHER_OPENMPI, 8, 5);
    ck_assert(!l.step);
    DETECT("SLURM_STEP_ID", "1", "SLURM_STEP_NUM_TASKS", "2", "SLURM_PROCID", "1", "PMI_SIZE", "8", "PMI_RANK", "5");
    MUST_BE(LAUNCHER_HYDRA, 8, 5);
    ck_assert(!l.step);
}
END_TEST

START_TEST(nonsense_is_not_believed)
{
    struct launcher l;

    DETECT("OMPI_COMM_WORLD_SIZE", "4", "OMPI_COMM_WORLD_RANK", "4");
    MUST_BE(LAUNCHER_NONE, 1, 0);
    DETECT("OMPI_COMM_WORLD_SIZE", "-1", "OMPI_COMM_WORLD_RANK", "0");
    MUST_BE(LAUNCHER_NONE, 1, 0);
    DETECT("OMPI_COMM_WORLD_SIZE", "99999999999999999999999", "OMPI_COMM_WORLD_RANK", "0");
    MUST_BE(LAUNCHER_NONE, 1, 0);
    DETECT("PMI_SIZE", "3x", "PMI_RANK", "0");
    MUST_BE(LAUNCHER_NONE, 1, 0);
    DETECT("PMI_SIZE", "", "PMI_RANK", "");
    MUST_BE(LAUNCHER_NONE, 1, 0);
}
END_TEST

START_TEST(there_is_advice_for_the_wrong_mpi)
{
    struct launcher l = {.kind = LAUNCHER_HYDRA};

    ck_assert_ptr_nonnull(strstr(launcher_advice(&l, "openmpi"), "mpirun of Open MPI"));
    l.kind = LAUNCHER_PMI2;
    ck_assert_ptr_nonnull(strstr(launcher_advice(&l, "openmpi"), "--mpi=pmix"));
    l.kind = LAUNCHER_PMIX;
    ck_assert_ptr_nonnull(strstr(launcher_advice(&l, "mpich"), "--mpi=pmi2"));
}
END_TEST

START_TEST(sleep_grows_with_the_silence)
{
    struct nap n = {.since = 1000000};
    int64_t last = 0;

    nap_event(&n, 1000010);
    ck_assert_int_eq(nap_until(&n, 1000020), 1000020); /* still spinning */
    for (int64_t waited = NAP_SPIN; waited < 10000000; waited = waited * 5 / 4) {
        int64_t sleep = nap_until(&n, 1000010 + waited) - 1000010 - waited;

        ck_assert_int_ge(sleep, NAP_LEAST);
        ck_assert_int_le(sleep, NAP_MOST);
        ck_assert_int_ge(sleep, last);
        ck_assert(sleep <= NAP_LEAST || sleep <= waited / 16);
        last = sleep;
    }
    ck_assert_int_eq(last, NAP_MOST);
}
END_TEST

/* Events a millisecond apart, in pairs: no spinning, half of the gap, and it learns anew when they come fast. */
START_TEST(sleep_knows_how_events_come)
{
    struct nap n = {.since = 0};
    int64_t now = 0;

    for (int i = 0; i < 50; i++) {
        nap_event(&n, now += 1000);
        nap_event(&n, now += 5);
    }
    int64_t sleep = nap_until(&n, now + 1) - now - 1;

    ck_assert_int_gt(sleep, 400);
    ck_assert_int_le(sleep, 500);
    for (int i = 0; i < 50; i++)
        nap_event(&n, now += 60);
    ck_assert_int_eq(nap_until(&n, now + 10), now + 10);
    for (int i = 0; i < 50; i++)
        nap_event(&n, now += 1000000);
    ck_assert_int_eq(nap_until(&n, now), now + NAP_FIRST);
}
END_TEST

Suite *launcher_suite(void)
{
    Suite *s = suite_create("launcher");
    TCase *c = tcase_create("environment");

    tcase_add_test(c, every_launcher_is_known);
    tcase_add_test(c, a_batch_script_is_no_launcher);
    tcase_add_test(c, nonsense_is_not_believed);
    tcase_add_test(c, there_is_advice_for_the_wrong_mpi);
    tcase_add_test(c, sleep_grows_with_the_silence);
    tcase_add_test(c, sleep_knows_how_events_come);
    suite_add_tcase(s, c);
    return s;
}
