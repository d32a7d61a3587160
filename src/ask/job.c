/* The storage of a job, and how it gives way to the command line. */
#include "ask/job.h"

#include "ask/option.h"
#include "ask/rules.h"
#include "base/xalloc.h"
#include "tasks/source.h"

#include <stdlib.h>
#include <string.h>

#define PAGE ((size_t)64 << 10)

/* Texts one after another; they never move. */
struct job_page {
    struct job_page *next;
    size_t used, size;
    char text[];
};

char *job_keep(struct job *j, struct span text)
{
    struct job_page *p = j->pages;

    if (!p || p->size - p->used <= text.len) {
        size_t size = text.len < PAGE ? PAGE : text.len + 1;

        p = xmalloc(sizeof *p + size);
        *p = (struct job_page){.next = j->pages, .size = size};
        j->pages = p;
    }
    char *copy = p->text + p->used;

    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    p->used += text.len + 1;
    return copy;
}

void job_add(struct conf_words *w, char *word)
{
    /* Room is doubled when the count is a power of two. */
    if ((w->words & (w->words + 1)) == 0)
        w->word = xreallocarray(w->word, 2 * ((size_t)w->words + 1), sizeof *w->word);
    w->word[w->words++] = word;
    w->word[w->words] = NULL;
}

void job_free(struct job *j)
{
    if (!j)
        return;
    while (j->pages) {
        struct job_page *next = j->pages->next;

        free(j->pages);
        j->pages = next;
    }
    for (uint32_t i = 0; i < j->lists; i++)
        free(j->list[i].word);
    for (uint32_t i = 0; i < j->axes; i++)
        free(j->axis[i].value);
    free(j->setting);
    free(j->word.word);
    free(j->env.word);
    free(j->list);
    free(j->axis);
    free(j->spec);
    free(j);
}

static void merge_tasks(struct job *j, struct conf *conf)
{
    conf->axis = j->axis;
    conf->axes = j->axes;
    if (!j->has_lists)
        return;
    conf->list = xreallocarray(NULL, j->lists, sizeof *conf->list);
    memcpy(conf->list, j->list, j->lists * sizeof *conf->list);
    conf->lists = j->lists;
}

void job_merge(struct job *j, struct conf *conf)
{
    const struct conf line = *conf; /* the command line alone, to be asked */
    const struct option_row *row = NULL;
    bool counts = false;

    conf->job = j;
    conf->env = j->env.word;
    if (j->has_command && !rules_excludes(&line, "a COMMAND")) {
        conf->word = j->word.word;
        conf->words = j->word.words;
        conf->form = j->is_line ? CONF_LINE : CONF_WORDS;
    }
    if (!rules_excludes(&line, ":::"))
        merge_tasks(j, conf);
    for (uint32_t i = 0; i < j->settings; i++) {
        if (j->setting[i].row != row) {
            row = j->setting[i].row;
            counts = !rules_excludes(&line, row->name);
        }
        if (counts)
            option_set(conf, row, j->setting[i].value);
    }
}
