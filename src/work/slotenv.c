/* The environment of a process that works on many tasks. */
#include "work/slotenv.h"

#include "base/buf.h"
#include "base/xalloc.h"
#include "work/spawn.h"
#include "work/work.h"

#include <stdlib.h>
#include <string.h>

enum { OWN_MAX = 3 };

/* An outer smap's task is not ours. */
static void remove_variable(char **env, const char *name)
{
    size_t n = strlen(name);

    for (; *env; env++) {
        if (strncmp(*env, name, n) != 0 || (*env)[n] != '=')
            continue;
        free(*env);
        do
            env[0] = env[1];
        while (*env++);
        return;
    }
}

static bool has_omp(const struct work *work)
{
    for (char **e = work->env; e && *e; e++)
        if (strncmp(*e, "OMP_NUM_THREADS=", 16) == 0)
            return true;
    return getenv("OMP_NUM_THREADS") != NULL;
}

static char *number(const char *name, uint32_t value)
{
    struct buf b = BUF_INIT;

    buf_printf(&b, "%s=%u", name, value);
    buf_cstr(&b);
    return b.ptr;
}

char **slotenv_new(const struct work *work, uint32_t slot, uint32_t rank)
{
    size_t n = 0, used = 0;

    while (work->env && work->env[n])
        n++;
    char **extra = xcalloc(n + OWN_MAX + 1, sizeof *extra);

    for (size_t i = 0; i < n; i++)
        extra[used++] = xstrdup(work->env[i]);
    extra[used++] = number("SMAP_SLOT", slot);
    extra[used++] = number("SMAP_RANK", rank);
    if (work->cpus_per_slot && !has_omp(work))
        extra[used++] = number("OMP_NUM_THREADS", work->cpus_per_slot);
    char **env = spawn_env(work->keep_mpi_env, extra);

    remove_variable(env, "SMAP_TASK");
    remove_variable(env, "SMAP_ATTEMPT");
    spawn_env_free(extra);
    return env;
}
