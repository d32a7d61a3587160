/*
 * rules: which options contradict or need each other. Room: ask.
 */
#ifndef SMAP_RULES_H
#define SMAP_RULES_H

#include "ask/conf.h"

/* 0; -1: WHY names the two options, TODO says what to do. */
int rules_check(const struct conf *conf, struct buf *why, struct buf *todo);

/* True if NAME was given in CONF, or clashes with something that was: what a job file says about it does not count then. "a COMMAND" and ":::" are
 * names, too. */
bool rules_excludes(const struct conf *conf, const char *name);

#endif
