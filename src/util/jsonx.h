#ifndef HAWSER_UTIL_JSONX_H
#define HAWSER_UTIL_JSONX_H
/*
 * Jansson with pools and struct err. Duplicate keys are refused, depth is
 * limited to 64, NUL is refused. A tree lives in its pool; strings taken from
 * it are borrowed from the tree. Dumped JSON is never hashed. What the library
 * gives back is wiped.
 */
#include <jansson.h>
#include "util/err.h"
#include "util/pool.h"

ERR_CHECKED bool jsonx_parse(struct pool *pool, const char *text, size_t len,
    json_t **out, struct err *err);
/* json_pack: use 'o' for fresh values; NULL (bad UTF-8) is die(). */
json_t *jsonx_pack(struct pool *pool, const char *fmt, ...);
/* json_unpack_ex; msg names the path and the expected type. */
ERR_CHECKED bool jsonx_unpack(json_t *root, struct err *err, const char *fmt, ...);
/* Compact, sorted keys. */
char *jsonx_dump(struct pool *pool, const json_t *root);
/* The same for a terminal: all but ASCII is escaped. */
char *jsonx_dump_ascii(struct pool *pool, const json_t *root);
#endif
