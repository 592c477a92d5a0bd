/* Takes a request apart and bounds it; knows no route and no session. */
#include <string.h>
#include "serve/request_p.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

static const struct { enum request_method bit; const char *name; } methods[] = {
	{ REQUEST_GET, "GET" }, { REQUEST_POST, "POST" }, { REQUEST_PUT, "PUT" },
	{ REQUEST_PATCH, "PATCH" }, { REQUEST_DELETE, "DELETE" },
};

#define METHOD_COUNT (sizeof(methods) / sizeof(methods[0]))

const char *
request_method_name(enum request_method method)
{
	size_t i;

	for (i = 0; i < METHOD_COUNT; i++)
		if (methods[i].bit == method)
			return methods[i].name;
	return "?";
}

static const char *
param(const struct request_source *source, const char *name)
{
	size_t len = strlen(name);
	char **p;

	for (p = source->params; p && *p; p++)
		if (strncmp(*p, name, len) == 0 && (*p)[len] == '=')
			return *p + len + 1;
	return NULL;
}

/* A header a person could have typed: NULL unless it is plain text. */
static const char *
header(struct pool *pool, const struct request_source *source, const char *name)
{
	const char *value = param(source, name);

	if (!value || !str_utf8_valid(value, strlen(value)) ||
	    !request_is_text(value, false))
		return NULL;
	return pool_strdup(pool, value);
}

const char *
request_header(const struct request *req, const char *name, size_t most)
{
	size_t len = strlen(name), i;
	const char *found = NULL;
	char **p;

	for (p = req->params; p && *p; p++) {
		if (strncmp(*p, name, len) != 0 || (*p)[len] != '=')
			continue;
		if (found)
			return NULL;
		found = *p + len + 1;
	}
	if (!found || !*found)
		return NULL;
	for (i = 0; found[i]; i++)
		if (i >= most || found[i] < '!' || found[i] > '~')
			return NULL;
	return found;
}

static const char *
pick_id(struct pool *pool, const char *given)
{
	unsigned char bytes[16];

	if (given && strlen(given) == 32 &&
	    strspn(given, "0123456789abcdef") == 32)
		return pool_strdup(pool, given);
	digest_random(bytes, sizeof(bytes));
	return digest_hex(pool, bytes, sizeof(bytes));
}

static bool
has_dots(const char *path)
{
	const char *p;
	size_t len;

	for (p = path; *p; p += len) {
		len = 1 + strcspn(p + 1, "/");
		if ((len == 2 && p[1] == '.') ||
		    (len == 3 && p[1] == '.' && p[2] == '.') || (len == 1 && p[1]))
			return true;
	}
	return false;
}

/* The path behind the site's prefix; NULL = it is none of ours. */
static const char *
behind_prefix(const char *prefix, const char *path)
{
	size_t len = strlen(prefix);

	if (strncmp(path, prefix, len) != 0)
		return NULL;
	return path[len] == '/' ? path + len : path[len] == '\0' ? "/" : NULL;
}

static enum request_fault
parse_path(struct pool *pool, const char *uri, struct request *req,
    struct err *err)
{
	size_t len = uri ? strcspn(uri, "?") : 0, i;
	const char *path = NULL;

	for (i = 0; i + 2 < len; i++)	/* an escaped slash is no separator */
		if (uri[i] == '%' && uri[i + 1] == '2' && (uri[i + 2] | 32) == 'f')
			len = 0;
	if (len > 0 && uri[0] == '/')
		path = request_unescape(pool, uri, len, false);
	if (!path || !request_is_text(path, false) || strchr(path, '\\') ||
	    has_dots(path)) {
		err_set(err, ERR_INPUT, "This address is not well formed. "
		    "Please check how it is written.");
		return REQUEST_MALFORMED;
	}
	path = behind_prefix(req->prefix, path);
	if (!path) {
		err_set(err, ERR_NOT_FOUND, "There is nothing at this address.");
		return REQUEST_ELSEWHERE;
	}
	req->path = path;
	if (uri[len] == '?' &&
	    !request_parse_pairs(pool, uri + len + 1, &req->query, err))
		return REQUEST_MALFORMED;
	for (i = 0; i < req->query.count; i++)
		if (!request_is_text(req->query.items[i].value, false)) {
			err_set(err, ERR_INPUT, "This address is not well formed.");
			return REQUEST_MALFORMED;
		}
	return REQUEST_FINE;
}

static bool
media_type_is(const char *type, const char *want)
{
	size_t len = strlen(want);

	return type && strncasecmp(type, want, len) == 0 &&
	    (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

static enum request_fault
parse_body(struct pool *pool, const struct request_source *source,
    struct request *req, unsigned long long len, struct err *err)
{
	const char *type = param(source, "CONTENT_TYPE");
	char *body;

	req->body = "";
	if (len == 0)
		return REQUEST_FINE;
	if (media_type_is(type, "application/x-www-form-urlencoded")) {
		req->body_type = REQUEST_BODY_FORM;
	} else if (media_type_is(type, "application/json")) {
		req->body_type = REQUEST_BODY_JSON;
	} else {
		err_set(err, ERR_INPUT, "This kind of content is not taken here. "
		    "Please use the form on the page.");
		return REQUEST_BAD_TYPE;
	}
	body = pool_alloc(pool, len + 1);
	if (source->read(source->arg, body, len) != len) {
		err_set(err, ERR_INPUT, "The request ended too early. "
		    "Please send it again.");
		return REQUEST_MALFORMED;
	}
	req->body = body;
	req->body_len = len;
	if (req->body_type != REQUEST_BODY_FORM)
		return REQUEST_FINE;
	if (strlen(body) != len) {
		err_set(err, ERR_INPUT, "The request holds a zero byte.");
		return REQUEST_MALFORMED;
	}
	return request_parse_pairs(pool, body, &req->form, err) ? REQUEST_FINE :
	    REQUEST_MALFORMED;
}

static bool
parse_method(const char *name, struct request *req)
{
	size_t i;

	req->head = str_eq(name, "HEAD");
	for (i = 0; i < METHOD_COUNT; i++)
		if (str_eq(req->head ? "GET" : name, methods[i].name)) {
			req->method = methods[i].bit;
			return true;
		}
	return false;
}

enum request_fault
request_parse(struct pool *pool, const struct request_source *source,
    struct request *req, struct err *err)
{
	const char *length = param(source, "CONTENT_LENGTH");
	unsigned long long len = 0;
	enum request_fault fault;

	memset(req, 0, sizeof(*req));
	req->pool = pool;
	req->params = source->params;
	req->prefix = source->prefix ? source->prefix : "";
	req->path = "/";
	req->body = "";
	req->method = REQUEST_GET;
	req->id = pick_id(pool, param(source, "REQUEST_ID"));
	req->https = str_eq(param(source, "HTTPS"), "on");
	req->address = header(pool, source, "REMOTE_ADDR");
	req->host = header(pool, source, "HTTP_HOST");
	req->origin = header(pool, source, "HTTP_ORIGIN");
	req->fetch_site = header(pool, source, "HTTP_SEC_FETCH_SITE");
	req->accept = header(pool, source, "HTTP_ACCEPT");
	req->if_none_match = header(pool, source, "HTTP_IF_NONE_MATCH");
	request_parse_cookies(pool, header(pool, source, "HTTP_COOKIE"),
	    &req->cookies);
	if (!req->address)
		req->address = "";
	if (!parse_method(param(source, "REQUEST_METHOD"), req)) {
		err_set(err, ERR_INPUT, "This way of asking is not known here.");
		return REQUEST_BAD_METHOD;
	}
	fault = parse_path(pool, param(source, "REQUEST_URI"), req, err);
	if (fault != REQUEST_FINE)
		return fault;
	if (length && *length && !str_to_u64(length, &len)) {
		err_set(err, ERR_INPUT, "The length of the request is not a number.");
		return REQUEST_MALFORMED;
	}
	if (len > REQUEST_MAX_BODY_BYTES) {
		err_set(err, ERR_INPUT, "That is too much at once: at most 1 MB.");
		return REQUEST_TOO_LONG;
	}
	return parse_body(pool, source, req, len, err);
}

const char *
request_query(const struct request *req, const char *name)
{
	return request_pair(&req->query, name);
}

const char *
request_form(const struct request *req, const char *name)
{
	return request_pair(&req->form, name);
}

const char *
request_cookie(const struct request *req, const char *name)
{
	return request_pair(&req->cookies, name);
}

const char *
request_segment(const struct request *req, const char *name)
{
	return request_pair(&req->segments, name);
}

bool
request_id_segment(const struct request *req, const char *name, uint64_t *out,
    struct err *err)
{
	const char *text = request_segment(req, name);
	unsigned long long n;

	/* One spelling per id, and none for 0. */
	if (!str_to_u64(text, &n) || text[0] == '0')
		return err_set(err, ERR_NOT_FOUND, "There is nothing here.");
	*out = n;
	return true;
}

bool
request_is_unsafe(const struct request *req)
{
	return req->method != REQUEST_GET;
}
