/*
 * A request whose every parameter is foreign (libFuzzer): lines NAME=value up
 * to an empty one, then the body. Whatever is let through is text within its
 * bounds and matches at most one route; the token check never takes rubbish.
 */
#include <stdint.h>
#include <string.h>
#include "serve/csrf.h"
#include "serve/request.h"
#include "serve/route.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PARAMS_MAX 40

static const struct route routes[] = {
	{ REQUEST_GET, "/", NULL, 0, ROUTE_WEB },
	{ REQUEST_GET | REQUEST_POST, "/a/{id}", NULL, 0, ROUTE_WEB },
	{ REQUEST_POST, "/a/{id}/b/{name}", NULL, 0, ROUTE_HOOKS },
};

struct text { const char *at; size_t left; };

static size_t read_text(void *arg, char *out, size_t len)
{
	struct text *t = arg;
	size_t n = len < t->left ? len : t->left;

	memcpy(out, t->at, n);
	t->at += n;
	t->left -= n;
	return n;
}

static char *take_line(struct pool *pool, struct text *t)
{
	const char *lf = memchr(t->at, '\n', t->left);
	size_t n = lf ? (size_t)(lf - t->at) : t->left;
	char *line = pool_strndup(pool, t->at, strnlen(t->at, n));

	t->at += lf ? n + 1 : n;
	t->left -= lf ? n + 1 : n;
	return line;
}

static void check_text(const char *text, const char *what, bool lines)
{
	if (!text)
		return;
	if (!str_utf8_valid(text, strlen(text)))
		die("%s is not UTF-8", what);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p == 127 || (*p < 32 && *p != '\t' &&
		    !(lines && (*p == '\n' || *p == '\r'))))
			die("%s holds the byte %d", what, *p);
}

static void check_pairs(const struct request_pairs *pairs, const char *what,
    bool lines)
{
	if (pairs->count > REQUEST_MAX_FIELDS)
		die("%zu times %s", pairs->count, what);
	for (size_t i = 0; i < pairs->count; i++) {
		check_text(pairs->items[i].name, what, false);
		check_text(pairs->items[i].value, what, lines);
	}
}

static void check_path(const char *path)
{
	check_text(path, "the path", false);
	if (*path != '/' || strstr(path, "/../") || strstr(path, "/./") ||
	    strchr(path, '\\') || str_ends(path, "/..") ||
	    str_ends(path, "/."))
		die("the path %s", path);
}

static void check_route(struct request *req)
{
	const struct route *route = NULL;
	struct err err = { 0 };
	unsigned allow = 0;
	uint64_t id;

	if (route_match(routes, sizeof(routes) / sizeof(routes[0]), req,
	    &route, &allow) == ROUTE_FOUND) {
		if (!(route->methods & req->method))
			die("a method that the route does not have");
		check_pairs(&req->segments, "a segment", false);
		if (request_segment(req, "id") &&
		    !request_id_segment(req, "id", &id, &err) && !*err.msg)
			die("no id and no reason");
	}
	(void)route_allow(req->pool, allow);
}

static void check_token(const struct request *req)
{
	static const struct csrf_key key = { { 1, 2, 3 } };
	struct err err = { 0 };
	char *good = csrf_token(req->pool, &key);

	if (csrf_token_ok(&key, request_form(req, "csrf")))
		die("a token out of nothing");
	if (request_is_unsafe(req) && csrf_check(req, &key,
	    "https://app.example.com", &err))
		die("a request without a token passed");
	if (!csrf_token_ok(&key, good))
		die("our own token is refused");
}

static void check_whole(struct request *req)
{
	check_path(req->path);
	check_pairs(&req->query, "the query", true);
	check_pairs(&req->cookies, "a cookie", false);
	check_pairs(&req->form, "the form", true);
	check_text(req->id, "the id", false);
	check_text(req->host, "the host", false);
	check_text(req->origin, "the origin", false);
	check_text(req->accept, "accept", false);
	check_text(req->address, "the address", false);
	if (req->body_len > REQUEST_MAX_BODY_BYTES || req->body[req->body_len])
		die("the body's end");
	check_route(req);
	check_token(req);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pool *pool = pool_new(NULL);
	struct text t = { (const char *)data, len };
	char *params[PARAMS_MAX + 1] = { NULL };
	struct request_source source = { params, read_text, &t };
	struct err err = { 0 };
	struct request req;

	for (size_t i = 0; i < PARAMS_MAX && t.left; i++) {
		char *line = take_line(pool, &t);

		if (!*line)
			break;
		params[i] = line;
	}
	if (request_parse(pool, &source, &req, &err) == REQUEST_FINE)
		check_whole(&req);
	else if (!*err.msg || !req.path || !req.id)
		die("refused, but not fit for an error page");
	pool_free(pool);
	return 0;
}
