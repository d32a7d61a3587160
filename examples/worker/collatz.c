/*
 * A worker in C: how many steps of the Collatz rule lead from the task to 1.
 *
 *     cc -O2 -shared -fPIC -o libcollatz.so collatz.c
 *     seq 1000000 | smap --procs auto --worker ./libcollatz.so:collatz
 */
#include <smap.h>

#include <stdlib.h>

SMAP_WORKER(collatz)
{
    char *end;
    uint64_t n = strtoull(task->text, &end, 10);
    unsigned steps = 0;

    if (end == task->text || *end || n == 0)
        return smap_errorf(smap, "'%s' is not a number from 1 on", task->text);
    for (; n != 1; steps++)
        n = n % 2 ? 3 * n + 1 : n / 2;
    smap_printf(smap, "%u", steps);
    return 0;
}
