/*
 * A worker with a large table that all its processes share: the task is a word, the result what the table says about it.
 *
 *     cc -O2 -shared -fPIC -o liblookup.so lookup.c
 *     smap --procs auto --worker ./liblookup.so:lookup --worker-config table.tsv < words
 *
 * The table (lines of WORD, a tab and TEXT, sorted by `LC_ALL=C sort`) is mapped by the init function, once per process. What is mapped and only
 * read lies in memory once per machine, however many processes look at it, and a process that crashes costs nothing to replace.
 */
#include <smap.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct table {
    const char *begin, *end;
};

SMAP_INIT(lookup)
{
    struct table *t = malloc(sizeof *t);
    struct stat st;
    int fd = open(config, O_RDONLY);
    void *p = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &st) == 0)
        p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    if (!t || p == MAP_FAILED) {
        perror(config);
        return 1;
    }
    t->begin = p;
    t->end = t->begin + st.st_size;
    *state = t;
    return 0;
}

SMAP_FINI(lookup)
{
    struct table *t = state;

    munmap((void *)t->begin, (size_t)(t->end - t->begin));
    free(t);
}

/* The line that P points into begins here. */
static const char *line_of(const char *p, const char *begin)
{
    while (p > begin && p[-1] != '\n')
        p--;
    return p;
}

static const char *end_of(const char *p, const char *end, char c)
{
    const char *found = memchr(p, c, (size_t)(end - p));

    return found ? found : end;
}

static int compare(const char *a, size_t a_length, const char *b, size_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);

    return order ? order : (a_length > b_length) - (a_length < b_length);
}

SMAP_WORKER(lookup)
{
    const struct table *t = smap->state;
    const char *low = t->begin, *high = t->end;

    while (low < high) {
        const char *line = line_of(low + (high - low) / 2, low), *end = end_of(line, high, '\n');
        const char *tab = end_of(line, end, '\t');
        int order = compare(task->text, task->length, line, (size_t)(tab - line));

        if (order == 0 && tab < end)
            return smap_emit(smap, tab + 1, (size_t)(end - tab - 1));
        if (order < 0)
            high = line;
        else
            low = end < high ? end + 1 : high;
    }
    return smap_error(smap, "not in the table");
}
