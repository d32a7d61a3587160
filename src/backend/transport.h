/*
 * transport: messages between the ranks of a job: contract. Room: backend.
 *
 * All that smap wants of MPI, so that the module which is built against one MPI (mpi.c, opened with dlopen) stays small, knows nothing of smap and
 * needs no symbol of it, and so that another carrier, or a test, could take its place. A world of SIZE ranks stands from open to close.
 * Messages from one rank to another arrive in the order they were sent. Called from one thread only. Nothing but open and close blocks.
 */
#ifndef SMAP_TRANSPORT_H
#define SMAP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRANSPORT_ABI 1
#define TRANSPORT_MAX ((size_t)1 << 20) /* longest message */
#define TRANSPORT_TAGS 8                /* tags are 0..7 */

struct transport_message {
    uint32_t from;
    int tag;
    const char *ptr; /* lent until the next receive */
    size_t len;
};

struct transport_ops {
    uint32_t abi;
    const char *library; /* "openmpi", "mpich", or what else it was built with */
    /* Joins the world; REPORT takes the text of whatever goes wrong, now and later. -1: reported. */
    int (*open)(uint32_t *rank, uint32_t *size, int (*report)(const char *format, ...));
    /* Takes PTR, malloced, and frees it when it has gone. -1: reported. */
    int (*send)(uint32_t to, int tag, char *ptr, size_t len);
    /* Messages sent to TO that it has not been seen to take: the sender's brake. Drives what is being sent. A few short messages may
     * not be counted, but no endless row of them. */
    uint32_t (*unsent)(uint32_t to);
    /* 1: *M is the next message; 0: none now; -1: reported. Drives everything that is under way. */
    int (*receive)(struct transport_message *m);
    /* Leaves in good order: every rank must call it; returns when all have. */
    void (*close)(void);
    /* Ends all ranks at once; does not return. */
    void (*abort)(int status);
};

/* The module's one symbol. */
#define TRANSPORT_SYMBOL "smap_transport"

#endif
