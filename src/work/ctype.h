/*
 * ctype: the types of C that a signature is made of, read from text. Layer: work; pure.
 */
#ifndef SMAP_CTYPE_H
#define SMAP_CTYPE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

enum kind { KIND_VOID, KIND_INT, KIND_UINT, KIND_BOOL, KIND_FLOAT, KIND_DOUBLE, KIND_STRING };

struct ctype {
    enum kind kind;
    size_t size; /* of integers */
    bool reference, constant, out;
    char name[32]; /* as written, for messages */
};

/* What is read, and where messages go. */
struct ctype_parser {
    const char *at;
    struct buf *error;
};

/* Reads a type. -1: there is none, the error says so. */
int ctype_parse(struct ctype_parser *p, struct ctype *t);
/* Passes over blanks, and over C if it stands there. */
bool ctype_accept(struct ctype_parser *p, char c);
void ctype_skip_blanks(struct ctype_parser *p);
/* The error that what stands at FROM is no type for its place; -1. */
int ctype_bad(struct ctype_parser *p, const char *from);

#endif
