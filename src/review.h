/*
 * review: outlets fed from a journal instead of a run (--from). Beside the corridor.
 */
#ifndef SMAP_REVIEW_H
#define SMAP_REVIEW_H

struct review_spec {
    const char *journal;
    const char *joblog; /* NULL: none */
};

/* 0; -1: reported. */
int review_run(const struct review_spec *spec);

#endif
