/* Limits as they are written in options. */
#include "base/limits.h"

#include "base/parse.h"

#include <stdio.h>
#include <string.h>

int limits_parse_timeout(const char *text, struct limits_timeout *t)
{
    struct limits_timeout got = {0};

    if (parse_percent(text, &got.percent) < 0 && parse_duration(text, &got.us) < 0)
        return -1;
    if (!got.us && !got.percent)
        return -1;
    *t = got;
    return 0;
}

/* "3" or "3%"; none of something is no condition. */
static int parse_amount(const char *text, struct limits_halt *h)
{
    if (parse_percent(text, &h->percent) == 0)
        return h->percent ? 0 : -1;
    return parse_uint(text, 1, UINT64_MAX, &h->count);
}

static int parse_old_halt(const char *text, struct limits_halt *h)
{
    static const struct {
        const char *text;
        struct limits_halt means;
    } old[] = {
        {"never", {HALT_NEVER, HALT_FAIL, 0, 0}},   {"0", {HALT_NEVER, HALT_FAIL, 0, 0}},
        {"1", {HALT_SOON, HALT_FAIL, 1, 0}},        {"2", {HALT_NOW, HALT_FAIL, 1, 0}},
        {"-1", {HALT_SOON, HALT_SUCCESS, 1, 0}},    {"-2", {HALT_NOW, HALT_SUCCESS, 1, 0}},
    };

    for (size_t i = 0; i < sizeof old / sizeof *old; i++)
        if (strcmp(text, old[i].text) == 0) {
            *h = old[i].means;
            return 0;
        }
    *h = (struct limits_halt){.when = HALT_SOON, .what = HALT_FAIL};
    return parse_percent(text, &h->percent) == 0 && h->percent ? 0 : -1;
}

/* The words of both lists stand in the order of their enumerations. */
static const char *after_word(const char *text, const char *const *words, int *which)
{
    for (*which = 0; words[*which]; ++*which) {
        size_t len = strlen(words[*which]);

        if (strncmp(text, words[*which], len) == 0)
            return text + len;
    }
    return NULL;
}

int limits_parse_halt(const char *text, struct limits_halt *h)
{
    static const char *const when[] = {"soon,", "now,", NULL}, *const what[] = {"fail=", "success=", "done=", NULL};
    struct limits_halt got = {0};
    int first, second;
    const char *rest = after_word(text, when, &first);

    if (!rest) {
        if (parse_old_halt(text, &got) < 0)
            return -1;
    } else {
        rest = after_word(rest, what, &second);
        if (!rest || parse_amount(rest, &got) < 0)
            return -1;
        got.when = first ? HALT_NOW : HALT_SOON;
        got.what = second;
    }
    *h = got;
    return 0;
}

/* A number of hundredths is what "N%" means: a plain number gets that sign. */
int limits_parse_load(const char *text, struct limits_load *l)
{
    struct limits_load got = {0};
    char percent[64];

    got.of_cpus = strchr(text, '%');
    if (snprintf(percent, sizeof percent, "%s%s", text, got.of_cpus ? "" : "%") >= (int)sizeof percent)
        return -1;
    if (parse_percent(percent, &got.hundredths) < 0)
        return -1;
    if (got.of_cpus)
        got.hundredths /= 100;
    *l = got;
    return got.hundredths ? 0 : -1;
}
