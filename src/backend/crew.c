/*
 * The crew. Slots are numbered through in the order of the ranks. Where every rank has the same number of them the numbers are known
 * beforehand, and each executor gets its SETUP when it has said HELLO; else those of a rank are known when all before it have said how
 * many CPUs they have.
 */
#include "backend/crew.h"

#include "base/diag.h"
#include "base/xalloc.h"
#include "work/spawn.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void number_slots(struct crew *c)
{
    for (; c->numbered < c->spec.size; c->numbered++) {
        struct peer *p = &c->peer[c->numbered];

        if (p->rank == 0 && c->spec.dedicated)
            continue;
        if (p->state == PEER_NEW && c->spec.slots.kind != CPUS_COUNT)
            return;
        p->slots = cpus_slots(&c->spec.slots, &p->hello.limits);
        p->first_slot = c->slots + 1;
        c->slots += p->slots;
    }
}

/* A rank has no terminal and no user at it: everything travels, and no function is called in its own process. */
static void describe_work(struct crew *c)
{
    c->work = *c->spec.work;
    c->work.inherit = false;
    c->work.in_place = false;
    if (!c->work.cwd)
        c->work.cwd = c->cwd = getcwd(NULL, 0);
    c->env = spawn_env(c->work.keep_mpi_env, NULL);
}

void crew_open(struct crew *c, const struct crew_spec *spec)
{
    *c = (struct crew){.spec = *spec, .peer = xcalloc(spec->size, sizeof *c->peer)};
    for (uint32_t i = 0; i < spec->size; i++)
        c->peer[i].rank = i;
    describe_work(c);
    number_slots(c);
}

void crew_close(struct crew *c)
{
    for (uint32_t i = 0; i < c->spec.size; i++)
        peer_release(&c->peer[i]);
    free(c->peer);
    free(c->cwd);
    spawn_env_free(c->env);
}

static void warn_if_bound(struct crew *c, const struct peer *p)
{
    const struct hello *h = &p->hello;

    if (c->told_bound || p->slots <= h->allowed || h->allowed >= h->online)
        return;
    c->told_bound = true;
    diag_note("note: rank %u on %s has %u slots, but %s lets it run on %u of %u CPUs%s", p->rank, h->host, p->slots, c->spec.launcher,
              h->allowed, h->online, strcmp(c->spec.launcher, "mpirun") == 0 ? ": add --bind-to none to mpirun" : "");
}

static void ask(struct crew *c, struct peer *p)
{
    uint32_t usable = cpus_usable(&p->hello.limits);
    struct setup s = {
        .work = c->work,
        .slots = p->slots,
        .first_slot = p->first_slot,
        .rank = p->rank,
        .chunk = c->spec.chunk,
    };

    warn_if_bound(c, p);
    s.work.cpus_per_slot = usable > p->slots ? usable / p->slots : 1;
    setup_put(&p->out, &s, c->env);
    p->state = PEER_ASKED;
    c->spec.send(c->spec.ctx, p);
}

bool crew_hello(struct crew *c, struct peer *p, struct span body)
{
    uint32_t numbered = c->numbered;

    if (p->state != PEER_NEW || !setup_get_hello(body, &p->hello)) {
        diag("rank %u does not greet as smap does", p->rank);
        return false;
    }
    if (strcmp(p->hello.version, setup_version()) != 0) {
        diag("rank %u runs smap %s, rank 0 runs smap %s: they must be the same", p->rank, p->hello.version, setup_version());
        return false;
    }
    p->state = PEER_KNOWN;
    number_slots(c);
    if (p->rank < numbered)
        ask(c, p);
    for (; numbered < c->numbered; numbered++)
        if (c->peer[numbered].state == PEER_KNOWN)
            ask(c, &c->peer[numbered]);
    return true;
}
