/*
 * shfast: may this shell line be executed without a shell, and nobody can tell but by the speed?
 * Layer: work.
 *
 * For tasks that are shell lines themselves. `gzip -9 a.txt` means the same to sh -c and to execve:
 * words between blanks, nothing to expand, a program and not a builtin of any shell. When in doubt
 * the answer is no, and the line goes to SHELL -c (argv_shell).
 *
 * The caller's steps and duties:
 *  1. Once: shfast_allowed (all lines go to the shell when it says no), then shfast_env: the
 *     environment as dash passes it on.
 *  2. Per line: shfast_split; then spawn_lookup of word[0] in the PATH of that environment. Not
 *     found, or execve fails for whatever reason (a script without #!, a missing interpreter, too
 *     long): give the line to the shell, which knows what to do and to say. argv[0] stays as the
 *     user wrote it.
 *  3. When the program is ended by a signal that smap did not send: report what dash would have
 *     (shfast_ended). dash 0.5.12 waits for its last command and does not replace itself, so smap
 *     would have seen an exit status and a line on stderr. A signal of smap's own goes to the whole
 *     process group and ends the shell too: that stays a signal.
 *
 * What can be seen all the same, by a program that looks: its parent is smap and not a shell, it
 * leads its process group (so setsid(2) without a fork fails; setsid(1) is never executed so), and
 * the order of its environment (env(1) and printenv(1) are never executed so).
 */
#ifndef SMAP_SHFAST_H
#define SMAP_SHFAST_H

#include "work/argv.h"

/*
 * Is SHELL dash (by its real path: other shells add variables such as _ and SHLVL), and would it
 * leave ENV as it is: PWD is the absolute name of the directory CWD (NULL: the current one), PATH
 * is set and has no %builtin, no variable that a shell sets for itself; and are we not setuid?
 * Reads the file system; once per run is enough.
 */
bool shfast_allowed(const char *shell, char *const *env, const char *cwd);

/* ENV without the entries that dash does not pass on (names that are no names, as bash's exported
 * functions have): a NULL-terminated array, to be freed with free(); the strings are ENV's own. */
char **shfast_env(char *const *env);

/* True: OUT holds the words of LINE (argv_finish done). False: the shell must read it. Allocates
 * nothing once OUT has grown. */
bool shfast_split(struct span line, struct argv *out);

/* A program was ended by SIGNAL (CORE: and dumped core): the exit status dash gives it; what dash
 * prints is put into MESSAGE. */
int shfast_ended(int signal, bool core, struct buf *message);

#endif
