/*
 * Batch sizes. The estimate of a task's time follows bad news at once and good news by halves: a
 * batch too large makes others wait, one too small costs a few microseconds. The size at most
 * doubles from what has really been run, so one lucky measurement (a single task of 0 us) does not
 * send the rest of the input to one slot.
 */
#include "backend/schedule.h"

enum {
    TARGET_US = 10000, /* one batch */
    QUEUE_BELOW = 2,   /* targets: a batch expected to take less may wait behind another */
    SIZE_MAX_TASKS = 1 << 20,
    SHARE = 4, /* a batch is at most this part of what is left for its slot */
};

void schedule_init(struct schedule *s, uint32_t chunk)
{
    *s = (struct schedule){.chunk = chunk, .size = 1, .target_us = TARGET_US, .task_us = -1};
}

void schedule_note(struct schedule *s, uint32_t tasks, int64_t elapsed_us)
{
    double us = elapsed_us > 0 ? (double)elapsed_us / tasks : 0.5 / tasks;
    uint32_t most = tasks < SIZE_MAX_TASKS / 2 ? tasks * 2 : SIZE_MAX_TASKS;

    if (us < s->task_us)
        us = (us + s->task_us) / 2;
    s->task_us = us;
    if (most < s->size)
        most = s->size;
    double fits = (double)s->target_us / us;

    s->size = fits < 1 ? 1 : fits < most ? (uint32_t)fits : most;
}

uint32_t schedule_next(const struct schedule *s, uint64_t left, uint32_t slots)
{
    uint64_t share = left / ((uint64_t)SHARE * (slots ? slots : 1));

    if (s->chunk)
        return s->chunk;
    if (share < s->size)
        return share ? (uint32_t)share : 1;
    return s->size;
}

uint32_t schedule_depth(const struct schedule *s)
{
    uint32_t tasks = s->chunk ? s->chunk : s->size;

    return s->task_us >= 0 && s->task_us * tasks < (double)(QUEUE_BELOW * s->target_us) ? 2 : 1;
}
