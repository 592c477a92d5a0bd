/* The route table: which row fits, what else the path would take. */
#include "t/tap.h"
#include "serve/route.h"
#include "util/pool.h"

static bool
nothing(struct web *web, struct err *err)
{
	(void)web;
	(void)err;
	return true;
}

static const struct route table[] = {
	{ REQUEST_GET, "/", nothing, 0, ROUTE_WEB },
	{ REQUEST_GET | REQUEST_POST, "/things", nothing, 1, ROUTE_WEB },
	{ REQUEST_GET, "/things/new", nothing, 2, ROUTE_WEB },
	{ REQUEST_GET, "/things/{id}", nothing, 3, ROUTE_WEB },
	{ REQUEST_POST, "/things/{id}/parts/{part}", nothing, 4, ROUTE_HOOKS },
};

static struct request req;
static unsigned allow;

/* The row's number, or -1 unknown, -2 other methods only. */
static int
match(enum request_method method, const char *path)
{
	const struct route *found = NULL;

	req.method = method;
	req.path = path;
	switch (route_match(table, sizeof(table) / sizeof(table[0]), &req, &found,
	    &allow)) {
	case ROUTE_FOUND: return found->access;
	case ROUTE_UNKNOWN: return -1;
	default: return -2;
	}
}

int
main(void)
{
	req.pool = pool_new(NULL);
	is_int(match(REQUEST_GET, "/"), 0, "the root");
	is_int(match(REQUEST_GET, "/things"), 1, "literal");
	is_int(match(REQUEST_POST, "/things"), 1, "another method of the row");
	is_int(match(REQUEST_GET, "/things/new"), 2, "literal before {id}");
	is_int(match(REQUEST_GET, "/things/12"), 3, "{id}");
	is_text(request_segment(&req, "id"), "12", "its value");
	is_int(match(REQUEST_POST, "/things/12/parts/x%y"), 4, "two segments");
	is_text(request_segment(&req, "id"), "12", "first");
	is_text(request_segment(&req, "part"), "x%y", "second");
	is_int(match(REQUEST_GET, "/things/"), -1, "an empty segment is none");
	is_int(match(REQUEST_GET, "/things/12/"), -1, "a slash too many");
	is_int(match(REQUEST_GET, "/thing"), -1, "shorter");
	is_int(match(REQUEST_GET, "/thingss"), -1, "longer");
	is_int(match(REQUEST_GET, "/things/12/parts"), -1, "half a path");
	is_int(match(REQUEST_DELETE, "/things/12"), -2, "method refused");
	is_text(route_allow(req.pool, allow), "GET, HEAD", "Allow");
	is_int(match(REQUEST_DELETE, "/things"), -2, "method refused");
	is_text(route_allow(req.pool, allow), "GET, HEAD, POST", "Allow");
	is_int(match(REQUEST_POST, "/things/new"), -2, "{id} does not hide new");
	pool_free(req.pool);
	return done();
}
