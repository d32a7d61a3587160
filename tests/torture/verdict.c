/* The truth about a run is known in advance: line k answers task k. */
#include "attempt.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct text read_text(const char *path)
{
    struct text t = {calloc(1, 1), 0};
    int fd = open(path, O_RDONLY);
    struct stat st;

    if (fd < 0)
        return t;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        t.bytes = realloc(t.bytes, (size_t)st.st_size + 1);
        ssize_t n = read(fd, t.bytes, (size_t)st.st_size);

        t.len = n > 0 ? (size_t)n : 0;
        t.bytes[t.len] = '\0';
    }
    close(fd);
    return t;
}

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

struct text line_of(const struct attempt *a, int k, bool input)
{
    struct text t = {0};
    int n;

    if (is(a->work, "usleep"))
        n = asprintf(&t.bytes, "%d\n", input ? a->nap * 1000 + k : 0);
    else if (is(a->work, "function"))
        n = asprintf(&t.bytes, "%d\n", input ? k * k : k);
    else if (input || is(a->work, "filter"))
        n = asprintf(&t.bytes, "%d\n", k);
    else
        n = asprintf(&t.bytes, "%0*d\n", a->pad, k);
    t.len = n < 0 ? 0 : (size_t)n;
    return t;
}

/* Smap has said that task K failed. */
static bool reported(const struct end *e, int k)
{
    char words[64];

    snprintf(words, sizeof words, "smap: task %d ", k);
    return strstr(e->err.bytes, words) != NULL;
}

static bool may_be_empty(const struct attempt *a)
{
    return is(a->work, "function") || is(a->work, "filter") || is(a->work, "usleep");
}

/* Results in their order, those of failed tasks there, empty or not there. WHOLE: up to the last. BLIND: there is nobody to name the failed ones. */
static bool fits(const struct attempt *a, const struct end *e, bool whole, bool blind)
{
    const char *at = e->out.bytes, *end = at + e->out.len;

    for (int k = 1; k <= a->tasks; k++) {
        struct text t = line_of(a, k, false);
        size_t left = (size_t)(end - at), same = t.len < left ? t.len : left;
        bool equal = memcmp(at, t.bytes, same) == 0;

        free(t.bytes);
        if (equal && same == t.len) {
            at += same;
        } else if (equal && !whole) {
            return true;
        } else if (blind || reported(e, k)) {
            at += may_be_empty(a) && at < end && *at == '\n';
        } else {
            return false;
        }
    }
    return at == end;
}

/* A file that is none of ours, and that smap has not named. */
static const char *leftover(const struct attempt *a, const struct end *e, const char *path)
{
    static const char *const ours[] = {".", "..", "in", "out", "tmp"};
    static char name[300];
    DIR *dir = opendir(path);
    struct dirent *d;
    const char *found = NULL;

    while (dir && !found && (d = readdir(dir))) {
        bool known = false;

        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            known |= is(d->d_name, ours[i]);
        known |= is(d->d_name, "FILE") && is(a->sink, "file");
        known |= is(d->d_name, "JOURNAL") && is(a->sink, "journal");
        if (known || strstr(e->err.bytes, d->d_name))
            continue;
        snprintf(name, sizeof name, "leaves the file %s", d->d_name);
        found = name;
    }
    if (dir)
        closedir(dir);
    return found;
}

/* Nobody could be told, or the death was meant. */
static bool may_be_mute(const struct attempt *a, int status)
{
    if ((a->close && strchr(a->close, '2')) || (a->full && strchr(a->full, '2')))
        return true;
    if (!WIFSIGNALED(status))
        return false;
    int sig = WTERMSIG(status);

    return (sig == SIGPIPE && a->reader && strncmp(a->reader, "gone", 4) == 0) || sig == a->signal ||
           (sig == SIGKILL && a->victim && is(a->victim, "smap"));
}

const char *judge(const struct attempt *a, const struct end *e, bool disturbed, bool *loud)
{
    bool ended = WIFEXITED(e->status) && WEXITSTATUS(e->status) <= 1, file = is(a->sink, "file");
    bool blind = disturbed && (a->signal || (may_be_mute(a, e->status) && !WIFSIGNALED(e->status))); /* a signal cancels tasks */
    bool gone = a->reader && strncmp(a->reader, "gone", 4) == 0;
    static char why[300];

    *loud = !ended;
    if (e->hung)
        return "hangs";
    if (e->survivors) {
        snprintf(why, sizeof why, "%d processes are left", e->survivors);
        return why;
    }
    if (ended && WEXITSTATUS(e->status) == 0 && !(gone && disturbed))
        return !fits(a, e, true, false) ? "silently wrong" : leftover(a, e, ".") ? leftover(a, e, ".") : leftover(a, e, "tmp");
    if (!e->err.len && !(disturbed && may_be_mute(a, e->status)) && !(ended && gone))
        return "mute";
    if (file && !ended && e->has_out && !fits(a, e, true, false))
        return "an incomplete output file";
    if ((!file || e->has_out) && !fits(a, e, ended && !(gone && disturbed) && !(a->full && strchr(a->full, '1')), blind))
        return "wrong results";
    if (WIFSIGNALED(e->status) && !(disturbed && (a->signal || a->victim || gone)))
        return "ended by a signal";
    if (a->victim && is(a->victim, "smap") && file)
        return NULL; /* it could not remove it any more */
    return leftover(a, e, ".") ? leftover(a, e, ".") : leftover(a, e, "tmp");
}
