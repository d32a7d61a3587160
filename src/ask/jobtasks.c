/* The keys of a job file that say what the tasks are: a list, files, lists, a sweep. */
#include "ask/job.h"
#include "ask/jobread.h"
#include "base/diag.h"
#include "base/xalloc.h"
#include "tasks/source.h"

#include <string.h>

/* --- lists ------------------------------------------------------------------------------------------------------ */

static struct source_list *add_list(struct job *j)
{
    j->list = xgrow(j->list, j->lists, sizeof *j->list);
    j->list[j->lists] = (struct source_list){0};
    j->has_lists = true;
    return &j->list[j->lists++];
}

static void set_words(struct source_list *list, const struct conf_words *words)
{
    list->word = words->word;
    list->words = words->words;
}

static int read_list(struct jobread *r, const struct event *value, const char *what)
{
    struct conf_words words = {0};
    struct source_list *list = add_list(r->job);
    int rc = jobread_texts(r, value, what, false, &words);

    set_words(list, &words);
    return rc;
}

static struct source_list *last_list(struct jobread *r)
{
    return &r->job->list[r->job->lists - 1];
}

static int read_linked(struct jobread *r, const struct event *value)
{
    int flag = value->kind == EVENT_TEXT ? jobread_flag(value->text) : -1;

    if (flag < 0)
        return events_fail(r->events, value, "linked expects yes or no");
    if (flag && r->job->lists == 1)
        return events_fail(r->events, value, "there is no list before this one to be linked to");
    last_list(r)->linked = flag;
    return 0;
}

static int read_words(struct jobread *r, const struct event *value, bool file)
{
    struct conf_words words = {0};

    if (last_list(r)->word)
        return events_fail(r->events, value, "a list has values: or file:, not both");
    int rc = jobread_texts(r, value, file ? "file" : "values", file, &words);

    set_words(last_list(r), &words);
    last_list(r)->from_file = file;
    return rc;
}

static int read_values(struct jobread *r, const struct event *value)
{
    return read_words(r, value, false);
}

static int read_list_file(struct jobread *r, const struct event *value)
{
    return read_words(r, value, true);
}

/* {values: [...]} or {file: FILE}, and linked: yes where it runs along with the list before it. */
static int read_described(struct jobread *r, const struct event *at)
{
    static const struct jobread_key keys[] = {{"values", read_values}, {"file", read_list_file}, {"linked", read_linked}};

    add_list(r->job);
    if (jobread_map(r, "a list", keys, sizeof keys / sizeof *keys) < 0)
        return -1;
    if (last_list(r)->from_file && !last_list(r)->words)
        return events_fail(r->events, at, "file needs the name of a file");
    return 0;
}

int jobtasks_lists(struct jobread *r, const struct event *value)
{
    struct event item;

    if (jobread_claim_tasks(r, "lists", value) < 0)
        return -1;
    if (value->kind != EVENT_LIST)
        return events_fail(r->events, value, "lists takes a list of lists");
    for (;;) {
        if (events_next(r->events, &item) < 0)
            return -1;
        if (item.kind == EVENT_END)
            return r->job->lists ? 0 : events_fail(r->events, value, "lists is empty");
        if ((item.kind == EVENT_MAP ? read_described(r, &item) : read_list(r, &item, "each of lists")) < 0)
            return -1;
    }
}

int jobtasks_file(struct jobread *r, const struct event *value)
{
    return jobread_claim_tasks(r, "file", value) < 0 ? -1 : jobread_option(r, "arg-file", value);
}

static int read_repeat(struct jobread *r, const struct event *value)
{
    return jobread_option(r, "repeat", value);
}

int jobtasks_tasks(struct jobread *r, const struct event *value)
{
    static const struct jobread_key keys[] = {
        {"file", jobtasks_file}, {"lists", jobtasks_lists}, {"sweep", jobtasks_sweep}, {"repeat", read_repeat}};

    if (value->kind == EVENT_MAP)
        return jobread_map(r, "tasks", keys, sizeof keys / sizeof *keys);
    return jobread_claim_tasks(r, "tasks", value) < 0 ? -1 : read_list(r, value, "tasks");
}

/* --- sweeps ----------------------------------------------------------------------------------------------------- */

#define AXES_MAX 64

/* A sweep while it is read: where its names stood, and the zips, which may come before what they name. */
struct sweep_reader {
    struct jobread *r;
    struct jobread_name axis[AXES_MAX], zip[AXES_MAX];
    uint32_t group[AXES_MAX]; /* of each of zip */
    uint32_t axes, zips, groups;
};

static struct jobread_name name_at(struct jobread *r, const struct event *e)
{
    return (struct jobread_name){job_keep(r->job, e->text), e->line, e->column};
}

/* Anything that can stand in braces and mean nothing else there. */
static bool is_name(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c < 0x80 && !(c >= '0' && c <= '9') && !((c | 32) >= 'a' && (c | 32) <= 'z') && c != '_' && (c != '-' || !i))
            return false;
    }
    return text.len > 0;
}

#define PART(part)                                                                    \
    static int read_##part(struct jobread *r, const struct event *value)              \
    {                                                                                 \
        return jobread_text(r, value, #part, &r->job->spec[r->job->axes - 1].part);   \
    }

PART(from)
PART(to)
PART(step)
PART(points)
PART(scale)

static int read_range(struct sweep_reader *s, struct sweep_axis *axis, const struct event *at)
{
    static const struct jobread_key keys[] = {
        {"from", read_from}, {"to", read_to}, {"step", read_step}, {"points", read_points}, {"scale", read_scale}};
    struct jobread *r = s->r;
    struct buf why = BUF_INIT;

    if (jobread_map(r, "a range", keys, sizeof keys / sizeof *keys) < 0)
        return -1;
    if (range_init(&axis->range, &r->job->spec[r->job->axes - 1], &why) < 0) {
        events_fail(r->events, at, "%s", buf_cstr(&why));
        buf_release(&why);
        return -1;
    }
    axis->values = axis->range.count;
    return 0;
}

static struct sweep_axis *add_axis(struct sweep_reader *s, const struct event *name)
{
    struct job *j = s->r->job;

    j->axis = xgrow(j->axis, j->axes, sizeof *j->axis);
    j->spec = xgrow(j->spec, j->axes, sizeof *j->spec);
    s->axis[s->axes++] = name_at(s->r, name);
    j->axis[j->axes] = (struct sweep_axis){.name = s->axis[j->axes].name};
    j->spec[j->axes] = (struct range_spec){0};
    return &j->axis[j->axes++];
}

/* A list of values, one value, or a range. */
static int read_axis(struct sweep_reader *s, const struct event *name)
{
    struct jobread *r = s->r;
    struct conf_words words = {0};
    struct event value;

    if (!is_name(name->text))
        return events_fail(r->events, name, "a parameter's name has letters, digits, _ and - only");
    if (s->axes == AXES_MAX)
        return events_fail(r->events, name, "a sweep has %d parameters at most", AXES_MAX);
    struct sweep_axis *axis = add_axis(s, name);

    if (events_next(r->events, &value) < 0)
        return -1;
    if (value.kind == EVENT_MAP)
        return read_range(s, axis, &value);
    int rc = jobread_texts(r, &value, "a parameter", true, &words);

    axis->value = words.word;
    axis->values = words.words;
    if (rc == 0 && !words.words)
        return events_fail(r->events, &value, "this parameter has no values");
    return rc;
}

/* One name of a zip that has begun. */
static int zip_name(struct sweep_reader *s, const struct event *name)
{
    if (name->kind != EVENT_TEXT)
        return events_fail(s->r->events, name, "zip takes a list of names, or a list of such lists");
    if (s->zips == AXES_MAX)
        return events_fail(s->r->events, name, "zip names %d parameters at most", AXES_MAX);
    s->group[s->zips] = s->groups;
    s->zip[s->zips++] = name_at(s->r, name);
    return 0;
}

static int zip_list(struct sweep_reader *s)
{
    struct event item;

    s->groups++;
    for (;;) {
        if (events_next(s->r->events, &item) < 0)
            return -1;
        if (item.kind == EVENT_END)
            return 0;
        if (zip_name(s, &item) < 0)
            return -1;
    }
}

/* zip: [a, b] or zip: [[a, b], [c, d]]. */
static int read_zip(struct sweep_reader *s)
{
    struct event value, item;

    if (events_next(s->r->events, &value) < 0)
        return -1;
    if (value.kind != EVENT_LIST)
        return events_fail(s->r->events, &value, "zip takes a list of names, or a list of such lists");
    s->groups++;
    for (;;) {
        if (events_next(s->r->events, &item) < 0)
            return -1;
        if (item.kind == EVENT_END)
            return 0;
        if ((item.kind == EVENT_LIST ? zip_list(s) : zip_name(s, &item)) < 0)
            return -1;
    }
}

static struct sweep_axis *find_axis(struct sweep_reader *s, const char *name)
{
    struct sweep_axis *axis = s->r->job->axis;

    for (uint32_t i = 0; i < s->r->job->axes; i++)
        if (strcmp(axis[i].name, name) == 0)
            return &axis[i];
    return NULL;
}

/* Puts what zip I names into its group; all of a group have equally many values. */
static int link_axis(struct sweep_reader *s, uint32_t i)
{
    const struct event at = {.line = s->zip[i].line, .column = s->zip[i].column};
    struct sweep_axis *axis = find_axis(s, s->zip[i].name), *other;

    if (!axis)
        return events_fail(s->r->events, &at, "zip: there is no parameter '%.60s'", s->zip[i].name);
    axis->group = s->group[i];
    if (!i || s->group[i - 1] != axis->group)
        return 0;
    other = find_axis(s, s->zip[i - 1].name);
    if (other->values == axis->values)
        return 0;
    return events_fail(s->r->events, &at, "zip: '%s' and '%s' have not equally many values", other->name, axis->name);
}

static int finish_sweep(struct sweep_reader *s)
{
    if (jobread_unique(s->r, s->axis, s->axes, "parameter") < 0)
        return -1;
    for (uint32_t i = 0; i < s->zips; i++)
        if (link_axis(s, i) < 0)
            return -1;
    return jobread_unique(s->r, s->zip, s->zips, "zipped parameter");
}

static int read_times(struct jobread *r)
{
    struct event value;

    return events_next(r->events, &value) < 0 ? -1 : read_repeat(r, &value);
}

static int read_sweep(struct sweep_reader *s, const struct event *value)
{
    enum { ZIP = 1, REPEAT = 2 };
    unsigned seen = 0;
    struct event key;

    for (;;) {
        if (events_next(s->r->events, &key) < 0)
            return -1;
        if (key.kind == EVENT_END)
            break;
        unsigned kind = span_equal(key.text, span_of("zip")) ? ZIP : span_equal(key.text, span_of("repeat")) ? REPEAT : 0;

        if (seen & kind)
            return events_fail(s->r->events, &key, "the key '%s' is given twice", key.text.ptr);
        seen |= kind;
        if ((kind == ZIP ? read_zip(s) : kind == REPEAT ? read_times(s->r) : read_axis(s, &key)) < 0)
            return -1;
    }
    return s->axes ? finish_sweep(s) : events_fail(s->r->events, value, "this sweep has no parameter");
}

int jobtasks_sweep(struct jobread *r, const struct event *value)
{
    struct sweep_reader s = {.r = r};

    if (jobread_claim_tasks(r, "sweep", value) < 0)
        return -1;
    if (value->kind != EVENT_MAP)
        return events_fail(r->events, value, "sweep takes a map of names and values");
    return read_sweep(&s, value);
}
