/* All outlets of a run as one. */
#include "outlets.h"

void outlets_init(struct outlets *all, struct outlet *first)
{
    *all = (struct outlets){.first = first};
    for (struct outlet *o = first; o; o = o->next) {
        all->per_task |= o->ops->per_task;
        all->wants_input |= o->ops->wants_input;
    }
}

bool outlets_ready(const struct outlets *all)
{
    for (struct outlet *o = all->first; o; o = o->next)
        if (o->ops->ready && !o->ops->ready(o))
            return false;
    return true;
}

bool outlets_open(const struct outlets *all, uint64_t waiting, uint64_t most)
{
    for (struct outlet *o = all->first; o; o = o->next)
        if (o->ops->ready && !o->ops->ready(o) && (!o->ops->patient || waiting >= most))
            return false;
    return true;
}

int outlets_put(const struct outlets *all, const struct piece *p)
{
    int votes = 0;

    for (struct outlet *o = all->first; o; o = o->next) {
        int vote = o->ops->put(o, p);

        if (vote < 0)
            return -1;
        votes |= vote;
    }
    return votes;
}

int outlets_flush(const struct outlets *all)
{
    int votes = 0;

    for (struct outlet *o = all->first; o; o = o->next) {
        int vote = o->ops->flush ? o->ops->flush(o) : 0;

        if (vote < 0)
            return -1;
        votes |= vote;
    }
    return votes;
}

void outlets_finish(const struct outlets *all)
{
    for (struct outlet *o = all->first; o; o = o->next)
        if (o->ops->finish)
            o->ops->finish(o);
}

void outlets_hurry(const struct outlets *all, int64_t grace)
{
    for (struct outlet *o = all->first; o; o = o->next)
        if (o->ops->hurry)
            o->ops->hurry(o, grace);
}

bool outlets_busy(const struct outlets *all)
{
    for (struct outlet *o = all->first; o; o = o->next)
        if (o->ops->busy && o->ops->busy(o))
            return true;
    return false;
}
