#ifndef HAWSER_SERVE_REQUEST_H
#define HAWSER_SERVE_REQUEST_H
/*
 * One request, parsed and bounded before anybody looks at it. Only parameters
 * that the web server sets are believed: no X-Forwarded-* is read anywhere.
 * Everything lives in the request's pool; all text is valid UTF-8 without
 * control bytes (line breaks only in form values), or the request is refused.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/err.h"
#include "util/pool.h"

enum request_method {		/* bits: a route names a set of them */
	REQUEST_GET = 1, REQUEST_POST = 2, REQUEST_PUT = 4, REQUEST_PATCH = 8,
	REQUEST_DELETE = 16,
};

enum request_body { REQUEST_BODY_NONE, REQUEST_BODY_FORM, REQUEST_BODY_JSON };

struct request_pair { const char *name, *value; };
struct request_pairs { struct request_pair *items; size_t count; };

struct request {
	struct pool *pool;
	enum request_method method;
	bool head;			/* HEAD, answered as GET without body */
	const char *prefix;		/* of the site, "" or "/apps/sync" */
	const char *path;		/* decoded, "/...", behind the prefix */
	struct request_pairs query, form, cookies;
	struct request_pairs segments;	/* {id} of the route's path */
	enum request_body body_type;
	const char *body;		/* NUL-terminated */
	size_t body_len;
	const char *id;			/* given by the web server, else made here */
	const char *address;		/* of the client */
	const char *host;
	bool https;
	const char *origin, *fetch_site, *accept;	/* NULL = not sent */
	const char *if_none_match;
	char **params;			/* of the source */
};

/* Where a request comes from: parameters "NAME=value" and the body. */
struct request_source {
	char **params;
	size_t (*read)(void *arg, char *out, size_t len);
	void *arg;
	const char *prefix;		/* below which the site lies; NULL = none */
};

#define REQUEST_MAX_BODY_BYTES (1024 * 1024)
#define REQUEST_MAX_FIELDS 512

/* Why a request was refused, beside err: what the reply's status depends on. */
enum request_fault {
	REQUEST_FINE, REQUEST_MALFORMED, REQUEST_TOO_LONG, REQUEST_BAD_METHOD,
	REQUEST_BAD_TYPE, REQUEST_ELSEWHERE,	/* not below the prefix */
};

/* req is usable for an error page also on failure (id, path, https). */
ERR_CHECKED enum request_fault request_parse(struct pool *pool,
    const struct request_source *source, struct request *req, struct err *err);

/* The first value by that name; NULL = not there. */
const char *request_query(const struct request *req, const char *name);
const char *request_form(const struct request *req, const char *name);
const char *request_cookie(const struct request *req, const char *name);
const char *request_segment(const struct request *req, const char *name);
/* Any other header, by its name as a parameter ("HTTP_X_THING"): NULL unless it
 * was sent once, as 1 to most characters of visible ASCII. */
const char *request_header(const struct request *req, const char *name,
    size_t most);
/* A {id} segment as a number; anything else is ERR_NOT_FOUND. */
ERR_CHECKED bool request_id_segment(const struct request *req,
    const char *name, uint64_t *out, struct err *err);
bool request_is_unsafe(const struct request *req);	/* not GET, not HEAD */
const char *request_method_name(enum request_method method);
/* a=1&b=2; used for queries and form bodies alike. */
ERR_CHECKED bool request_parse_pairs(struct pool *pool, const char *text,
    struct request_pairs *out, struct err *err);
#endif
