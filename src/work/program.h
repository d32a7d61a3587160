/*
 * program: which file to execute for a task, with which arguments and environment. Layer: work.
 *
 * Between template (pure) and spawn (blind): compiles the template once per slot, looks the program up in PATH, knows the shell, decides on the fast
 * path for tasks that are lines of shell, and sets the environment of a task. One per slot; not shared.
 */
#ifndef SMAP_PROGRAM_H
#define SMAP_PROGRAM_H

#include "base/task.h"

struct process;
struct program;
struct spawn;
struct work;

/* What is wrong with the command for every task: 0, or 126 (not executable) or 127 (not found), 2 (a placeholder where none can be); reported. */
int program_check(const struct work *work);

/* NAME is looked up as a task's program is: 0, or 126 or 127 (reported, as WHAT). */
int program_check_file(const struct work *work, const char *name, const char *what);

/* -1: reported. */
int program_new(struct program **p, const struct work *work, uint32_t slot, uint32_t rank);
void program_free(struct program *p);

/*
 * Fills in path, argv and env of S for the task; they stay valid until the next call. 0, or the status 126 or 127 of a task that cannot be started:
 * program_reason says why.
 */
int program_prepare(struct program *p, const struct task *task, struct spawn *s);
/*
 * spawn_start, and what execvp adds to it: a file the kernel cannot execute is given to the shell (ENOEXEC), and a line that took the fast path goes to the shell
 * after all when it cannot be executed. 0 or an errno: program_reason tells it in words.
 */
int program_start(struct program *p, struct spawn *s, struct process *process);
/*
 * The process prepared last was ended by a signal that smap did not send: true if a shell would have stood between, *STATUS (as waitpid gives it) and MESSAGE
 * (for the task's stderr) are then what it would have made of it.
 */
bool program_ended(const struct program *p, int *status, struct buf *message);
struct span program_reason(const struct program *p);

/* Appends the command of the task as one could paste it into a shell (--dry-run, -t), as in slot SLOT; -1: it cannot be an argument, REASON says why. */
int program_show(struct program *p, const struct task *task, uint32_t slot, struct buf *out);

#endif
