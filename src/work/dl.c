/*
 * Opening libraries. RTLD_NOW: a missing symbol is an error before the first task, not in the
 * middle of one. The program shows a library nothing but the functions of smap.h (src/smap.syms),
 * so one that happens to have an `order_put` gets its own, and needs no RTLD_DEEPBIND for it: that
 * flag is at odds with preloaded allocators and sanitizers, which want to be found first.
 */
#define SMAP_NO_INLINE
#include "work/dl.h"

#include "base/buf.h"
#include "base/diag.h"
#include "base/xalloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

char *dl_resolve(const char *library)
{
    char path[PATH_MAX];

    if (strchr(library, '/') && realpath(library, path))
        return xstrdup(path);
    return xstrdup(library);
}

/* Code that anybody on the machine may replace is worth a word; it is not smap's to forbid. */
static void warn_if_writable(const char *path)
{
    struct stat st;

    if (strchr(path, '/') && stat(path, &st) == 0 && (st.st_mode & S_IWOTH))
        diag_note("%s can be written by everybody", path);
}

/* What a newcomer stumbles over most, in the loader's words hard to guess. */
static const char *hint(const char *library, const char *why)
{
    struct stat st;
    bool absent = strstr(why, strerror(ENOENT)), here = stat(library, &st) == 0;

    if (library[0] == '~' && absent)
        return " (smap does not know ~: write $HOME)";
    if (!strchr(library, '/') && absent && here)
        return " (the one in this directory is written with ./ before its name)";
    if (strchr(library, '/') && absent && here && strncmp(why, library, strlen(library)) == 0)
        return " (it is there, but for another machine)";
    if (!strchr(library, '/') && strstr(why, "invalid ELF header"))
        return " (a text for the linker? the library itself has a number behind .so, as libm.so.6)";
    return "";
}

/* 127 when there is none, 126 when there is one that cannot be used. */
static int cannot_open(const char *library, const char *why, struct buf *error)
{
    struct stat st;

    buf_printf(error, "cannot open the library: %s%s", why, hint(library, why));
    if (strchr(library, '/'))
        return stat(library, &st) == 0 ? 126 : 127;
    return strstr(why, strerror(ENOENT)) ? 127 : 126;
}

/* A variable has an address like any function; calling it would be a crash in every task. */
static bool is_data(const void *address)
{
#ifdef __GLIBC__
    const ElfW(Sym) *symbol = NULL;
    Dl_info info;

    if (!dladdr1(address, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol || info.dli_saddr != address)
        return false;
    return ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT; /* the macro is the same for 32 bits */
#else
    (void)address;
    return false;
#endif
}

static void *sibling(void *handle, const char *symbol, const char *suffix, struct buf *name)
{
    buf_clear(name);
    buf_printf(name, "%s%s", symbol, suffix);
    return dlsym(handle, buf_cstr(name));
}

static int check_abi(const uint64_t *abi, const char *library, const char *symbol, enum dl_kind kind, struct buf *error)
{
    uint64_t ours = kind == DL_HOOK ? SMAP_HOOK_ABI : SMAP_ABI;

    if (!abi) {
        buf_printf(error, "%s: %s is not a %s: there is no %s_abi (see smap_worker(3)%s)", library, symbol,
                   kind == DL_HOOK ? "hook" : "worker", symbol, kind == DL_HOOK ? "" : "; --signature calls any C function");
        return 126;
    }
    if (*abi == ours)
        return 0;
    if ((*abi ^ ours) >> 63)
        buf_printf(error, "%s: %s is a %s, not a %s", library, symbol, kind == DL_HOOK ? "worker" : "hook",
                   kind == DL_HOOK ? "hook" : "worker");
    else if (*abi >> 32 == ours >> 32)
        buf_printf(error, "%s: %s_abi is not the number that SMAP_ABI of this smap's smap.h gives: compile it again",
                   library, symbol);
    else
        buf_printf(error, "%s: %s is made for version %llu of the worker interface, this smap has version %d: "
                          "compile it again with this smap's smap.h",
                   library, symbol, (unsigned long long)(*abi << 1 >> 33), SMAP_ABI_VERSION);
    return 126;
}

static const char *file_of(void *handle)
{
    struct link_map *map;

    return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && *map->l_name ? map->l_name : NULL;
}

int dl_open(struct dl *d, const char *library, const char *symbol, enum dl_kind kind, struct buf *error)
{
    struct buf name = BUF_INIT;
    int status = 0;

    *d = (struct dl){0};
    if (getauxval(AT_SECURE)) {
        buf_puts(error, "libraries are not opened by a program with raised privileges");
        return 126;
    }
    warn_if_writable(library);
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        return cannot_open(library, dlerror(), error);
    d->file = file_of(handle);
    d->run = dlsym(handle, symbol);
    if (!d->run) {
        buf_printf(error, "%s has no function %s", library, symbol);
        status = 127;
    } else if (is_data(d->run)) {
        buf_printf(error, "%s: %s is a variable, not a function", library, symbol);
        status = 126;
    } else if (kind != DL_PLAIN) {
        status = check_abi(sibling(handle, symbol, "_abi", &name), library, symbol, kind, error);
        *(void **)&d->init = sibling(handle, symbol, "_init", &name);
        *(void **)&d->fini = sibling(handle, symbol, "_fini", &name);
    }
    buf_release(&name);
    return status;
}

/* What smap.h defines inline for C and C++, as symbols that a library in another language finds in
 * the program that opens it. */

int smap_emit(struct smap_context *smap, const void *bytes, size_t length)
{
    if ((size_t)(smap->end - smap->at) < length && smap->grow(smap, length) < 0)
        return -1;
    memcpy(smap->at, bytes, length);
    smap->at += length;
    return 0;
}

int smap_error(struct smap_context *smap, const char *text)
{
    smap->set_error(smap, text, strlen(text));
    return 1;
}
