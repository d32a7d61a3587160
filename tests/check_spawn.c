/* Processes: descriptors, groups, errors of execve, environment, PATH. */
#include "base/io.h"
#include "suites.h"
#include "work/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Runs ARGV with stdout in a pipe; what it printed, its wait status in *STATUS. */
static const char *output_of_words(const char *path, char *const *argv, int *status)
{
    static char text[4096];
    int fd[2];
    struct process p;

    ck_assert_int_eq(io_pipe(fd), 0);
    struct spawn s = {.path = path, .argv = argv, .env = environ, .fd = {SPAWN_NULL, fd[1], SPAWN_INHERIT}, .extra = SPAWN_NULL};

    ck_assert_int_eq(spawn_start(&s, &p), 0);
    close(fd[1]);
    ssize_t n = io_read_all(fd[0], text, sizeof text - 1);

    ck_assert_int_ge(n, 0);
    text[n] = '\0';
    close(fd[0]);
    ck_assert(spawn_reap(&p, true, status, &(struct rusage){0}));
    return text;
}

static const char *output_of(const char *line, int *status)
{
    char *argv[] = {"sh", "-c", (char *)line, NULL};

    return output_of_words("/bin/sh", argv, status);
}

START_TEST(child_has_its_descriptors_and_none_of_ours)
{
    char line[100];
    int fd[2], status;

    ck_assert_int_eq(io_pipe(fd), 0);
    snprintf(line, sizeof line, "test -e /proc/self/fd/1 && test ! -e /proc/self/fd/%d && echo yes; cat", fd[0]);
    ck_assert_str_eq(output_of(line, &status), "yes\n");
    ck_assert_int_eq(status, 0);
    close(fd[0]);
    close(fd[1]);
}
END_TEST

START_TEST(child_leads_a_group)
{
    int status;

    ck_assert_str_eq(
        output_of("read pid name state parent group rest < /proc/$$/stat; test $$ = $group && echo leader", &status),
        "leader\n");
    output_of("kill -9 $$", &status);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}
END_TEST

START_TEST(dispositions_are_those_smap_was_given)
{
    int status;

    char *argv[] = {"grep", "SigIgn", "/proc/self/status", NULL};

    signal(SIGCHLD, SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
    spawn_init();
    const char *line = output_of_words("/bin/grep", argv, &status);
    unsigned long long ignored = strtoull(strchr(line, '\t'), NULL, 16);

    ck_assert(ignored >> (SIGCHLD - 1) & 1);
    ck_assert(!(ignored >> (SIGPIPE - 1) & 1));
}
END_TEST

START_TEST(errors_of_execve_come_back)
{
    char *argv[] = {"x", NULL};
    struct process p;
    struct spawn s = {.path = "/nonexistent", .argv = argv, .env = environ, .fd = {SPAWN_NULL, SPAWN_NULL, SPAWN_NULL}, .extra = SPAWN_NULL};

    ck_assert_int_eq(spawn_start(&s, &p), ENOENT);
    s.path = "/";
    ck_assert_int_eq(spawn_start(&s, &p), EACCES);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left to collect */
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

START_TEST(path_is_searched_like_execvp_does)
{
    char dir[] = "/tmp/check-spawn-XXXXXX", file[64];

    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/tool", dir);
    close(open(file, O_CREAT | O_WRONLY, 0600));
    setenv("PATH", dir, 1);
    ck_assert_ptr_null(spawn_lookup("tool"));
    ck_assert_int_eq(errno, EACCES);
    chmod(file, 0700);
    char *found = spawn_lookup("tool");

    ck_assert_str_eq(found, file);
    free(found);
    ck_assert_ptr_null(spawn_lookup("tool2"));
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_ptr_null(spawn_lookup(""));
    unlink(file);
    rmdir(dir);
}
END_TEST

static bool contains(char **env, const char *word)
{
    for (; *env; env++)
        if (strcmp(*env, word) == 0)
            return true;
    return false;
}

START_TEST(launchers_variables_are_removed)
{
    char *extra[] = {"HOME=/x", NULL};

    setenv("OMPI_COMM_WORLD_RANK", "3", 1);
    setenv("PMIX_RANK", "3", 1);
    setenv("OMPI_MCA_pml", "ob1", 1);
    setenv("OMPI_MCA_ess_base", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    char **env = spawn_env(false, extra);

    ck_assert(!contains(env, "OMPI_COMM_WORLD_RANK=3") && !contains(env, "PMIX_RANK=3") && !contains(env, "OMPI_MCA_ess_base=1"));
    ck_assert(contains(env, "OMPI_MCA_pml=ob1") && contains(env, "OMPI_ALLOW_RUN_AS_ROOT=1") && contains(env, "HOME=/x"));
    spawn_env_free(env);
    env = spawn_env(true, NULL);
    ck_assert(contains(env, "PMIX_RANK=3"));
    spawn_env_free(env);
}
END_TEST

Suite *spawn_suite(void)
{
    Suite *s = suite_create("spawn");
    TCase *c = tcase_create("processes");

    tcase_add_test(c, child_has_its_descriptors_and_none_of_ours);
    tcase_add_test(c, child_leads_a_group);
    tcase_add_test(c, dispositions_are_those_smap_was_given);
    tcase_add_test(c, errors_of_execve_come_back);
    tcase_add_test(c, path_is_searched_like_execvp_does);
    tcase_add_test(c, launchers_variables_are_removed);
    suite_add_tcase(s, c);
    return s;
}
