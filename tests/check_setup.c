/* HELLO and SETUP: what goes in comes out, nothing broken is taken; whose environment a task gets. */
#include "backend/setup.h"

#include "suites.h"

#include <stdlib.h>
#include <string.h>

static struct span body_of(struct wire_reader *r, struct buf *out, enum wire_kind kind)
{
    struct wire_frame f;

    wire_feed(r, out->ptr, out->len);
    buf_release(out);
    ck_assert_int_eq(wire_next(r, &f), 1);
    ck_assert_int_eq(f.kind, kind);
    return f.body;
}

static struct setup sample(void)
{
    static char *word[] = {(char *)"echo", (char *)"", (char *)"{}", NULL};
    static char *name[] = {(char *)"mass", NULL};
    static char *env[] = {(char *)"A=1", NULL};
    struct setup s = {.slots = 3, .first_slot = 7, .rank = 2, .chunk = 5};

    s.work = (struct work){
        .kind = WORK_COMMAND,
        .word = word,
        .words = 3,
        .shell = "/bin/sh",
        .replace = "{}",
        .name = name,
        .names = 1,
        .separator = BATCH_STRUCTURED,
        .feed = true,
        .lengths = true,
        .env = env,
        .linger = 123456789012,
        .cpus_per_slot = 4,
        .fill = "-",
        .kill_after = 6000000000,
        .nice = -3,
    };
    return s;
}

static void same_list(char *const *a, char *const *b)
{
    for (; *a; a++, b++)
        ck_assert_str_eq(*a, *b);
    ck_assert_ptr_null(*b);
}

START_TEST(a_setup_comes_back)
{
    struct setup s = sample(), got;
    struct wire_reader r = {0};
    struct buf out = BUF_INIT;
    char *env[] = {(char *)"PATH=/bin", (char *)"EMPTY=", NULL};

    setup_put(&out, &s, env);
    ck_assert(setup_get(body_of(&r, &out, WIRE_SETUP), &got));
    ck_assert_uint_eq(got.slots, 3);
    ck_assert_uint_eq(got.first_slot, 7);
    ck_assert_uint_eq(got.rank, 2);
    ck_assert_uint_eq(got.chunk, 5);
    ck_assert_int_eq(got.work.kind, WORK_COMMAND);
    same_list(s.work.word, got.work.word);
    ck_assert_uint_eq(got.work.words, 3);
    same_list(s.work.name, got.work.name);
    same_list(s.work.env, got.work.env);
    same_list(env, got.env);
    ck_assert_str_eq(got.work.shell, "/bin/sh");
    ck_assert_str_eq(got.work.replace, "{}");
    ck_assert_str_eq(got.work.fill, "-");
    ck_assert_ptr_null(got.work.cwd);
    ck_assert_ptr_null(got.work.signature);
    ck_assert_int_eq(got.work.separator, BATCH_STRUCTURED);
    ck_assert(got.work.feed && got.work.lengths && !got.work.pack && !got.work.inherit && !got.work.keep_mpi_env);
    ck_assert_int_eq(got.work.linger, s.work.linger);
    ck_assert_int_eq(got.work.kill_after, s.work.kill_after);
    ck_assert_int_eq(got.work.nice, -3);
    ck_assert_uint_eq(got.work.cpus_per_slot, 4);
    setup_release(&got);
    wire_release(&r);
}
END_TEST

START_TEST(no_part_of_a_setup_passes)
{
    struct setup s = sample(), got;
    struct wire_reader r = {0};
    struct buf out = BUF_INIT;

    setup_put(&out, &s, NULL);
    struct span body = body_of(&r, &out, WIRE_SETUP);

    for (size_t len = 0; len < body.len; len++) {
        char *copy = malloc(len + 1);

        memcpy(copy, body.ptr, len);
        ck_assert(!setup_get((struct span){copy, len}, &got));
        setup_release(&got);
        free(copy);
    }
    wire_release(&r);
}
END_TEST

START_TEST(flips_in_a_setup_are_harmless)
{
    struct setup s = sample(), got;
    struct wire_reader r = {0};
    struct buf out = BUF_INIT;

    setup_put(&out, &s, NULL);
    struct span body = body_of(&r, &out, WIRE_SETUP);
    char *copy = malloc(body.len);

    for (size_t at = 0; at < body.len; at++)
        for (int bit = 0; bit < 8; bit++) {
            memcpy(copy, body.ptr, body.len);
            copy[at] = (char)(copy[at] ^ 1 << bit);
            setup_get((struct span){copy, body.len}, &got);
            setup_release(&got);
        }
    free(copy);
    wire_release(&r);
}
END_TEST

START_TEST(a_hello_comes_back)
{
    struct hello h = {.version = (char *)(size_t)setup_version(), .host = (char *)"node7"}, got;
    struct wire_reader r = {0};
    struct buf out = BUF_INIT;

    setup_measure(&h);
    ck_assert_uint_gt(h.online, 0);
    setup_put_hello(&out, &h);
    ck_assert(setup_get_hello(body_of(&r, &out, WIRE_HELLO), &got));
    ck_assert_str_eq(got.host, "node7");
    ck_assert_uint_eq(got.online, h.online);
    ck_assert_uint_eq(got.allowed, h.allowed);
    ck_assert_uint_eq(got.limits.affinity, h.limits.affinity);
    ck_assert_uint_eq(got.limits.processes, h.limits.processes);
    setup_release_hello(&got);
    wire_release(&r);
}
END_TEST

/* The version is read whatever follows it: how else could a mismatch be told. */
START_TEST(another_version_is_still_read)
{
    struct wire_reader r = {0};
    struct buf out = BUF_INIT;
    struct hello got;
    size_t begin = wire_begin(&out, WIRE_HELLO);

    wire_put_text(&out, "99.9");
    wire_put_u64(&out, 42);
    wire_end(&out, begin);
    ck_assert(setup_get_hello(body_of(&r, &out, WIRE_HELLO), &got));
    ck_assert_str_eq(got.version, "99.9");
    setup_release_hello(&got);
    wire_release(&r);
}
END_TEST

START_TEST(ranks_that_share_a_machine_share_its_cpus)
{
    struct hello h = {0}, alone = {0};

    setup_measure(&alone);
    setenv("OMPI_COMM_WORLD_SIZE", "1000000", 1);
    setenv("OMPI_COMM_WORLD_RANK", "0", 1);
    setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "1000000", 1);
    setup_measure(&h);
    ck_assert_uint_eq(h.limits.affinity, 1);
    ck_assert_uint_eq(h.allowed, alone.allowed);
}
END_TEST

START_TEST(the_environment_is_the_masters_but_for_the_node)
{
    char *theirs[] = {(char *)"A=theirs", (char *)"CUDA_VISIBLE_DEVICES=0", (char *)"PMIX_RANK=0", NULL};
    char *ours[] = {(char *)"A=ours", (char *)"CUDA_VISIBLE_DEVICES=3", (char *)"B=ours", (char *)"PMIX_RANK=5", NULL};
    char *clean[] = {(char *)"A=theirs", (char *)"PMIX_RANK=0", (char *)"CUDA_VISIBLE_DEVICES=3", NULL};
    char *kept[] = {(char *)"A=theirs", (char *)"CUDA_VISIBLE_DEVICES=3", (char *)"PMIX_RANK=5", NULL};
    char **env = setup_environment(theirs, ours, false);

    same_list(clean, env); /* the master cleans its own before it sends them */
    for (char **e = env; *e; e++)
        free(*e);
    free(env);
    env = setup_environment(theirs, ours, true);
    same_list(kept, env);
    for (char **e = env; *e; e++)
        free(*e);
    free(env);
}
END_TEST

Suite *setup_suite(void)
{
    Suite *s = suite_create("setup");
    TCase *c = tcase_create("frames");

    tcase_add_test(c, a_setup_comes_back);
    tcase_add_test(c, no_part_of_a_setup_passes);
    tcase_add_test(c, flips_in_a_setup_are_harmless);
    tcase_add_test(c, a_hello_comes_back);
    tcase_add_test(c, another_version_is_still_read);
    tcase_add_test(c, ranks_that_share_a_machine_share_its_cpus);
    tcase_add_test(c, the_environment_is_the_masters_but_for_the_node);
    suite_add_tcase(s, c);
    return s;
}
