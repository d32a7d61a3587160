/*
 * spill: the one temporary file for results that wait. Room: results; its only user is chain.
 *
 * Made on the first append, in $TMPDIR, without a name; one descriptor. Appended bytes are known by their
 * offset; what was read back or is no longer wanted is dropped: its blocks go back to the file system where
 * that knows holes, and the file begins anew when nothing in it is wanted any more. May block on the disk.
 * Every -1 is reported, with the directory and the reason.
 */
#ifndef SMAP_SPILL_H
#define SMAP_SPILL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct spill;

struct spill *spill_new(void);
void spill_free(struct spill *s);
/* The offset of the bytes, or -1. They may stay in a small buffer until spill_flush. */
off_t spill_append(struct spill *s, const void *ptr, size_t len);
int spill_flush(struct spill *s);
int spill_read(struct spill *s, void *to, size_t len, off_t at);
void spill_drop(struct spill *s, off_t at, size_t len);
/* Bytes appended and not yet dropped. */
uint64_t spill_live(const struct spill *s);

#endif
