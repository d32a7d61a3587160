/* Keys and values of a job file, as they come; the map of the top level, and the helpers of all readers. */
#include "ask/jobfile.h"

#include "ask/job.h"
#include "ask/jobread.h"
#include "ask/option.h"
#include "base/diag.h"
#include "base/hint.h"
#include "base/xalloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SHOWN 60 /* bytes of a value in a message */

/* --- values ----------------------------------------------------------------------------------------------------- */

static const char *kind_name(enum event_kind kind)
{
    return kind == EVENT_LIST ? "a list" : kind == EVENT_MAP ? "a map" : "a text";
}

int jobread_text(struct jobread *r, const struct event *value, const char *what, const char **text)
{
    if (value->kind != EVENT_TEXT)
        return events_fail(r->events, value, "%s takes a text, not %s", what, kind_name(value->kind));
    *text = job_keep(r->job, value->text);
    return 0;
}

int jobread_texts(struct jobread *r, const struct event *value, const char *what, bool one, struct conf_words *words)
{
    struct event item;

    if (one && value->kind == EVENT_TEXT) {
        job_add(words, job_keep(r->job, value->text));
        return 0;
    }
    if (value->kind != EVENT_LIST)
        return events_fail(r->events, value, "%s takes a list of texts, not %s", what, kind_name(value->kind));
    for (;;) {
        if (events_next(r->events, &item) < 0)
            return -1;
        if (item.kind == EVENT_END)
            return 0;
        if (item.kind != EVENT_TEXT)
            return events_fail(r->events, &item, "%s is a list of texts: it cannot hold %s", what, kind_name(item.kind));
        job_add(words, job_keep(r->job, item.text));
    }
}

int jobread_flag(struct span text)
{
    static const char *const words[][3] = {{"no", "false", "off"}, {"yes", "true", "on"}};

    for (int on = 0; on < 2; on++)
        for (int i = 0; i < 3; i++)
            if (text.len == strlen(words[on][i]) && strcasecmp(text.ptr, words[on][i]) == 0)
                return on;
    return -1;
}

/* --- names ------------------------------------------------------------------------------------------------------ */

/* NEAR may be NULL. */
static int fail_unknown(struct jobread *r, const struct event *key, const char *where, const char *near)
{
    struct buf shown = BUF_INIT;

    diag_escape(&shown, key->text, SHOWN);
    events_fail(r->events, key, "unknown key '%s'%s%s%s%s%s", buf_cstr(&shown), where ? " of " : "", where ? where : "",
                near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
    buf_release(&shown);
    return -1;
}

static int fail_twice(struct jobread *r, const struct event *at, const char *what, const char *name)
{
    struct buf shown = BUF_INIT;

    diag_escape(&shown, span_of(name), SHOWN);
    events_fail(r->events, at, "the %s '%s' is given twice", what, buf_cstr(&shown));
    buf_release(&shown);
    return -1;
}

static int compare_names(const void *a, const void *b)
{
    const struct jobread_name *x = a, *y = b;
    int by_name = strcmp(x->name, y->name);

    return by_name ? by_name : x->line != y->line ? (x->line > y->line ? 1 : -1) : (x->column > y->column) - (x->column < y->column);
}

int jobread_unique(struct jobread *r, struct jobread_name *name, uint32_t names, const char *what)
{
    if (names)
        qsort(name, names, sizeof *name, compare_names);
    for (uint32_t i = 1; i < names; i++)
        if (strcmp(name[i - 1].name, name[i].name) == 0)
            return fail_twice(r, &(struct event){.line = name[i].line, .column = name[i].column}, what, name[i].name);
    return 0;
}

int jobread_map(struct jobread *r, const char *where, const struct jobread_key *key, uint32_t keys)
{
    uint32_t seen = 0;
    struct event name, value;

    assert(keys < 32);
    for (;;) {
        uint32_t i = 0;

        if (events_next(r->events, &name) < 0)
            return -1;
        if (name.kind == EVENT_END)
            return 0;
        struct hint hint = {.word = name.text.ptr, .len = name.text.len};

        for (; i < keys && !span_equal(name.text, span_of(key[i].name)); i++)
            hint_try(&hint, key[i].name);
        if (i == keys)
            return fail_unknown(r, &name, where, hint.best);
        if (seen & 1u << i)
            return fail_twice(r, &name, "key", key[i].name);
        seen |= 1u << i;
        if (events_next(r->events, &value) < 0 || key[i].read(r, &value) < 0)
            return -1;
    }
}

/* --- options ---------------------------------------------------------------------------------------------------- */

static void add_setting(struct jobread *r, const struct option_row *row, const char *value, const struct event *at)
{
    struct job *j = r->job;

    j->setting = xgrow(j->setting, j->settings, sizeof *j->setting);
    j->setting[j->settings++] = (struct job_setting){row, value, at->line, at->column};
}

static int bad_value(struct jobread *r, const struct option_row *row, const struct event *at, const char *value)
{
    struct buf shown = BUF_INIT;

    diag_escape(&shown, span_of(value), SHOWN);
    events_fail(r->events, at, "%s expects %s, not '%s'", row->name, row->metavar ? row->type->expects : "yes or no",
                buf_cstr(&shown));
    buf_release(&shown);
    return -1;
}

static int put_value(struct jobread *r, const struct option_row *row, const struct event *at)
{
    const char *value = job_keep(r->job, at->text);
    int flag = jobread_flag(at->text);

    if (!row->metavar || (flag >= 0 && row->flags & OPTION_OPTIONAL_ARG)) {
        if (flag < 0)
            return bad_value(r, row, at, value);
        if (flag)
            add_setting(r, row, NULL, at);
        return 0;
    }
    if (!option_accepts(row, value))
        return bad_value(r, row, at, value);
    add_setting(r, row, value, at);
    return 0;
}

static int read_option(struct jobread *r, const struct option_row *row, const struct event *value)
{
    struct event item;

    if (value->kind == EVENT_TEXT)
        return put_value(r, row, value);
    if (value->kind != EVENT_LIST || !(row->flags & OPTION_REPEATABLE))
        return events_fail(r->events, value, "%s takes one value, not %s", row->name, kind_name(value->kind));
    for (;;) {
        if (events_next(r->events, &item) < 0)
            return -1;
        if (item.kind == EVENT_END)
            return 0;
        if (item.kind != EVENT_TEXT)
            return events_fail(r->events, &item, "%s takes a list of values: it cannot hold %s", row->name, kind_name(item.kind));
        if (put_value(r, row, &item) < 0)
            return -1;
    }
}

int jobread_option(struct jobread *r, const char *name, const struct event *value)
{
    return read_option(r, option_find(span_of(name)), value);
}

/* --- the top level ---------------------------------------------------------------------------------------------- */

int jobread_claim_tasks(struct jobread *r, const char *key, const struct event *at)
{
    if (r->tasks_by)
        return events_fail(r->events, at, "%s: and %s: both say what the tasks are", r->tasks_by, key);
    r->tasks_by = key;
    return 0;
}

/* A shell line written as a block ends without its newline: what is appended belongs to its last line. */
static int read_command(struct jobread *r, const struct event *value)
{
    struct event trimmed = *value;
    struct job *j = r->job;

    j->has_command = true;
    j->is_line = value->kind == EVENT_TEXT;
    while (value->block && trimmed.text.len && trimmed.text.ptr[trimmed.text.len - 1] == '\n')
        trimmed.text.len--;
    if (jobread_texts(r, &trimmed, "command", true, &j->word) < 0)
        return -1;
    if (!j->word.words || !*j->word.word[0])
        return events_fail(r->events, value, "command is empty");
    return 0;
}

static int read_variable(struct jobread *r, const struct event *name, struct jobread_name *kept)
{
    struct buf word = BUF_INIT;
    struct event value;

    if (!name->text.len || memchr(name->text.ptr, '=', name->text.len))
        return events_fail(r->events, name, "this cannot be the name of a variable");
    *kept = (struct jobread_name){job_keep(r->job, name->text), name->line, name->column};
    if (events_next(r->events, &value) < 0)
        return -1;
    if (value.kind != EVENT_TEXT)
        return events_fail(r->events, &value, "a variable takes a text, not %s", kind_name(value.kind));
    buf_printf(&word, "%s=", kept->name);
    buf_put(&word, value.text.ptr, value.text.len);
    job_add(&r->job->env, job_keep(r->job, (struct span){word.ptr, word.len}));
    buf_release(&word);
    return 0;
}

static int read_env(struct jobread *r, const struct event *value)
{
    struct jobread_name *name = NULL;
    uint32_t names = 0;
    struct event item;
    int rc;

    if (value->kind != EVENT_MAP)
        return events_fail(r->events, value, "env takes a map of variables, not %s", kind_name(value->kind));
    while ((rc = events_next(r->events, &item)) == 0 && item.kind != EVENT_END) {
        if ((names & (names + 1)) == 0)
            name = xreallocarray(name, 2 * ((size_t)names + 1), sizeof *name);
        rc = read_variable(r, &item, &name[names++]);
        if (rc < 0)
            break;
    }
    if (rc == 0)
        rc = jobread_unique(r, name, names, "variable");
    free(name);
    return rc;
}

static const struct jobread_key own_keys[] = {
    {"command", read_command},     {"env", read_env},         {"tasks", jobtasks_tasks},
    {"file", jobtasks_file},       {"lists", jobtasks_lists}, {"sweep", jobtasks_sweep},
};

#define OWN_KEYS (sizeof own_keys / sizeof *own_keys)

static int unknown_key(struct jobread *r, const struct event *key)
{
    struct hint hint = {.word = key->text.ptr, .len = key->text.len};

    for (size_t i = 0; i < OWN_KEYS; i++)
        hint_try(&hint, own_keys[i].name);
    option_hint(&hint);
    return fail_unknown(r, key, NULL, hint.best);
}

/* The name by which KEY is known, and what reads its value. */
static int read_key(struct jobread *r, const struct event *key, const char **known)
{
    const struct option_row *row = option_find(key->text);
    const struct event at = *key; /* its text goes with the next event */
    struct event value;

    for (size_t i = 0; i < OWN_KEYS; i++)
        if (span_equal(at.text, span_of(own_keys[i].name))) {
            *known = own_keys[i].name;
            return events_next(r->events, &value) < 0 ? -1 : own_keys[i].read(r, &value);
        }
    if (!row || row->group == OPTION_INTERNAL)
        return unknown_key(r, key);
    *known = row->name;
    if (row->show || row->flags & OPTION_LINE_ONLY)
        return events_fail(r->events, &at, "%s belongs on the command line", row->name);
    if (strcmp(row->name, "arg-file") == 0 && jobread_claim_tasks(r, row->name, &at) < 0)
        return -1;
    return events_next(r->events, &value) < 0 ? -1 : read_option(r, row, &value);
}

/* At most as many keys as there are names to know; a second one of a name ends it. */
static int read_keys(struct jobread *r)
{
    const char *seen[CONF_OPTIONS + OWN_KEYS];
    uint32_t count = 0;
    struct event key;

    for (;;) {
        if (events_next(r->events, &key) < 0)
            return -1;
        if (key.kind == EVENT_END)
            return 0;
        const struct event at = key;

        if (read_key(r, &key, &seen[count]) < 0)
            return -1;
        for (uint32_t i = 0; i < count; i++)
            if (seen[i] == seen[count])
                return fail_twice(r, &at, "key", seen[i]);
        count++;
    }
}

static int read_file(struct jobread *r)
{
    struct event e;

    if (events_next(r->events, &e) < 0)
        return -1;
    if (e.kind != EVENT_MAP)
        return events_fail(r->events, &e, e.kind == EVENT_DONE ? "a job file cannot be empty" : "a job file is a map of keys and values");
    return read_keys(r) < 0 ? -1 : events_next(r->events, &e);
}

struct job *jobfile_read(const char *file, struct buf *why)
{
    struct jobread r = {.job = xcalloc(1, sizeof *r.job)};

    if (events_open(&r.events, file, why) < 0 || read_file(&r) < 0) {
        job_free(r.job);
        r.job = NULL;
    }
    events_close(r.events);
    return r.job;
}
