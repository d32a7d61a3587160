/* The batches in a function worker's hands, over the deaths of processes. */
#include "work/lots.h"

#include "suites.h"

static uint64_t cancelled[8];
static int cancels;

static void note(void *ctx, const struct piece *p)
{
    (void)ctx;
    ck_assert(p->kind == PIECE_END && p->end.cause == END_CANCELLED);
    cancelled[cancels++] = p->task;
}

START_TEST(what_is_left_goes_to_the_next_process)
{
    struct batch *a = batch_new(5, '\n'), *b = batch_new(8, BATCH_STRUCTURED);
    struct lots l = {0};

    buf_puts(&a->data, "x\nyy\nz\n");
    a->count = 3;
    batch_add(b, span_of("one"), NULL, 0);
    batch_add(b, span_of("two"), NULL, 0);
    lots_add(&l, a);
    lots_add(&l, b);
    l.sent = 2;
    ck_assert(span_equal(lot_rest(&l.lot[0]), span_of("x\nyy\nz\n")));
    lots_rewind(&l, 2);
    ck_assert_uint_eq(l.sent, 0);
    ck_assert_uint_eq(l.lot[0].skip, 2);
    ck_assert(span_equal(lot_rest(&l.lot[0]), span_of("z\n")));
    l.sent = 2;
    lots_rewind(&l, 1); /* the last one of the first batch */
    ck_assert_uint_eq(l.used, 1);
    ck_assert_uint_eq(l.lot[0].first, 8);
    l.sent = 1;
    lots_rewind(&l, 1);
    ck_assert_uint_eq(lot_rest(&l.lot[0]).len, b->data.len / 2);
    lots_drop(&l);
    ck_assert_uint_eq(l.used, 0);
    batch_free(a);
    batch_free(b);
}
END_TEST

START_TEST(what_is_left_can_be_cancelled)
{
    struct batch *a = batch_new(1, '\n');
    struct lots l = {0};

    buf_puts(&a->data, "1\n2\n3\n");
    a->count = 3;
    lots_add(&l, a);
    l.sent = 1;
    lots_rewind(&l, 1);
    lots_cancel(&l, 1, 0, note, NULL);
    ck_assert(cancels == 2 && cancelled[0] == 2 && cancelled[1] == 3);
    ck_assert_uint_eq(l.used, 0);
    batch_free(a);
}
END_TEST

static struct buf given;

static void note_given(void *ctx, const struct batch *b, uint32_t from)
{
    (void)ctx;
    buf_printf(&given, "%u-%u ", (unsigned)b->first + from, (unsigned)b->first + b->count - 1);
}

/* The process works on the first one, of which two tasks have gone elsewhere before; the third has not been sent. */
START_TEST(what_has_not_begun_can_be_given_back)
{
    struct batch *a = batch_new(1, '\n'), *b = batch_new(7, '\n');
    struct lots l = {0};

    buf_puts(&a->data, "1\n2\n3\n4\n5\n6\n");
    a->count = 6;
    buf_puts(&b->data, "7\n8\n");
    b->count = 2;
    lots_add(&l, a);
    l.sent = 1;
    lots_rewind(&l, 2);
    l.sent = 1;
    lots_add(&l, b);
    l.sent = 2;
    lots_cut(&l, 1, note_given, NULL);
    ck_assert_str_eq(buf_cstr(&given), "4-6 7-8 ");
    ck_assert(!lots_void(&l));
    batch_free(b); /* others have done it meanwhile */
    lots_rewind(&l, 1); /* the process has died in its last task */
    ck_assert_uint_eq(l.used, 0);
    batch_free(a);
    buf_release(&given);
}
END_TEST

START_TEST(all_of_a_lot_can_be_given_back)
{
    struct batch *a = batch_new(1, '\n');
    struct lots l = {0};

    buf_puts(&a->data, "1\n2\n");
    a->count = 2;
    lots_add(&l, a);
    l.sent = 1;
    lots_cut(&l, 2, note_given, NULL);
    ck_assert_uint_eq(given.len, 0);
    lots_cut(&l, 0, note_given, NULL);
    ck_assert_str_eq(buf_cstr(&given), "1-2 ");
    ck_assert(lots_void(&l));
    lots_drop(&l);
    ck_assert(!lots_void(&l));
    batch_free(a);
    buf_release(&given);
}
END_TEST

Suite *lots_suite(void)
{
    Suite *s = suite_create("lots");
    TCase *c = tcase_create("batches");

    tcase_add_test(c, what_is_left_goes_to_the_next_process);
    tcase_add_test(c, what_is_left_can_be_cancelled);
    tcase_add_test(c, what_has_not_begun_can_be_given_back);
    tcase_add_test(c, all_of_a_lot_can_be_given_back);
    suite_add_tcase(s, c);
    return s;
}
