/*
 * jfile: the journal as a file: header, records with checksums, one writer. Room: results.
 *
 * In: bodies (jentry.h). Out: the good records, from the first up to where the file is not whole, in which place the next are appended. What is
 * appended survives the end of smap, however it comes, once jfile_flush has returned, and the end of the machine once jfile_sync has.
 * Everything that can go wrong is reported here, with the name of the file.
 */
#ifndef SMAP_JFILE_H
#define SMAP_JFILE_H

#include "base/buf.h"

#include <stdbool.h>
#include <stdint.h>

#define JFILE_BODY_MAX ((uint32_t)16 << 20)

struct jfile;

enum jfile_mode {
    JFILE_APPEND, /* created where it is missing; locked; what is not whole at its end is cut off */
    JFILE_READ,   /* also while another smap writes it */
};

/* -1: reported. Follow it by jfile_scan. */
int jfile_open(struct jfile **f, const char *path, enum jfile_mode mode);
/* Does not sync. */
void jfile_close(struct jfile *f);

/* One good record; the body is lent. Bodies of DATA are not read (empty). */
typedef void (*jfile_record_fn)(void *ctx, uint64_t at, unsigned type, struct span body);
/* Tells of every record in turn, from the first on. -1: reported. */
int jfile_scan(struct jfile *f, jfile_record_fn tell, void *ctx);

/*
 * A record is written by jfile_begin, which gives its place in the file; puts into the buffer lent; jfile_end. The place counts at once
 * for jfile_read. 0, -1 when it could not be written out (reported): the file is good up to the last flush.
 */
struct buf *jfile_begin(struct jfile *f, unsigned type, uint64_t *at);
int jfile_end(struct jfile *f);
/* Hands everything to the system. -1: reported once; every later call says -1, too. */
int jfile_flush(struct jfile *f);
/* Flushes, and waits until the disk has it. */
int jfile_sync(struct jfile *f);
/* True when there is something that jfile_sync would make safe. */
bool jfile_dirty(const struct jfile *f);

enum jfile_read {
    JFILE_FAILED = -1, /* reported */
    JFILE_BAD,         /* there is no such record, or its checksum is wrong */
    JFILE_GOOD,
};

/* The record at AT; the body is lent until the next call of any function. */
enum jfile_read jfile_read(struct jfile *f, uint64_t at, unsigned *type, struct span *body);

const char *jfile_path(const struct jfile *f);

#endif
