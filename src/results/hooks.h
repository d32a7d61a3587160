/*
 * hooks: what the three forms of hooks share. Private to hook*.c. Room: results.
 */
#ifndef SMAP_HOOKS_H
#define SMAP_HOOKS_H

#include "results/hook.h"
#include "work/work.h"

#define HOOK_STOP 10

/* The vote (outlet.h) of a hook that ended with STATUS, or by SIGNAL, for TASK; reported unless it
 * is to go on. WORDS: a reason, may be empty. */
int hooks_vote(uint64_t task, int status, int signal, struct span words);
/* True when the hook is to be called with the result that END closes: it was not cancelled, and the hook has not
 * seen it in an earlier run. */
bool hooks_wants(struct journal *j, const struct piece *end);
/* Any other goes by; of one that the hook has seen, this run's journal is told. -1: reported. */
int hooks_pass(struct journal *j, const struct piece *end);
/* Before it is called: its result is safe in the journal, so that whatever happens to smap now, the
 * hook will not see another result of that task. -1: reported. */
int hooks_begin(struct journal *j);
/* The hook of TASK need not be called again, even if smap is killed now. -1: reported. */
int hooks_done(struct journal *j, uint64_t task);

/* The command of a hook as work: WORD is kept; LINE: it is for the shell. No value is appended,
 * tasks' packs and feeds play no part. */
struct work hooks_work(const struct hook_spec *spec, char **word, bool line);

int hook_command_open(struct outlet **o, const struct hook_spec *spec);
int hook_function_open(struct outlet **o, const struct hook_spec *spec);
int hook_stream_open(struct outlet **o, const struct hook_spec *spec);

#endif
