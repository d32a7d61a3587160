/*
 * ask: the door of its room: what smap is asked to do becomes struct conf.
 *
 * Options end at the first word that is not one, or at `--`; then COMMAND up to `:::`, `::::`, `:::+` or `::::+`; then lists.
 */
#ifndef SMAP_ASK_H
#define SMAP_ASK_H

#include "ask/conf.h"

enum ask_result {
    ASK_BROKEN = -2, /* --help could not be written (reported): status 3 */
    ASK_USAGE = -1,  /* reported in two lines: status 2 */
    ASK_RUN = 0,     /* CONF is complete */
    ASK_DONE = 1,    /* --help or --version was printed */
};

/*
 * Fills CONF from the command line, and where that names one from a job file. No option is abbreviated: a script that relies on `--pro` would break with the next option that
 * begins so; near misses get a hint. ARGV must outlive CONF. Release CONF whatever comes back.
 */
enum ask_result ask_read(struct conf *conf, int argc, char **argv);
void ask_release(struct conf *conf);

#endif
