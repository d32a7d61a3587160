/*
 * Around libyaml's parser. Before it sees a byte the text is looked through once: that gives every wrong byte its position, and keeps away what
 * libyaml is slow at (it compares every %TAG line with all others). Depth is counted here, since libyaml does not.
 */
#include "ask/events.h"

#include "base/diag.h"
#include "base/io.h"
#include "base/utf8.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#define SIZE_LIMIT ((size_t)1 << 20)
#define DEPTH_LIMIT 16

struct events {
    const char *file;
    struct buf *why;
    struct buf text;
    yaml_parser_t parser;
    yaml_event_t event; /* what the last span points into */
    bool has_event;
    bool is_map[DEPTH_LIMIT + 1]; /* by level */
    bool key_next[DEPTH_LIMIT + 1];
    int depth, documents;
};

int events_fail(struct events *e, const struct event *at, const char *format, ...)
{
    va_list args;

    buf_printf(e->why, "%s:%u:%u: ", e->file, at->line, at->column);
    va_start(args, format);
    buf_vprintf(e->why, format, args);
    va_end(args);
    return -1;
}

/* --- the bytes -------------------------------------------------------------------------------------------------- */

static const struct event top = {.line = 1, .column = 1};

static int fail_errno(struct events *e)
{
    return events_fail(e, &top, "cannot be read: %s", strerror(errno));
}

/* A FIFO or a device might never end, or wait for ever already in open(2). */
static int open_regular(struct events *e)
{
    int fd = open(e->file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;

    if (fd < 0)
        return fail_errno(e);
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
        return fd;
    close(fd);
    return events_fail(e, &top, "a job file must be a regular file");
}

static int read_file(struct events *e)
{
    int fd = open_regular(e);

    if (fd < 0)
        return -1;
    ssize_t n = io_read_all(fd, buf_room(&e->text, SIZE_LIMIT + 1), SIZE_LIMIT + 1);
    int rc = n < 0 ? fail_errno(e) : 0;

    close(fd);
    if (n > (ssize_t)SIZE_LIMIT)
        rc = events_fail(e, &top, "a job file has 1 MiB at most");
    e->text.len = rc < 0 ? 0 : (size_t)n;
    return rc;
}

/* What YAML calls printable; tabs and line ends among them. */
static bool is_printable(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7f) || c == 0x85 ||
           (c >= 0xa0 && c != 0xfeff && c != 0xfffe && c != 0xffff);
}

static int check_text(struct events *e)
{
    struct event at = top;
    const char *p = e->text.ptr, *end = p + e->text.len;
    uint32_t code;

    for (size_t n; p < end; p += n) {
        n = utf8_length(p, (size_t)(end - p), &code);
        if (!n)
            return events_fail(e, &at, "this is not UTF-8 text");
        if (!is_printable(code))
            return events_fail(e, &at, code ? "a control character (write it as \"\\x%02X\")" : "a NUL byte", code);
        if (code == '%' && at.column == 1)
            return events_fail(e, &at, "no line can begin with %%: directives are not understood here");
        if (code == '\n') {
            at.line++;
            at.column = 1;
        } else {
            at.column++;
        }
    }
    return 0;
}

/* UTF-16 as such; a byte order mark of UTF-8 is dropped. */
static int check_mark(struct events *e)
{
    if (e->text.len >= 2 && (memcmp(e->text.ptr, "\xff\xfe", 2) == 0 || memcmp(e->text.ptr, "\xfe\xff", 2) == 0))
        return events_fail(e, &top, "this is UTF-16: a job file is UTF-8 text");
    if (e->text.len >= 3 && memcmp(e->text.ptr, "\xef\xbb\xbf", 3) == 0)
        buf_shift(&e->text, 3);
    return 0;
}

int events_open(struct events **out, const char *file, struct buf *why)
{
    struct events *e = xcalloc(1, sizeof *e);

    e->file = file;
    e->why = why;
    if (read_file(e) < 0 || check_mark(e) < 0 || check_text(e) < 0) {
        buf_release(&e->text);
        free(e);
        return -1;
    }
    if (!yaml_parser_initialize(&e->parser))
        abort(); /* out of memory, for a few hundred bytes */
    yaml_parser_set_encoding(&e->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&e->parser, (const unsigned char *)e->text.ptr, e->text.len);
    *out = e;
    return 0;
}

void events_close(struct events *e)
{
    if (!e)
        return;
    if (e->has_event)
        yaml_event_delete(&e->event);
    yaml_parser_delete(&e->parser);
    buf_release(&e->text);
    free(e);
}

/* --- the events ------------------------------------------------------------------------------------------------- */

static void set_place(struct event *event, const yaml_mark_t *mark)
{
    event->line = (uint32_t)mark->line + 1;
    event->column = (uint32_t)mark->column + 1;
}

static int fail_syntax(struct events *e, struct event *event)
{
    const yaml_parser_t *p = &e->parser;

    set_place(event, &p->problem_mark);
    return events_fail(e, event, "this is not YAML: %s%s%s", p->context ? p->context : "", p->context ? ", " : "",
                       p->problem ? p->problem : "it cannot be read");
}

static int pull(struct events *e, struct event *event)
{
    if (e->has_event)
        yaml_event_delete(&e->event);
    e->has_event = yaml_parser_parse(&e->parser, &e->event);
    if (!e->has_event)
        return fail_syntax(e, event);
    *event = (struct event){.kind = EVENT_DONE};
    set_place(event, &e->event.start_mark);
    return 0;
}

static int check_extras(struct events *e, const struct event *event, const void *anchor, const void *tag)
{
    if (anchor)
        return events_fail(e, event, "anchors (&) and aliases (*) are not understood here; quote a text that begins so");
    if (tag)
        return events_fail(e, event, "tags (!) are not understood here; quote a text that begins so");
    return 0;
}

/* In a map every second event, with all that belongs to it, is a key. */
static int count(struct events *e, const struct event *event)
{
    bool in_map = e->depth && e->is_map[e->depth];

    if (in_map && e->key_next[e->depth] && event->kind != EVENT_TEXT)
        return events_fail(e, event, "a key must be a text");
    if (in_map)
        e->key_next[e->depth] = !e->key_next[e->depth];
    return 0;
}

static int begin(struct events *e, struct event *event, enum event_kind kind)
{
    event->kind = kind;
    if (count(e, event) < 0)
        return -1;
    if (e->depth == DEPTH_LIMIT)
        return events_fail(e, event, "more than %d levels", DEPTH_LIMIT);
    e->depth++;
    e->is_map[e->depth] = e->key_next[e->depth] = kind == EVENT_MAP;
    return 0;
}

static int text(struct events *e, struct event *event)
{
    bool is_key = e->depth && e->is_map[e->depth] && e->key_next[e->depth];

    event->kind = EVENT_TEXT;
    event->block = e->event.data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
                   e->event.data.scalar.style == YAML_FOLDED_SCALAR_STYLE;
    event->text = (struct span){(const char *)e->event.data.scalar.value, e->event.data.scalar.length};
    if (memchr(event->text.ptr, '\0', event->text.len))
        return events_fail(e, event, "a NUL byte cannot be part of any value");
    if (is_key && e->event.data.scalar.plain_implicit && span_equal(event->text, span_of("<<")))
        return events_fail(e, event, "merge keys (<<) are not understood here");
    return count(e, event);
}

/* libyaml drops the tag `!` of a text and leaves this trace of it. */
static const void *scalar_tag(const yaml_event_t *y)
{
    bool forced = y->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !y->data.scalar.plain_implicit;

    return forced ? y : (const void *)y->data.scalar.tag;
}

int events_next(struct events *e, struct event *event)
{
    for (;;) {
        if (pull(e, event) < 0)
            return -1;
        const yaml_event_t *y = &e->event;

        switch (y->type) {
        case YAML_SCALAR_EVENT:
            return check_extras(e, event, y->data.scalar.anchor, scalar_tag(y)) < 0 ? -1 : text(e, event);
        case YAML_SEQUENCE_START_EVENT:
            return check_extras(e, event, y->data.sequence_start.anchor, y->data.sequence_start.tag) < 0
                       ? -1 : begin(e, event, EVENT_LIST);
        case YAML_MAPPING_START_EVENT:
            return check_extras(e, event, y->data.mapping_start.anchor, y->data.mapping_start.tag) < 0
                       ? -1 : begin(e, event, EVENT_MAP);
        case YAML_SEQUENCE_END_EVENT:
        case YAML_MAPPING_END_EVENT:
            event->kind = EVENT_END;
            e->depth--;
            return 0;
        case YAML_ALIAS_EVENT:
            return check_extras(e, event, y, NULL);
        case YAML_DOCUMENT_START_EVENT:
            if (e->documents++)
                return events_fail(e, event, "a second document: a job file has one");
            break;
        case YAML_STREAM_END_EVENT:
            return 0;
        default: /* the ends of a document */
            break;
        }
    }
}
