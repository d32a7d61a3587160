/*
 * silence: how long a filter has answered nothing, and what follows. Layer: work; pure: times come in as numbers.
 *
 * Two batches keep a filter busy that answers at once. One that collects its output in a buffer answers nothing until it has been given thousands
 * of lines, and what it holds back must not stop the run; so as long as it is silent though it has read all there was, the window of batches
 * doubles. It falls back when everything has been answered, which a filter with a buffer does not do.
 */
#ifndef SMAP_SILENCE_H
#define SMAP_SILENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct silence {
    uint32_t window; /* batches that it may have in its hands */
    int64_t heard;   /* the last answer, or since when one is waited for */
    int64_t pause;   /* to the next look */
    bool hinted;
};

void silence_init(struct silence *s);
/* How many batches it may have besides the BATCHES of BYTES that it has. */
uint32_t silence_room(const struct silence *s, uint32_t batches, size_t bytes);

/* It has been started, or given something after it had answered all: the time of the first look. */
int64_t silence_begin(struct silence *s, int64_t now);
/* It has answered; ALL: there is nothing left to answer. */
void silence_end(struct silence *s, int64_t now, bool all);
/* A look at a filter that has something to answer. */
void silence_look(struct silence *s, int64_t now, bool has_read_all);
/* True once: it is time to say that its output may be in a buffer. */
bool silence_hint(struct silence *s, int64_t now);
/* The time of the next look. TIMEOUT: of a task, us; 0: none. */
int64_t silence_next(const struct silence *s, int64_t now, int64_t timeout);

#endif
