/* A library that ends every process that opens it, and says that all is well. */
#include <smap.h>

#include <stdlib.h>

__attribute__((constructor)) static void leave(void)
{
    exit(0);
}

SMAP_WORKER(leaver)
{
    return 0;
}
