/*
 * rules: which options contradict or need each other. Room: ask.
 */
#ifndef SMAP_RULES_H
#define SMAP_RULES_H

#include "ask/conf.h"

/* 0; -1: WHY names the two options, TODO says what to do. */
int rules_check(const struct conf *conf, struct buf *why, struct buf *todo);

#endif
