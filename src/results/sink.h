/*
 * sink: the outlet that writes results to stdout or a file, and the tasks' stderr to stderr. Room: results.
 *
 * Never blocks on a pipe, socket or terminal: what does not go out waits in the sink (bounded by one piece, 1
 * MiB), `ready` says no, and the loop tells when the descriptor takes bytes again. A reader that is gone is
 * noticed at once, also while nothing is written: `sink_closed` then, quietly. A reader of stderr counts too,
 * as for any program, but only once there is something to say. Any other error (a full disk) is reported
 * once: -1. SIGPIPE must be ignored. Where stdout and stderr are the same pipe, terminal or file, bytes leave
 * in the order of the pieces. From open to close smap's own messages (diag) pass through the sink as well: outlets that report on tasks
 * come behind it in the list, and their lines come out behind what the task said, on a line of their own.
 */
#ifndef SMAP_SINK_H
#define SMAP_SINK_H

#include "results/outlet.h"

struct loop;

struct sink_spec {
    struct loop *loop;
    const char *file;  /* -o: a temporary name beside it, renamed when complete; NULL: stdout. Kept, not copied */
    bool line_buffer;  /* whole lines as they come: tasks interleave, lines do not; a last line gets its newline */
    bool ungroup;      /* -u: bytes as they come */
    bool tag;          /* each line prefixed with the task's input and a tab; with -u in whole lines */
    bool quiet_stdout; /* drop stdout bytes (another outlet writes them) */
    bool quiet_stderr;
    bool copy_stdout;  /* write to a copy of descriptor 1, which is about to become something else */
};

/* -1: reported. */
int sink_open(struct outlet **o, const struct sink_spec *spec);
/* True once the reader of stdout has closed it: the run stops quietly and dies by SIGPIPE. */
bool sink_closed(const struct outlet *o);

#endif
