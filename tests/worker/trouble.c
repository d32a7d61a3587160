/* Workers that do what workers should not do; the first word of the task says what. The tests see to it that only that task suffers. */
#include <smap.h>

#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct trouble {
    const char *name;
    int (*make)(struct smap_context *smap, const struct smap_task *task);
};

static int crash(struct smap_context *smap, const struct smap_task *task)
{
    (void)smap;
    (void)task;
    raise(SIGSEGV);
    return 0;
}

static int late_crash(struct smap_context *smap, const struct smap_task *task)
{
    usleep(300000);
    return crash(smap, task);
}

static int ask_who_runs(struct smap_context *smap, const struct smap_task *task)
{
    kill(getppid(), SIGUSR1);
    usleep(100000);
    return smap_emit(smap, task->text, task->length);
}

static int call_abort(struct smap_context *smap, const struct smap_task *task)
{
    (void)smap;
    (void)task;
    abort();
}

static int deeper(volatile char *above)
{
    volatile char room[65536];

    room[0] = above ? above[0] : 0;
    return room[0] + (above == room ? 0 : deeper(room)) + room[0];
}

static int overflow(struct smap_context *smap, const struct smap_task *task)
{
    (void)smap;
    (void)task;
    return deeper(NULL);
}

static int exit_0(struct smap_context *smap, const struct smap_task *task)
{
    (void)smap;
    (void)task;
    exit(0);
}

static int exit_3(struct smap_context *smap, const struct smap_task *task)
{
    (void)smap;
    (void)task;
    _exit(3);
}

static int kill_self(struct smap_context *smap, const struct smap_task *task)
{
    (void)smap;
    (void)task;
    kill(getpid(), SIGKILL);
    pause();
    return 0;
}

static int status_7(struct smap_context *smap, const struct smap_task *task)
{
    (void)task;
    smap_printf(smap, "half a result");
    return 7;
}

static int status_wrong(struct smap_context *smap, const struct smap_task *task)
{
    (void)smap;
    (void)task;
    return -5;
}

static int say_why(struct smap_context *smap, const struct smap_task *task)
{
    return smap_errorf(smap, "task %llu is no good", (unsigned long long)task->number);
}

static int error_but_good(struct smap_context *smap, const struct smap_task *task)
{
    (void)task;
    smap_error(smap, "never mind");
    return smap_emit(smap, "good", 4);
}

static int print(struct smap_context *smap, const struct smap_task *task)
{
    printf("printed by %llu\n", (unsigned long long)task->number);
    return smap_emit(smap, "printed", 7);
}

static int print_part(struct smap_context *smap, const struct smap_task *task)
{
    (void)task;
    fputs("no newline", stdout);
    fputs(" here\n", stderr);
    return smap_emit(smap, "printed", 7);
}

static int print_much(struct smap_context *smap, const struct smap_task *task)
{
    (void)task;
    for (int i = 0; i < 20000; i++)
        fputs("0123456789\n", stderr);
    return smap_emit(smap, "printed", 7);
}

static int print_and_crash(struct smap_context *smap, const struct smap_task *task)
{
    (void)smap;
    printf("last words of %llu", (unsigned long long)task->number);
    raise(SIGSEGV);
    return 0;
}

static int run_shell(struct smap_context *smap, const struct smap_task *task)
{
    (void)task;
    if (system("echo from a child") != 0)
        return 1;
    return smap_emit(smap, "ran", 3);
}

static int leave_child(struct smap_context *smap, const struct smap_task *task)
{
    (void)task;
    pid_t pid = fork();

    if (pid == 0) {
        sleep(60);
        _exit(1);
    }
    return smap_emit(smap, "left", 4);
}

/* The copy comes back as if it were the worker. */
static int return_twice(struct smap_context *smap, const struct smap_task *task)
{
    (void)task;
    if (fork() == 0)
        return 0;
    return smap_emit(smap, "once", 4);
}

static int close_all(struct smap_context *smap, const struct smap_task *task)
{
    (void)smap;
    (void)task;
    for (int fd = 0; fd < 64; fd++)
        close(fd);
    return 0;
}

static int large(struct smap_context *smap, const struct smap_task *task)
{
    (void)task;
    for (int i = 0; i < 200000; i++)
        if (smap_emit(smap, "0123456789", 10) < 0)
            return 1;
    return 0;
}

static int large_failure(struct smap_context *smap, const struct smap_task *task)
{
    large(smap, task);
    return 9;
}

static int forever(struct smap_context *smap, const struct smap_task *task)
{
    (void)smap;
    (void)task;
    for (volatile int i = 0; i >= 0; i = 1)
        ;
    return 0;
}

/* Until another task, somewhere else, has made a file. */
static int await(struct smap_context *smap, const struct smap_task *task)
{
    while (access("go", F_OK) != 0)
        usleep(1000);
    return smap_emit(smap, task->text, task->length);
}

static int await_and_crash(struct smap_context *smap, const struct smap_task *task)
{
    await(smap, task);
    return crash(smap, task);
}

static int make_file(struct smap_context *smap, const struct smap_task *task)
{
    fclose(fopen("go", "w"));
    return smap_emit(smap, task->text, task->length);
}

/* Until three such tasks run at the same time. */
static int meet(struct smap_context *smap, const struct smap_task *task)
{
    char name[40];

    snprintf(name, sizeof name, "here.%llu", (unsigned long long)task->number);
    fclose(fopen(name, "w"));
    for (int here = 0; here < 3; usleep(1000)) {
        glob_t found;

        glob("here.*", 0, NULL, &found);
        here = (int)found.gl_pathc;
        globfree(&found);
    }
    return smap_emit(smap, task->text, task->length);
}

static int nap(struct smap_context *smap, const struct smap_task *task)
{
    usleep(80000);
    return smap_emit(smap, task->text, task->length);
}

/* Names that smap has too: here they mean this library's own. */
__attribute__((noinline)) long clock_now(void)
{
    return -7;
}

__attribute__((noinline)) void buf_clear(long *n)
{
    *n = 5;
}

static int own_names(struct smap_context *smap, const struct smap_task *task)
{
    long n = 0;

    (void)task;
    buf_clear(&n);
    return smap_printf(smap, "%ld %ld", clock_now(), n);
}

static const struct trouble troubles[] = {
    {"crash", crash},       {"abort", call_abort},    {"overflow", overflow},         {"exit0", exit_0},
    {"exit3", exit_3},      {"kill", kill_self},      {"status7", status_7},          {"wrong", status_wrong},
    {"why", say_why},       {"nevermind", error_but_good}, {"print", print},          {"part", print_part},
    {"much", print_much},   {"lastwords", print_and_crash}, {"shell", run_shell},     {"leave", leave_child},
    {"twice", return_twice}, {"close", close_all},    {"large", large},               {"largefail", large_failure},
    {"forever", forever},           {"names", own_names},
    {"late", late_crash},   {"who", ask_who_runs},
    {"await", await},       {"awaitcrash", await_and_crash}, {"go", make_file},
    {"meet", meet},         {"nap", nap},
};

SMAP_WORKER(trouble)
{
    for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
        if (strcmp(task->text, troubles[i].name) == 0)
            return troubles[i].make(smap, task);
    return smap_emit(smap, task->text, task->length);
}

/* Every hundredth number is one too many. */
SMAP_WORKER(hundredth)
{
    unsigned long n = strtoul(task->text, NULL, 10);

    if (n % 100 == 0)
        raise(SIGSEGV);
    smap_printf(smap, "%lu", n * n);
    return 0;
}

/* Counts its own tasks, and says so at the end. */
SMAP_INIT(counted)
{
    if (strcmp(config, "refuse") == 0)
        return 3;
    *state = calloc(1, sizeof(int));
    if (strcmp(config, "crash") == 0)
        raise(SIGSEGV);
    return *state ? 0 : 1;
}

SMAP_WORKER(counted)
{
    smap_printf(smap, "%s %d", task->text, ++*(int *)smap->state);
    return 0;
}

SMAP_FINI(counted)
{
    fprintf(stderr, "counted %d\n", *(int *)state);
    free(state);
}

/* The second process never gets ready. */
SMAP_INIT(once)
{
    if (access("begun", F_OK) == 0)
        pause();
    fclose(fopen("begun", "w"));
    return 0;
}

SMAP_WORKER(once)
{
    exit(3);
}

/* What a task looks like from inside. */
SMAP_WORKER(inspect)
{
    smap_printf(smap, "%llu %u %lu [%s]%s", (unsigned long long)task->number, task->attempt, (unsigned long)task->length,
                task->text, task->text[task->length] ? " no NUL" : "");
    for (uint32_t i = 0; i < task->fields; i++)
        smap_printf(smap, " %u=<%.*s>", i + 1, (int)task->field[i].length, task->field[i].text);
    return 0;
}

/* Fails at the first attempt. */
SMAP_WORKER(second)
{
    if (task->attempt == 1)
        raise(SIGSEGV);
    smap_printf(smap, "%s at attempt %u", task->text, task->attempt);
    return 0;
}

/* Microseconds of real work, as many as the task says. */
SMAP_WORKER(work)
{
    volatile double x = 1;

    for (long i = strtol(task->text, NULL, 10) * 300; i > 0; i--)
        x = x * 1.0000001 + 0.1;
    return smap_emit(smap, task->text, task->length);
}

/* It cannot be called. */
SMAP_EXPORT int variable = 3;

/* For another time. */
SMAP_EXPORT const uint64_t old_abi = (uint64_t)99 << 32;
SMAP_EXPORT int old(void);
int old(void)
{
    return 0;
}
