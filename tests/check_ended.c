/* Wait statuses as outcomes. */
#include "work/ended.h"

#include "base/piece.h"
#include "suites.h"

START_TEST(every_end_is_a_failure)
{
    struct outcome o = {0};

    ended_describe(&o, 3 << 8, "gone", "gone in peace");
    ck_assert(o.cause == END_EXIT && o.status == 3 && span_equal(o.reason, span_of("gone")));
    ended_describe(&o, 0, "gone", "gone in peace");
    ck_assert(!outcome_ok(&o) && o.status == 1 && span_equal(o.reason, span_of("gone in peace")));
    o = (struct outcome){0};
    ended_describe(&o, 11, "gone", "gone in peace");
    ck_assert(o.cause == END_SIGNAL && o.signal == 11 && !o.reason.len);
}
END_TEST

Suite *ended_suite(void)
{
    Suite *s = suite_create("ended");
    TCase *c = tcase_create("outcomes");

    tcase_add_test(c, every_end_is_a_failure);
    suite_add_tcase(s, c);
    return s;
}
