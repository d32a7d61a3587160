/*
 * Squares of integers, in two ways: as a worker of smap, and, with -DBARE, as the plainest fast program one would write for it: one process, one
 * loop over the mapped file, one buffer.
 */
#include "smap.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIGITS = 24 };

/* Parses the digits at *P, moves it behind them, prints the square into the end of TO; where it begins. */
static inline char *square_of(const char **p, char to[DIGITS])
{
    uint64_t n = 0;
    char *q = to + DIGITS;

    for (; **p >= '0' && **p <= '9'; ++*p)
        n = n * 10 + (uint64_t)(**p - '0');
    n *= n;
    do
        *--q = (char)('0' + n % 10);
    while (n /= 10);
    return q;
}

SMAP_WORKER(square)
{
    char text[DIGITS];
    const char *p = task->text, *q = square_of(&p, text);

    return smap_emit(smap, q, (size_t)(text + DIGITS - q));
}

/* Microseconds of real work, as many as the task says. */
SMAP_WORKER(spin)
{
    volatile double x = 1;

    for (long i = 0; i < 1000; i++)
        x = x * 1.0000001 + 0.1;
    return smap_emit(smap, task->text, task->length);
}

SMAP_WORKER(crashes)
{
    if (task->number % 100 == 0)
        *(volatile char *)1 = 0;
    return smap_emit(smap, task->text, task->length);
}

#ifdef BARE
static int write_all(const char *from, size_t n)
{
    for (ssize_t wrote; n; from += wrote, n -= (size_t)wrote)
        if ((wrote = write(1, from, n)) < 0)
            return -1;
    return 0;
}

int main(int argc, char **argv)
{
    static char out[65536];
    size_t used = 0;
    struct stat st;
    int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;

    if (fd < 0 || fstat(fd, &st) < 0)
        return 1;
    const char *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0), *end = p + st.st_size;

    for (; p < end; p++) {
        char text[DIGITS], *q = square_of(&p, text);
        size_t n = (size_t)(text + DIGITS - q);

        memcpy(out + used, q, n);
        used += n;
        out[used++] = '\n';
        if (used > sizeof out - DIGITS - 1 && write_all(out, used) == 0)
            used = 0;
    }
    return write_all(out, used) < 0;
}
#endif
