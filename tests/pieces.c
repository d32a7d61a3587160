#include "pieces.h"

#include "base/buf.h"

static struct buf seen, taken;

static void note_lengths(const struct piece *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        buf_printf(&seen, "%u ", p->lengths[i]);
    buf_puts(&seen, "|");
}

void pieces_note(void *ctx, const struct piece *p)
{
    static const char *const name[] = {"out", "err", "end", "run"};

    (void)ctx;
    buf_printf(&seen, "%s %llu", name[p->kind], (unsigned long long)p->task);
    if (p->kind == PIECE_RUN)
        buf_printf(&seen, "-%llu", (unsigned long long)p->task + p->count - 1);
    if (p->kind != PIECE_END)
        buf_printf(&seen, " %.*s|", (int)p->bytes.len, p->bytes.ptr);
    else if (outcome_ok(&p->end))
        buf_puts(&seen, " ok|");
    else
        buf_printf(&seen, " status %d %.*s|", p->end.status, (int)p->end.reason.len, p->end.reason.ptr);
    if (p->kind == PIECE_RUN && p->lengths)
        note_lengths(p);
}

const char *pieces_taken(void)
{
    struct buf last = taken;

    taken = seen;
    seen = last;
    buf_clear(&seen);
    return buf_cstr(&taken);
}

void pieces_release(void)
{
    buf_release(&seen);
    buf_release(&taken);
}
