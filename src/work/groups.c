/* The list lies in a memory file: its pages are touched as they are used, and it has no name that could be left behind. */
#include "work/groups.h"

#include "base/clock.h"
#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct own {
    struct groups_shared *shared;
    int fd;
    bool tried;
    volatile int32_t **free; /* places that were given back */
    uint32_t frees, cap;
    char mark[sizeof ((struct groups_shared *)0)->mark];
} own = {.fd = -1}; /* of the process, as its children are */

const char *groups_mark(void)
{
    if (!own.mark[0])
        snprintf(own.mark, sizeof own.mark, GROUPS_MARK_NAME "=%d.%llx", (int)getpid(), (unsigned long long)clock_wall());
    return own.mark;
}

/* Without the memory (an old kernel, no descriptor left) there is no list; tasks run all the same. */
static void open_list(void)
{
    own.tried = true;
    own.fd = memfd_create("smap-groups", MFD_CLOEXEC);
    if (own.fd < 0)
        return;
    void *p = MAP_FAILED;

    if (ftruncate(own.fd, sizeof *own.shared) == 0)
        p = mmap(NULL, sizeof *own.shared, PROT_READ | PROT_WRITE, MAP_SHARED, own.fd, 0);
    if (p == MAP_FAILED) {
        close(own.fd);
        own.fd = -1;
        return;
    }
    own.shared = p;
    snprintf(own.shared->mark, sizeof own.shared->mark, "%s", groups_mark());
}

volatile int32_t *groups_reserve(void)
{
    if (!own.tried)
        open_list();
    if (!own.shared)
        return NULL;
    if (own.frees)
        return own.free[--own.frees];
    return own.shared->used < GROUPS_MOST ? &own.shared->group[own.shared->used++] : NULL;
}

void groups_release(volatile int32_t *place)
{
    if (!place)
        return;
    *place = 0;
    if (own.frees == own.cap) {
        own.cap = own.cap ? own.cap * 2 : 16;
        own.free = xreallocarray(own.free, own.cap, sizeof *own.free);
    }
    own.free[own.frees++] = place;
}

int groups_fd(void)
{
    return own.fd;
}
