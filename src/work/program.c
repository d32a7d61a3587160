/*
 * Which file to execute, with which arguments and environment.
 *
 * The environment is one array per slot whose first words are ours and change from task to task in place; the rest was copied once.
 */
#include "work/program.h"

#include "base/diag.h"
#include "base/xalloc.h"
#include "work/shfast.h"
#include "work/spawn.h"
#include "work/template.h"
#include "work/work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { OWN_TASK, OWN_ATTEMPT, OWN_SLOT, OWN_RANK, OWN_VARIABLES, OWN_SIZE = 40 };

struct program {
    const struct work *work;
    uint32_t slot;
    struct template *template; /* NULL: tasks are lines of shell */
    char **env, **base_env;    /* env: OWN_... first, then the words of base_env */
    char **fast_env;           /* env as the shell would pass it on; NULL: no fast path */
    char own[OWN_VARIABLES][OWN_SIZE];
    char omp[OWN_SIZE];
    struct argv argv;
    char *path;                /* where FOUND was found in PATH */
    char *found;
    char *shell;               /* path of the shell; NULL: not needed so far */
    bool took_fast;            /* the task prepared now did */
    const struct task *task;   /* the one prepared */
    struct buf reason;
};

static void reason(struct program *p, const char *what, const char *why)
{
    buf_clear(&p->reason);
    buf_printf(&p->reason, "%s: %s", what, why);
}

struct span program_reason(const struct program *p)
{
    return (struct span){p->reason.ptr, p->reason.len};
}

static int status_of(int error)
{
    return error == ENOENT || error == ENOTDIR ? 127 : 126;
}

static int new_template(struct template **t, const struct work *w, struct buf *error)
{
    struct template_spec spec = {
        .word = w->word,
        .words = w->words,
        .shell_line = w->kind == WORK_SHELL,
        .shell = w->shell,
        .replace = w->replace,
        .name = w->name,
        .names = w->names,
        .append = !w->feed,
        .pack = w->pack,
    };

    return template_new(t, &spec, error);
}

/* Not found: words that were meant for the shell, or options that stand too late, are the usual reason. */
static const char *advice(const struct work *w, const char *name, int status)
{
    if (status != 127 || w->kind != WORK_COMMAND || w->words < 2 || !strpbrk(name, " \t"))
        return "";
    return " (since other words follow, this is the name of one program;"
           " options stand before the command, and a line for the shell is one word)";
}

static int report_missing(const struct work *w, const char *name, const char *what)
{
    int error = errno, status = status_of(error);

    diag("cannot run %s %s: %s%s", what, name, strerror(error), advice(w, name, status));
    return status;
}

/* NULL: not set. */
static const char *variable(char *const *env, const char *name)
{
    size_t n = strlen(name);

    for (; env && *env; env++)
        if (strncmp(*env, name, n) == 0 && (*env)[n] == '=')
            return *env + n + 1;
    return NULL;
}

/* A PATH that the job sets for its tasks is the one they are looked up in. */
static char *look_up(const struct work *w, const char *name)
{
    const char *path = variable(w->env, "PATH");

    return path ? spawn_lookup_in(name, path) : spawn_lookup(name);
}

int program_check_file(const struct work *w, const char *name, const char *what)
{
    char *path = look_up(w, name);

    if (!path)
        return report_missing(w, name, what);
    free(path);
    return 0;
}

int program_check(const struct work *w)
{
    struct buf error = BUF_INIT;
    struct template *t = NULL;
    int status = 0;

    if (w->kind != WORK_LINES && new_template(&t, w, &error) < 0) {
        diag("%s", buf_cstr(&error));
        status = 2;
    } else if (w->kind != WORK_COMMAND) {
        status = program_check_file(w, w->shell, "the shell");
    } else if (template_program(t)) {
        status = program_check_file(w, template_program(t), "the command");
    }
    template_free(t);
    buf_release(&error);
    return status;
}

static bool is_own(const char *variable, const struct program *p)
{
    size_t n = strcspn(variable, "=") + 1;

    for (int i = 0; i < OWN_VARIABLES; i++)
        if (strncmp(variable, p->own[i], n) == 0)
            return true;
    return false;
}

static void set_own(struct program *p, int which, const char *name, uint64_t value)
{
    snprintf(p->own[which], OWN_SIZE, "%s=%llu", name, (unsigned long long)value);
}

/* An outer smap's SMAP_TASK and so on are not inherited: ours stand in their place. */
static void build_env(struct program *p, uint32_t rank)
{
    size_t n = 0, used = 0;

    set_own(p, OWN_TASK, "SMAP_TASK", 0);
    set_own(p, OWN_ATTEMPT, "SMAP_ATTEMPT", 1);
    set_own(p, OWN_SLOT, "SMAP_SLOT", p->slot);
    set_own(p, OWN_RANK, "SMAP_RANK", rank);
    p->base_env = spawn_env(p->work->keep_mpi_env, p->work->env);
    while (p->base_env[n])
        n++;
    p->env = xcalloc(n + OWN_VARIABLES + 2, sizeof *p->env);
    for (int i = 0; i < OWN_VARIABLES; i++)
        p->env[used++] = p->own[i];
    if (p->work->cpus_per_slot && !variable(p->base_env, "OMP_NUM_THREADS")) {
        snprintf(p->omp, OWN_SIZE, "OMP_NUM_THREADS=%u", p->work->cpus_per_slot);
        p->env[used++] = p->omp;
    }
    for (char **e = p->base_env; *e; e++)
        if (!is_own(*e, p))
            p->env[used++] = *e;
}

int program_new(struct program **out, const struct work *work, uint32_t slot, uint32_t rank)
{
    struct program *p = xcalloc(1, sizeof *p);

    p->work = work;
    p->slot = slot;
    if (work->kind != WORK_LINES && new_template(&p->template, work, &p->reason) < 0) {
        diag("%s", buf_cstr(&p->reason));
        program_free(p);
        return -1;
    }
    build_env(p, rank);
    if (work->kind == WORK_LINES && shfast_allowed(work->shell, p->env, work->cwd))
        p->fast_env = shfast_env(p->env);
    *out = p;
    return 0;
}

void program_free(struct program *p)
{
    if (!p)
        return;
    template_free(p->template);
    spawn_env_free(p->base_env);
    free(p->env);
    free(p->fast_env);
    argv_release(&p->argv);
    buf_release(&p->reason);
    free(p->path);
    free(p->found);
    free(p->shell);
    free(p);
}

/* PATH is searched again only when the name changes: a command is one name, lines of shell are mostly few. */
static const char *find(struct program *p, const char *name)
{
    if (p->found && strcmp(p->found, name) == 0)
        return p->path;
    char *path = look_up(p->work, name);

    if (!path)
        return NULL;
    free(p->path);
    free(p->found);
    p->path = path;
    p->found = xstrdup(name);
    return p->path;
}

static int set_shell(struct program *p)
{
    if (!p->shell)
        p->shell = look_up(p->work, p->work->shell);
    if (p->shell)
        return 0;
    int status = status_of(errno);

    reason(p, p->work->shell, strerror(errno));
    return status;
}

static int prepare_shell_line(struct program *p, const struct task *task, struct spawn *s)
{
    int status;

    buf_clear(&p->reason);
    if (argv_shell(&p->argv, p->work->shell, task->text, &p->reason) < 0)
        return 126;
    status = set_shell(p);
    s->path = p->shell;
    s->argv = p->argv.word;
    return status;
}

static int prepare_line(struct program *p, const struct task *task, struct spawn *s)
{
    p->took_fast = false;
    if (p->fast_env && shfast_split(task->text, &p->argv)) {
        s->path = find(p, p->argv.word[0]);
        s->argv = p->argv.word;
        s->env = p->fast_env;
        p->took_fast = s->path;
        if (s->path)
            return 0;
        s->env = p->env;
    }
    return prepare_shell_line(p, task, s);
}

static int prepare_template(struct program *p, const struct task *task, struct spawn *s)
{
    buf_clear(&p->reason);
    if (template_expand(p->template, task, p->slot, &p->argv, &p->reason) < 0)
        return 126;
    s->argv = p->argv.word;
    if (p->work->kind == WORK_SHELL) {
        int status = set_shell(p);

        s->path = p->shell;
        return status;
    }
    s->path = find(p, p->argv.word[0]);
    if (s->path)
        return 0;
    int status = status_of(errno);

    reason(p, p->argv.word[0], strerror(errno));
    return status;
}

int program_prepare(struct program *p, const struct task *task, struct spawn *s)
{
    set_own(p, OWN_TASK, "SMAP_TASK", task->number);
    set_own(p, OWN_ATTEMPT, "SMAP_ATTEMPT", task->attempt);
    s->env = p->env;
    p->task = task;
    return p->template ? prepare_template(p, task, s) : prepare_line(p, task, s);
}

/* As execvp does: a file without a known magic number is a script of the shell. */
static int start_as_script(struct spawn *s, struct process *process)
{
    size_t n = 0;
    const char *path = s->path;
    char *const *argv = s->argv;

    while (argv[n])
        n++;
    char **script = xcalloc(n + 2, sizeof *script);

    script[0] = "sh";
    script[1] = (char *)path;
    for (size_t i = 1; i < n; i++)
        script[i + 1] = argv[i];
    s->path = "/bin/sh";
    s->argv = script;
    int error = spawn_start(s, process);

    s->path = path;
    s->argv = argv;
    free(script);
    return error;
}

int program_start(struct program *p, struct spawn *s, struct process *process)
{
    int error = spawn_start(s, process);

    if (error == 0 || error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE)
        return error;
    if (p->took_fast) {
        p->took_fast = false;
        s->env = p->env;
        if (prepare_shell_line(p, p->task, s) == 0)
            error = spawn_start(s, process);
    } else if (error == ENOEXEC) {
        error = start_as_script(s, process);
    }
    if (error == E2BIG)
        reason(p, s->argv[0], "argument list too long (use --stdin)");
    else if (error)
        reason(p, s->argv[0], strerror(error));
    return error;
}

bool program_ended(const struct program *p, int *status, struct buf *message)
{
    if (!p->took_fast || !WIFSIGNALED(*status))
        return false;
    *status = W_EXITCODE(shfast_ended(WTERMSIG(*status), WCOREDUMP(*status), message), 0);
    return true;
}

int program_show(struct program *p, const struct task *task, uint32_t slot, struct buf *out)
{
    if (p->work->kind == WORK_LINES) {
        buf_put(out, task->text.ptr, task->text.len);
        return 0;
    }
    buf_clear(&p->reason);
    if (template_expand(p->template, task, slot, &p->argv, &p->reason) < 0)
        return -1;
    argv_quote(out, p->argv.word);
    return 0;
}
