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

static void (*before_exit)(void); /* set once at start */

static _Noreturn void out_of_memory(void)
{
    static const char text[] = "smap: out of memory: the run is incomplete\n";

    if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
        /* nobody left to tell */
    }
    if (before_exit)
        before_exit();
    _exit(3);
}

void xalloc_on_failure(void (*fn)(void))
{
    before_exit = fn;
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
