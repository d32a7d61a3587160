/* A head in memory, the rest in a file. */
#include "results/stash.h"

#include "base/diag.h"
#include "base/io.h"

#include <unistd.h>

static int put_beyond(struct stash *s, struct span bytes)
{
    if (!s->file) {
        int fd = io_temp_file("a large result");

        if (fd < 0)
            return -1;
        s->file = fd + 1;
    }
    if (io_pwrite_all(s->file - 1, bytes.ptr, bytes.len, (off_t)s->beyond) < 0)
        return diag_errno("cannot write the temporary file for a large result in %s (TMPDIR)", io_temp_dir());
    s->beyond += bytes.len;
    return 0;
}

int stash_put(struct stash *s, struct span bytes)
{
    size_t room = s->beyond ? 0 : STASH_HEAD - s->head.len;
    size_t n = bytes.len < room ? bytes.len : room;

    buf_put(&s->head, bytes.ptr, n);
    return n == bytes.len ? 0 : put_beyond(s, (struct span){bytes.ptr + n, bytes.len - n});
}

uint64_t stash_size(const struct stash *s)
{
    return s->head.len + s->beyond;
}

int stash_read(const struct stash *s, uint64_t at, size_t max, struct buf *room, struct span *bytes)
{
    uint64_t left = stash_size(s) - at;
    size_t n = left < max ? (size_t)left : max;
    size_t inside = at < s->head.len ? s->head.len - (size_t)at : 0;

    if (n <= inside) {
        *bytes = (struct span){s->head.ptr + (n ? at : 0), n};
        return 0;
    }
    buf_clear(room);
    buf_put(room, s->head.ptr + (inside ? at : 0), inside);
    buf_room(room, n - inside);
    if (io_pread_all(s->file - 1, room->ptr + inside, n - inside, (off_t)(at + inside - s->head.len)) < 0)
        return diag_errno("cannot read back the temporary file for a large result in %s (TMPDIR)", io_temp_dir());
    room->len = n;
    *bytes = (struct span){room->ptr, n};
    return 0;
}

void stash_clear(struct stash *s)
{
    if (s->file)
        close(s->file - 1);
    buf_clear(&s->head);
    s->file = 0;
    s->beyond = 0;
}

void stash_release(struct stash *s)
{
    stash_clear(s);
    buf_release(&s->head);
}
