/* Who is told that others are idle, when, and when no longer. */
#include "backend/relief.h"

#include "base/clock.h"
#include "suites.h"

#include <stdlib.h>

enum { PEERS = 3, LONG = 1000000 };

static struct peer peer[PEERS];
static struct relief relief;
static struct batch *batch;

static void drop(void *ctx, struct peer *p)
{
    (void)ctx;
    (void)p; /* what was said is read in the test */
}

/* What P has been told since the last look: 1, 0, or -1 for nothing. */
static int told(struct peer *p)
{
    struct wire_reader r = {0};
    struct wire_frame f;
    int said = -1;

    wire_feed(&r, p->out.ptr ? p->out.ptr : "", p->out.len);
    while (wire_next(&r, &f) == 1) {
        struct wire_cursor c = wire_open(f.body);

        if (f.kind == WIRE_WANTED)
            said = (int)wire_get_u32(&c);
    }
    wire_release(&r);
    p->out.len = 0;
    return said;
}

/* Three ranks with a slot each, at work. */
static void begin(void)
{
    relief = (struct relief){.spec = {.peer = peer, .peers = PEERS, .send = drop}};
    batch = batch_new(1, '\n');
    buf_puts(&batch->data, "1\n2\n3\n4\n");
    batch->count = 4;
    for (uint32_t i = 0; i < PEERS; i++) {
        peer[i] = (struct peer){.rank = i, .state = PEER_READY, .slots = 1};
        relief_weigh(&relief, &peer[i]);
    }
}

static void end(void)
{
    for (uint32_t i = 0; i < PEERS; i++)
        peer_release(&peer[i]);
    relief_release(&relief);
    batch_free(batch);
}

/* P has had BATCH for long. */
static void load(struct peer *p)
{
    peer_embark(p, batch);
    p->voyages->since -= 2 * LONG;
    relief_weigh(&relief, p);
}

/* There has been something to do for long. */
static int64_t look_late(void)
{
    relief.since = clock_now() - LONG;
    return relief_look(&relief, 1000);
}

START_TEST(one_that_is_held_up_is_told_once)
{
    begin();
    ck_assert_int_eq(relief_look(&relief, 1000), CLOCK_NEVER);
    load(&peer[1]);
    ck_assert_int_gt(relief_look(&relief, 1000), clock_now());
    ck_assert_int_eq(told(&peer[1]), -1);
    look_late();
    ck_assert_int_eq(told(&peer[0]), -1);
    ck_assert_int_eq(told(&peer[1]), 1);
    ck_assert_int_eq(told(&peer[2]), -1);
    ck_assert_int_eq(look_late(), CLOCK_NEVER);
    ck_assert_int_eq(told(&peer[1]), -1);
    end();
}
END_TEST

/* With slots for thousands a batch takes so long that a rank with two of them is not held up. */
START_TEST(long_batches_have_their_time)
{
    begin();
    load(&peer[1]);
    relief.since = clock_now() - LONG;
    ck_assert_int_gt(relief_look(&relief, LONG), clock_now());
    ck_assert_int_eq(told(&peer[1]), -1);
    peer[1].voyages->since = clock_now();
    look_late();
    ck_assert_int_eq(told(&peer[1]), -1);
    end();
}
END_TEST

START_TEST(no_more_are_told_at_a_time_than_are_idle)
{
    begin();
    load(&peer[0]);
    load(&peer[1]);
    look_late();
    ck_assert_int_eq(told(&peer[0]), 1);
    ck_assert_int_eq(told(&peer[1]), -1);
    look_late();
    ck_assert_int_eq(told(&peer[0]), -1);
    ck_assert_int_eq(told(&peer[1]), 1);
    end();
}
END_TEST

START_TEST(it_is_told_otherwise)
{
    struct voyage *done;

    begin();
    load(&peer[1]);
    look_late();
    ck_assert_int_eq(told(&peer[1]), 1);
    load(&peer[0]);
    load(&peer[2]);
    relief_look(&relief, 1000); /* nobody is idle any more */
    ck_assert_int_eq(told(&peer[1]), 0);
    ck_assert_ptr_nonnull(peer_return(&peer[0], 1, 4, &done));
    free(done);
    relief_weigh(&relief, &peer[0]);
    look_late();
    look_late();
    ck_assert_int_eq(told(&peer[1]), 1);
    ck_assert_ptr_nonnull(peer_return(&peer[1], 2, 3, &done));
    ck_assert_ptr_null(done);
    relief_weigh(&relief, &peer[1]); /* it has one task and a slot */
    ck_assert_int_eq(told(&peer[1]), 0);
    ck_assert_int_eq(told(&peer[2]), 1);
    relief_put(&relief, batch, 2, 3);
    relief_look(&relief, 1000); /* there is something for the idle one */
    ck_assert_int_eq(told(&peer[2]), 0);
    ck_assert_uint_eq(relief.told, 0);
    end();
}
END_TEST

START_TEST(what_comes_back_is_shared)
{
    begin();
    relief_put(&relief, batch, 1, 4);
    const struct batch *b = relief_take(&relief, 100, 1);

    ck_assert(b->first == 1 && b->count == 2);
    relief_end(&relief, b);
    relief_end(&relief, NULL);
    ck_assert_uint_eq(relief_take(&relief, 100, 50)->count, 1);
    ck_assert_uint_eq(relief_take(&relief, 100, 1)->first, 4);
    ck_assert(!returned_any(&relief.returned));
    end();
}
END_TEST

static uint64_t cancelled[4];
static int cancels;

static void note(void *ctx, const struct piece *p)
{
    (void)ctx;
    ck_assert(p->kind == PIECE_END && p->end.cause == END_CANCELLED && p->end.attempt == 1);
    cancelled[cancels++] = p->task;
}

START_TEST(a_stop_cancels_what_waits)
{
    begin();
    load(&peer[1]);
    relief_put(&relief, batch, 3, 2);
    relief_cancel(&relief, note, NULL);
    ck_assert(cancels == 2 && cancelled[0] == 3 && cancelled[1] == 4);
    ck_assert_int_eq(look_late(), CLOCK_NEVER);
    ck_assert_int_eq(told(&peer[1]), -1);
    end();
}
END_TEST

/* A peer may say anything; and of a batch that came twice the newer one is meant. */
START_TEST(only_what_is_there_comes_back)
{
    struct peer *p = &peer[0];
    struct voyage *done;

    begin();
    peer_embark(p, batch);
    ck_assert_ptr_null(peer_return(p, 5, 1, &done));
    ck_assert_ptr_null(peer_return(p, 4, 2, &done));
    ck_assert_ptr_null(peer_return(p, 0, 1, &done));
    ck_assert_ptr_nonnull(peer_return(p, 2, 3, &done));
    ck_assert_ptr_null(peer_return(p, 2, 3, &done));
    ck_assert_uint_eq(p->tasks, 1);
    struct voyage *old = p->voyages;

    peer_embark(p, batch);
    ck_assert_ptr_ne(peer_return(p, 3, 1, &done), old);
    ck_assert_uint_eq(p->tasks, 4);
    ck_assert_uint_eq(p->batches, 2);
    end();
}
END_TEST

Suite *relief_suite(void)
{
    Suite *s = suite_create("relief");
    TCase *c = tcase_create("ranks");

    tcase_add_test(c, one_that_is_held_up_is_told_once);
    tcase_add_test(c, long_batches_have_their_time);
    tcase_add_test(c, no_more_are_told_at_a_time_than_are_idle);
    tcase_add_test(c, it_is_told_otherwise);
    tcase_add_test(c, what_comes_back_is_shared);
    tcase_add_test(c, a_stop_cancels_what_waits);
    tcase_add_test(c, only_what_is_there_comes_back);
    suite_add_tcase(s, c);
    return s;
}
