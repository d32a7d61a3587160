/* The results of a journal, by task number, through the outlets of a run; nothing is run. */
#include "review.h"

#include "results/identity.h"
#include "results/joblog.h"
#include "results/journal.h"
#include "work/work.h"

struct review {
    struct outlet *outlets, *joblog;
    struct work work; /* what the journal says was done with each task */
};

static int begin(void *ctx, struct span items)
{
    struct review *r = ctx;

    identity_get_work(items, &r->work);
    if (r->joblog)
        joblog_describe(r->joblog, &r->work);
    return 0;
}

static int put(void *ctx, const struct piece *p)
{
    struct review *r = ctx;
    int result = 0;

    for (struct outlet *o = r->outlets; o && result == 0; o = o->next)
        result = o->ops->put(o, p);
    return result;
}

static int close_outlets(struct review *r, bool complete)
{
    int result = 0;

    for (struct outlet *o = r->outlets, *next; o; o = next) {
        next = o->next;
        if (o->ops->close(o, complete) < 0)
            result = -1;
    }
    return result;
}

int review_run(const struct review_spec *spec)
{
    struct review r = {0};
    struct journal_reader reader = {begin, put, &r};

    if (spec->joblog && joblog_open(&r.joblog, spec->joblog, NULL) < 0)
        return -1;
    r.outlets = r.joblog;
    int result = journal_read(spec->journal, &reader);

    if (close_outlets(&r, result == 0) < 0)
        result = -1;
    identity_free_work(&r.work);
    return result;
}
