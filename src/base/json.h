/*
 * json: texts and bytes as JSON. Layer: base; pure.
 *
 * JSON is Unicode: bytes that are not UTF-8 go as base64, under a key that says so. All functions append to OUT.
 */
#ifndef SMAP_JSON_H
#define SMAP_JSON_H

#include "base/buf.h"

/* What stands between the quotes; TEXT is UTF-8, or a part of such a text, cut anywhere. */
void json_escape(struct buf *out, struct span text);
/* Without quotes. A part of more to come has a length that is a multiple of 3. */
void json_base64(struct buf *out, struct span bytes);
/* "KEY":"text", or "KEY_base64":"..." where the bytes are not UTF-8. */
void json_member(struct buf *out, const char *key, struct span bytes);

#endif
