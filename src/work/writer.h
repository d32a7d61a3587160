/*
 * writer: a worker process's side of the memory it shares with smap (share.h): results and events go out. Layer: work; reader is the other side.
 *
 * The function emits at `context`, which points into a segment. The caller's steps for each task: let it emit, then one of writer_end (a success
 * like most), writer_end_alone, or writer_post and writer_turn for what comes in parts. All of them may wait for smap, for room in a segment
 * or among the events; when smap has gone meanwhile the process ends there (nobody is left to say anything to).
 */
#ifndef SMAP_WRITER_H
#define SMAP_WRITER_H

#include "smap.h"
#include "work/share.h"

#include <stdbool.h>

struct writer {
    struct smap_context context; /* first: the function hands it back to grow and set_error */
    struct share *share;
    int bell;
    char *base;           /* the segment being filled */
    uint32_t segment;     /* its number, counted on */
    char *result;         /* where the result of the current task begins */
    uint32_t in_segment;  /* lengths stored there */
    uint32_t batch;       /* number of the current one, from 1 on */
    uint32_t done;        /* tasks of it */
    uint32_t posted;      /* of these, told of by events */
    int64_t since;        /* the work not yet told of began */
};

/* In fresh memory, lent; BELL: the socket to smap. The rest of `context` is the caller's. */
void writer_begin(struct writer *w, struct share *share, int bell);
/* The process cannot go on: says why (WHAT and errno) on stderr, and leaves. (Cppcheck does not see _Noreturn here.) */
void writer_broken(const char *what) __attribute__((noreturn));
/* The same when the tasks, which lie where the function can write, make no sense any more. */
void writer_spoilt(void) __attribute__((noreturn));

/* Sleeps until there is a batch. False: smap wants us to end, or is gone. */
bool writer_await_batch(struct writer *w);
/* From here on it is the current one. */
void writer_batch(struct writer *w);

/* Tells smap KIND; the bytes it is about end at END of the segment. */
void writer_post(struct writer *w, enum share_kind kind, const char *end, uint32_t status);
/* The same, and the segment is done with. */
void writer_turn(struct writer *w, enum share_kind kind, const char *end);
/* Tells of the tasks finished so far. */
void writer_flush(struct writer *w);
/* The current task has printed: sleeps until smap has read that. */
void writer_await_reader(struct writer *w);

/* The next result begins AT. */
void writer_resume(struct writer *w, char *at);
/* The task ends by an event of its own, which uses the bytes up to END. */
void writer_end_alone(struct writer *w, int status, char *end);

static inline void writer_publish(struct writer *w)
{
    atomic_store_explicit(&w->share->progress, share_progress(w->batch - 1, w->done, (uint32_t)(w->result - w->base)),
                          memory_order_release);
}

/* A success like most, told of with others: what this costs, every task of 20 ns pays. */
static inline void writer_end(struct writer *w)
{
    struct share *s = w->share;

    *w->context.at++ = (char)s->separator;
    if (s->lengths)
        s->length[w->segment % SHARE_SEGMENTS][w->in_segment++] = (uint32_t)(w->context.at - w->result);
    w->result = w->context.at;
    w->done++;
    writer_publish(w);
    if (w->context.at >= w->context.end || w->in_segment == SHARE_TASKS)
        writer_turn(w, SHARE_RUN, w->result);
}

#endif
