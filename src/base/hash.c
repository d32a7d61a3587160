/* The only file that sees xxhash, which is compiled in from its header: nothing is linked. */
#include "base/hash.h"

#include "base/io.h"
#include "base/xalloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { BLOCK = 262144 };

uint64_t hash64(const void *ptr, size_t len, uint64_t seed)
{
    return XXH3_64bits_withSeed(ptr, len, seed);
}

struct hash128 hash128(const void *ptr, size_t len)
{
    XXH128_hash_t h = XXH3_128bits(ptr, len);

    return (struct hash128){h.low64, h.high64};
}

static int hash_fd(int fd, struct hash128 *hash)
{
    XXH3_state_t *state = XXH3_createState();
    char *block = xmalloc(BLOCK);
    ssize_t n;

    XXH3_128bits_reset(state);
    while ((n = io_read(fd, block, BLOCK)) > 0)
        XXH3_128bits_update(state, block, (size_t)n);
    int error = errno;
    XXH128_hash_t h = XXH3_128bits_digest(state);

    *hash = (struct hash128){h.low64, h.high64};
    XXH3_freeState(state);
    free(block);
    errno = error;
    return n < 0 ? -1 : 0;
}

int hash_file(const char *path, struct hash128 *hash)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        return -1;
    int result = hash_fd(fd, hash), error = errno;

    close(fd);
    errno = error;
    return result;
}
