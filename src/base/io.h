/*
 * io: reads, writes and descriptors without their small traps (EINTR, short counts, EAGAIN). Layer: base.
 */
#ifndef SMAP_IO_H
#define SMAP_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Writes all of it, waiting with poll(2) where FD is non-blocking; 0, or -1 with errno. May block. */
int io_write_all(int fd, const void *ptr, size_t len);
/* read(2) without EINTR: bytes, 0 at the end, -1 with errno (EAGAIN on a non-blocking FD). */
ssize_t io_read(int fd, void *ptr, size_t len);
/* Reads until LEN bytes or the end; the count, or -1 with errno. May block. */
ssize_t io_read_all(int fd, void *ptr, size_t len);
/* The beginning of the file ROOT NAME, ended by NUL: at most SIZE - 1 bytes. For the small files of /proc and their like, ROOT being "" as a
 * rule. False: there is none, or nothing in it. */
bool io_read_text(const char *root, const char *name, char *text, size_t size);
/* write(2) without EINTR: the count, -1 with errno. */
ssize_t io_write(int fd, const void *ptr, size_t len);
/* pwrite/pread of all bytes; 0, or -1 with errno (a short read at the end of the file is EIO). */
int io_pwrite_all(int fd, const void *ptr, size_t len, off_t at);
int io_pread_all(int fd, void *ptr, size_t len, off_t at);
/* A pipe, close-on-exec, never one of the descriptors 0, 1, 2; -1 with errno. */
int io_pipe(int fd[2]);
/* An anonymous file in $TMPDIR (else /tmp), mode 0600, gone with its last descriptor; -1 (reported). */
int io_temp_file(const char *what);
/* $TMPDIR, else /tmp. */
const char *io_temp_dir(void);
int io_set_nonblock(int fd);
int io_set_cloexec(int fd);
/* Opens /dev/null on those of 0, 1, 2 that are closed, so that no file smap opens lands there; -1 with errno.
 * Bit n of the result is set when descriptor n was closed. */
int io_fill_standard(void);

#endif
