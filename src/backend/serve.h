/*
 * serve: the executor itself: what `smap --internal-executor` runs. Room: backend.
 *
 * In: frames from its rank on descriptor 3: SETUP, batches, signals, STOP. Out: HELLO, READY or REFUSED, pieces and messages. Between them the
 * procs backend with this rank's slots. When its rank does not read, it stops reading its tasks' pipes and waits: results of any size
 * pass through a megabyte. When its rank is gone it ends every process below it and leaves.
 */
#ifndef SMAP_SERVE_H
#define SMAP_SERVE_H

/* Serves FD until STOP or its end; the exit status: 0, or 3 when what it read was not frames. */
int serve_main(int fd);

#endif
