/*
 * One setter per type, thin over base/parse: ranges that belong to options rather than to numbers are checked here.
 */
#include "ask/type.h"

#include "ask/option.h"
#include "base/limits.h"
#include "base/parse.h"
#include "base/xalloc.h"

#include <string.h>

/* A job file says no, too. */
static int set_flag(void *field, const char *value)
{
    bool *flag = field;

    *flag = !value || strcmp(value, "true") == 0;
    return *flag || strcmp(value, "false") == 0 ? 0 : -1;
}

static int set_null(void *field, const char *value)
{
    bool on;

    if (set_flag(&on, value) < 0)
        return -1;
    if (on)
        *(int *)field = '\0';
    return 0;
}

static int set_text(void *field, const char *value)
{
    *(const char **)field = value;
    return *value ? 0 : -1;
}

static int set_line(void *field, const char *value)
{
    *(const char **)field = value;
    return 0;
}

/* The last colon parts them: a path may hold some. */
static int set_worker(void *field, const char *value)
{
    const char *colon = strrchr(value, ':');

    *(const char **)field = value;
    return colon && colon > value && colon[1] ? 0 : -1;
}

static int set_words(void *field, const char *value)
{
    struct conf_words *w = field;

    w->word = xgrow(w->word, w->words, sizeof *w->word);
    w->word[w->words++] = (char *)value; /* lent; the rooms do not write to it */
    return *value ? 0 : -1;
}

static int set_count(void *field, const char *value)
{
    uint64_t n;

    if (parse_uint(value, 1, UINT32_MAX, &n) < 0)
        return -1;
    *(uint32_t *)field = (uint32_t)n;
    return 0;
}

static int set_number(void *field, const char *value)
{
    uint64_t n;

    if (parse_uint(value, 0, UINT32_MAX, &n) < 0)
        return -1;
    *(uint32_t *)field = (uint32_t)n;
    return 0;
}

static int set_nice(void *field, const char *value)
{
    uint64_t n;

    if (parse_uint(value, 0, 19, &n) < 0)
        return -1;
    *(int *)field = (int)n;
    return 0;
}

static int set_timeout(void *field, const char *value)
{
    return limits_parse_timeout(value, field);
}

static int set_halt(void *field, const char *value)
{
    return limits_parse_halt(value, field);
}

static int set_load(void *field, const char *value)
{
    return limits_parse_load(value, field);
}

static int set_exit(void *field, const char *value)
{
    *(int *)field = strcmp(value, "count") == 0 ? LIMITS_EXIT_COUNT : LIMITS_EXIT_XARGS;
    return strcmp(value, "count") == 0 || strcmp(value, "xargs") == 0 ? 0 : -1;
}

static int set_size(void *field, const char *value)
{
    uint64_t n;

    if (parse_size(value, &n) < 0 || n < 1 || n > SIZE_MAX)
        return -1;
    *(uint64_t *)field = n;
    return 0;
}

static int set_time(void *field, const char *value)
{
    return parse_duration(value, field);
}

static int set_byte(void *field, const char *value)
{
    return parse_delimiter(value, field);
}

static int set_bytes(void *field, const char *value)
{
    buf_clear(field);
    return *value ? parse_escapes(value, field) : -1;
}

static int set_procs(void *field, const char *value)
{
    return cpus_parse(value, field);
}

static int set_mpi(void *field, const char *value)
{
    struct conf_mpi *mpi = field;

    mpi->on = !value || strcmp(value, "false") != 0;
    mpi->library = value && (strcmp(value, "openmpi") == 0 || strcmp(value, "mpich") == 0) ? value : NULL;
    return mpi->library || !value || strcmp(value, "true") == 0 || !mpi->on ? 0 : -1;
}

static int set_format(void *field, const char *value)
{
    *(bool *)field = strcmp(value, "jsonl") == 0;
    return *(bool *)field || strcmp(value, "plain") == 0 ? 0 : -1;
}

const struct option_type type_flag = {"true or false", set_flag};
const struct option_type type_null = {"true or false", set_null};
const struct option_type type_text = {"a text that is not empty", set_text};
const struct option_type type_line = {"a text", set_line};
const struct option_type type_worker = {"LIBRARY:SYMBOL (as ./libsim.so:simulate)", set_worker};
const struct option_type type_words = {"a text that is not empty", set_words};
const struct option_type type_count = {"a number from 1 to 4294967295", set_count};
const struct option_type type_number = {"a number from 0 to 4294967295", set_number};
const struct option_type type_size = {"a size from 1 on, as 512, 64K or 1.5M", set_size};
const struct option_type type_time = {"a time, as 2.5, 30s, 5m or 1h", set_time};
const struct option_type type_byte = {"one byte, as , or \\t or \\x1f", set_byte};
const struct option_type type_bytes = {"some bytes, as , or \\t or \\x1f", set_bytes};
const struct option_type type_procs = {"a number, a percentage, auto, or 0 for as many as fit", set_procs};
const struct option_type type_mpi = {"openmpi or mpich", set_mpi};
const struct option_type type_nice = {"a number from 0 to 19", set_nice};
const struct option_type type_timeout = {"a time, as 2.5, 30s, 5m, or a percentage of the median, as 300%", set_timeout};
const struct option_type type_halt = {"never, or WHEN,WHAT=N: as soon,fail=3 or now,success=1 or soon,fail=10%", set_halt};
const struct option_type type_load = {"a load, as 4, 1.5 or 80%", set_load};
const struct option_type type_exit = {"count or xargs", set_exit};
const struct option_type type_format = {"plain or jsonl", set_format};
