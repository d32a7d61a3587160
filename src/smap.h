/*
 * smap.h: functions as workers of smap(1): the interface between smap and a shared library. See
 * smap_worker(3).
 *
 * C99 and C++98 and later; nothing to link with. A worker is a function that is called once for
 * every task:
 *
 *     #include <smap.h>
 *
 *     SMAP_WORKER(greet)
 *     {
 *         smap_printf(smap, "hello %s", task->text);
 *         return 0;
 *     }
 *
 *     cc -shared -fPIC -o libgreet.so greet.c
 *     seq 3 | smap --worker ./libgreet.so:greet
 *
 * Other languages export the same two symbols: the function `greet`, and `greet_abi`, an unsigned
 * 64-bit number, the value of SMAP_ABI. They call smap_emit and smap_error, which smap itself
 * exports under these names.
 */
#ifndef SMAP_H
#define SMAP_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#ifndef SMAP_NO_INLINE
#include <stdio.h>
#include <string.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define SMAP_ABI_VERSION 1

/* Bytes of a task; not ended by NUL, unless said so. */
struct smap_field {
    const char *text;
    size_t length;
};

/* One task, valid during the call. */
struct smap_task {
    uint64_t number;      /* 1, 2, 3... in input order */
    const char *text;     /* the bytes of the task, ended by a NUL that is not counted */
    size_t length;
    uint32_t attempt;     /* 1, 2...: with --retries */
    uint32_t fields;      /* columns, where the task has some (--colsep, several :::); else 0 */
    const struct smap_field *field;
};

/* What a worker talks to. Only `state` is for you to read; the rest belongs to the functions below. */
struct smap_context {
    void *state;                                             /* what SYMBOL_init left */
    char *at, *end;                                          /* where results go, and how far */
    int (*grow)(struct smap_context *smap, size_t length);   /* makes room for that many bytes at `at` */
    int (*set_error)(struct smap_context *smap, const char *text, size_t length);
};

/* The number a worker exports as SYMBOL_abi: version of the interface, and the sizes that both
 * sides must agree on. */
#define SMAP_ABI                                                                     \
    ((uint64_t)SMAP_ABI_VERSION << 32 | (uint64_t)sizeof(struct smap_task) << 16 |   \
     (uint64_t)sizeof(struct smap_context))

/* The worker itself. 0: success; 1..255: the task has failed with that status. */
typedef int smap_worker_fn(struct smap_context *smap, const struct smap_task *task);
/* Optional SYMBOL_init, once per process before the first task: CONFIG is the text of
 * --worker-config ("" without). What it leaves in *STATE is found in smap->state. Not 0: the worker
 * cannot work: the task for which it was started fails, and after three such starts in a row the
 * run is given up. */
typedef int smap_init_fn(const char *config, void **state);
/* Optional SYMBOL_fini, once per process after the last task. */
typedef void smap_fini_fn(void *state);

/* One result, for a hook (--hook LIBRARY:SYMBOL); valid during the call. */
struct smap_result {
    uint64_t number;      /* of the task */
    const char *input;    /* its text */
    size_t input_length;
    const char *output;   /* its standard output, or what the worker emitted and the record separator */
    size_t output_length; /* both are ended by a NUL that is not counted */
    double seconds;       /* how long it took */
    int status;           /* 0: it succeeded; else its exit status, or 128 and the signal */
    int signal;           /* that ended it, or 0 */
    uint32_t attempts;
    uint32_t fields;      /* as in struct smap_task */
    const struct smap_field *field;
};

/* The number a hook exports as SYMBOL_abi: the highest bit tells it from a worker. */
#define SMAP_HOOK_ABI \
    ((uint64_t)1 << 63 | (uint64_t)SMAP_ABI_VERSION << 32 | (uint64_t)sizeof(struct smap_result) << 16 | (uint64_t)sizeof(struct smap_context))

/* A hook: called in the smap process with each result, in the order of the tasks. 0: go on; SMAP_STOP: enough, end the run; anything else: the run
 * has failed (smap_error says why). SYMBOL_init and SYMBOL_fini as for workers; CONFIG is the text of --hook-config. There is nothing to emit to. */
#define SMAP_STOP 10
typedef int smap_hook_fn(struct smap_context *smap, const struct smap_result *result);

#if defined(__GNUC__)
#define SMAP_VA_COPY(to, from) __builtin_va_copy(to, from)
#define SMAP_EXPORT __attribute__((visibility("default")))
#define SMAP_FORMAT(string, first) __attribute__((format(printf, string, first)))
#define SMAP_MAYBE_UNUSED __attribute__((unused))
#else
#define SMAP_VA_COPY(to, from) va_copy(to, from)
#define SMAP_EXPORT
#define SMAP_FORMAT(string, first)
#define SMAP_MAYBE_UNUSED
#endif
#ifdef __cplusplus
#define SMAP_C extern "C"
#else
#define SMAP_C extern
#endif

/* Defines a worker: what follows is the body of the function, with `smap` and `task` as its arguments. */
#define SMAP_WORKER(symbol)                                      \
    SMAP_C SMAP_EXPORT const uint64_t symbol##_abi;                                                \
    const uint64_t symbol##_abi = SMAP_ABI;                                                        \
    SMAP_C SMAP_EXPORT smap_worker_fn symbol;                                                      \
    int symbol(struct smap_context *smap SMAP_MAYBE_UNUSED, const struct smap_task *task SMAP_MAYBE_UNUSED)

/* Define its siblings in the same way: the arguments are `config` and `state`, and `state`. */
#define SMAP_INIT(symbol)                                                                          \
    SMAP_C SMAP_EXPORT smap_init_fn symbol##_init;                                                 \
    int symbol##_init(const char *config SMAP_MAYBE_UNUSED, void **state SMAP_MAYBE_UNUSED)
#define SMAP_FINI(symbol)                                                                          \
    SMAP_C SMAP_EXPORT smap_fini_fn symbol##_fini;                                                 \
    void symbol##_fini(void *state SMAP_MAYBE_UNUSED)

/* Defines a hook, with `smap` and `result` as its arguments. */
#define SMAP_HOOK(symbol)                                        \
    SMAP_C SMAP_EXPORT const uint64_t symbol##_abi;              \
    const uint64_t symbol##_abi = SMAP_HOOK_ABI;                 \
    SMAP_C SMAP_EXPORT smap_hook_fn symbol;                      \
    int symbol(struct smap_context *smap SMAP_MAYBE_UNUSED, const struct smap_result *result SMAP_MAYBE_UNUSED)

#ifdef SMAP_NO_INLINE

/* As smap exports them, for other languages. */
SMAP_EXPORT int smap_emit(struct smap_context *smap, const void *bytes, size_t length);
SMAP_EXPORT int smap_error(struct smap_context *smap, const char *text);

#else

/* Appends LENGTH bytes to the result of the task. smap adds the record separator (a newline) when
 * the task has ended. 0; -1: the result cannot grow any more, and the task fails whatever it
 * returns. */
static inline int smap_emit(struct smap_context *smap, const void *bytes, size_t length)
{
    if ((size_t)(smap->end - smap->at) < length && smap->grow(smap, length) < 0)
        return -1;
    memcpy(smap->at, bytes, length);
    smap->at += length;
    return 0;
}

/* Appends text as printf does. */
static inline int smap_vprintf(struct smap_context *smap, const char *format, va_list args) SMAP_FORMAT(2, 0);
static inline int smap_vprintf(struct smap_context *smap, const char *format, va_list args)
{
    va_list again;
    size_t room = (size_t)(smap->end - smap->at);
    int length;

    SMAP_VA_COPY(again, args);
    length = vsnprintf(smap->at, room, format, args);
    if (length >= 0 && (size_t)length >= room) {
        if (smap->grow(smap, (size_t)length + 1) < 0)
            length = -1;
        else
            length = vsnprintf(smap->at, (size_t)length + 1, format, again);
    }
    va_end(again);
    if (length < 0)
        return -1;
    smap->at += length;
    return 0;
}

static inline int smap_printf(struct smap_context *smap, const char *format, ...) SMAP_FORMAT(2, 3);
static inline int smap_printf(struct smap_context *smap, const char *format, ...)
{
    va_list args;
    int r;

    va_start(args, format);
    r = smap_vprintf(smap, format, args);
    va_end(args);
    return r;
}

/* Says why the task fails, for the message on stderr; the worker then returns its status. Returns
 * 1, so that `return smap_error(...)` does both. */
static inline int smap_error(struct smap_context *smap, const char *text)
{
    smap->set_error(smap, text, strlen(text));
    return 1;
}

/* The same as printf does. */
static inline int smap_errorf(struct smap_context *smap, const char *format, ...) SMAP_FORMAT(2, 3);
static inline int smap_errorf(struct smap_context *smap, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    if (vsnprintf(text, sizeof text, format, args) < 0)
        text[0] = '\0';
    va_end(args);
    return smap_error(smap, text);
}

#endif

#ifdef __cplusplus
}
#endif

#endif
