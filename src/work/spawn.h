/*
 * spawn: home of process creation: every process smap starts is started here. Layer: work.
 *
 * The caller's steps: fill a struct spawn, call spawn_start; on success own PID (reap it with spawn_reap once PIDFD is readable) and whichever pipe
 * ends were asked for. vfork + execve: nothing is copied, nothing is flushed twice, an MPI rank may do it safely; the child's errors come back through the
 * memory it shares until execve. All descriptors of smap are close-on-exec; the child gets exactly 0, 1, 2, the signal mask and dispositions that
 * smap itself was given (spawn_init remembers them), its descriptor limit, its own process group, and a raised oom_score_adj.
 */
#ifndef SMAP_SPAWN_H
#define SMAP_SPAWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/* Remembers mask, dispositions and limits as smap was given them; sets SIGPIPE and SIGXFSZ ignored, SIGCHLD default, raises the soft
 * descriptor limit. First thing in main. */
void spawn_init(void);

/* What to do with one of the child's descriptors 0, 1, 2. */
enum { SPAWN_INHERIT = -1, SPAWN_NULL = -2 };

struct spawn {
    const char *path;   /* file to execute, already looked up (spawn_lookup) */
    char *const *argv;
    char *const *env;
    const char *cwd;    /* NULL: here */
    int fd[3];          /* a descriptor of ours to become 0, 1, 2, or SPAWN_... */
    int extra;          /* one more descriptor, to become 3; SPAWN_NULL: none */
    bool session;       /* a session of its own (setsid) instead of a process group of its own */
    bool trusted;       /* smap itself again: keeps the raised descriptor limit, no oom offer */
    int nice;           /* added to the niceness */
};

struct process {
    pid_t pid;   /* also the process group; 0: none */
    int pidfd;   /* readable when it has ended; -1 where the kernel has none */
    volatile int32_t *place; /* in the list of groups */
};

/* 0, or an errno: EAGAIN, ENOMEM, EMFILE (nothing was started; may pass) or what execve said (ENOENT, EACCES, ENOEXEC, E2BIG...). */
int spawn_start(const struct spawn *s, struct process *p);
/* Collects an ended process without blocking (BLOCK: waits). True when it has ended: *STATUS as waitpid gives it. Closes PIDFD. */
bool spawn_reap(struct process *p, bool block, int *status, struct rusage *usage);
/* Signals the whole group; no error when it is gone. */
void spawn_kill(const struct process *p, int sig);

/* Where execvp would find NAME: malloced, or NULL with errno (ENOENT; EACCES: found, not executable). */
char *spawn_lookup(const char *name);
/* The same in another PATH (NULL: the system's default). */
char *spawn_lookup_in(const char *name, const char *path);

/* The environment every task starts from: smap's own without the MPI launcher's variables (KEEP_MPI: with), the EXTRA "NAME=VALUE" words
 * (may be NULL) put over it, and the mark of this run (groups.h). A NULL-terminated array; free with spawn_env_free. */
char **spawn_env(bool keep_mpi, char *const *extra);
void spawn_env_free(char **env);
/* True for a variable ("NAME=VALUE") by which an MPI library recognises its launcher. */
bool spawn_is_launchers(const char *variable);

#endif
