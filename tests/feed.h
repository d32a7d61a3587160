/*
 * feed: what the tests of src/tasks share: inputs made of given bytes, the tasks of a source as text, captured messages.
 *
 * A task is written "NUMBER:TEXT[FIELD][FIELD];", so a test compares what it got with one string.
 */
#ifndef SMAP_TESTS_FEED_H
#define SMAP_TESTS_FEED_H

#include "tasks/source.h"

/* Puts FD in the place of stdin (closes FD). */
void feed_stdin(int fd);
/* Makes stdin a pipe and returns its write end, non-blocking. */
int feed_pipe(void);
/* Makes stdin a file with these bytes. */
void feed_bytes(const char *bytes, size_t len);
/* The name of a new file with these bytes, lent; removed by feed_remove. */
char *feed_file(const char *bytes, size_t len);
void feed_remove(void);

/* Appends a task to OUT. */
void feed_task(struct buf *out, const struct task *t);
/* Takes until there is no batch, checks the limits on the way, and returns the last state. */
enum source_state feed_drain(struct source *s, uint32_t max, size_t bytes, struct buf *out);
/* Writes BYTES to the pipe FD, draining S whenever it is full; returns the state at the end. */
enum source_state feed_pass(struct source *s, int fd, struct span bytes, struct buf *out);
/* Everything of a source opened for SPEC, waiting where needed; lent until the next call. "failed" where it failed. */
const char *feed_all(const struct source_spec *spec, uint32_t max, size_t bytes);
/* The same, and the text is compared for many limits. */
void feed_expect(const struct source_spec *spec, const char *expected);

/* Messages between the two calls, lent until the next. */
void feed_listen(void);
const char *feed_heard(void);

/* Numbers that look random and are the same in every run. */
uint32_t feed_random(uint64_t *state);

#endif
