/* What each host has done: ranks of one host together, nothing where there is but one host. */
#include "base/buf.h"
#include "base/diag.h"
#include "suites.h"
#include "watch/hosts.h"

static struct buf said;

static void say(void *ctx, struct span line)
{
    (void)ctx;
    buf_put(&said, line.ptr, line.len);
}

static void end(struct outlet *o, uint64_t task, uint32_t count, uint32_t rank, const char *host,
                int status)
{
    struct piece p = {.kind = count > 1 ? PIECE_RUN : PIECE_END, .task = task, .count = count};

    p.end =
        (struct outcome){.rank = rank, .host = host, .status = (uint8_t)status, .elapsed = 500000};
    ck_assert_int_eq(o->ops->put(o, &p), 0);
}

static const char *closed(struct outlet *o)
{
    buf_clear(&said);
    diag_divert(say, NULL);
    ck_assert_int_eq(o->ops->close(o, true), 0);
    diag_divert(NULL, NULL);
    return buf_cstr(&said);
}

START_TEST(ranks_of_a_host_are_added_up)
{
    char again[] = "b"; /* the same name at another place, gone before the end */
    struct outlet *o = hosts_new();

    end(o, 1, 10, 7, again, 0);
    end(o, 11, 1, 0, "a", 3);
    end(o, 12, 1, 2, again, 0);
    end(o, 13, 1, 0, "a", 0);
    again[0] = 'x';
    ck_assert_str_eq(closed(o), "smap: host b: 11 tasks, 0 failed, 1.000 s in tasks\n"
                                "smap: host a: 2 tasks, 1 failed, 1.000 s in tasks\n");
    buf_release(&said);
}
END_TEST

START_TEST(one_host_is_no_news)
{
    struct outlet *o = hosts_new();

    ck_assert_str_eq(closed(hosts_new()), "");
    end(o, 1, 1, 0, "a", 0);
    end(o, 2, 1, 5, "a", 1);
    ck_assert_str_eq(closed(o), "");
    buf_release(&said);
}
END_TEST

START_TEST(a_journal_ran_elsewhere)
{
    struct outlet *o = hosts_new();
    struct piece p = {.kind = PIECE_END,
                      .task = 1,
                      .count = 1,
                      .end = {.host = "old", .flags = OUTCOME_FROM_JOURNAL}};

    ck_assert_int_eq(o->ops->put(o, &p), 0);
    end(o, 2, 1, 0, "a", 0);
    ck_assert_str_eq(closed(o), "");
    buf_release(&said);
}
END_TEST

Suite *hosts_suite(void)
{
    Suite *s = suite_create("hosts");
    TCase *c = tcase_create("figures");

    tcase_add_test(c, ranks_of_a_host_are_added_up);
    tcase_add_test(c, one_host_is_no_news);
    tcase_add_test(c, a_journal_ran_elsewhere);
    suite_add_tcase(s, c);
    return s;
}
