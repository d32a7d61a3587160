/* The end of the batch job. */
#include "base/jobend.h"

#include "base/io.h"
#include "base/parse.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SECOND INT64_C(1000000)
#define LONGEST (INT64_C(100) * 365 * 86400) /* seconds; more is a mistake */

/* A number of seconds in a variable. */
static bool seconds(jobend_get_fn get, const char *name, int64_t *s)
{
    const char *text = get(name);
    uint64_t n;

    if (!text || parse_uint(text, 1, LONGEST, &n) < 0)
        return false;
    *s = (int64_t)n;
    return true;
}

/* Age of the session leader in us: its start is the 22nd word of its stat, in ticks since the machine started. */
static int64_t session_age(const char *root)
{
    char name[64], text[1024];
    double uptime;
    unsigned long long ticks;

    snprintf(name, sizeof name, "/proc/%d/stat", (int)getsid(0));
    if (!io_read_text(root, name, text, sizeof text))
        return -1;
    const char *rest = strrchr(text, ')');

    if (!rest || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &ticks) != 1)
        return -1;
    if (!io_read_text(root, "/proc/uptime", text, sizeof text) || sscanf(text, "%lf", &uptime) != 1)
        return -1;
    return (int64_t)((uptime - (double)ticks / (double)sysconf(_SC_CLK_TCK)) * SECOND);
}

int64_t jobend_left(jobend_get_fn get, int64_t wall_now, const char *root)
{
    int64_t s, left = -1;

    if (seconds(get, "SLURM_JOB_END_TIME", &s)) {
        left = s * SECOND - wall_now;
    } else if (seconds(get, "PBS_WALLTIME", &s)) {
        int64_t age = session_age(root);

        left = age < 0 ? -1 : s * SECOND - age;
    }
    return left > 0 ? left : -1;
}
