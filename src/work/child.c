/*
 * A function worker as a process: its descriptors and the memory it finds there, the library it opens, its end. What it
 * does with tasks is caller.c's, how it talks to smap writer.c's.
 */
#include "work/child.h"

#include "base/buf.h"
#include "base/diag.h"
#include "base/io.h"
#include "work/callee.h"
#include "work/caller.h"
#include "work/dl.h"
#include "work/link.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum {
    BELL = 3,
    REASON_MAX = 4096,
};

/* The memory on descriptor 0, of which a copy stays open for large batches; there the function finds nothing. */
static int map_share(struct share **share)
{
    int file = fcntl(0, F_DUPFD_CLOEXEC, 10);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    if (file < 0 || null < 0 || dup2(null, 0) < 0 || fcntl(BELL, F_SETFD, FD_CLOEXEC) < 0)
        writer_broken("cannot set up descriptors");
    close(null);
    *share = mmap(NULL, sizeof **share, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (*share == MAP_FAILED)
        writer_broken("cannot map shared memory");
    return file;
}

static int fatal(struct writer *w, struct buf *why)
{
    size_t n = why->len < REASON_MAX ? why->len : REASON_MAX;

    memcpy(w->base, why->ptr, n);
    writer_post(w, SHARE_FATAL, w->base + n, 0);
    buf_release(why);
    return EXIT_FAILURE;
}

static const char *or_null(const char *text)
{
    return *text ? text : NULL;
}

static int run(char **word)
{
    struct caller c = {0};
    struct buf error = BUF_INIT;
    struct share *share;

    prctl(PR_SET_NAME, "smap-worker"); /* it was executed as /proc/self/exe */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int file = map_share(&share);

    caller_watch();
    caller_begin(&c, share, file, BELL);
    if (callee_open(&c.callee, word[0], word[1], or_null(word[2]), &error) ||
        callee_begin(&c.callee, word[3], &error) < 0)
        return fatal(&c.writer, &error);
    caller_ready(&c);
    while (writer_await_batch(&c.writer) && caller_run_batch(&c))
        ;
    callee_end(&c.callee);
    caller_release(&c);
    return EXIT_SUCCESS;
}

static int check(char **word)
{
    struct callee callee;
    struct buf error = BUF_INIT;
    int status = callee_open(&callee, word[0], word[1], or_null(word[2]), &error);

    if (status)
        diag("%s", buf_cstr(&error));
    callee.fini = NULL; /* nothing has begun */
    callee_end(&callee);
    buf_release(&error);
    return status | LINK_CHECKED;
}

/* Writes where the library is found to descriptor 3: what opening it may print does not go there. */
static int find(char **word)
{
    struct buf error = BUF_INIT;
    struct dl d;
    int status = dl_open(&d, word[0], word[1], DL_PLAIN, &error);

    if (status)
        diag("%s", buf_cstr(&error));
    else if (!d.file || io_write_all(3, d.file, strlen(d.file)) < 0)
        status = 126;
    buf_release(&error);
    return status;
}

int child_main(int argc, char **argv)
{
    if (argc == 7 && strcmp(argv[2], "run") == 0)
        return run(argv + 3);
    if (argc == 7 && strcmp(argv[2], "check") == 0)
        return check(argv + 3);
    if (argc == 7 && strcmp(argv[2], "find") == 0)
        return find(argv + 3);
    return 2;
}
