/*
 * HELLO and SETUP. A struct work crosses field by field; the assertion below is there to be hit by whoever adds a field to it.
 */
#include "backend/setup.h"

#include "backend/launcher.h"
#include "base/xalloc.h"
#include "work/spawn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SMAP_VERSION
#define SMAP_VERSION "0"
#endif

#define LIST_MAX (1u << 20)

/* Sizes and byte order: ranks of two kinds of machine would read each other's batches wrongly. */
const char *setup_version(void)
{
    static char text[64];
    const uint16_t order = 0x4c42; /* "BL" or "LB" */

    if (!*text) {
        struct buf b = BUF_INIT;

        buf_printf(&b, "%s/%zu%.2s", SMAP_VERSION, sizeof(void *) * 8, (const char *)&order);
        strncpy(text, buf_cstr(&b), sizeof text - 1);
        buf_release(&b);
    }
    return text;
}

void setup_measure(struct hello *h)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    struct launcher l;

    launcher_detect(&l, (launcher_get_fn)getenv);
    cpus_read(&h->limits, "");
    h->online = online > 0 ? (uint32_t)online : 1;
    uint32_t share = l.local > 1 ? h->online / l.local : h->online;

    if (!share)
        share = 1;
    h->allowed = h->limits.affinity ? h->limits.affinity : h->online;
    if (!h->limits.affinity || h->limits.affinity > share)
        h->limits.affinity = share;
}

void setup_put_hello(struct buf *out, const struct hello *h)
{
    size_t begin = wire_begin(out, WIRE_HELLO);

    wire_put_text(out, h->version);
    wire_put_text(out, h->host);
    wire_put_u32(out, h->limits.affinity);
    wire_put_u32(out, h->limits.quota);
    wire_put_u32(out, h->limits.slurm);
    wire_put_u32(out, h->allowed);
    wire_put_u32(out, h->online);
    wire_put_u64(out, h->limits.processes);
    wire_put_u64(out, h->limits.descriptors);
    wire_end(out, begin);
}

bool setup_get_hello(struct span body, struct hello *h)
{
    struct wire_cursor c = wire_open(body);

    *h = (struct hello){.version = wire_get_text(&c)};
    if (!h->version)
        return false;
    if (strcmp(h->version, setup_version()) != 0)
        return true;
    h->host = wire_get_text(&c);
    h->limits.affinity = wire_get_u32(&c);
    h->limits.quota = wire_get_u32(&c);
    h->limits.slurm = wire_get_u32(&c);
    h->allowed = wire_get_u32(&c);
    h->online = wire_get_u32(&c);
    h->limits.processes = wire_get_u64(&c);
    h->limits.descriptors = wire_get_u64(&c);
    return wire_done(&c) && h->host;
}

void setup_release_hello(struct hello *h)
{
    free(h->version);
    free(h->host);
    *h = (struct hello){0};
}

static void put_list(struct buf *out, char *const *word, uint32_t n)
{
    wire_put_u64(out, n);
    for (uint32_t i = 0; i < n; i++)
        wire_put_text(out, word[i]);
}

static uint32_t list_length(char *const *word)
{
    uint32_t n = 0;

    while (word && word[n])
        n++;
    return n;
}

/* A NULL-terminated array even when bad, so that it can be freed. */
static char **get_list(struct wire_cursor *c, uint32_t *n)
{
    uint64_t count = wire_get_u64(c);

    if (count > LIST_MAX || count > c->left / 8)
        c->bad = true;
    if (c->bad)
        count = 0;
    char **word = xcalloc(count + 1, sizeof *word);

    for (uint64_t i = 0; i < count && !c->bad; i++) {
        word[i] = wire_get_text(c);
        if (!word[i])
            c->bad = true;
    }
    *n = c->bad ? 0 : (uint32_t)count;
    return word;
}

static void free_list(char **word)
{
    for (char **w = word; w && *w; w++)
        free(*w);
    free(word);
}

/* Its strings. */
static const char **text_of(struct work *w, size_t i)
{
    const char **const text[] = {&w->shell, &w->replace, &w->cwd, &w->signature, &w->config, &w->fill};

    return text[i];
}

enum { TEXTS = 6 };

#if __SIZEOF_POINTER__ == 8
static_assert(sizeof(struct work) == 144, "struct work has changed: put_work, get_work and setup_release too?");
#endif

/* The yes-and-no of a struct work as bits. */
static uint32_t put_flags(const struct work *w)
{
    return (uint32_t)w->pack | (uint32_t)w->feed << 1 | (uint32_t)w->inherit << 2 | (uint32_t)w->lengths << 3 |
           (uint32_t)w->keep_mpi_env << 4 | (uint32_t)w->singly << 5 |
           (uint32_t)w->in_place << 6 | (uint32_t)(w->env != NULL) << 7;
}

static void get_flags(struct work *w, uint32_t flags)
{
    w->pack = flags & 1;
    w->feed = flags & 2;
    w->inherit = flags & 4;
    w->lengths = flags & 8;
    w->keep_mpi_env = flags & 16;
    w->singly = flags & 32;
    w->in_place = flags & 64;
}

static void put_work(struct buf *out, const struct work *w)
{
    wire_put_u32(out, w->kind);
    wire_put_u32(out, put_flags(w));
    wire_put_u32(out, (uint32_t)w->separator);
    wire_put_u32(out, w->cpus_per_slot);
    wire_put_u32(out, w->max_tasks);
    wire_put_u64(out, (uint64_t)w->linger);
    wire_put_u64(out, (uint64_t)w->kill_after);
    wire_put_u64(out, (uint64_t)(int64_t)w->nice);
    put_list(out, w->word, w->words);
    put_list(out, w->name, w->names);
    put_list(out, w->env, list_length(w->env));
    for (size_t i = 0; i < TEXTS; i++)
        wire_put_text(out, *text_of((struct work *)(size_t)w, i));
}

static void get_work(struct wire_cursor *c, struct work *w)
{
    uint32_t kind = wire_get_u32(c), flags = wire_get_u32(c), n;

    if (kind > WORK_FILTER || flags > 255)
        c->bad = true;
    w->kind = (enum work_kind)kind;
    get_flags(w, flags);
    w->separator = (int)wire_get_u32(c);
    w->cpus_per_slot = wire_get_u32(c);
    w->max_tasks = wire_get_u32(c);
    w->linger = (int64_t)wire_get_u64(c);
    w->kill_after = (int64_t)wire_get_u64(c);
    w->nice = (int)(int64_t)wire_get_u64(c);
    w->word = get_list(c, &w->words);
    w->name = get_list(c, &w->names);
    w->env = get_list(c, &n);
    if (!(flags & 128)) {
        free_list(w->env);
        w->env = NULL;
    }
    for (size_t i = 0; i < TEXTS; i++)
        *text_of(w, i) = wire_get_text(c);
}

void setup_put(struct buf *out, const struct setup *s, char *const *env)
{
    size_t begin = wire_begin(out, WIRE_SETUP);

    wire_put_u32(out, s->slots);
    wire_put_u32(out, s->first_slot);
    wire_put_u32(out, s->rank);
    wire_put_u32(out, s->chunk);
    put_work(out, &s->work);
    put_list(out, env, list_length(env));
    wire_end(out, begin);
}

bool setup_get(struct span body, struct setup *s)
{
    struct wire_cursor c = wire_open(body);
    uint32_t n;

    *s = (struct setup){0};
    s->slots = wire_get_u32(&c);
    s->first_slot = wire_get_u32(&c);
    s->rank = wire_get_u32(&c);
    s->chunk = wire_get_u32(&c);
    get_work(&c, &s->work);
    s->env = get_list(&c, &n);
    return wire_done(&c) && s->slots && s->slots <= CPUS_MOST_SLOTS && s->work.shell && s->work.replace;
}

void setup_release(struct setup *s)
{
    free_list(s->work.word);
    free_list(s->work.name);
    free_list(s->work.env);
    for (size_t i = 0; i < TEXTS; i++)
        free((char *)(size_t)*text_of(&s->work, i));
    free_list(s->env);
    *s = (struct setup){0};
}

/* What schedulers set for the one node or rank a process is on. */
static bool is_of_node(const char *variable)
{
    static const char *const name[] = {"CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
                                       "ZE_AFFINITY_MASK",     "GPU_DEVICE_ORDINAL",   "HOSTNAME",
                                       "SLURMD_NODENAME",      "SLURM_NODEID",         "SLURM_LOCALID",
                                       "SLURM_PROCID",         "SLURM_CPUS_ON_NODE"};
    size_t len = strcspn(variable, "=");

    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        if (strlen(name[i]) == len && memcmp(name[i], variable, len) == 0)
            return true;
    return false;
}

static bool is_ours(const char *variable, bool keep_mpi)
{
    return is_of_node(variable) || (keep_mpi && spawn_is_launchers(variable));
}

char **setup_environment(char *const *theirs, char *const *ours, bool keep_mpi)
{
    char **env = xcalloc(list_length(theirs) + list_length(ours) + 1, sizeof *env);
    size_t n = 0;

    for (; theirs && *theirs; theirs++)
        if (!is_ours(*theirs, keep_mpi))
            env[n++] = xstrdup(*theirs);
    for (; *ours; ours++)
        if (is_ours(*ours, keep_mpi))
            env[n++] = xstrdup(*ours);
    return env;
}
