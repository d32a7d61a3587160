/* Memory: lists that grow one by one, and blocks that come and go. */
#include "base/xalloc.h"

#include "suites.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

START_TEST(a_list_grows_one_by_one)
{
    size_t *list = NULL;

    for (size_t i = 0; i < 1000; i++) {
        list = xgrow(list, i, sizeof *list);
        list[i] = i;
    }
    for (size_t i = 0; i < 1000; i++)
        ck_assert_uint_eq(list[i], i);
    free(list);
}
END_TEST

/* The sanitizers have a malloc of their own, which nothing is asked of. */
#if defined __GLIBC__ && !defined __SANITIZE_ADDRESS__

static long faults(void)
{
    struct rusage usage;

    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_minflt;
}

START_TEST(blocks_that_come_and_go_cost_no_page_faults)
{
    enum { BLOCK = 300 << 10, BLOCKS = 8, TIMES = 50 };
    long before = 0;

    xalloc_begin();
    for (int i = 0; i < TIMES; i++) {
        char *block[BLOCKS];

        for (int k = 0; k < BLOCKS; k++)
            block[k] = memset(xmalloc(BLOCK), i, BLOCK);
        for (int k = 0; k < BLOCKS; k++)
            free(block[k]);
        if (i == 0)
            before = faults();
    }
    ck_assert_int_lt(faults() - before, TIMES * BLOCKS); /* each block afresh would be 75 times that */
}
END_TEST

#endif

Suite *xalloc_suite(void)
{
    Suite *s = suite_create("xalloc");
    TCase *c = tcase_create("memory"); /* each test in a process of its own: Check forks */

    tcase_add_test(c, a_list_grows_one_by_one);
#if defined __GLIBC__ && !defined __SANITIZE_ADDRESS__
    tcase_add_test(c, blocks_that_come_and_go_cost_no_page_faults);
#endif
    suite_add_tcase(s, c);
    return s;
}
