/* The record of a task as one JSON object; the two streams come last, since they may be long. */
#include "results/entry.h"

#include "base/json.h"

#include <inttypes.h>
#include <signal.h>

#define PART ((size_t)96 << 10) /* bytes of a stream at a time: a multiple of 3, for base64 */

enum { STEP_HEAD, STEP_STDOUT, STEP_STDERR };

unsigned entry_status(const struct outcome *o)
{
    switch ((enum end_cause)o->cause) {
    case END_SIGNAL:
        return 128u + o->signal;
    case END_TIMEOUT:
        return 128u + (o->signal ? o->signal : SIGTERM);
    case END_CANCELLED:
        return 128u + SIGTERM;
    case END_NOT_RUN:
        return o->status ? o->status : 126;
    case END_EXIT:
        break;
    }
    return o->status;
}

static const char *cause_name(const struct outcome *o)
{
    static const char *const names[] = {
        [END_EXIT] = "exit", [END_SIGNAL] = "signal", [END_TIMEOUT] = "timeout", [END_NOT_RUN] = "not run", [END_CANCELLED] = "cancelled"};

    return names[o->cause];
}

/* Microseconds as seconds, with all their digits. */
static void put_time(struct buf *out, const char *key, int64_t us)
{
    buf_printf(out, ",\"%s\":%" PRId64 ".%06" PRId64, key, us / 1000000, us % 1000000);
}

/* What is not known is null. */
static void make_head(struct entry *e, const struct piece *p)
{
    const struct outcome *o = &p->end;
    struct buf *out = &e->head;

    buf_clear(out);
    buf_printf(out, "{\"task\":%" PRIu64 ",", p->task);
    json_member(out, "input", p->input.ptr ? p->input : span_of(""));
    buf_printf(out, ",\"status\":%u,\"signal\":%u,\"cause\":\"%s\"", entry_status(o),
               o->cause == END_SIGNAL || o->cause == END_TIMEOUT ? o->signal : 0u, cause_name(o));
    if (o->reason.len) {
        buf_putc(out, ',');
        json_member(out, "reason", o->reason);
    }
    buf_printf(out, ",\"attempts\":%u", o->attempt);
    if (o->start)
        put_time(out, "start", o->start);
    else
        buf_puts(out, ",\"start\":null");
    put_time(out, "seconds", o->elapsed);
    buf_putc(out, ',');
    json_member(out, "host", span_of(o->host ? o->host : ""));
    buf_printf(out, ",\"slot\":%u,\"maxrss_kb\":", o->slot);
    if (o->maxrss)
        buf_printf(out, "%" PRId64, o->maxrss);
    else
        buf_puts(out, "null");
}

int entry_put(struct entry *e, const struct piece *p)
{
    if (p->kind == PIECE_END) {
        make_head(e, p);
        e->step = STEP_HEAD;
        return 0;
    }
    struct entry_stream *s = &e->stream[p->kind == PIECE_ERR];

    utf8_part(&s->text, p->bytes);
    return stash_put(&s->bytes, p->bytes);
}

static void begin_stream(struct entry *e, struct buf *out, int step)
{
    bool valid = utf8_parts_valid(&e->stream[step == STEP_STDERR].text);

    buf_printf(out, ",\"%s%s\":\"", step == STEP_STDERR ? "stderr" : "stdout", valid ? "" : "_base64");
    e->step = step;
    e->at = 0;
}

void entry_clear(struct entry *e)
{
    for (int i = 0; i < 2; i++) {
        stash_clear(&e->stream[i].bytes);
        e->stream[i].text = (struct utf8_parts){0};
    }
}

int entry_next(struct entry *e, struct buf *out)
{
    if (e->step == STEP_HEAD) {
        buf_put(out, e->head.ptr, e->head.len);
        begin_stream(e, out, STEP_STDOUT);
    }
    struct entry_stream *s = &e->stream[e->step == STEP_STDERR];
    struct span bytes;

    if (stash_read(&s->bytes, e->at, PART, &e->room, &bytes) < 0)
        return -1;
    if (utf8_parts_valid(&s->text))
        json_escape(out, bytes);
    else
        json_base64(out, bytes);
    e->at += bytes.len;
    if (e->at < stash_size(&s->bytes))
        return 1;
    buf_putc(out, '"');
    if (e->step == STEP_STDOUT) {
        begin_stream(e, out, STEP_STDERR);
        return entry_next(e, out);
    }
    buf_puts(out, "}\n");
    entry_clear(e);
    return 0;
}

void entry_release(struct entry *e)
{
    for (int i = 0; i < 2; i++)
        stash_release(&e->stream[i].bytes);
    buf_release(&e->head);
    buf_release(&e->room);
}
