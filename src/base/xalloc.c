/*
 * Memory, or the end of the program. The message is written with plain write(2): whatever formats
 * text may need memory itself.
 */
#include "base/xalloc.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/*
 * Blocks of input, of 256 KiB and some more, come and go all the time. Left to itself the C library soon gives each back to the kernel and gets a fresh
 * one, whose every page costs a fault: a tenth of the time of a run of short functions.
 */
enum { MAP_FROM = 1 << 20, KEEP_FREE = 16 << 20 };

static void (*before_exit)(void); /* set once at start */
static struct unfinished *files;

static void say(const char *text)
{
    if (write(STDERR_FILENO, text, strlen(text)) < 0) {
        /* nobody left to tell */
    }
}

static _Noreturn void out_of_memory(void)
{
    say("smap: out of memory: the run is incomplete\n");
    for (const struct unfinished *u = files; u; u = u->next) {
        say("smap: ");
        say(u->file);
        say(" is left as it was; the partial output is in ");
        say(u->temp);
        say("\n");
    }
    if (before_exit)
        before_exit();
    _exit(3);
}

void xalloc_begin(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, MAP_FROM);
    mallopt(M_TRIM_THRESHOLD, KEEP_FREE);
#endif
}

void xalloc_on_failure(void (*fn)(void))
{
    before_exit = fn;
}

void xalloc_begin_file(struct unfinished *u)
{
    u->next = files;
    files = u;
}

void xalloc_end_file(struct unfinished *u)
{
    struct unfinished **at = &files;

    while (*at && *at != u)
        at = &(*at)->next;
    if (*at)
        *at = u->next;
}

void *xmalloc(size_t size)
{
    void *p = malloc(size ? size : 1);

    if (!p)
        out_of_memory();
    return p;
}

void *xcalloc(size_t count, size_t size)
{
    void *p = calloc(count ? count : 1, size ? size : 1);

    if (!p)
        out_of_memory();
    return p;
}

void *xreallocarray(void *ptr, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        out_of_memory();
    void *p = realloc(ptr, count && size ? count * size : 1);

    if (!p)
        out_of_memory();
    return p;
}

char *xmemdup(const char *ptr, size_t len)
{
    char *p = xmalloc(len + 1);

    if (len)
        memcpy(p, ptr, len);
    p[len] = '\0';
    return p;
}

void *xgrow(void *ptr, size_t count, size_t size)
{
    bool full = (count & (count - 1)) == 0;

    return full ? xreallocarray(ptr, count ? 2 * count : 1, size) : ptr;
}

char *xstrdup(const char *text)
{
    return xmemdup(text, strlen(text));
}
