/*
 * A function worker. The protocol is drawn in share.h; here is its far side.
 *
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
#include "work/child.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/task.h"
#include "work/callee.h"
#include "work/dl.h"
#include "work/share.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BELL = 3,
    STATUS_BROKEN = 70, /* the process cannot go on; it has said why on stderr */
    REASON_MAX = 4096,
};

/* Reasons to leave the fast path that last: bits of child.slow. */
enum { SLOW_BIG = 1, SLOW_LOST = 2, SLOW_ERROR = 4, SLOW_SINGLY = 8 };

static volatile sig_atomic_t printed; /* by the task that runs; set by the handler */
static volatile sig_atomic_t forked;  /* this is a copy that the function made of us */

struct child {
    struct smap_context context; /* first: the function hands it back to grow and set_error */
    struct share *share;
    struct callee callee;
    int file;             /* of the shared memory */
    char *base;           /* the segment being filled */
    uint32_t segment;     /* its number, counted on */
    char *result;         /* where the result of the current task begins */
    uint32_t in_segment;  /* lengths stored there */
    uint32_t batch;       /* number of the current one */
    uint32_t cut_told;    /* share.cut as it was told of last */
    uint32_t done;        /* tasks of it */
    uint32_t posted;      /* of these, told of by events */
    uint32_t slow;
    int64_t since;        /* the work not yet told of began */
    struct buf big;       /* the result of the current task when it does not fit into a segment... */
    char *left;           /* ... and where in the segment it began */
    struct buf error;
};

static _Noreturn void broken(const char *what)
{
    diag_errno("worker process: %s", what);
    _exit(STATUS_BROKEN);
}

/* --- bells ------------------------------------------------------------------------------------- */

static void ring(struct child *c)
{
    if (atomic_exchange(&c->share->bell_rung, 1))
        return;
    while (send(BELL, "", 1, MSG_NOSIGNAL) < 0) {
        if (errno == EPIPE || errno == ECONNRESET)
            return; /* smap has gone: the next wait ends */
        if (errno != EINTR)
            broken("cannot reach smap (did the function close descriptor 3?)");
    }
}

typedef bool (*condition_fn)(const struct child *c);

/* Sleeps until HOLDS. False: smap wants us to end, or is gone. */
static bool wait_for(struct child *c, condition_fn holds)
{
    char bytes[64];

    while (!holds(c)) {
        atomic_store(&c->share->worker_waits, 1);
        if (holds(c))
            break;
        ring(c);
        ssize_t n = read(BELL, bytes, sizeof bytes);

        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return false;
        if (n < 0 && errno != EINTR)
            broken("cannot hear smap (did the function close descriptor 3?)");
    }
    return true;
}

static bool has_batch(const struct child *c)
{
    return atomic_load(&c->share->given) != c->batch;
}

static bool has_event(const struct child *c)
{
    return atomic_load(&c->share->events) - atomic_load(&c->share->taken) < SHARE_EVENTS;
}

static bool has_segment(const struct child *c)
{
    return c->segment + 1 - atomic_load(&c->share->released) < SHARE_SEGMENTS;
}

static bool has_heard(const struct child *c)
{
    return atomic_load(&c->share->heard) == atomic_load(&c->share->events);
}

/* In the middle of a task there is nobody to hand anything to: not even _fini can be called sensibly. */
static void wait_or_leave(struct child *c, condition_fn holds)
{
    if (!wait_for(c, holds))
        _exit(0);
}

/* --- events and segments ----------------------------------------------------------------------- */

static void post(struct child *c, enum share_kind kind, uint32_t flags, const char *end, uint32_t status)
{
    struct share *s = c->share;
    uint32_t n = atomic_load_explicit(&s->events, memory_order_relaxed);

    wait_or_leave(c, has_event);
    int64_t now = clock_now();

    s->event[n % SHARE_EVENTS] = (struct share_event){
        .kind = kind,
        .flags = flags,
        .done = c->done,
        .end = (uint32_t)(end - c->base),
        .status = status,
        .from = c->since,
        .at = now,
    };
    c->since = now;
    c->posted = c->done;
    atomic_store_explicit(&s->events, n + 1, memory_order_release);
    ring(c);
}

static void publish(struct child *c)
{
    atomic_store_explicit(&c->share->progress, share_progress(c->batch - 1, c->done, (uint32_t)(c->result - c->base)),
                          memory_order_release);
}

/* The one byte held back is for the separator. */
static void use_segment(struct child *c, char *at)
{
    c->result = c->context.at = at;
    c->context.end = c->base + SHARE_SEGMENT - 1;
}

static void next_segment(struct child *c)
{
    wait_or_leave(c, has_segment);
    c->segment++;
    c->base = c->share->segment[c->segment % SHARE_SEGMENTS];
    c->in_segment = 0;
    use_segment(c, c->base);
}

/* Tells of the tasks finished so far, and leaves the segment. */
static void seal(struct child *c)
{
    post(c, SHARE_RUN, SHARE_FULL, c->result, 0);
    next_segment(c);
    publish(c);
}

static void post_finished(struct child *c)
{
    if (c->posted != c->done)
        post(c, SHARE_RUN, 0, c->result, 0);
}

/* --- what the function calls ------------------------------------------------------------------- */

static bool grow_big(struct child *c, size_t length)
{
    size_t used = (size_t)(c->context.at - c->result), need = used + length;

    if (need < used || need > SIZE_MAX / 2)
        return false;
    size_t cap = need > SIZE_MAX / 4 ? need : need * 2;
    char *from = c->slow & SLOW_BIG ? c->big.ptr : NULL;
    char *p = realloc(from, cap);

    if (!p)
        return false;
    if (!from) {
        memcpy(p, c->result, used);
        c->left = c->result;
    }
    c->big = (struct buf){p, used, cap};
    c->slow |= SLOW_BIG;
    c->result = p;
    c->context.at = p + used;
    c->context.end = p + cap - 1;
    return true;
}

/* A result that does not fit behind the others moves to a fresh segment; one that does not fit into any moves to memory of our own. */
static int grow(struct smap_context *context, size_t length)
{
    struct child *c = (struct child *)context;
    size_t used = (size_t)(context->at - c->result);
    const char *from = c->result;

    if (!(c->slow & SLOW_BIG) && from > c->base && length < SHARE_SEGMENT - 1 - used) {
        seal(c);
        memcpy(c->base, from, used);
        context->at = c->base + used;
        return 0;
    }
    if (grow_big(c, length))
        return 0;
    c->slow |= SLOW_LOST;
    return -1;
}

static int set_error(struct smap_context *context, const char *text, size_t length)
{
    struct child *c = (struct child *)context;

    buf_clear(&c->error);
    buf_put(&c->error, text, length < REASON_MAX ? length : REASON_MAX);
    c->slow |= SLOW_ERROR;
    return 0;
}

/* --- the end of a task ------------------------------------------------------------------------- */

/* A success like most: what this costs, every task of 20 ns pays. */
static inline void end_plain(struct child *c)
{
    struct share *s = c->share;

    *c->context.at++ = (char)s->separator;
    if (s->lengths)
        s->length[c->segment % SHARE_SEGMENTS][c->in_segment++] = (uint32_t)(c->context.at - c->result);
    c->result = c->context.at;
    c->done++;
    publish(c);
    if (c->context.at >= c->context.end || c->in_segment == SHARE_TASKS)
        seal(c);
}

/* The task ends by an event of its own, which uses the bytes up to AT. */
static void end_alone(struct child *c, int status, char *at)
{
    c->done++;
    post(c, SHARE_ENDED, 0, at, (uint32_t)status);
    use_segment(c, at);
    publish(c);
    if (at >= c->context.end)
        seal(c);
}

/* What it emitted is forgotten; in its place stands why it failed. */
static void end_failed(struct child *c, int status)
{
    size_t n = c->error.len;

    if ((size_t)(c->context.end - c->result) < n)
        seal(c);
    if (n)
        memcpy(c->result, c->error.ptr, n);
    end_alone(c, status, c->result + n);
}

/* Through the segments, one full one after the other. */
static void end_big(struct child *c, struct span rest)
{
    for (;;) {
        size_t room = (size_t)(c->context.end - c->result);
        size_t n = rest.len < room ? rest.len : room;

        memcpy(c->result, rest.ptr, n);
        rest.ptr += n;
        rest.len -= n;
        if (!rest.len) {
            c->result[n] = (char)c->share->separator;
            end_alone(c, 0, c->result + n + 1);
            return;
        }
        post(c, SHARE_PART, SHARE_FULL, c->result + n, 0);
        next_segment(c);
        publish(c);
    }
}

static void await_reader(struct child *c)
{
    post(c, SHARE_TEXT, 0, c->result, 0);
    wait_or_leave(c, has_heard);
    printed = 0;
}

static void end_success(struct child *c, bool alone)
{
    if (!alone) {
        end_plain(c);
        post_finished(c);
        return;
    }
    *c->context.at++ = (char)c->share->separator;
    end_alone(c, 0, c->context.at);
}

static void end_slow(struct child *c, int status)
{
    struct buf big = BUF_INIT;
    bool alone = printed;

    if (forked)
        _exit(0);
    if (c->slow & SLOW_BIG) {
        big = (struct buf){c->result, (size_t)(c->context.at - c->result), 0};
        use_segment(c, c->left);
    }
    if (c->slow & SLOW_LOST) {
        set_error(&c->context, "out of memory for its result", 28);
        status = status ? status : 1;
    }
    if (alone || big.ptr || status) {
        post_finished(c);
        if (alone)
            await_reader(c);
    }
    if (status)
        end_failed(c, status);
    else if (big.ptr)
        end_big(c, (struct span){big.ptr, big.len});
    else
        end_success(c, alone);
    free(big.ptr);
    buf_clear(&c->error);
    c->slow &= SLOW_SINGLY;
}

static inline void end_task(struct child *c, int returned)
{
    if (returned == 0 && !(c->slow | (uint32_t)printed | (uint32_t)forked))
        end_plain(c);
    else
        end_slow(c, callee_status(returned));
}

/* --- batches ----------------------------------------------------------------------------------- */

/* Of this batch nothing more is to be begun. */
static inline bool is_cut(const struct child *c)
{
    return (int32_t)(atomic_load_explicit(&c->share->cut, memory_order_relaxed) - c->batch) >= 0;
}

static void run_raw(struct child *c, const struct share_batch *b, char *at, uint32_t last)
{
    const char *stop = at + b->length;
    struct smap_task task = {.number = b->first, .attempt = b->attempt};

    while (c->done < last && !is_cut(c)) {
        char *end = memchr(at, b->separator, (size_t)(stop - at));

        if (!end) {
            broken("the batch is not what it should be");
            return;
        }
        *end = '\0';
        task.text = at;
        task.length = (size_t)(end - at);
        end_task(c, c->callee.run(&c->context, &task));
        task.number++;
        at = end + 1;
    }
}

_Static_assert(sizeof(struct smap_field) == sizeof(struct span) &&
                   offsetof(struct smap_field, length) == offsetof(struct span, len),
               "fields are handed on as they are");

static void run_structured(struct child *c, const struct share_batch *b, char *at, uint32_t last)
{
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
    while (c->done < last && !is_cut(c)) {
        if (!batch_next(&cursor, &t))
            broken("the batch is not what it should be");
        struct smap_task task = {t.number, t.text.ptr, t.text.len, t.attempt, t.fields,
                                 (const struct smap_field *)t.field};

        end_task(c, c->callee.run(&c->context, &task));
    }
    batch_walk_end(&cursor);
}

static char *map_input(struct child *c, const struct share_batch *b)
{
    if (b->length <= SHARE_INPUT)
        return c->share->input[(c->batch - 1) % SHARE_BATCHES];
    char *p = mmap(NULL, b->length + SHARE_SLACK, PROT_READ | PROT_WRITE, MAP_SHARED, c->file, (off_t)b->offset);

    if (p == MAP_FAILED)
        broken("cannot map a batch");
    return p;
}

static void tell_cut(struct child *c)
{
    uint32_t cut = atomic_load(&c->share->cut);

    if (cut == c->cut_told)
        return;
    c->cut_told = cut;
    post(c, SHARE_CUT, 0, c->result, c->batch);
}

/* True: on to the next one; false: this process has done its share (--max-tasks-per-worker). */
static bool run_batch(struct child *c)
{
    struct share_batch b = c->share->batch[c->batch % SHARE_BATCHES];
    bool renew = b.limit && b.limit <= b.count;

    c->batch++;
    c->done = c->posted = 0;
    c->since = clock_now();
    publish(c);
    atomic_store(&c->share->begun, c->batch);
    char *input = map_input(c, &b);
    uint32_t last = renew ? b.limit : b.count;

    (b.separator >= 0 ? run_raw : run_structured)(c, &b, input, last);
    if (b.length > SHARE_INPUT)
        munmap(input, b.length + SHARE_SLACK);
    post_finished(c);
    if (c->done < last)
        tell_cut(c);
    return !renew;
}

/* --- the process ------------------------------------------------------------------------------- */

static void on_print(int sig)
{
    (void)sig;
    printed = 1;
}

static void on_fork(void)
{
    forked = 1;
}

static void map_share(struct child *c)
{
    c->file = fcntl(0, F_DUPFD_CLOEXEC, 10);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (c->file < 0 || null < 0 || dup2(null, 0) < 0 || fcntl(BELL, F_SETFD, FD_CLOEXEC) < 0)
        broken("cannot set up descriptors");
    close(null);
    c->share = mmap(NULL, sizeof *c->share, PROT_READ | PROT_WRITE, MAP_SHARED, c->file, 0);
    if (c->share == MAP_FAILED)
        broken("cannot map shared memory");
}

/* Text is written at once, so that no crash loses any and each task is credited with its own. */
static void watch_output(void)
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

static int fatal(struct child *c, const struct buf *why)
{
    size_t n = why->len < REASON_MAX ? why->len : REASON_MAX;

    memcpy(c->base, why->ptr, n);
    post(c, SHARE_FATAL, 0, c->base + n, 0);
    return EXIT_FAILURE;
}

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static int run(char **word)
{
    struct child c = {.context = {.grow = grow, .set_error = set_error}};
    struct buf error = BUF_INIT;

    prctl(PR_SET_NAME, "smap-worker"); /* it was executed as /proc/self/exe */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    map_share(&c);
    watch_output();
    c.base = c.share->segment[0];
    use_segment(&c, c.base);
    c.slow = c.share->singly ? SLOW_SINGLY : 0;
    c.since = clock_now();
    if (callee_open(&c.callee, word[0], word[1], or_null(word[2]), &error) ||
        callee_begin(&c.callee, word[3], &error) < 0)
        return fatal(&c, &error);
    c.context.state = c.callee.state;
    if (printed)
        await_reader(&c);
    post(&c, SHARE_READY, 0, c.base, 0);
    while (wait_for(&c, has_batch) && run_batch(&c))
        ;
    callee_end(&c.callee);
    buf_release(&c.error);
    return EXIT_SUCCESS;
}

static int check(char **word)
{
    struct callee callee;
    struct buf error = BUF_INIT;
    int status = callee_open(&callee, word[0], word[1], or_null(word[2]), &error);

    if (status)
        diag("%s", buf_cstr(&error));
    callee.fini = NULL; /* nothing has begun */
    callee_end(&callee);
    buf_release(&error);
    return status;
}

/* Writes where the library is found to descriptor 3: what opening it may print does not go there. */
static int find(char **word)
{
    struct buf error = BUF_INIT;
    struct dl d;
    int status = dl_open(&d, word[0], word[1], DL_PLAIN, &error);

    if (status)
        diag("%s", buf_cstr(&error));
    else if (!d.file || io_write_all(3, d.file, strlen(d.file)) < 0)
        status = 126;
    buf_release(&error);
    return status;
}

int child_main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[2], "run") == 0)
        return run(argv + 3);
    if (argc == 7 && strcmp(argv[2], "check") == 0)
        return check(argv + 3);
    if (argc == 7 && strcmp(argv[2], "find") == 0)
        return find(argv + 3);
    return 2;
}
