/*
 * The transport over MPI: the module smap-mpi.so, compiled by mpicc, one for each MPI; smap itself is never linked to an MPI, which
 * would double its start-up and tie it to one. It knows nothing of smap but the contract in transport.h.
 *
 * Old calls only (Isend, Issend, Irecv, Iprobe, Testsome), one thread, nothing that blocks: two ranks in blocking sends to each other wait
 * for ever once messages are longer than what MPI sends eagerly. Three habits worth knowing:
 *
 * - Iprobe is asked twice: Open MPI looks into its queue first and drives the network only after a miss, so that what has just
 *   arrived is seen by the second call.
 * - Messages are received with Irecv, since a long one needs its sender's help, who may be asleep for milliseconds. Several may be under way; those
 *   of one sender are handed over in their order.
 * - Rank 0 could be flooded by short messages, which MPI takes from their sender at once and piles up where they go. So every few messages to
 *   it one is sent synchronously: that one is `unsent` until it has been received, and the sender's brake holds.
 */
#include "backend/transport.h"

#include <mpi.h>
#include <stdlib.h>

enum {
    RECEIVES = 16,  /* under way at a time */
    SYNC_EVERY = 4, /* messages to rank 0 */
};

struct incoming {
    MPI_Request request;
    struct transport_message message;
    bool arrived;
};

/* MPI is one to a process, and so is this. */
static struct world {
    int (*report)(const char *format, ...);
    int rank, size;
    uint32_t *unsent;      /* by rank */
    MPI_Request *request;  /* sends under way; beside it: */
    char **bytes;          /* what they lend */
    uint32_t *to;
    int *finished;         /* room for Testsome's answer */
    MPI_Status *status;
    int sends, sends_cap;
    uint64_t to_master;    /* messages sent to rank 0 */
    struct incoming in[RECEIVES]; /* in the order they were found */
    int ins;
    char *lent;            /* bytes of the message last handed over */
    bool broken;           /* a call failed (reported) */
} world;

#define fail(...) (world.report(__VA_ARGS__), world.broken = true, false)

/* Every call goes through here: false, reported, unless it did what it should. */
static bool check(int code, const char *call)
{
    char text[MPI_MAX_ERROR_STRING] = "";
    int len;

    if (code == MPI_SUCCESS)
        return true;
    MPI_Error_string(code, text, &len);
    return fail("%s: %s", call, text);
}

#define CHECK(call, args) check(call args, #call)

static int mpi_open(uint32_t *rank, uint32_t *size, int (*report)(const char *format, ...))
{
    int level;

    world.report = report;
    if (!CHECK(MPI_Init_thread, (NULL, NULL, MPI_THREAD_FUNNELED, &level)) ||
        !CHECK(MPI_Comm_set_errhandler, (MPI_COMM_WORLD, MPI_ERRORS_RETURN)) ||
        !CHECK(MPI_Comm_rank, (MPI_COMM_WORLD, &world.rank)) ||
        !CHECK(MPI_Comm_size, (MPI_COMM_WORLD, &world.size)))
        return -1;
    world.unsent = calloc((size_t)world.size, sizeof *world.unsent);
    if (!world.unsent)
        return report("out of memory");
    *rank = (uint32_t)world.rank;
    *size = (uint32_t)world.size;
    return 0;
}

/* Makes room for one more send; the arrays move while no call uses them. */
static bool grow_sends(void)
{
    if (world.sends < world.sends_cap)
        return true;
    size_t n = (size_t)world.sends_cap * 2 + 64;
    MPI_Request *request = realloc(world.request, n * sizeof *request);
    char **bytes = realloc(world.bytes, n * sizeof *bytes);
    uint32_t *to = realloc(world.to, n * sizeof *to);
    int *finished = realloc(world.finished, n * sizeof *finished);
    MPI_Status *status = realloc(world.status, n * sizeof *status);

    world.request = request ? request : world.request;
    world.bytes = bytes ? bytes : world.bytes;
    world.to = to ? to : world.to;
    world.finished = finished ? finished : world.finished;
    world.status = status ? status : world.status;
    if (!request || !bytes || !to || !finished || !status)
        return fail("out of memory");
    world.sends_cap = (int)n;
    return true;
}

static bool start_send(uint32_t to, int tag, char *ptr, size_t len, MPI_Request *request)
{
    if (to == 0 && ++world.to_master % SYNC_EVERY == 0)
        return CHECK(MPI_Issend, (ptr, (int)len, MPI_BYTE, (int)to, tag, MPI_COMM_WORLD, request));
    return CHECK(MPI_Isend, (ptr, (int)len, MPI_BYTE, (int)to, tag, MPI_COMM_WORLD, request));
}

/* A short message has mostly gone when Isend returns: it never enters the list. */
static int mpi_send(uint32_t to, int tag, char *ptr, size_t len)
{
    MPI_Request request;
    int gone;

    if (!grow_sends() || !start_send(to, tag, ptr, len, &request) ||
        !CHECK(MPI_Test, (&request, &gone, MPI_STATUS_IGNORE)))
        return -1;
    if (gone) {
        free(ptr);
        return 0;
    }
    world.request[world.sends] = request;
    world.bytes[world.sends] = ptr;
    world.to[world.sends++] = to;
    world.unsent[to]++;
    return 0;
}

/* Lets go of what has been sent, then closes the gaps (finished requests have become null). */
static int finish_sends(void)
{
    int n, left = 0;

    if (!world.sends)
        return 0;
    if (!CHECK(MPI_Testsome, (world.sends, world.request, &n, world.finished, world.status)))
        return -1;
    if (n == MPI_UNDEFINED || n == 0)
        return 0;
    for (int i = 0; i < n; i++) {
        int at = world.finished[i];

        free(world.bytes[at]);
        world.bytes[at] = NULL;
        world.unsent[world.to[at]]--;
    }
    for (int i = 0; i < world.sends; i++) {
        if (!world.bytes[i])
            continue;
        world.request[left] = world.request[i];
        world.bytes[left] = world.bytes[i];
        world.to[left++] = world.to[i];
    }
    world.sends = left;
    return 0;
}

static uint32_t mpi_unsent(uint32_t to)
{
    finish_sends(); /* a failure is remembered for the next receive */
    return world.unsent[to];
}

static bool test_arrived(struct incoming *in)
{
    int done;

    if (in->arrived)
        return true;
    if (!CHECK(MPI_Test, (&in->request, &done, MPI_STATUS_IGNORE)))
        return false;
    in->arrived = done;
    return done;
}

static bool earlier_from(uint32_t from, int before)
{
    for (int i = 0; i < before; i++)
        if (world.in[i].message.from == from)
            return true;
    return false;
}

/* Hands over the first message that is whole and that no other of its sender comes before. */
static bool take_arrived(struct transport_message *m)
{
    for (int i = 0; i < world.ins; i++) {
        struct incoming *in = &world.in[i];

        if (earlier_from(in->message.from, i) || !test_arrived(in))
            continue;
        *m = in->message;
        world.lent = (char *)(size_t)in->message.ptr;
        world.ins--;
        for (int k = i; k < world.ins; k++)
            world.in[k] = world.in[k + 1];
        return true;
    }
    return false;
}

/* Begins to receive what an Iprobe has found. */
static bool begin_receive(MPI_Status *status)
{
    struct incoming *in = &world.in[world.ins];
    int len;

    if (!CHECK(MPI_Get_count, (status, MPI_BYTE, &len)))
        return false;
    if (len < 0 || (size_t)len > TRANSPORT_MAX)
        return fail("rank %d sent a message that is too long", status->MPI_SOURCE);
    char *ptr = malloc((size_t)len + 1);

    if (!ptr)
        return fail("out of memory");
    in->arrived = false;
    in->message = (struct transport_message){(uint32_t)status->MPI_SOURCE, status->MPI_TAG, ptr,
                                             (size_t)len};
    world.ins++;
    return CHECK(MPI_Irecv, (ptr, len, MPI_BYTE, status->MPI_SOURCE, status->MPI_TAG,
                             MPI_COMM_WORLD, &in->request));
}

static int mpi_receive(struct transport_message *m)
{
    free(world.lent);
    world.lent = NULL;
    if (finish_sends() < 0)
        return -1;
    if (take_arrived(m))
        return 1;
    for (int look = 0; look < 2 && world.ins < RECEIVES; look++) {
        MPI_Status status;
        int found;

        if (!CHECK(MPI_Iprobe, (MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &found, &status)))
            return -1;
        if (!found)
            continue;
        if (!begin_receive(&status))
            return -1;
        if (take_arrived(m))
            return 1;
    }
    return world.broken ? -1 : 0;
}

static void mpi_close(void)
{
    while (world.sends && finish_sends() == 0)
        ;
    MPI_Finalize();
}

static void mpi_abort(int status)
{
    MPI_Abort(MPI_COMM_WORLD, status);
    _Exit(status);
}

/* MPICH's relatives (Intel MPI, MVAPICH) share its launchers and its mpi.h. */
const struct transport_ops smap_transport = {
    .abi = TRANSPORT_ABI,
#if defined(OPEN_MPI)
    .library = "openmpi",
#elif defined(MPICH_VERSION) || defined(I_MPI_VERSION) || defined(MVAPICH2_VERSION)
    .library = "mpich",
#else
    .library = "mpi",
#endif
    .open = mpi_open,
    .send = mpi_send,
    .unsent = mpi_unsent,
    .receive = mpi_receive,
    .close = mpi_close,
    .abort = mpi_abort,
};
