/*
 * child: the process that calls the function of --worker: smap, started again by itself. Layer: work.
 *
 * Descriptors as it finds them: 0 the shared memory (share.h), 1 and 2 the pipe on which smap reads
 * what the function prints, 3 the bell.
 */
#ifndef SMAP_CHILD_H
#define SMAP_CHILD_H

/* First word of the command line that makes smap such a process. */
#define CHILD_WORD "--internal-function-worker"

/*
 * Words of the command line: smap CHILD_WORD run|check LIBRARY SYMBOL SIGNATURE CONFIG (the last
 * two may be empty). `check` only opens the library, says on stderr what is wrong, and returns 0,
 * 2, 126 or 127. `run` works until the bell's end of file; the result is the exit status.
 */
int child_main(int argc, char **argv);

#endif
