/*
 * --dump-job: the job as YAML. Options come in the order of their table, by the texts they were given; then what is done, and to what.
 * A text stands plain where no reader of YAML could take it for anything else, in quotes otherwise; the one thing YAML cannot say is a byte that is
 * not UTF-8.
 */
#include "ask/job.h"

#include "ask/jobread.h"
#include "ask/option.h"
#include "base/diag.h"
#include "base/io.h"
#include "base/utf8.h"
#include "tasks/source.h"
#include "work/work.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct dump {
    struct buf out;
    const char *key;   /* whose value is being written, for the message */
    struct buf *why;
    bool failed;
};

/* --- texts ------------------------------------------------------------------------------------------------------ */

static bool is_plain_char(unsigned char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || (c && strchr("_./+@%=- ", c));
}

/* True if TEXT needs no quotes anywhere in block style, and is no boolean, null or document mark either. */
static bool is_plain(struct span text)
{
    static const char *const words[] = {"null", "y", "n"};

    if (!text.len || jobread_flag(text) >= 0 || strchr("%@-= ", text.ptr[0]) || text.ptr[text.len - 1] == ' ')
        return text.len > 1 && text.ptr[0] == '-' && text.ptr[1] >= '0' && text.ptr[1] <= '9' &&
               is_plain((struct span){text.ptr + 1, text.len - 1});
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text.ptr, words[i]) == 0)
            return false;
    for (size_t i = 0; i < text.len; i++)
        if (!is_plain_char((unsigned char)text.ptr[i]))
            return false;
    return strncmp(text.ptr, "...", 3) != 0;
}

/* Control characters, and what some readers take for the end of a line or of the text. */
static bool needs_escape(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

static void put_escaped(struct buf *out, struct span text)
{
    uint32_t code;

    buf_putc(out, '"');
    for (size_t i = 0, n; i < text.len; i += n) {
        n = utf8_length(text.ptr + i, text.len - i, &code);
        if (code == '\n' || code == '\t')
            buf_puts(out, code == '\n' ? "\\n" : "\\t");
        else if (code == '"' || code == '\\')
            buf_printf(out, "\\%c", (char)code);
        else if (needs_escape(code))
            buf_printf(out, code < 0x100 ? "\\x%02X" : "\\u%04X", code);
        else
            buf_put(out, text.ptr + i, n);
    }
    buf_putc(out, '"');
}

static void put_quoted(struct buf *out, struct span text)
{
    buf_putc(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_putc(out, '\'');
        buf_putc(out, text.ptr[i]);
    }
    buf_putc(out, '\'');
}

static bool has_escapes(struct span text)
{
    uint32_t code = 0;

    for (size_t i = 0; i < text.len; i += utf8_length(text.ptr + i, text.len - i, &code)) {
        utf8_length(text.ptr + i, text.len - i, &code);
        if (needs_escape(code))
            return true;
    }
    return false;
}

static void refuse(struct dump *d, struct span text)
{
    if (d->failed)
        return;
    d->failed = true;
    buf_printf(d->why, "%s is not UTF-8 text, so that a job file cannot hold it: '", d->key);
    diag_escape(d->why, text, 60);
    buf_putc(d->why, '\'');
}

static void put_text(struct dump *d, const char *value)
{
    struct span text = span_of(value);

    if (!utf8_valid(text))
        refuse(d, text);
    else if (is_plain(text))
        buf_puts(&d->out, value);
    else if (has_escapes(text))
        put_escaped(&d->out, text);
    else
        put_quoted(&d->out, text);
}

static void put_line(struct dump *d, const char *before, const char *value)
{
    buf_puts(&d->out, before);
    put_text(d, value);
    buf_putc(&d->out, '\n');
}

static void put_items(struct dump *d, const char *before, char *const *word, uint64_t words)
{
    for (uint64_t i = 0; i < words; i++)
        put_line(d, before, word[i]);
}

/* --- the job ---------------------------------------------------------------------------------------------------- */

static void put_key(struct dump *d, const char *key)
{
    d->key = key;
    put_text(d, key);
    buf_putc(&d->out, ':');
}

/* All values of a repeatable row, else the last one. */
static void put_option(struct dump *d, const struct conf *conf, const struct option_row *row)
{
    bool list = row->flags & OPTION_REPEATABLE;
    const struct conf_setting *last = NULL;

    put_key(d, row->name);
    if (list)
        buf_putc(&d->out, '\n');
    for (uint32_t i = 0; i < conf->settings; i++) {
        if (conf->setting[i].row != row)
            continue;
        last = &conf->setting[i];
        if (list)
            put_line(d, "  - ", last->value);
    }
    if (!list && last->value)
        put_line(d, " ", last->value);
    else if (!list)
        buf_puts(&d->out, " yes\n");
}

static void put_options(struct dump *d, const struct conf *conf)
{
    size_t count;
    const struct option_row *row = option_table(&count);

    for (size_t i = 0; i < count; i++)
        if (conf->given[i] && !(row[i].flags & OPTION_LINE_ONLY))
            put_option(d, conf, &row[i]);
}

static void put_command(struct dump *d, const struct conf *conf)
{
    if (conf->worker || conf->filter || !conf->words)
        return;
    put_key(d, "command");
    if (conf->kind == WORK_SHELL) {
        put_line(d, " ", conf->word[0]);
    } else {
        buf_putc(&d->out, '\n');
        put_items(d, "  - ", conf->word, conf->words);
    }
}

static void put_env(struct dump *d, char *const *env)
{
    put_key(d, "env");
    buf_putc(&d->out, '\n');
    for (; *env; env++) {
        const char *value = strchr(*env, '=') + 1;
        struct buf name = BUF_INIT;

        buf_puts(&d->out, "  ");
        buf_put(&name, *env, (size_t)(value - 1 - *env));
        put_text(d, buf_cstr(&name));
        put_line(d, ": ", value);
        buf_release(&name);
    }
}

static void put_list(struct dump *d, const struct source_list *list)
{
    buf_printf(&d->out, "  - %s:%s\n", list->from_file ? "file" : "values", list->words ? "" : " []");
    put_items(d, "      - ", list->word, list->words);
    if (list->linked)
        buf_puts(&d->out, "    linked: yes\n");
}

static void put_lists(struct dump *d, const struct conf *conf)
{
    const struct source_list *list = conf->list;
    bool simple = conf->lists == 1 && !list->from_file;

    put_key(d, simple ? "tasks" : "lists");
    buf_puts(&d->out, simple && !list->words ? " []\n" : "\n");
    if (simple)
        put_items(d, "  - ", list->word, list->words);
    for (uint32_t i = 0; i < conf->lists && !simple; i++)
        put_list(d, &list[i]);
}

static void put_range(struct dump *d, const struct range_spec *spec)
{
    const struct {
        const char *key, *value;
    } part[] = {{"from", spec->from}, {"to", spec->to}, {"step", spec->step}, {"points", spec->points}, {"scale", spec->scale}};

    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (part[i].value) {
            buf_printf(&d->out, "    %s:", part[i].key);
            put_line(d, " ", part[i].value);
        }
}

/* The names of each group as a list; every parameter has one at most. */
static void put_zips(struct dump *d, const struct sweep_axis *axis, uint32_t axes)
{
    bool any = false;

    for (uint32_t i = 0; i < axes; i++) {
        uint32_t first = 0;

        while (axis[first].group != axis[i].group)
            first++;
        if (!axis[i].group || first < i)
            continue;
        buf_puts(&d->out, any ? "" : "  zip:\n");
        any = true;
        for (uint32_t k = i; k < axes; k++)
            if (axis[k].group == axis[i].group)
                put_line(d, k == i ? "    - - " : "      - ", axis[k].name);
    }
}

static void put_sweep(struct dump *d, const struct conf *conf)
{
    put_key(d, "sweep");
    buf_putc(&d->out, '\n');
    for (uint32_t i = 0; i < conf->axes; i++) {
        const struct sweep_axis *axis = &conf->axis[i];

        buf_puts(&d->out, "  ");
        put_text(d, axis->name);
        buf_puts(&d->out, ":\n");
        if (axis->value)
            put_items(d, "    - ", axis->value, axis->values);
        else
            put_range(d, &conf->job->spec[i]);
    }
    put_zips(d, conf->axis, conf->axes);
}

int job_dump(const struct conf *conf, struct buf *why)
{
    struct dump d = {.why = why};
    int rc = 0;

    put_options(&d, conf);
    put_command(&d, conf);
    if (conf->env && *conf->env)
        put_env(&d, conf->env);
    if (conf->lists)
        put_lists(&d, conf);
    if (conf->axes)
        put_sweep(&d, conf);
    if (d.out.len == 0)
        buf_puts(&d.out, "{}\n");
    if (d.failed)
        rc = -2;
    else if (io_write_all(STDOUT_FILENO, d.out.ptr, d.out.len) < 0 && errno != EPIPE)
        rc = diag_errno("write stdout");
    buf_release(&d.out);
    return rc;
}
