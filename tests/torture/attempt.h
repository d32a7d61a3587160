/*
 * attempt: one run of smap that is disturbed, and what is to be thought of it. The words of the command line say how:
 *
 *     backend=serial|procs   work=command|shell|function|filter|usleep   sink=stdout|file|journal   tasks=12  pad=BYTES  nap=MS
 *     trace=CALL:error=E:when=N   strace's words: the call of smap that fails, or /FILE: a log of all
 *     nomem=N, nomem=N+   the allocation of smap that fails, or the first that does
 *     close=012   full=12   descriptors that are closed, or lead to /dev/full          limit=NAME:VALUE    limit=nofile:12
 *     reader=stall|slow|gone:BYTES|nonblock   who reads the output                      dir=PATH            where it works
 *     storm=SIGNAL:US   stop=US   sent to smap all the time                             user=UID
 *     kill=task|worker|guard|smap:MS   signal=NAME:MS                                   what happens once
 *
 * One line is printed: RIGHT (status 0 and all results, or status 1, the failed tasks named, and all other results), LOUD (another
 * status, words on stderr, and a beginning of the results), or WRONG and why: results that are not so, a failure without words, a run of
 * more than 10 s, a process or a file left behind, a journal that does not lead to the truth. Its directory stays only when it is WRONG.
 */
#ifndef SMAP_TORTURE_ATTEMPT_H
#define SMAP_TORTURE_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { TASKS_MAX = 4096 };

struct attempt {
    const char *backend, *work, *sink;
    const char *trace, *nomem, *close, *full, *reader;
    const char *limit, *dir;
    int tasks, pad, nap, uid;
    int storm_signal, signal;     /* 0: none */
    long storm_us, stop_us;
    const char *victim;           /* NULL: none */
    long event_ms;                /* when the victim is killed, or the signal sent */
};

struct text {
    char *bytes;
    size_t len;
};

/* What has become of it. */
struct end {
    int status; /* as waitpid has it */
    bool hung;
    int survivors;
    struct text out, err;
    bool has_out; /* the file of sink=file is there */
};

/* run.c: makes the run in the working directory, as often as wanted; with DISTURBED false nothing is done to it. */
void run_smap(const struct attempt *a, bool disturbed, struct end *e);

/* verdict.c */
struct text read_text(const char *path);
/* The line with which task NUMBER is asked for (INPUT) or answered. */
struct text line_of(const struct attempt *a, int number, bool input);
/* NULL: all is well, *LOUD says how. Else what is wrong. */
const char *judge(const struct attempt *a, const struct end *e, bool disturbed, bool *loud);

#endif
