/* The function of --worker: library, signature, _init and _fini put together. */
#include "work/callee.h"

#include "base/buf.h"
#include "work/dl.h"
#include "work/signature.h"

int callee_open(struct callee *c, const char *library, const char *symbol, const char *signature, struct buf *error)
{
    struct dl dl;

    *c = (struct callee){0};
    if (signature && signature_parse(&c->signature, signature, error) < 0)
        return 2;
    int status = dl_open(&dl, library, symbol, signature ? DL_PLAIN : DL_WORKER, error);

    if (status) {
        callee_end(c);
        return status;
    }
    c->init = dl.init;
    c->fini = dl.fini;
    if (c->signature) {
        signature_bind(c->signature, dl.run);
        c->run = signature_call;
        c->state = c->signature;
    } else {
        *(void **)&c->run = dl.run;
    }
    return 0;
}

int callee_begin(struct callee *c, const char *config, struct buf *error)
{
    int status = c->init ? c->init(config, &c->state) : 0;

    if (!status)
        return 0;
    c->fini = NULL; /* what did not begin does not end */
    buf_printf(error, "its init function has returned %d", status);
    return -1;
}

void callee_end(struct callee *c)
{
    if (c->fini)
        c->fini(c->state);
    signature_free(c->signature);
    *c = (struct callee){0};
}
