/*
 * type: the kinds of values that options have: text in, a field of struct conf filled. Room: ask.
 *
 * Shared by the command line and by job files. Each names what it expects in words that fit "--opt expects ...".
 */
#ifndef SMAP_TYPE_H
#define SMAP_TYPE_H

struct option_type;

extern const struct option_type type_flag;      /* bool */
extern const struct option_type type_null;      /* int: a separator that is NUL when the flag is given */
extern const struct option_type type_text;      /* const char *, not empty */
extern const struct option_type type_line;      /* const char *, may be empty */
extern const struct option_type type_worker;    /* const char *: LIBRARY:SYMBOL */
extern const struct option_type type_words;     /* struct conf_words: one more at the end */
extern const struct option_type type_count;     /* uint32_t, 1 or more */
extern const struct option_type type_size;      /* uint64_t, bytes, 1 or more */
extern const struct option_type type_time;      /* int64_t, us */
extern const struct option_type type_byte;      /* int 0..255, escapes as \t understood */
extern const struct option_type type_bytes;     /* struct buf, not empty, escapes understood */
extern const struct option_type type_procs;     /* struct cpus_wish */
extern const struct option_type type_mpi;       /* struct conf_mpi */
extern const struct option_type type_number;    /* uint32_t, 0 or more */
extern const struct option_type type_nice;      /* int */
extern const struct option_type type_timeout;   /* struct limits_timeout */
extern const struct option_type type_halt;      /* struct limits_halt */
extern const struct option_type type_load;      /* struct limits_load */
extern const struct option_type type_exit;      /* int: enum limits_exit */
extern const struct option_type type_format;    /* bool: jsonl */

#endif
