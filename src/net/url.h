#ifndef HAWSER_NET_URL_H
#define HAWSER_NET_URL_H
/*
 * http and https addresses as people and servers spell them (RFC 3986). Pure:
 * no lookup, no I/O. A parsed URL has a lower-case scheme and host, no
 * userinfo, no fragment, no control characters and no percent-encoded host;
 * blanks and bytes beyond ASCII in the path are percent-encoded, everything
 * else of the path keeps its spelling.
 */
#include <stdbool.h>
#include "util/config.h"
#include "util/err.h"
#include "util/pool.h"

#define URL_MAX_BYTES 4096

struct url {
	const char *scheme;		/* "http" or "https" */
	const char *host;		/* IPv6 without its brackets */
	const char *path;		/* with the query; "/" at least */
	int port;			/* filled in when left out */
};

/* ERR_INPUT names what is wrong with it. */
ERR_CHECKED bool url_parse(struct pool *pool, const char *text,
    struct url *out, struct err *err);
char *url_format(struct pool *pool, const struct url *u);
/* ref against base, dot segments removed, fragment dropped. */
ERR_CHECKED bool url_resolve(struct pool *pool, const char *base,
    const char *ref, char **out, struct err *err);
/* False also when one of them is no URL. */
bool url_same_origin(const char *a, const char *b);
/* The entry of [net] allow_origins that is exactly this origin, or NULL. */
const char *url_allowed_origin(const struct config *config, const char *text);
/*
 * Refused before any lookup (ERR_INPUT): http, unusual ports, private
 * addresses in any spelling, names that cannot be public. The origins of
 * [net] allow_origins pass.
 */
ERR_CHECKED bool url_check(struct pool *pool, const struct config *config,
    const char *text, struct err *err);
#endif
