/*
 * cpus: how many CPUs this process may use, and how many slots --procs means. Layer: base.
 *
 * In: the affinity mask, the CPU quotas of the control groups smap lives in (v1 and v2), Slurm's grant in the environment, the limits
 * on processes and descriptors. Out: plain numbers. Reads small files of /proc and /sys; what cannot be read limits nothing. ROOT is put
 * before every path ("" but for tests).
 */
#ifndef SMAP_CPUS_H
#define SMAP_CPUS_H

#include <stdint.h>

/* More slots than this are a mistake rather than a wish. */
#define CPUS_MOST_SLOTS 65536u

/* --procs as it was asked for. */
struct cpus_wish {
    enum { CPUS_COUNT, CPUS_AUTO, CPUS_PERCENT, CPUS_ALL_THAT_FIT } kind;
    uint32_t number; /* of CPUS_COUNT and CPUS_PERCENT */
};

/* "8", "auto", "50%", "0". -1: none of these. */
int cpus_parse(const char *text, struct cpus_wish *wish);

/* What the system says; 0 where it says nothing. */
struct cpus_limits {
    uint32_t affinity;    /* CPUs in the affinity mask */
    uint32_t quota;       /* the smallest CPU quota up the control groups, rounded up */
    uint32_t slurm;       /* CPUs that Slurm granted on this node */
    uint64_t processes;   /* how many more processes may be started */
    uint64_t descriptors; /* the hard limit */
};

void cpus_read(struct cpus_limits *limits, const char *root);
/* CPUs this process may use: the least of what is known, at least 1. */
uint32_t cpus_usable(const struct cpus_limits *limits);
/* The wish as a number of slots: 1..CPUS_MOST_SLOTS, as many at most as there are descriptors for. */
uint32_t cpus_slots(const struct cpus_wish *wish, const struct cpus_limits *limits);

#endif
