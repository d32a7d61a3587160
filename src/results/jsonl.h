/*
 * jsonl: the outlet that writes one JSON object per task (--format jsonl). Room: results.
 *
 * Stands in front of the sink, which takes its lines as if tasks had printed them: where they go, who waits for a slow reader and what happens when
 * nobody reads is the sink's business. The tasks' stderr is in the lines and nowhere else. Cancelled tasks have no line.
 */
#ifndef SMAP_JSONL_H
#define SMAP_JSONL_H

#include "results/outlet.h"

/* Takes SINK, which is closed with it. */
struct outlet *jsonl_new(struct outlet *sink);

#endif
