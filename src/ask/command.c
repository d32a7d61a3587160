/*
 * Which of the three kinds a COMMAND is goes by its words alone, never by what lies on the disk: two or more words are a program and its
 * arguments, one word with blanks or shell syntax is a line for the shell, no word makes every task such a line.
 */
#include "ask/command.h"

#include "base/diag.h"
#include "base/xalloc.h"
#include "tasks/source.h"
#include "work/shline.h"
#include "work/work.h"

#include <stdlib.h>
#include <string.h>

/* What ":::" and its kin say about the words behind them. */
static bool list_mark(const char *word, struct source_list *list)
{
    size_t colons = strspn(word, ":");
    bool linked = strcmp(word + colons, "+") == 0;

    if ((colons != 3 && colons != 4) || (word[colons] && !linked))
        return false;
    list->from_file = colons == 4;
    list->linked = linked;
    return true;
}

static int read_lists(struct conf *conf, char **argv, struct buf *why)
{
    struct source_list list = {0}, ignored;

    while (*argv) {
        const char *mark = *argv++;

        list_mark(mark, &list);
        for (list.word = argv, list.words = 0; *argv && !list_mark(*argv, &ignored); argv++)
            list.words++;
        if (list.linked && !conf->lists) {
            buf_printf(why, "%s has no list before it to be linked to", mark);
            return -1;
        }
        if (list.from_file && !list.words) {
            buf_printf(why, "%s needs the name of a file", mark);
            return -1;
        }
        conf->list = xreallocarray(conf->list, conf->lists + 1, sizeof list);
        conf->list[conf->lists++] = list;
    }
    return 0;
}

static int classify(struct conf *conf, struct buf *why)
{
    struct hole_syntax syntax = {.replace = conf->replace}; /* names of columns are not known yet */

    if (conf->words && !*conf->word[0]) {
        buf_puts(why, "COMMAND is an empty word");
        return -1;
    }
    if (conf->form == CONF_WORDS || (conf->form == CONF_ANY && (conf->words > 1 || (conf->words == 1 && !shline_is_line(conf->word[0], &syntax)))))
        conf->kind = WORK_COMMAND;
    else
        conf->kind = conf->words ? WORK_SHELL : WORK_LINES;
    if (!conf->no_shell || conf->kind == WORK_COMMAND)
        return 0;
    if (conf->kind == WORK_LINES) {
        buf_puts(why, "--no-shell needs a COMMAND: without one every task is a shell line");
        return -1;
    }
    buf_puts(why, "--no-shell forbids the shell line '");
    diag_escape(why, span_of(conf->word[0]), 60);
    buf_puts(why, "': give its program and arguments as words of their own");
    return -1;
}

/* The words of --worker or --filter stand where those of COMMAND would. */
static int take_worker(struct conf *conf, struct buf *why)
{
    const char *option = conf->worker ? "--worker" : "--filter";

    if (conf->words) {
        buf_printf(why, "%s takes the place of a COMMAND, but there is one: '", option);
        diag_escape(why, span_of(conf->word[0]), 60);
        buf_puts(why, conf->worker ? "' (tasks come from standard input, -a FILE or ::: VALUES)"
                                   : "' (a filter is one word: quote its whole line)");
        return -1;
    }
    conf->own_word[0] = xstrdup(conf->worker ? conf->worker : conf->filter);
    conf->word = conf->own_word;
    conf->words = 1;
    conf->kind = WORK_FILTER;
    if (!conf->worker)
        return 0;
    conf->own_word[1] = strrchr(conf->own_word[0], ':');
    *conf->own_word[1]++ = '\0';
    conf->words = 2;
    conf->kind = WORK_FUNCTION;
    return 0;
}

int command_read(struct conf *conf, char **argv, struct buf *why)
{
    struct source_list ignored;

    conf->word = argv;
    for (conf->words = 0; *argv && !list_mark(*argv, &ignored); argv++)
        conf->words++;
    return read_lists(conf, argv, why);
}

static int check_hook(const struct conf *conf, struct buf *why)
{
    struct hole_syntax syntax = {.replace = conf->replace};

    if (!conf->no_shell || !conf->hook || !shline_is_line(conf->hook, &syntax))
        return 0;
    buf_puts(why, "--no-shell forbids the shell line of --hook: give a program or a function");
    return -1;
}

int command_classify(struct conf *conf, struct buf *why)
{
    if (check_hook(conf, why) < 0)
        return -1;
    return conf->worker || conf->filter ? take_worker(conf, why) : classify(conf, why);
}

void command_release(struct conf *conf)
{
    free(conf->own_word[0]);
    conf->own_word[0] = NULL;
    free(conf->list);
    conf->list = NULL;
    conf->lists = 0;
}
