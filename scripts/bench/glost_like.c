/*
 * glost_like: the usual way to run a list of commands under MPI, for comparison: rank 0 reads the list and answers requests with one line each, the
 * others run theirs by system(3) and ask for the next; output goes where the launcher takes it. No order, no report, blocking calls throughout.
 *
 *     mpicc -O2 -o glost_like glost_like.c && mpirun -n 4 ./glost_like commands.txt
 *     mpirun -n 2 ./glost_like -p N       only measures: N requests and answers, in us each
 */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 4096, ASK = 1, GIVE = 2 };

static void answer(FILE *list, int ranks)
{
    char line[LINE];

    while (ranks > 1) {
        MPI_Status from;
        size_t len;

        MPI_Recv(NULL, 0, MPI_BYTE, MPI_ANY_SOURCE, ASK, MPI_COMM_WORLD, &from);
        if (!fgets(line, sizeof line, list)) {
            line[0] = '\0'; /* it is over */
            ranks--;
        }
        len = strlen(line);
        MPI_Send(line, (int)len + 1, MPI_BYTE, from.MPI_SOURCE, GIVE, MPI_COMM_WORLD);
    }
}

static int work(void)
{
    char line[LINE];
    int failed = 0;

    for (;;) {
        MPI_Send(NULL, 0, MPI_BYTE, 0, ASK, MPI_COMM_WORLD);
        MPI_Recv(line, sizeof line, MPI_BYTE, 0, GIVE, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        if (!line[0])
            return failed;
        failed |= system(line) != 0;
    }
}

/* Rank 0's cost of one request and its answer. */
static void ping(long count, int rank)
{
    char line[64] = "";
    double begin = MPI_Wtime();

    for (long i = 0; i < count && rank == 1; i++) {
        MPI_Send(line, 1, MPI_BYTE, 0, ASK, MPI_COMM_WORLD);
        MPI_Recv(line, sizeof line, MPI_BYTE, 0, GIVE, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
    for (long i = 0; i < count && rank == 0; i++) {
        MPI_Recv(line, sizeof line, MPI_BYTE, 1, ASK, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        MPI_Send(line, sizeof line, MPI_BYTE, 1, GIVE, MPI_COMM_WORLD);
    }
    if (rank == 0)
        printf("%.3f\n", (MPI_Wtime() - begin) / (double)count * 1e6);
}

int main(int argc, char **argv)
{
    int rank, size, failed = 0;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    if (argc == 3 && strcmp(argv[1], "-p") == 0) {
        ping(atol(argv[2]), rank);
    } else if (rank == 0) {
        FILE *list = argc == 2 ? fopen(argv[1], "r") : NULL;

        if (!list)
            MPI_Abort(MPI_COMM_WORLD, 2);
        answer(list, size);
        fclose(list);
    } else {
        failed = work();
    }
    MPI_Finalize();
    return failed;
}
