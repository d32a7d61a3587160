/*
 * outlet: what is done with results, in order: contract and the way to add one. Rooms: results, watch.
 *
 * The corridor hands every piece that order gives to each outlet in turn: the sink writes bytes, the failure report prints lines, later: hook,
 * journal, joblog, trace... An outlet that needs single tasks sets `per_task` and never sees a RUN: the corridor then asks workers for lengths
 * and takes runs apart. Pieces of one task come together: OUT and ERR pieces, END last; under -u and --line-buffer pieces of different
 * tasks interleave. Outlets run on rank 0, in the smap process, and must not block longer than a write to a regular file does: what waits
 * (a pipe, a hook process) registers with the loop and says no in `ready` meanwhile: that is the back pressure.
 */
#ifndef SMAP_OUTLET_H
#define SMAP_OUTLET_H

#include "base/piece.h"

struct outlet;

struct outlet_ops {
    const char *name;
    bool per_task;    /* no runs, please */
    bool wants_input; /* every piece carries the task's text */
    bool patient;     /* see ready */
    /* Takes in one piece (lent). 0; -1: smap failed (reported), the run ends at once, with status 3; or a vote. */
    int (*put)(struct outlet *o, const struct piece *p);
    /* May be NULL: always. False: the corridor delivers nothing for now, and starts nothing new; where the outlet is `patient` not before some results
     * wait for it. */
    bool (*ready)(struct outlet *o);
    /* May be NULL. Called when the corridor has nothing to deliver for the moment: what is buffered goes out. As put. */
    int (*flush)(struct outlet *o);
    /* May be NULL. A signal is ending the run: what this outlet waits for may take GRACE us at most from here on. */
    void (*hurry)(struct outlet *o, int64_t grace);
    /* May be NULL. Nothing more will be put: what ends with the results may end now; it is busy until then. Called again and again. */
    void (*finish)(struct outlet *o);
    /* True while bytes wait to go out: the corridor keeps waiting for them at the end. May be NULL. */
    bool (*busy)(struct outlet *o);
    /* Ends it; COMPLETE: the run is whole (status 0 or 1). -1: what it wrote is not whole (reported). Frees the outlet. */
    int (*close)(struct outlet *o, bool complete);
};

/*
 * Votes, which may be put together. Nothing is delivered any more; what runs is ended; what was delivered goes out. So the last result is the same one
 * on any backend.
 */
#define OUTLET_STOP 1  /* enough: a clean end */
#define OUTLET_BREAK 2 /* smap failed (reported): status 3 */

/* Embedded as the first member of each outlet's own struct. */
struct outlet {
    const struct outlet_ops *ops;
    struct outlet *next;
};

#endif
