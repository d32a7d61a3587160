/* The product as an odometer over wheels: a wheel is an axis of its own, or a group of linked ones. */
#include "tasks/sweep.h"

#include "base/diag.h"
#include "base/xalloc.h"

#include <stdlib.h>

struct wheel {
    uint64_t at, values;
};

struct sweep {
    struct source source;
    const struct sweep_axis *axis;
    uint32_t axes;
    struct wheel *wheel; /* in the order of their first axes */
    uint32_t wheels;
    uint32_t *wheel_of;  /* by axis */
    uint64_t total, given;
    struct buf text;     /* of the task in the making */
    size_t *end;         /* of each value in it */
    struct span *field;
};

static void put_value(struct sweep *s, uint32_t i)
{
    const struct sweep_axis *axis = &s->axis[i];
    uint64_t at = s->wheel[s->wheel_of[i]].at;

    if (axis->value)
        buf_puts(&s->text, axis->value[at]);
    else
        range_put(&axis->range, at, &s->text);
}

static void add_task(struct sweep *s, struct batch *b)
{
    size_t from = 0;

    buf_clear(&s->text);
    for (uint32_t i = 0; i < s->axes; i++) {
        if (i)
            buf_putc(&s->text, ' ');
        put_value(s, i);
        s->end[i] = s->text.len;
    }
    const char *text = buf_cstr(&s->text);

    for (uint32_t i = 0; i < s->axes; i++) {
        s->field[i] = (struct span){text + from, s->end[i] - from};
        from = s->end[i] + 1;
    }
    batch_add(b, (struct span){text, s->text.len}, s->field, s->axes);
}

static void turn(struct sweep *s)
{
    for (uint32_t i = s->wheels; i-- > 0;) {
        struct wheel *w = &s->wheel[i];

        w->at = w->at + 1 < w->values ? w->at + 1 : 0;
        if (w->at)
            return;
    }
}

static enum source_state sweep_take(struct source *source, uint32_t max, size_t bytes, struct batch **out)
{
    struct sweep *s = (struct sweep *)source;

    if (s->given == s->total)
        return SOURCE_END;
    struct batch *b = batch_new(0, BATCH_STRUCTURED);

    do {
        add_task(s, b);
        turn(s);
        s->given++;
    } while (s->given < s->total && b->count < max && b->data.len < bytes);
    *out = b;
    return SOURCE_BATCH;
}

static int sweep_fd(const struct source *s)
{
    (void)s;
    return -1;
}

static uint64_t sweep_total(const struct source *s)
{
    return ((const struct sweep *)s)->total;
}

static const char *sweep_name(const struct source *s)
{
    (void)s;
    return "the sweep";
}

static void sweep_free(struct source *source)
{
    struct sweep *s = (struct sweep *)source;

    free(s->wheel);
    free(s->wheel_of);
    free(s->end);
    free(s->field);
    buf_release(&s->text);
    free(s);
}

static const struct source_ops sweep_ops = {
    .take = sweep_take,
    .fd = sweep_fd,
    .total = sweep_total,
    .name = sweep_name,
    .free = sweep_free,
};

/* The wheel of the first axis of I's group, or a new one. */
static uint32_t find_wheel(struct sweep *s, uint32_t i)
{
    const struct sweep_axis *axis = s->axis;

    for (uint32_t k = 0; axis[i].group && k < i; k++)
        if (axis[k].group == axis[i].group)
            return s->wheel_of[k];
    s->wheel[s->wheels] = (struct wheel){.values = axis[i].values};
    return s->wheels++;
}

static int count_product(struct sweep *s)
{
    s->total = s->axes > 0;
    for (uint32_t i = 0; i < s->wheels; i++)
        if (__builtin_mul_overflow(s->total, s->wheel[i].values, &s->total) || s->total == SOURCE_UNKNOWN)
            return diag("the sweep makes more tasks than can be numbered");
    return 0;
}

static void set_names(struct sweep *s)
{
    s->source.column = xcalloc(s->axes, sizeof *s->source.column);
    s->source.columns = s->axes;
    for (uint32_t i = 0; i < s->axes; i++)
        s->source.column[i] = xstrdup(s->axis[i].name);
}

int sweep_new(struct source **source, const struct sweep_axis *axis, uint32_t axes)
{
    struct sweep *s = xcalloc(1, sizeof *s);

    source_init(&s->source, &sweep_ops, NULL);
    s->axis = axis;
    s->axes = axes;
    s->wheel = xcalloc(axes, sizeof *s->wheel);
    s->wheel_of = xcalloc(axes, sizeof *s->wheel_of);
    s->end = xcalloc(axes, sizeof *s->end);
    s->field = xcalloc(axes, sizeof *s->field);
    for (uint32_t i = 0; i < axes; i++)
        s->wheel_of[i] = find_wheel(s, i);
    set_names(s);
    if (count_product(s) < 0) {
        source_close(&s->source);
        return -1;
    }
    *source = &s->source;
    return 0;
}
