/*
 * Between two tasks of a batch nothing happens but: cut the next record, call the function, put the
 * separator behind what it emitted, store `progress`. All that is rarer (a failure, a full segment,
 * a result larger than a segment, text that was printed) leaves that path through one test, of
 * `slow` and the flags that a signal handler or a fork may set.
 *
 * Text printed to stdout or stderr goes to smap through one pipe, and must be credited to the task
 * that printed it though smap reads it later. smap has asked the kernel for a signal (SIGURG,
 * ignored by default) on every write to that pipe: it arrives before write(2) returns to the
 * function. Its handler sets `printed`; the task then ends with SHARE_TEXT and waits until smap has
 * read the pipe.
 */
#include "work/caller.h"

#include "base/task.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { REASON_MAX = 4096 };

/* Bits of caller.slow. */
enum { SLOW_BIG = 1, SLOW_LOST = 2, SLOW_ERROR = 4, SLOW_SINGLY = 8 };

static volatile sig_atomic_t printed; /* by the task that runs; set by the handler */
static volatile sig_atomic_t forked;  /* this is a copy that the function made of us */

/* --- what the function calls ------------------------------------------------------------------- */

static bool grow_big(struct caller *c, size_t length)
{
    struct writer *w = &c->writer;
    size_t used = (size_t)(w->context.at - w->result), need = used + length;

    if (need < used || need > SIZE_MAX / 2)
        return false;
    size_t cap = need > SIZE_MAX / 4 ? need : need * 2;
    char *from = c->slow & SLOW_BIG ? c->big.ptr : NULL;
    char *p = realloc(from, cap);

    if (!p)
        return false;
    if (!from) {
        memcpy(p, w->result, used);
        c->left = w->result;
    }
    c->big = (struct buf){p, used, cap};
    c->slow |= SLOW_BIG;
    w->result = p;
    w->context.at = p + used;
    w->context.end = p + cap - 1;
    return true;
}

/* A result that does not fit behind the others moves to a fresh segment; one that does not fit into any moves to memory of our own. */
static int grow(struct smap_context *context, size_t length)
{
    struct caller *c = (struct caller *)context;
    struct writer *w = &c->writer;
    size_t used = (size_t)(context->at - w->result);
    const char *from = w->result;

    if (!(c->slow & SLOW_BIG) && from > w->base && length < SHARE_SEGMENT - 1 - used) {
        writer_turn(w, SHARE_RUN, from);
        memcpy(w->base, from, used);
        context->at = w->base + used;
        return 0;
    }
    if (grow_big(c, length))
        return 0;
    c->slow |= SLOW_LOST;
    return -1;
}

static int set_error(struct smap_context *context, const char *text, size_t length)
{
    struct caller *c = (struct caller *)context;

    buf_clear(&c->error);
    buf_put(&c->error, text, length < REASON_MAX ? length : REASON_MAX);
    c->slow |= SLOW_ERROR;
    return 0;
}

/* --- the end of a task ------------------------------------------------------------------------- */

/* What it emitted is forgotten; in its place stands why it failed. */
static void end_failed(struct caller *c, int status)
{
    struct writer *w = &c->writer;
    size_t n = c->error.len;

    if ((size_t)(w->context.end - w->result) < n)
        writer_turn(w, SHARE_RUN, w->result);
    if (n)
        memcpy(w->result, c->error.ptr, n);
    writer_end_alone(w, status, w->result + n);
}

/* Through the segments, one full one after the other. */
static void end_big(struct writer *w, struct span rest)
{
    for (;;) {
        size_t room = (size_t)(w->context.end - w->result);
        size_t n = rest.len < room ? rest.len : room;

        memcpy(w->result, rest.ptr, n);
        rest.ptr += n;
        rest.len -= n;
        if (!rest.len) {
            w->result[n] = (char)w->share->separator;
            writer_end_alone(w, 0, w->result + n + 1);
            return;
        }
        writer_turn(w, SHARE_PART, w->result + n);
    }
}

static void end_success(struct writer *w, bool alone)
{
    if (!alone) {
        writer_end(w);
        writer_flush(w);
        return;
    }
    *w->context.at++ = (char)w->share->separator;
    writer_end_alone(w, 0, w->context.at);
}

static void await_reader(struct caller *c)
{
    writer_await_reader(&c->writer);
    printed = 0;
}

static void end_slow(struct caller *c, int status)
{
    struct writer *w = &c->writer;
    struct buf big = BUF_INIT;
    bool alone = printed;

    if (forked)
        _exit(0);
    if (c->slow & SLOW_BIG) {
        big = (struct buf){w->result, (size_t)(w->context.at - w->result), 0};
        writer_resume(w, c->left);
    }
    if (c->slow & SLOW_LOST) {
        set_error(&w->context, "out of memory for its result", 28);
        status = status ? status : 1;
    }
    if (alone || big.ptr || status) {
        writer_flush(w);
        if (alone)
            await_reader(c);
    }
    if (status)
        end_failed(c, status);
    else if (big.ptr)
        end_big(w, (struct span){big.ptr, big.len});
    else
        end_success(w, alone);
    free(big.ptr);
    buf_clear(&c->error);
    c->slow &= SLOW_SINGLY;
}

static inline void end_task(struct caller *c, int returned)
{
    if (returned == 0 && !(c->slow | (uint32_t)printed | (uint32_t)forked))
        writer_end(&c->writer);
    else
        end_slow(c, callee_status(returned));
}

/* --- batches ----------------------------------------------------------------------------------- */

/* Of this batch nothing more is to be begun. */
static inline bool is_cut(const struct writer *w)
{
    return (int32_t)(atomic_load_explicit(&w->share->cut, memory_order_relaxed) - w->batch) >= 0;
}

static void run_raw(struct caller *c, const struct share_batch *b, char *at, uint32_t last)
{
    struct writer *w = &c->writer;
    const char *stop = at + b->length;
    struct smap_task task = {.number = b->first, .attempt = b->attempt};

    while (w->done < last && !is_cut(w)) {
        char *end = memchr(at, b->separator, (size_t)(stop - at));

        if (!end)
            writer_spoilt();
        *end = '\0';
        task.text = at;
        task.length = (size_t)(end - at);
        end_task(c, c->callee.run(&w->context, &task));
        task.number++;
        at = end + 1;
    }
}

_Static_assert(sizeof(struct smap_field) == sizeof(struct span) &&
                   offsetof(struct smap_field, length) == offsetof(struct span, len),
               "fields are handed on as they are");

static void run_structured(struct caller *c, const struct share_batch *b, char *at, uint32_t last)
{
    struct writer *w = &c->writer;
    struct batch batch = {
        .first = b->first,
        .count = b->count,
        .attempt = b->attempt,
        .separator = BATCH_STRUCTURED,
        .data = {at, b->length, b->length},
    };
    struct batch_cursor cursor = {0};
    struct task t;

    batch_walk(&cursor, &batch);
    while (w->done < last && !is_cut(w)) {
        if (!batch_next(&cursor, &t))
            writer_spoilt();
        struct smap_task task = {t.number, t.text.ptr, t.text.len, t.attempt, t.fields,
                                 (const struct smap_field *)t.field};

        end_task(c, c->callee.run(&w->context, &task));
    }
    batch_walk_end(&cursor);
}

static char *map_input(const struct caller *c, const struct share_batch *b)
{
    const struct writer *w = &c->writer;

    if (b->length <= SHARE_INPUT)
        return w->share->input[(w->batch - 1) % SHARE_BATCHES];
    char *p = mmap(NULL, b->length + SHARE_SLACK, PROT_READ | PROT_WRITE, MAP_SHARED, c->file, (off_t)b->offset);

    if (p == MAP_FAILED)
        writer_broken("cannot map a batch");
    return p;
}

static void tell_cut(struct caller *c)
{
    struct writer *w = &c->writer;
    uint32_t cut = atomic_load(&w->share->cut);

    if (cut == c->cut_told)
        return;
    c->cut_told = cut;
    writer_post(w, SHARE_CUT, w->result, w->batch);
}

bool caller_run_batch(struct caller *c)
{
    struct writer *w = &c->writer;
    struct share_batch b = w->share->batch[w->batch % SHARE_BATCHES];
    bool renew = b.limit && b.limit <= b.count;
    uint32_t last = renew ? b.limit : b.count;

    writer_batch(w);
    char *input = map_input(c, &b);

    (b.separator >= 0 ? run_raw : run_structured)(c, &b, input, last);
    if (b.length > SHARE_INPUT)
        munmap(input, b.length + SHARE_SLACK);
    writer_flush(w);
    if (w->done < last)
        tell_cut(c);
    return !renew;
}

/* --- the whole --------------------------------------------------------------------------------- */

void caller_begin(struct caller *c, struct share *share, int file, int bell)
{
    writer_begin(&c->writer, share, bell);
    c->writer.context.grow = grow;
    c->writer.context.set_error = set_error;
    c->file = file;
    c->slow = share->singly ? SLOW_SINGLY : 0;
}

void caller_release(struct caller *c)
{
    buf_release(&c->error);
}

static void on_print(int sig)
{
    (void)sig;
    printed = 1;
}

static void on_fork(void)
{
    forked = 1;
}

/* Text is written at once, so that no crash loses any and each task is credited with its own. */
void caller_watch(void)
{
    struct sigaction print = {.sa_handler = on_print, .sa_flags = SA_RESTART};
    sigset_t urgent;

    sigaction(SIGURG, &print, NULL);
    sigemptyset(&urgent);
    sigaddset(&urgent, SIGURG);
    sigprocmask(SIG_UNBLOCK, &urgent, NULL);
    setvbuf(stdout, NULL, _IONBF, 0);
    pthread_atfork(NULL, NULL, on_fork);
}

void caller_ready(struct caller *c)
{
    struct writer *w = &c->writer;

    w->context.state = c->callee.state;
    if (printed)
        await_reader(c);
    writer_post(w, SHARE_READY, w->base, 0);
}
