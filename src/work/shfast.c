/*
 * The lines that need no shell. Everything here errs on one side: a byte, a word or a variable that
 * any shell could make something of sends the line to the shell.
 */
#include "work/shfast.h"

#include "base/xalloc.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sorted. Reserved words and builtins of POSIX, dash, bash, ksh, zsh and busybox ash, but for those
 * that dash has not and that are programs everywhere (cat, sleep...); and programs that show what
 * is different without a shell (env, printenv, ps, setsid). */
/* clang-format off */
static const char *const not_programs[] = {
    ".", ":", "alias", "alloc", "autoload", "bg", "bind", "bindkey", "break", "builtin", "busybox",
    "bye", "caller", "case", "cd", "chdir", "command", "compgen", "complete", "compopt", "continue",
    "coproc", "declare", "dirs", "disable", "disown", "do", "done", "echo", "echotc", "echoti",
    "elif", "else", "emulate", "enable", "end", "enum", "env", "esac", "eval", "exec", "exit",
    "export", "false", "fc", "fg", "fi", "float", "for", "foreach", "function", "functions",
    "getln", "getopts", "global", "hash", "help", "hist", "history", "if", "in", "inlib", "integer",
    "jobs", "kill", "let", "limit", "local", "log", "logout", "mapfile", "nameref", "namespace",
    "nocorrect", "noglob", "popd", "print", "printenv", "printf", "private", "ps", "pushd",
    "pushln", "pwd", "r", "read", "readarray", "readonly", "redirect", "rehash", "repeat", "return",
    "sched", "select", "set", "setopt", "setsid", "shift", "shopt", "source", "stop", "suspend",
    "test", "then", "time", "times", "trap", "true", "ttyctl", "type", "typeset", "ulimit", "umask",
    "unalias", "unfunction", "unhash", "unlimit", "unset", "unsetopt", "until", "vared", "vmap",
    "vpath", "wait", "whence", "where", "while", "zcompile", "zle", "zmodload", "zparseopts",
    "zstyle",
};
/* clang-format on */

static int compare(const void *word, const void *entry)
{
    return strcmp(word, *(const char *const *)entry);
}

static bool is_program(const char *word)
{
    return !bsearch(word, not_programs, sizeof not_programs / sizeof *not_programs,
                    sizeof *not_programs, compare);
}

/* Bytes that no shell expands, splits at or reads as an operator. Beyond ASCII what is a blank or a
 * letter depends on the locale. */
static bool plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("_-./,:+@%=", c));
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* No option of the shell (-x), assignment (a=b), job (%1) in the place of the program's name. */
static bool plain_name(const char *word)
{
    return !strchr("-+%=", *word) && !strchr(word, '=') && is_program(word);
}

bool shfast_split(struct span line, struct argv *out)
{
    argv_clear(out);
    if (!line.len || line.ptr[0] == '-' || line.ptr[0] == '+' || line.len >= argv_limit())
        return false;
    for (size_t at = 0; at < line.len;) {
        size_t from = at;

        while (at < line.len && plain((unsigned char)line.ptr[at]))
            at++;
        if (at < line.len && !blank(line.ptr[at]))
            return false;
        if (at > from)
            argv_add(out, (struct span){line.ptr + from, at - from});
        at++;
    }
    argv_finish(out);
    return out->words && plain_name(out->word[0]);
}

static const char *value_of(char *const *env, const char *name)
{
    size_t len = strlen(name);

    for (; *env; env++)
        if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
            return *env + len + 1;
    return NULL;
}

static bool shell_is_dash(const char *shell)
{
    char *path = realpath(shell, NULL), *slash = path ? strrchr(path, '/') : NULL;
    bool yes = strchr(shell, '/') && slash && strcmp(slash + 1, "dash") == 0;

    free(path);
    return yes;
}

/* dash takes PWD from its environment when it is absolute and names the current directory. */
static bool pwd_is(const char *pwd, const char *cwd)
{
    struct stat a, b;

    return pwd && *pwd == '/' && stat(pwd, &a) == 0 && stat(cwd ? cwd : ".", &b) == 0 &&
           a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

bool shfast_allowed(const char *shell, char *const *env, const char *cwd)
{
    static const char *const own[] = {"IFS", "OPTIND", "PPID",
                                      "LINENO"}; /* dash sets these and would export them changed */
    const char *path = value_of(env, "PATH");

    if (getuid() != geteuid() || getgid() != getegid())
        return false;
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (value_of(env, own[i]))
            return false;
    return path && *path && !strchr(path, '%') && pwd_is(value_of(env, "PWD"), cwd) &&
           shell_is_dash(shell);
}

/* NAME=... with a name as POSIX has it. */
static bool has_name(const char *entry)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    size_t len = strspn(entry, letters);

    return len && entry[len] == '=' && !(*entry >= '0' && *entry <= '9');
}

char **shfast_env(char *const *env)
{
    size_t n = 0, kept = 0;
    char **out;

    while (env[n])
        n++;
    out = xreallocarray(NULL, n + 1, sizeof *out);
    for (size_t i = 0; i < n; i++)
        if (has_name(env[i]))
            out[kept++] = env[i];
    out[kept] = NULL;
    return out;
}

int shfast_ended(int signal, bool core, struct buf *message)
{
    if (signal != SIGINT && signal != SIGPIPE) /* dash is silent about these */
        buf_printf(message, "%.32s%s\n", strsignal(signal), core ? " (core dumped)" : "");
    return 128 + signal;
}
