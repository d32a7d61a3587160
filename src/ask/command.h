/*
 * command: the words behind the options: COMMAND, then lists of values. Room: ask.
 */
#ifndef SMAP_COMMAND_H
#define SMAP_COMMAND_H

#include "ask/conf.h"

/*
 * Reads ARGV[AT] up to its end into kind, word, words, list and lists of CONF; the words stay in ARGV. `replace` and `no_shell` of CONF must
 * be final. 0; -1: WHY says what is wrong.
 */
int command_read(struct conf *conf, char **argv, struct buf *why);
void command_release(struct conf *conf);

#endif
