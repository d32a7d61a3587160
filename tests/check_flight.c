/* Batches in flight: found by task number until their last task has landed, in whatever order that happens. */
#include "flight.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>

static struct batch *numbers(uint64_t first, uint32_t count)
{
    struct batch *b = batch_new(first, '\n');

    for (uint32_t i = 0; i < count; i++)
        buf_printf(&b->data, "t%u\n", (unsigned)(first + i));
    b->count = count;
    return b;
}

static void expect_text(struct flight *f, uint64_t number)
{
    char want[32];
    struct task t;

    snprintf(want, sizeof want, "t%u", (unsigned)number);
    ck_assert(flight_task(f, number, &t));
    ck_assert(span_equal(t.text, span_of(want)));
}

START_TEST(text_is_found_in_any_order)
{
    struct flight *f = flight_new();
    struct task t;

    flight_start(f, numbers(1, 10));
    flight_start(f, numbers(11, 1));
    flight_start(f, numbers(20, 5));
    expect_text(f, 7);
    expect_text(f, 3);
    expect_text(f, 24);
    expect_text(f, 11);
    ck_assert(!flight_task(f, 15, &t));
    flight_land(f, 11, 1);
    ck_assert(!flight_task(f, 11, &t));
    flight_land(f, 1, 4);
    flight_land(f, 5, 6);
    flight_land(f, 20, 5);
    ck_assert(flight_empty(f));
    flight_free(f);
}
END_TEST

START_TEST(random_landings_keep_the_rest)
{
    struct flight *f = flight_new();
    enum { N = 500 };
    bool flying[N] = {false};
    uint64_t next = 0;

    srand(1);
    for (int step = 0; step < 20000; step++) {
        uint64_t i = (uint64_t)rand() % N;

        if (next < N && rand() % 3) {
            flight_start(f, numbers(next * 2 + 1, 2));
            flying[next++] = true;
        } else if (flying[i]) {
            expect_text(f, i * 2 + 2);
            flight_land(f, i * 2 + 2, 1);
            flight_land(f, i * 2 + 1, 1);
            flying[i] = false;
        }
        if (step % 100 == 0)
            for (uint64_t k = 0; k < next; k++)
                ck_assert(flight_task(f, k * 2 + 1, &(struct task){0}) == flying[k]);
    }
    flight_free(f);
}
END_TEST

Suite *flight_suite(void)
{
    Suite *s = suite_create("flight");
    TCase *c = tcase_create("find and land");

    tcase_add_test(c, text_is_found_in_any_order);
    tcase_add_test(c, random_landings_keep_the_rest);
    suite_add_tcase(s, c);
    return s;
}
