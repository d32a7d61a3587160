/*
 * events: a YAML file as a stream of checked events. Room: ask; its users are jobfile and jobtasks.
 *
 * The file is read into memory first (a regular file of 1 MiB at most), then handed out piece by piece through libyaml's events: nothing of it
 * is ever built as a tree, so no file costs more than its size. What job files have no use for is an error with its position: anchors, aliases,
 * tags, directives, merge keys, a second document, bytes that are not UTF-8 text, NUL, more than 16 levels.
 */
#ifndef SMAP_EVENTS_H
#define SMAP_EVENTS_H

#include "base/buf.h"

#include <stdint.h>

struct events;

enum event_kind {
    EVENT_TEXT,
    EVENT_LIST, /* its items follow, then END */
    EVENT_MAP,  /* key, value, key, value... follow, then END; a key is a TEXT */
    EVENT_END,  /* of the innermost list or map */
    EVENT_DONE, /* of the file; an empty one has nothing else */
};

struct event {
    enum event_kind kind;
    struct span text;      /* TEXT: lent until the next event, a NUL behind it */
    bool block;            /* TEXT: it was written as a block (| or >) */
    uint32_t line, column; /* from 1; columns count characters */
};

/* -1: WHY says "FILE:LINE:COLUMN: what is wrong"; so do the others. WHY is kept and must be empty. */
int events_open(struct events **e, const char *file, struct buf *why);
/* NULL is fine. */
void events_close(struct events *e);
int events_next(struct events *e, struct event *event);
/* Says what is wrong at that place; -1. */
int events_fail(struct events *e, const struct event *at, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
