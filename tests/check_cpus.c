/* CPUs and slots, on small trees that look like /proc and /sys of other machines. */
#include "base/buf.h"
#include "base/cpus.h"
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/check_cpus.XXXXXX";

static void make_root(void)
{
    static const char *const of_slurm[] = {"SLURM_CPUS_ON_NODE", "SLURM_CPUS_PER_TASK", "SLURM_STEP_TASKS_PER_NODE",
                                           "SLURM_NODEID"};

    ck_assert_ptr_nonnull(mkdtemp(root));
    for (size_t i = 0; i < sizeof of_slurm / sizeof *of_slurm; i++)
        unsetenv(of_slurm[i]);
}

static void remove_root(void)
{
    char command[64];

    snprintf(command, sizeof command, "rm -rf %s", root);
    ck_assert_int_eq(system(command), 0);
    strcpy(root + strlen(root) - 6, "XXXXXX");
}

/* Writes root PATH, directories on the way included. */
static void put(const char *path, const char *content)
{
    char name[512];

    snprintf(name, sizeof name, "%s%s", root, path);
    for (char *slash = name + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(name, 0700);
        *slash = '/';
    }
    FILE *file = fopen(name, "w");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs(content, file), 0);
    fclose(file);
}

static struct cpus_limits limits(void)
{
    struct cpus_limits l;

    cpus_read(&l, root);
    return l;
}

/* A machine as systemd sets it up: one hierarchy. */
static void unified(const char *group)
{
    char line[512];

    snprintf(line, sizeof line, "0::%s\n", group);
    put("/proc/self/cgroup", line);
    put("/proc/self/mountinfo", "22 1 0:20 / /proc rw - proc proc rw\n"
                                "30 22 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
}

/* An older one: a hierarchy for each controller, with the unified one beside them. */
static void legacy(const char *cpu_group, const char *mount_root)
{
    char text[1024];

    snprintf(text, sizeof text, "4:pids:/p\n3:cpuset:/other\n2:cpu,cpuacct:%s\n1:name=systemd:/\n0::/\n", cpu_group);
    put("/proc/self/cgroup", text);
    snprintf(text, sizeof text,
             "31 30 0:27 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
             "32 30 0:28 %s /sys/fs/cgroup/cpu\\040x rw - cgroup cgroup rw,cpuacct,cpu\n"
             "33 30 0:29 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n", mount_root);
    put("/proc/self/mountinfo", text);
}

START_TEST(nothing_known_limits_nothing)
{
    struct cpus_limits l = limits();

    ck_assert_uint_eq(l.quota, 0);
    ck_assert_uint_eq(l.slurm, 0);
    ck_assert_uint_gt(l.affinity, 0);
    ck_assert_uint_eq(cpus_usable(&l), l.affinity);
    l.affinity = 0;
    ck_assert_uint_eq(cpus_usable(&l), 1);
}
END_TEST

START_TEST(quota_v2_is_the_tightest_up_the_tree)
{
    unified("/user.slice/job/step");
    put("/sys/fs/cgroup/user.slice/job/step/cpu.max", "max 100000\n");
    ck_assert_uint_eq(limits().quota, 0);
    put("/sys/fs/cgroup/user.slice/job/cpu.max", "250000 100000\n");
    ck_assert_uint_eq(limits().quota, 3);
    put("/sys/fs/cgroup/user.slice/cpu.max", "200000 100000\n");
    ck_assert_uint_eq(limits().quota, 2);
    put("/sys/fs/cgroup/user.slice/job/step/cpu.max", "1000 100000\n");
    ck_assert_uint_eq(limits().quota, 1);
}
END_TEST

START_TEST(a_container_sees_its_group_at_the_mount_point)
{
    put("/sys/fs/cgroup/cpu.max", "400000 100000\n");
    unified("/");
    ck_assert_uint_eq(limits().quota, 4);
    unified("/../../elsewhere");
    ck_assert_uint_eq(limits().quota, 4);
    unified("/not/here");
    ck_assert_uint_eq(limits().quota, 4);
}
END_TEST

START_TEST(quota_v1_has_two_files)
{
    legacy("/a/b", "/");
    put("/sys/fs/cgroup/cpu x/a/b/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/cpu x/a/b/cpu.cfs_period_us", "100000\n");
    ck_assert_uint_eq(limits().quota, 0);
    put("/sys/fs/cgroup/cpu x/a/cpu.cfs_quota_us", "75000\n");
    put("/sys/fs/cgroup/cpu x/a/cpu.cfs_period_us", "50000\n");
    ck_assert_uint_eq(limits().quota, 2);
}
END_TEST

START_TEST(mount_root_is_no_part_of_the_path)
{
    put("/sys/fs/cgroup/cpu x/in/cpu.cfs_quota_us", "300000\n");
    put("/sys/fs/cgroup/cpu x/in/cpu.cfs_period_us", "100000\n");
    legacy("/docker/1f/in", "/docker/1f");
    ck_assert_uint_eq(limits().quota, 3);
    legacy("/docker/1f2/in", "/docker/1f");
    ck_assert_uint_eq(limits().quota, 0);
}
END_TEST

START_TEST(garbage_limits_nothing)
{
    unified("/g");
    put("/sys/fs/cgroup/g/cpu.max", "\n");
    ck_assert_uint_eq(limits().quota, 0);
    put("/sys/fs/cgroup/g/cpu.max", "100000");
    ck_assert_uint_eq(limits().quota, 0);
    put("/sys/fs/cgroup/g/cpu.max", "100000 0\n");
    ck_assert_uint_eq(limits().quota, 0);
    put("/sys/fs/cgroup/g/cpu.max", "99999999999999999999 1\n");
    ck_assert_uint_eq(limits().quota, 0);
    put("/proc/self/mountinfo", "x\n30 22 0:26 /\n - cgroup2\n\n");
    put("/proc/self/cgroup", "\n0\n0:\n::::\n");
    ck_assert_uint_eq(limits().quota, 0);
}
END_TEST

START_TEST(process_limits_are_what_is_left)
{
    unified("/g/h");
    put("/proc/sys/kernel/pid_max", "4194304\n");
    put("/proc/sys/kernel/threads-max", "50000\n");
    ck_assert_uint_le(limits().processes, 50000);
    put("/sys/fs/cgroup/g/pids.max", "100\n");
    put("/sys/fs/cgroup/g/pids.current", "30\n");
    put("/sys/fs/cgroup/g/h/pids.max", "max\n");
    ck_assert_uint_eq(limits().processes, 70);
    put("/sys/fs/cgroup/g/pids.current", "100\n");
    ck_assert_uint_eq(limits().processes, 1);
    legacy("/", "/");
    put("/sys/fs/cgroup/pids/p/pids.max", "60\n");
    put("/sys/fs/cgroup/pids/p/pids.current", "10\n");
    ck_assert_uint_eq(limits().processes, 50);
}
END_TEST

static void slurm(const char *here, const char *each, const char *tasks, const char *node)
{
    const char *const pairs[][2] = {{"SLURM_CPUS_ON_NODE", here},
                                    {"SLURM_CPUS_PER_TASK", each},
                                    {"SLURM_STEP_TASKS_PER_NODE", tasks},
                                    {"SLURM_NODEID", node}};

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i][1])
            setenv(pairs[i][0], pairs[i][1], 1);
        else
            unsetenv(pairs[i][0]);
}

START_TEST(slurm_grants)
{
    slurm("16", NULL, NULL, NULL); /* a batch script */
    ck_assert_uint_eq(limits().slurm, 16);
    slurm("16", "8", NULL, NULL); /* with -n 2 -c 8: both shares are the script's */
    ck_assert_uint_eq(limits().slurm, 16);
    slurm("16", "16", "1", "0"); /* srun, one task */
    ck_assert_uint_eq(limits().slurm, 16);
    slurm("16", NULL, "4", "0"); /* srun, one of four */
    ck_assert_uint_eq(limits().slurm, 4);
    slurm("16", "3", "4", "0");
    ck_assert_uint_eq(limits().slurm, 3);
    slurm("16", NULL, "4(x2),2", "2"); /* the third node has two tasks */
    ck_assert_uint_eq(limits().slurm, 8);
    slurm("16", NULL, "4(x2),2", "1");
    ck_assert_uint_eq(limits().slurm, 4);
    slurm("2", NULL, "4", "0");
    ck_assert_uint_eq(limits().slurm, 1);
    slurm("many", NULL, "(x", "-3");
    ck_assert_uint_eq(limits().slurm, 0);
}
END_TEST

START_TEST(wishes)
{
    static const char *const bad[] = {"", "-1", "x", "1.5", "%", "0%", "50%%", "automatic", "65537", "1 ",
                                      "1111111111111111111111111111111111"};
    struct cpus_wish w;

    ck_assert(cpus_parse("8", &w) == 0 && w.kind == CPUS_COUNT && w.number == 8);
    ck_assert(cpus_parse("auto", &w) == 0 && w.kind == CPUS_AUTO);
    ck_assert(cpus_parse("150%", &w) == 0 && w.kind == CPUS_PERCENT && w.number == 150);
    ck_assert(cpus_parse("0", &w) == 0 && w.kind == CPUS_ALL_THAT_FIT);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(cpus_parse(bad[i], &w) < 0, "'%s'", bad[i]);
}
END_TEST

static uint32_t slots_of(const char *text, struct cpus_limits l)
{
    struct cpus_wish w;

    ck_assert_int_eq(cpus_parse(text, &w), 0);
    return cpus_slots(&w, &l);
}

START_TEST(wishes_become_slots)
{
    struct cpus_limits l = {.affinity = 12, .quota = 6, .slurm = 8, .processes = 1000, .descriptors = 1016};

    ck_assert_uint_eq(slots_of("3", l), 3);
    ck_assert_uint_eq(slots_of("auto", l), 6);
    ck_assert_uint_eq(slots_of("50%", l), 3);
    ck_assert_uint_eq(slots_of("200%", l), 12);
    ck_assert_uint_eq(slots_of("1%", l), 1);
    ck_assert_uint_eq(slots_of("0", l), 250);
    ck_assert_uint_eq(slots_of("300", l), 250);
    l.descriptors = 12;
    ck_assert_uint_eq(slots_of("3", l), 1);
    l.descriptors = 0;
    ck_assert_uint_eq(slots_of("300", l), 300);
    l.processes = 58;
    ck_assert_uint_eq(slots_of("0", l), 50);
    l.processes = 3;
    ck_assert_uint_eq(slots_of("0", l), 1);
    l.processes = l.descriptors = 0;
    ck_assert_uint_eq(slots_of("0", l), CPUS_MOST_SLOTS);
}
END_TEST

Suite *cpus_suite(void)
{
    Suite *s = suite_create("cpus");
    TCase *c = tcase_create("limits");

    tcase_add_checked_fixture(c, make_root, remove_root);
    tcase_add_test(c, nothing_known_limits_nothing);
    tcase_add_test(c, quota_v2_is_the_tightest_up_the_tree);
    tcase_add_test(c, a_container_sees_its_group_at_the_mount_point);
    tcase_add_test(c, quota_v1_has_two_files);
    tcase_add_test(c, mount_root_is_no_part_of_the_path);
    tcase_add_test(c, garbage_limits_nothing);
    tcase_add_test(c, process_limits_are_what_is_left);
    tcase_add_test(c, slurm_grants);
    tcase_add_test(c, wishes);
    tcase_add_test(c, wishes_become_slots);
    suite_add_tcase(s, c);
    return s;
}
