/* Hooks that the tests look at: what they were given goes to the file that the config names. */
#include <smap.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct notes {
    FILE *file;
    unsigned long calls;
    double sum;
};

SMAP_INIT(note)
{
    struct notes *n;

    if (strcmp(config, "refuse") == 0)
        return 7;
    n = calloc(1, sizeof *n);
    printf("printed by init\n");
    n->file = fopen(*config ? config : "/dev/null", "a");
    *state = n;
    return n->file ? 0 : 8;
}

SMAP_FINI(note)
{
    struct notes *n = state;

    fprintf(n->file, "%lu calls, the sum is %g\n", n->calls, n->sum);
    fclose(n->file);
    free(n);
}

/* The task says how to vote, if it is a word. */
static int vote(struct smap_context *smap, const struct smap_result *result)
{
    if (strcmp(result->input, "enough") == 0)
        return SMAP_STOP;
    if (strcmp(result->input, "error") == 0)
        return smap_error(smap, "this one\nis wrong");
    if (strcmp(result->input, "exit") == 0)
        exit(0);
    if (strcmp(result->input, "silent") == 0)
        return -1;
    if (strcmp(result->input, "slow") == 0)
        while (access("done", F_OK) != 0)
            usleep(1000);
    if (strcmp(result->input, "hang") == 0)
        for (fclose(fopen("go", "w"));;)
            pause();
    if (strcmp(result->input, "kill") == 0 && access("killed", F_OK) != 0) {
        fclose(fopen("killed", "w"));
        raise(SIGKILL);
    }
    return 0;
}

SMAP_HOOK(note)
{
    struct notes *n = smap->state;
    const struct smap_result *r = result;

    n->calls++;
    if (r->status == 0)
        n->sum += atof(r->output);
    fprintf(n->file, "%d [%s] %d %d %d %d [%.*s] %d", (int)r->number, r->input,
            (int)r->input_length, r->status, r->signal, (int)r->attempts,
            (int)strcspn(r->output, "\n"), r->output, (int)r->output_length);
    for (unsigned i = 0; i < r->fields; i++)
        fprintf(n->file, " {%.*s}", (int)r->field[i].length, r->field[i].text);
    fprintf(n->file, " %s\n", r->seconds >= 0 && smap_emit(smap, "x", 1) < 0 ? "ok" : "wrong");
    fflush(n->file);
    return vote(smap, r);
}
