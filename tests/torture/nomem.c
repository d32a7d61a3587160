/*
 * Allocation number NOMEM_AT of smap fails, or all from NOMEM_FROM on; NOMEM_COUNT names a file that gets their number. Preloaded; the variables are taken out of the
 * environment, so that the tasks have their memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static long made, at = -1, from = -1;
static char count_file[256];

static long number(const char *name)
{
    const char *text = getenv(name);
    long n = text ? atol(text) : -1;

    unsetenv(name);
    return n;
}

__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("NOMEM_COUNT");

    if (file)
        snprintf(count_file, sizeof count_file, "%s", file);
    at = number("NOMEM_AT");
    from = number("NOMEM_FROM");
    unsetenv("NOMEM_COUNT");
    unsetenv("LD_PRELOAD");
    made = 0;
}

__attribute__((destructor)) static void end(void)
{
    char text[32];
    int fd = count_file[0] ? open(count_file, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;

    if (fd < 0)
        return;
    int n = snprintf(text, sizeof text, "%ld\n", made);

    if (write(fd, text, (size_t)n) != n)
        _exit(2);
    close(fd);
}

static int fails(void)
{
    made++;
    if (made != at && (from < 0 || made < from))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return fails() ? NULL : __libc_realloc(p, size);
}
