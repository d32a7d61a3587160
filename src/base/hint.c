/*
 * Nearness is the number of letters to insert, drop, change or swap with a neighbour (the restricted edit distance). A third of the
 * letters may be wrong. A word that is the beginning of a name counts as one slip: people try abbreviations.
 */
#include "base/hint.h"

#include <string.h>

/* Longer words are nobody's typing error. */
#define LONGEST 40

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t edit_distance(const char *a, size_t na, const char *b, size_t nb)
{
    size_t row[3][LONGEST + 1], *before = row[0], *above = row[1], *here = row[2];

    for (size_t j = 0; j <= nb; j++)
        above[j] = j;
    for (size_t i = 1; i <= na; i++) {
        here[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            here[j] = least(above[j - 1] + (a[i - 1] != b[j - 1]), least(above[j], here[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                here[j] = least(here[j], before[j - 2] + 1);
        }
        size_t *free_row = before;

        before = above;
        above = here;
        here = free_row;
    }
    return above[nb];
}

void hint_try(struct hint *h, const char *name)
{
    size_t len = strlen(name);

    if (h->len < 2 || h->len > LONGEST || len > LONGEST)
        return;
    size_t distance = strncmp(name, h->word, h->len) == 0 ? 1 : edit_distance(h->word, h->len, name, len);

    if (distance > (h->len < 3 ? 1 : (h->len + 1) / 3) || (h->best && distance >= h->distance))
        return;
    h->best = name;
    h->distance = distance;
}
