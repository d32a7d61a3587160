/* The words of the command line, and the verdict. */
#include "attempt.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int signal_number(const char *name, size_t len)
{
    static const struct {
        const char *name;
        int sig;
    } known[] = {{"USR1", SIGUSR1}, {"CHLD", SIGCHLD}, {"WINCH", SIGWINCH}, {"CONT", SIGCONT}, {"URG", SIGURG},
                 {"INT", SIGINT},   {"TERM", SIGTERM}, {"HUP", SIGHUP},     {"KILL", SIGKILL}};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].name) == len && memcmp(known[i].name, name, len) == 0)
            return known[i].sig;
    fprintf(stderr, "attempt: no signal %s\n", name);
    exit(2);
}

/* NAME:NUMBER */
static long split(const char *value, size_t *len)
{
    *len = strcspn(value, ":");
    return value[*len] ? atol(value + *len + 1) : 0;
}

static void set_event(struct attempt *a, const char *name, const char *value)
{
    size_t len;
    long number = split(value, &len);

    if (strcmp(name, "storm") == 0) {
        a->storm_signal = signal_number(value, len);
        a->storm_us = number;
    } else if (strcmp(name, "signal") == 0) {
        a->signal = signal_number(value, len);
        a->event_ms = number;
    } else {
        a->victim = strndup(value, len);
        a->event_ms = number;
    }
}

static bool set_text(struct attempt *a, const char *name, const char *value)
{
    const struct {
        const char *name;
        const char **to;
    } texts[] = {{"backend", &a->backend}, {"work", &a->work}, {"sink", &a->sink}, {"trace", &a->trace}, {"nomem", &a->nomem},
                 {"close", &a->close}, {"full", &a->full}, {"reader", &a->reader}, {"limit", &a->limit}, {"dir", &a->dir}};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(texts[i].name, name) == 0) {
            *texts[i].to = value;
            return true;
        }
    return false;
}

static bool set_number(struct attempt *a, const char *name, const char *value)
{
    const struct {
        const char *name;
        int *to;
    } numbers[] = {{"tasks", &a->tasks}, {"pad", &a->pad}, {"nap", &a->nap}, {"user", &a->uid}};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(numbers[i].name, name) == 0) {
            *numbers[i].to = atoi(value);
            return true;
        }
    return false;
}

static void set(struct attempt *a, const char *word)
{
    size_t len = strcspn(word, "=");
    char *name = strndup(word, len);
    const char *value = word + len + (word[len] == '=');

    if (strcmp(name, "storm") == 0 || strcmp(name, "signal") == 0 || strcmp(name, "kill") == 0) {
        set_event(a, name, value);
    } else if (strcmp(name, "stop") == 0) {
        a->stop_us = atol(value);
    } else if (!set_text(a, name, value) && !set_number(a, name, value)) {
        fprintf(stderr, "attempt: what is %s?\n", word);
        exit(2);
    }
    free(name);
}

static void write_input(const struct attempt *a)
{
    FILE *f = fopen("in", "w");

    for (int k = 1; f && k <= a->tasks; k++) {
        struct text t = line_of(a, k, true);

        fwrite(t.bytes, 1, t.len, f);
        free(t.bytes);
    }
    if (!f || fclose(f) != 0)
        exit(2);
}

static void report(const struct attempt *a, const char *why, bool loud, const struct end *e, int argc, char **argv, const char *dir)
{
    int status = WIFSIGNALED(e->status) ? 128 + WTERMSIG(e->status) : WEXITSTATUS(e->status);

    (void)a;
    printf("%s%s%s:", why ? "WRONG " : "", why ? why : loud ? "LOUD" : "RIGHT", "");
    for (int i = 1; i < argc; i++)
        printf(" %s", argv[i]);
    if (why)
        printf(" (status %d, %s)", status, dir);
    printf("\n");
    if (why)
        printf("    stderr: %.300s\n", e->err.len ? e->err.bytes : "nothing");
}

static void go_to_directory(const struct attempt *a, char *own)
{
    if (a->dir ? chdir(a->dir) < 0 : !mkdtemp(own) || chmod(own, 0777) < 0 || chdir(own) < 0) {
        perror("attempt");
        exit(2);
    }
}

static void clean_up(const char *own)
{
    static const char *const names[] = {"in", "out", "FILE", "JOURNAL"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(names[i]);
    char command[100];

    if (rmdir("tmp") == 0 && rmdir(own) == 0)
        return;
    snprintf(command, sizeof command, "rm -rf '%s'", own); /* a partial file that was named */
    if (system(command) != 0)
        fprintf(stderr, "attempt: cannot remove %s\n", own);
}

int main(int argc, char **argv)
{
    struct attempt a = {.backend = "serial", .work = "command", .sink = "stdout", .tasks = 12, .pad = 10};
    char own[] = "/tmp/smap-torture-XXXXXX";
    struct end e, again;
    bool loud, ignored;

    for (int i = 1; i < argc; i++)
        set(&a, argv[i]);
    go_to_directory(&a, own);
    write_input(&a);
    run_smap(&a, true, &e);
    const char *why = judge(&a, &e, true, &loud);

    /* What was recorded leads to the truth when nothing is in the way any more. */
    if (!why && e.status != 0 && strcmp(a.sink, "journal") == 0) {
        run_smap(&a, false, &again);
        why = judge(&a, &again, false, &ignored);
        if (why || (again.status != 0 && !a.dir)) { /* a full disk stays full */
            why = why ? why : "does not go on";
            e = again;
        }
    }
    report(&a, why, loud, &e, argc, argv, a.dir ? a.dir : own);
    if (!why && !a.dir)
        clean_up(own);
    return why != NULL;
}
