/* The corridor over a backend that does everything late and the wrong way round. */
#include "base/loop.h"
#include "base/xalloc.h"
#include "fake_backend.h"
#include "map.h"
#include "results/order.h"
#include "results/outlet.h"
#include "suites.h"
#include "tasks/source.h"
#include "work/work.h"

#include <stdio.h>
#include <stdlib.h>

/* An outlet that writes down what it is given. */
struct notebook {
    struct outlet base;
    struct buf text;
    uint64_t ends, refuse_at;
    int vote;
    bool holds; /* one that is `holding` takes nothing more until it is flushed */
};

static int notebook_put(struct outlet *o, const struct piece *p)
{
    struct notebook *n = (struct notebook *)o;

    if (p->kind == PIECE_OUT || p->kind == PIECE_RUN)
        buf_put(&n->text, p->bytes.ptr, p->bytes.len);
    if (p->kind == PIECE_END && p->end.status)
        buf_printf(&n->text, "[%u %.*s]\n", p->end.status, (int)p->input.len, p->input.ptr);
    n->holds = true;
    n->ends += p->kind == PIECE_RUN ? p->count : p->kind == PIECE_END;
    return n->refuse_at && n->ends >= n->refuse_at ? n->vote : 0;
}

static bool notebook_ready(struct outlet *o)
{
    return !((struct notebook *)o)->holds;
}

static int notebook_flush(struct outlet *o)
{
    ((struct notebook *)o)->holds = false;
    return 0;
}

static const struct outlet_ops plain_ops = {.name = "notebook", .put = notebook_put};
static const struct outlet_ops single_ops = {.name = "single", .put = notebook_put, .per_task = true};
static const struct outlet_ops holding_ops = {
    .name = "holding", .put = notebook_put, .per_task = true, .patient = true, .ready = notebook_ready, .flush = notebook_flush};

/* A source of the numbers up to COUNT. *WORD is to be freed after it. */
static struct source *numbers(uint32_t count, char ***word)
{
    struct source_list list = {.words = count};
    struct source_spec spec = {.list = &list, .lists = 1, .separator = '\n'};
    struct source *s;

    list.word = *word = xcalloc(count + 1, sizeof **word + 16);
    for (uint32_t i = 0; i < count; i++) {
        list.word[i] = (char *)(list.word + count) + 16 * i;
        snprintf(list.word[i], 16, "%u", i + 1);
    }
    ck_assert_int_eq(source_open(&s, &spec), 0);
    return s;
}

static struct counts run(uint32_t count, struct notebook *n)
{
    char **word;
    struct work work = {.lengths = n->base.ops->per_task};
    struct map_spec spec = {
        .loop = loop_new(),
        .source = numbers(count, &word),
        .backend = &fake_ops,
        .work = &work,
        .slots = fake_script.slots,
        .order = ORDER_TASKS,
        .buffer = 4096,
        .outlets = &n->base,
    };
    struct counts counts;

    ck_assert_int_eq(map_run(&spec, &counts), 0);
    ck_assert(fake_script.closed);
    source_close(spec.source);
    loop_free(spec.loop);
    free(word);
    return counts;
}

static void expect(const struct notebook *n, uint32_t count, uint64_t fail_every)
{
    struct buf want = BUF_INIT;

    for (uint32_t i = 1; i <= count; i++) {
        buf_printf(&want, "%u\n", i);
        if (fail_every && i % fail_every == 0)
            buf_printf(&want, "[%u %u]\n", (uint8_t)(i % 255 + 1), i);
    }
    ck_assert(span_equal((struct span){n->text.ptr, n->text.len}, (struct span){want.ptr, want.len}));
    buf_release(&want);
}

START_TEST(late_and_reversed_comes_out_in_order)
{
    for (int halves = 0; halves < 2; halves++) {
        struct notebook n = {.base = {&plain_ops, NULL}};

        fake_script = (struct fake_script){.slots = 7, .batch = 3, .fail_every = 5, .halves = halves};
        struct counts c = run(1000, &n);

        expect(&n, 1000, 5);
        ck_assert_uint_eq(c.tasks, 1000);
        ck_assert_uint_eq(c.failed, 200);
        ck_assert_uint_eq(c.succeeded, 800);
        ck_assert(!c.broken && !c.stopped);
        ck_assert_uint_le(fake_script.most_held, 7);
        buf_release(&n.text);
    }
}
END_TEST

START_TEST(runs_are_passed_on_or_taken_apart)
{
    const struct outlet_ops *ops[] = {&plain_ops, &single_ops};

    for (int i = 0; i < 2; i++) {
        struct notebook n = {.base = {ops[i], NULL}};

        fake_script = (struct fake_script){.slots = 4, .batch = 50, .runs = true};
        ck_assert_uint_eq(run(777, &n).succeeded, 777);
        ck_assert_uint_eq(n.ends, 777);
        expect(&n, 777, 0);
        buf_release(&n.text);
    }
}
END_TEST

START_TEST(no_tasks_is_no_work)
{
    struct notebook n = {.base = {&plain_ops, NULL}};

    fake_script = (struct fake_script){.slots = 4, .batch = 1};
    struct counts c = run(0, &n);

    ck_assert_uint_eq(c.tasks, 0);
    ck_assert(!c.broken && !c.stopped);
}
END_TEST

START_TEST(an_outlet_can_stop_the_run)
{
    struct notebook n = {.base = {&plain_ops, NULL}, .refuse_at = 10, .vote = OUTLET_STOP};

    fake_script = (struct fake_script){.slots = 4, .batch = 1};
    struct counts c = run(100000, &n);

    ck_assert(c.stopped && !c.broken);
    ck_assert_uint_lt(c.tasks, 30);
    ck_assert_uint_eq(n.ends, 10); /* its vote is the last word, whatever else has ended by then */
    ck_assert_uint_eq(c.succeeded + c.failed, 10);
    ck_assert_uint_eq(c.total, 100000);
    buf_release(&n.text);
}
END_TEST

/* Nothing else happens that could wake the corridor. */
START_TEST(an_outlet_may_be_ready_again_by_a_flush)
{
    struct notebook n = {.base = {&holding_ops, NULL}};

    fake_script = (struct fake_script){.slots = 4, .batch = 1};
    run(300, &n);
    ck_assert_uint_eq(n.ends, 300);
    buf_release(&n.text);
}
END_TEST

START_TEST(a_broken_outlet_breaks_the_run)
{
    struct notebook n = {.base = {&plain_ops, NULL}, .refuse_at = 10, .vote = -1};

    fake_script = (struct fake_script){.slots = 4, .batch = 1};
    ck_assert(run(100000, &n).broken);
    ck_assert_uint_eq(n.ends, 10);
    buf_release(&n.text);
}
END_TEST

START_TEST(a_broken_backend_breaks_the_run)
{
    struct notebook n = {.base = {&plain_ops, NULL}};

    fake_script = (struct fake_script){.slots = 4, .batch = 1, .break_after = 5};
    ck_assert(run(1000, &n).broken);
    buf_release(&n.text);
}
END_TEST

/* A worker that cannot go on lets its tasks fall; nobody had stopped the run. */
START_TEST(tasks_that_fall_break_the_run)
{
    struct notebook n = {.base = {&plain_ops, NULL}};

    fake_script = (struct fake_script){.slots = 2, .batch = 1, .drop_from = 9};
    struct counts c = run(10, &n);

    ck_assert_uint_eq(c.cancelled, 2);
    ck_assert(c.broken);
    ck_assert(!counts_complete(&c));
    buf_release(&n.text);
}
END_TEST

Suite *map_suite(void)
{
    Suite *s = suite_create("map");
    TCase *c = tcase_create("corridor");

    tcase_add_test(c, late_and_reversed_comes_out_in_order);
    tcase_add_test(c, runs_are_passed_on_or_taken_apart);
    tcase_add_test(c, no_tasks_is_no_work);
    tcase_add_test(c, an_outlet_can_stop_the_run);
    tcase_add_test(c, an_outlet_may_be_ready_again_by_a_flush);
    tcase_add_test(c, a_broken_outlet_breaks_the_run);
    tcase_add_test(c, tasks_that_fall_break_the_run);
    tcase_add_test(c, a_broken_backend_breaks_the_run);
    suite_add_tcase(s, c);
    return s;
}
