/*
 * Nobody tells a process how many CPUs it has: the affinity mask knows what it may run on, a quota in any control group above it how much time it
 * gets there, Slurm what was paid for. The least of them is what can be used. Everything here is read once, at the start.
 */
#include "base/cpus.h"

#include "base/buf.h"
#include "base/parse.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What smap itself needs beside its slots, and what a slot needs: two pipes, perhaps a third, and the handle of its process. */
#define OWN_PROCESSES 8
#define OWN_DESCRIPTORS 16
#define SLOT_DESCRIPTORS 4

int cpus_parse(const char *text, struct cpus_wish *wish)
{
    size_t len = strlen(text);
    bool percent = len > 1 && text[len - 1] == '%';
    char digits[24];
    uint64_t n;

    if (strcmp(text, "auto") == 0) {
        *wish = (struct cpus_wish){CPUS_AUTO, 0};
        return 0;
    }
    if (len >= sizeof digits)
        return -1;
    memcpy(digits, text, len + 1);
    digits[len - percent] = '\0';
    if (parse_uint(digits, percent, CPUS_MOST_SLOTS, &n) < 0)
        return -1;
    *wish = (struct cpus_wish){percent ? CPUS_PERCENT : n ? CPUS_COUNT : CPUS_ALL_THAT_FIT, (uint32_t)n};
    return 0;
}

/* The least of what is known: 0 is not. */
static uint64_t least(uint64_t a, uint64_t b)
{
    return !a || (b && b < a) ? b : a;
}

/* CPU counts fit; what does not is no limit of this machine. */
static uint32_t clamp(uint64_t n)
{
    return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

/* Replaces B with the content of the small file ROOT PATH NAME; false: there is none. */
static bool slurp(struct buf *b, const char *root, const char *path, const char *name)
{
    ssize_t n;

    buf_clear(b);
    buf_printf(b, "%s%s%s", root, path, name);
    int fd = open(buf_cstr(b), O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    buf_clear(b);
    while ((n = read(fd, buf_room(b, 4096), 4096)) > 0)
        b->len += (size_t)n;
    close(fd);
    buf_cstr(b);
    return n == 0;
}

/* The number that a file holds; 0: none ("max", -1, no file). */
static uint64_t read_number(struct buf *b, const char *dir, const char *name)
{
    uint64_t n;

    if (!slurp(b, "", dir, name))
        return 0;
    b->ptr[strcspn(b->ptr, " \n")] = '\0';
    return parse_uint(b->ptr, 0, UINT64_MAX, &n) < 0 ? 0 : n;
}

/* One group's limits, read from its directory. */
typedef void (*level_fn)(struct cpus_limits *limits, struct buf *b, const char *dir);

static void lower_quota(struct cpus_limits *limits, uint64_t quota, uint64_t period)
{
    if (quota && period)
        limits->quota = clamp(least(limits->quota, (quota - 1) / period + 1));
}

static void quota_v1(struct cpus_limits *limits, struct buf *b, const char *dir)
{
    uint64_t quota = read_number(b, dir, "/cpu.cfs_quota_us");

    lower_quota(limits, quota, read_number(b, dir, "/cpu.cfs_period_us"));
}

/* "150000 100000", or "max 100000". */
static void quota_v2(struct cpus_limits *limits, struct buf *b, const char *dir)
{
    uint64_t quota = read_number(b, dir, "/cpu.max"), period;

    if (!quota)
        return;
    char *second = b->ptr + strlen(b->ptr) + 1; /* read_number ended the first word */

    second[strcspn(second, "\n")] = '\0';
    if (parse_uint(second, 1, UINT64_MAX, &period) == 0)
        lower_quota(limits, quota, period);
}

static void pids_level(struct cpus_limits *limits, struct buf *b, const char *dir)
{
    uint64_t max = read_number(b, dir, "/pids.max"), now = read_number(b, dir, "/pids.current");

    if (max)
        limits->processes = least(limits->processes, max > now ? max - now : 1);
}

/* Undoes the octal escapes of mountinfo (\040 is a blank), in place. */
static void unescape(char *text)
{
    char *out = text;

    for (; *text; text++) {
        if (text[0] == '\\' && strspn(text + 1, "01234567") >= 3) {
            *out++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 + text[3] - '0');
            text += 3;
        } else {
            *out++ = *text;
        }
    }
    *out = '\0';
}

/* True if WORD is one of the words of LIST, which commas part. */
static bool has_word(const char *list, const char *word)
{
    size_t len = strlen(word);

    for (; *list; list += list[strcspn(list, ",")] == ',' ? strcspn(list, ",") + 1 : strcspn(list, ","))
        if (strncmp(list, word, len) == 0 && (list[len] == ',' || !list[len]))
            return true;
    return false;
}

struct mount {
    char root[PATH_MAX], point[PATH_MAX]; /* the group mounted, and where */
};

/*
 * Looks for the hierarchy of CONTROLLER ("" is version 2) in mountinfo:
 *     31 23 0:28 /root /point options optional... - type source super,options
 */
static bool find_mount(struct mount *m, char *mountinfo, const char *controller)
{
    char *save, type[64], options[1024];

    for (char *line = strtok_r(mountinfo, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        const char *dash = strstr(line, " - ");

        if (!dash || sscanf(line, "%*s %*s %*s %4095s %4095s", m->root, m->point) != 2 ||
            sscanf(dash, " - %63s %*s %1023s", type, options) != 2)
            continue;
        if (*controller ? strcmp(type, "cgroup") != 0 || !has_word(options, controller) : strcmp(type, "cgroup2") != 0)
            continue;
        unescape(m->root);
        unescape(m->point);
        return true;
    }
    return false;
}

/* Our group in the hierarchy of CONTROLLER, from lines as "4:cpu,cpuacct:/path"; version 2: "0::/path". Inside TEXT. */
static char *find_group(char *text, const char *controller)
{
    char *save;

    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *list = strchr(line, ':'), *path = list ? strchr(list + 1, ':') : NULL;

        if (!path)
            continue;
        *path++ = '\0';
        list++;
        if (*controller ? has_word(list, controller) : !*list)
            return path;
    }
    return NULL;
}

/* PATH of our group below the mount point. In a container the mount begins at a group of its own, or our path lies outside of it. */
static const char *below(const struct mount *m, const char *path)
{
    size_t len = strcmp(m->root, "/") == 0 ? 0 : strlen(m->root);

    if (strncmp(path, m->root, len) != 0 || (path[len] && path[len] != '/') || strstr(path, "/.."))
        return "";
    return path + len;
}

/* Calls LEVEL for our group in the hierarchy of CONTROLLER and for all above it: the tightest counts. */
static void walk(struct cpus_limits *limits, const char *root, const char *controller, level_fn level)
{
    struct buf groups = BUF_INIT, file = BUF_INIT, dir = BUF_INIT;
    struct mount m;
    const char *path;

    if (slurp(&groups, root, "/proc/self/cgroup", "") && (path = find_group(groups.ptr, controller)) &&
        slurp(&file, root, "/proc/self/mountinfo", "") && find_mount(&m, file.ptr, controller)) {
        buf_printf(&dir, "%s%s", root, m.point);
        size_t top = dir.len;

        buf_puts(&dir, below(&m, path));
        for (;;) {
            level(limits, &file, buf_cstr(&dir));
            if (dir.len <= top)
                break;
            do
                dir.len--;
            while (dir.len > top && dir.ptr[dir.len] != '/');
        }
    }
    buf_release(&dir);
    buf_release(&file);
    buf_release(&groups);
}

static uint32_t read_affinity(void)
{
    uint32_t count = 0;

    for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)cpus);
        size_t size = CPU_ALLOC_SIZE((size_t)cpus);
        bool got = set && sched_getaffinity(0, size, set) == 0;

        if (got)
            count = (uint32_t)CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (got)
            return count;
    }
    long online = sysconf(_SC_NPROCESSORS_ONLN);

    return online > 0 ? (uint32_t)online : 0;
}

/* The leading number of TEXT; 0: none. */
static uint64_t leading(const char *text)
{
    return text && *text >= '0' && *text <= '9' ? strtoull(text, NULL, 10) : 0;
}

/* Slurm writes counts per node as "4(x2),1": 4 on the nodes 0 and 1, 1 on node 2. */
static uint64_t count_on_node(const char *list, uint64_t node)
{
    while (list && *list) {
        const char *times = list + strspn(list, "0123456789");
        uint64_t nodes = strncmp(times, "(x", 2) == 0 ? leading(times + 2) : 1;

        if (node < nodes)
            return leading(list);
        node -= nodes;
        list = strchr(list, ',');
        if (list)
            list++;
    }
    return 0;
}

/* In a step of several tasks on this node, smap is one of them and its share is theirs divided. */
static uint32_t read_slurm(void)
{
    uint64_t here = leading(getenv("SLURM_CPUS_ON_NODE")), each = leading(getenv("SLURM_CPUS_PER_TASK"));
    uint64_t tasks = count_on_node(getenv("SLURM_STEP_TASKS_PER_NODE"), leading(getenv("SLURM_NODEID")));

    if (tasks <= 1)
        return clamp(here);
    return clamp(each ? each : here > tasks ? here / tasks : here != 0);
}

static uint64_t hard_limit(int which)
{
    struct rlimit r;

    return getrlimit(which, &r) == 0 && r.rlim_max != RLIM_INFINITY ? r.rlim_max : 0;
}

static uint64_t soft_limit(int which)
{
    struct rlimit r;

    return getrlimit(which, &r) == 0 && r.rlim_cur != RLIM_INFINITY ? r.rlim_cur : 0;
}

void cpus_read(struct cpus_limits *limits, const char *root)
{
    struct buf b = BUF_INIT, path = BUF_INIT;

    *limits = (struct cpus_limits){.affinity = read_affinity(), .slurm = read_slurm()};
    limits->descriptors = hard_limit(RLIMIT_NOFILE);
    limits->processes = geteuid() == 0 ? 0 : soft_limit(RLIMIT_NPROC);
    buf_printf(&path, "%s/proc/sys/kernel", root);
    limits->processes = least(limits->processes, read_number(&b, buf_cstr(&path), "/pid_max"));
    limits->processes = least(limits->processes, read_number(&b, buf_cstr(&path), "/threads-max"));
    walk(limits, root, "cpu", quota_v1);
    walk(limits, root, "", quota_v2);
    walk(limits, root, "pids", pids_level);
    walk(limits, root, "", pids_level);
    buf_release(&path);
    buf_release(&b);
}

uint32_t cpus_usable(const struct cpus_limits *limits)
{
    uint64_t n = least(least(limits->affinity, limits->quota), limits->slurm);

    return n ? (uint32_t)n : 1;
}

/* Descriptors are smap's own: their limit holds whatever else runs. 0: no limit. */
static uint64_t files_for(const struct cpus_limits *limits)
{
    return limits->descriptors > OWN_DESCRIPTORS + SLOT_DESCRIPTORS
               ? (limits->descriptors - OWN_DESCRIPTORS) / SLOT_DESCRIPTORS
               : limits->descriptors != 0;
}

static uint64_t all_that_fit(const struct cpus_limits *limits)
{
    uint64_t processes = limits->processes > OWN_PROCESSES ? limits->processes - OWN_PROCESSES : limits->processes != 0;

    return least(processes, CPUS_MOST_SLOTS);
}

uint32_t cpus_slots(const struct cpus_wish *wish, const struct cpus_limits *limits)
{
    uint64_t n = wish->kind == CPUS_COUNT     ? wish->number
                 : wish->kind == CPUS_AUTO    ? cpus_usable(limits)
                 : wish->kind == CPUS_PERCENT ? (uint64_t)cpus_usable(limits) * wish->number / 100
                                              : all_that_fit(limits);

    n = least(n < 1 ? 1 : n, files_for(limits));
    return n > CPUS_MOST_SLOTS ? CPUS_MOST_SLOTS : (uint32_t)n;
}
