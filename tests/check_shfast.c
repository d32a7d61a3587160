/* Lines that need no shell: which are taken, and that dash indeed does the same with them. */
#include "shells.h"
#include "suites.h"
#include "work/shfast.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

START_TEST(simple_lines_are_split)
{
    struct argv a = {0};

    ck_assert(shfast_split(span_of("gzip -9 a.txt"), &a));
    ck_assert_uint_eq(a.words, 3);
    ck_assert_str_eq(a.word[2], "a.txt");
    ck_assert(shfast_split(span_of("  /bin/echo\t\ta=b +%s,x@y:z  "), &a));
    ck_assert_uint_eq(a.words, 3);
    ck_assert_str_eq(a.word[0], "/bin/echo");
    ck_assert_str_eq(a.word[1], "a=b");
    ck_assert_str_eq(a.word[2], "+%s,x@y:z");
    ck_assert(shfast_split((struct span){"ls -l;", 5}, &a));
    ck_assert_ptr_null(a.word[2]);
    argv_release(&a);
}
END_TEST

START_TEST(all_else_goes_to_the_shell)
{
    static const char *const c[] = {
        "",        " ",           "\t",        "-x",       "+x",       "echo a",
        "cd /",    "true",        "test -f x", "[ a ]",    ". x",      ":",
        "exec ls", "env",         "setsid x",  "if",       "time ls",  "{ ls",
        "!",       "! ls",        "a=b",       "a=b ls",   "=ls",      "%1",
        "ls *",    "ls ?",        "ls [a]",    "ls ~",     "ls ~root", "ls a~",
        "~/ls",    "ls {a,b}",    "ls $x",     "ls `x`",   "ls 'a'",   "ls \"a\"",
        "ls \\a",  "ls #x",       "ls a#b",    "ls;",      "ls|cat",   "ls&",
        "ls >x",   "ls <x",       "(ls)",      "ls\nls",   "ls\n",     "ls a\r",
        "ls \x01", "ls \xc3\xa4", "ls \x85",   "ls ^x",    "ls a!b",   "busybox ls",
        "kill 1",  "printf x",    "pwd",       "source x", "[[ a",     "ulimit -n",
        "wait",    "zstyle",      "alias",
    };
    struct argv a = {0};
    char *longest = malloc(argv_limit());

    for (size_t i = 0; i < sizeof c / sizeof *c; i++)
        ck_assert_msg(!shfast_split(span_of(c[i]), &a), "%s", c[i]);
    ck_assert(!shfast_split((struct span){"ls\0x", 4}, &a));
    memset(longest, 'x', argv_limit());
    ck_assert(shfast_split((struct span){longest, argv_limit() - 1}, &a));
    ck_assert(!shfast_split((struct span){longest, argv_limit()}, &a));
    free(longest);
    argv_release(&a);
}
END_TEST

/* No word that any shell here calls its own is taken. */
START_TEST(no_builtin_of_a_shell_is_taken)
{
    struct buf names = BUF_INIT;
    struct argv a = {0};
    int taken = 0;

    shells_run((char *[]){"/bin/sh", "-c", "bash -c 'compgen -bk'", NULL}, &names);
    buf_putc(&names, '\n');
    for (char *at = names.ptr, *end; at < names.ptr + names.len &&
                                     (end = memchr(at, '\n', (size_t)(names.ptr + names.len - at)));
         at = end + 1)
        taken += end > at && shfast_split((struct span){at, (size_t)(end - at)}, &a);
    ck_assert_int_eq(taken, 0);
    buf_release(&names);
    argv_release(&a);
}
END_TEST

/* Any printable line that is taken gives in every shell the words it gives here. */
START_TEST(shells_agree)
{
    static const char alphabet[] = "abz019__--..//,:+@%=   \t~#";
    struct buf got = BUF_INIT, want = BUF_INIT;
    struct argv a = {0};
    unsigned seed = 3;
    int taken = 0;

    shells_enter();
    for (int round = 0; round < 3000 && taken < 150; round++) {
        char line[64] = "/usr/bin/printf %s, ";
        size_t len = strlen(line), more = (seed = seed * 1103515245 + 12345) >> 16 & 15;

        while (more--)
            line[len++] =
                alphabet[((seed = seed * 1103515245 + 12345) >> 16) % (sizeof alphabet - 1)];
        line[len] = '\0';
        if (!shfast_split((struct span){line, len}, &a))
            continue;
        taken++;
        shells_run(a.word, &want);
        for (const char *const *shell = shells_here(); *shell; shell++)
            if (strcmp(*shell, "/bin/zsh")) { /* =word is a path there; zsh is never replaced */
                shells_run((char *[]){(char *)*shell, "-c", line, NULL}, &got);
                ck_assert_msg(got.len == want.len && !memcmp(got.ptr, want.ptr, got.len), "%s: %s",
                              *shell, line);
            }
    }
    ck_assert(shells_leave());
    ck_assert_int_ge(taken, 100);
    buf_release(&got);
    buf_release(&want);
    argv_release(&a);
}
END_TEST

static bool allowed(char *const *env)
{
    return shfast_allowed("/bin/dash", env, NULL);
}

START_TEST(environments)
{
    char here[4096], pwd[4200];
    char **kept;

    ck_assert(getcwd(here, sizeof here));
    snprintf(pwd, sizeof pwd, "PWD=%s", here);
    if (access("/bin/dash", X_OK) == 0 && getuid() == geteuid()) {
        ck_assert(allowed((char *[]){"PATH=/bin", pwd, NULL}));
        ck_assert(shfast_allowed("/bin/dash", (char *[]){"PATH=/bin", "PWD=/", NULL}, "/"));
    }
    ck_assert(!allowed((char *[]){"PATH=/bin", NULL}));
    ck_assert(!allowed((char *[]){"PATH=/bin", "PWD=/", NULL}));
    ck_assert(!allowed((char *[]){"PATH=/bin", "PWD=.", NULL}));
    ck_assert(!allowed((char *[]){pwd, NULL}));
    ck_assert(!allowed((char *[]){pwd, "PATH=", NULL}));
    ck_assert(!allowed((char *[]){pwd, "PATH=/bin:%builtin", NULL}));
    ck_assert(!allowed((char *[]){pwd, "PATH=/bin", "IFS=x", NULL}));
    ck_assert(!allowed((char *[]){pwd, "PATH=/bin", "PPID=1", NULL}));
    ck_assert(!shfast_allowed("/bin/bash", (char *[]){"PATH=/bin", pwd, NULL}, NULL));
    ck_assert(!shfast_allowed("/nowhere", (char *[]){"PATH=/bin", pwd, NULL}, NULL));
    kept = shfast_env(
        (char *[]){"A=1", "BASH_FUNC_x%%=() { :; }", "a.b=1", "1x=2", "=x", "none", "_=", NULL});
    ck_assert_str_eq(kept[0], "A=1");
    ck_assert_str_eq(kept[1], "_=");
    ck_assert_ptr_null(kept[2]);
    free(kept);
}
END_TEST

/* What dash says of a program that a signal ended is what shfast_ended says. */
START_TEST(signals_as_dash_has_them)
{
    static const int c[] = {SIGKILL, SIGTERM, SIGINT, SIGPIPE, SIGHUP, SIGUSR1, SIGALRM};
    struct buf got = BUF_INIT, want = BUF_INIT;

    for (size_t i = 0; i < sizeof c / sizeof *c && access("/bin/dash", X_OK) == 0; i++) {
        char line[100];
        int status, mine;

        snprintf(line, sizeof line, "exec 2>&1; /bin/sh -c 'kill -%d $$'; exit $?", c[i]);
        status = shells_run((char *[]){"/bin/dash", "-c", line, NULL}, &got);
        buf_clear(&want);
        mine = shfast_ended(c[i], false, &want);
        ck_assert(WIFEXITED(status));
        ck_assert_int_eq(WEXITSTATUS(status), mine);
        ck_assert_str_eq(buf_cstr(&got), buf_cstr(&want));
    }
    buf_clear(&want);
    shfast_ended(SIGSEGV, true, &want);
    ck_assert_str_eq(buf_cstr(&want), "Segmentation fault (core dumped)\n");
    buf_release(&got);
    buf_release(&want);
}
END_TEST

Suite *shfast_suite(void)
{
    Suite *s = suite_create("shfast");
    TCase *c = tcase_create("shfast");

    tcase_set_timeout(c, 60);
    tcase_add_test(c, simple_lines_are_split);
    tcase_add_test(c, all_else_goes_to_the_shell);
    tcase_add_test(c, no_builtin_of_a_shell_is_taken);
    tcase_add_test(c, shells_agree);
    tcase_add_test(c, environments);
    tcase_add_test(c, signals_as_dash_has_them);
    suite_add_tcase(s, c);
    return s;
}
