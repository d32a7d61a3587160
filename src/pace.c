/*
 * The pace of starts. The average load follows what happens by a minute, far too late for a burst of starts, so the number of processes
 * that are runnable at this moment counts too: the larger of the two.
 */
#include "pace.h"

#include "base/diag.h"
#include "base/io.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_AGAIN = 200000, TEXT_SIZE = 4096 };

/* In hundredths; smap itself, which runs just now, not counted. -1: not known. */
static int64_t read_load(const struct pace *p)
{
    char text[TEXT_SIZE];
    double average;
    unsigned running;

    if (!io_read_text(p->root, "/proc/loadavg", text, sizeof text) || sscanf(text, "%lf %*f %*f %u/", &average, &running) != 2)
        return -1;
    double now = running ? running - 1 : 0;

    return (int64_t)((now > average ? now : average) * 100);
}

/* Bytes that can be had without swapping. -1: not known. */
static int64_t read_memory(const struct pace *p)
{
    char text[TEXT_SIZE];
    long long kib;

    if (!io_read_text(p->root, "/proc/meminfo", text, sizeof text))
        return -1;
    const char *line = strstr(text, "MemAvailable:");

    return line && sscanf(line, "MemAvailable: %lld", &kib) == 1 ? kib * 1024 : -1;
}

int pace_init(struct pace *p, const struct pace_spec *spec, const char *root)
{
    *p = (struct pace){.spec = *spec, .root = root};
    if (spec->load.hundredths && read_load(p) < 0)
        return diag("/proc/loadavg, which --load needs, cannot be read");
    if (spec->memfree && read_memory(p) < 0)
        return diag("/proc/meminfo, which --memfree needs, cannot be read");
    return 0;
}

bool pace_limits(const struct pace *p)
{
    return p->spec.delay || p->spec.load.hundredths || p->spec.memfree;
}

bool pace_ready(struct pace *p, int64_t now)
{
    const struct limits_load *l = &p->spec.load;

    if (now < p->next)
        return false;
    if (l->hundredths && read_load(p) >= (int64_t)(l->hundredths * (l->of_cpus ? p->spec.cpus : 1)))
        p->next = now + LOOK_AGAIN;
    if (p->spec.memfree && read_memory(p) < (int64_t)p->spec.memfree)
        p->next = now + LOOK_AGAIN;
    return now >= p->next;
}

void pace_started(struct pace *p, int64_t now)
{
    p->next = now + p->spec.delay;
}
