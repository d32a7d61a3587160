/*
 * command: the words behind the options: COMMAND, then lists of values. Room: ask.
 */
#ifndef SMAP_COMMAND_H
#define SMAP_COMMAND_H

#include "ask/conf.h"

/* Reads ARGV into word, words, list and lists of CONF; the words stay in ARGV. 0; -1: WHY says what is wrong. */
int command_read(struct conf *conf, char **argv, struct buf *why);
/* Sets the kind, once all options are final and it is known whether a job file has a command. 0; -1: as above. */
int command_classify(struct conf *conf, struct buf *why);
void command_release(struct conf *conf);

#endif
