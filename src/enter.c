/* Sorts copies of smap by what they are to do. The command line is the same on all ranks, so all come to the same answer. */
#include "enter.h"

#include "backend/world.h"
#include "base/diag.h"
#include "status.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A look at a command line that may be wrong: does OPTION stand among the first words? */
static bool mentions(char **argv, const char *option)
{
    size_t len = strlen(option);

    for (argv += *argv != NULL; *argv && strcmp(*argv, "--") != 0; argv++)
        if (strncmp(*argv, option, len) == 0 && (!(*argv)[len] || (*argv)[len] == '='))
            return true;
    return false;
}

static void hush(void *ctx, struct span line)
{
    (void)ctx;
    (void)line;
}

void enter_begin(struct entrance *e, char **argv)
{
    launcher_detect(&e->launcher, (launcher_get_fn)getenv);
    e->guarded = e->launcher.size > 1 && !mentions(argv, "--no-mpi-check");
    if (!e->guarded || e->launcher.rank == 0)
        return;
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    diag_divert(hush, NULL);
    if (null >= 0) {
        dup2(null, STDOUT_FILENO); /* --help, too, is printed once */
        close(null);
    }
}

static int leave(const struct entrance *e, int status)
{
    world_linger(&e->launcher);
    return e->launcher.rank ? STATUS_OK : status;
}

static int refuse(const struct entrance *e)
{
    diag("%s started %u copies of smap, and each would run all tasks: add --mpi", launcher_name(&e->launcher), e->launcher.size);
    diag("nothing was run (for independent copies: --no-mpi-check)");
    return leave(e, STATUS_USAGE);
}

/* Usage errors, too, are told from inside MPI: mpirun can hang when a copy leaves without having been there. */
static int join(const struct entrance *e, struct conf *conf)
{
    struct world_spec w = {
        .launcher = &e->launcher,
        .library = conf->mpi.library,
        .dedicated = conf->dedicated_master,
        .slots = conf->procs,
        .lost_after = conf->heartbeat,
    };

    switch (world_enter(&w)) {
    case WORLD_ALONE:
        conf->backend = "procs";
        return -1;
    case WORLD_MASTER:
        return -1;
    case WORLD_DONE:
        return STATUS_OK;
    case WORLD_FAILED:
        break;
    }
    return STATUS_BROKEN;
}

int enter_job(const struct entrance *e, struct conf *conf, enum ask_result parsed, char **argv)
{
    if (parsed != ASK_RUN) {
        if (!e->guarded)
            return -1;
        if (mentions(argv, "--mpi"))
            return join(e, conf);
        world_linger(&e->launcher);
        return e->launcher.rank ? STATUS_OK : -1;
    }
    if (conf->mpi.on)
        return join(e, conf);
    return e->launcher.size > 1 && !conf->no_mpi_check ? refuse(e) : -1;
}
