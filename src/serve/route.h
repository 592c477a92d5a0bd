#ifndef HAWSER_SERVE_ROUTE_H
#define HAWSER_SERVE_ROUTE_H
/*
 * The route table: method, path, handler, access rule, pool. A path's segments
 * are literal or {name}; the first row that fits wins, so literal rows stand
 * before {name} rows. A slash at the end of a request's path is no route of
 * ours: the router answers it with a redirect to the path without (GET only).
 */
#include "serve/request.h"

struct web;	/* the application's context; nothing here looks inside */

enum route_pool {
	ROUTE_WEB = 1,		/* pages for people: never wait for a provider */
	ROUTE_HOOKS = 2,	/* what waits for a provider, and webhooks */
	ROUTE_ANY = 3,
};

/* Writes the reply and returns true, or returns false with err complete: the
 * router then answers with the error page of err's kind. */
typedef bool (*route_handler)(struct web *web, struct err *err);

struct route {
	unsigned methods;	/* enum request_method bits */
	const char *path;	/* "/settings/connections/{id}/sync" */
	route_handler handle;
	int access;		/* the application's rule, see web/router.c */
	enum route_pool pool;
	int with;		/* what the application asks for at the same time as
				 * the session, see web/web.h */
};

enum route_result { ROUTE_FOUND, ROUTE_UNKNOWN, ROUTE_METHOD_REFUSED };

/* Fills req->segments. *allow_out: methods of the path, for Allow. */
enum route_result route_match(const struct route *table, size_t count,
    struct request *req, const struct route **out, unsigned *allow_out);
/* "GET, HEAD, POST" */
char *route_allow(struct pool *pool, unsigned methods);
#endif
