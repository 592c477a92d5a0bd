/* Builds a CGI answer with the headers every reply has. */
#include <string.h>
#include "serve/reply.h"
#include "util/banned.h"

#define MAX_HEADER_BYTES (16 * 1024)
#define HEADERS_ROUGHLY 1500
#define BODY_ROUGHLY (16 * 1024)	/* of most pages; larger ones grow */

static const struct { int status; const char *words; } statuses[] = {
	{ 200, "OK" }, { 204, "No Content" }, { 303, "See Other" }, { 304, "Not Modified" },
	{ 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
	{ 404, "Not Found" }, { 405, "Method Not Allowed" }, { 409, "Conflict" },
	{ 410, "Gone" }, { 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" }, { 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" }, { 500, "Internal Server Error" },
	{ 501, "Not Implemented" }, { 502, "Bad Gateway" },
	{ 503, "Service Unavailable" }, { 504, "Gateway Timeout" },
};

/* nginx/ has the same list for the answers it gives itself. */
static const char *const always[][2] = {
	{ "Content-Security-Policy", "default-src 'none'; style-src 'self'; "
	    "script-src 'self'; img-src 'self'; font-src 'self'; "
	    "connect-src 'self'; form-action 'self'; base-uri 'none'; "
	    "frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "X-Frame-Options", "DENY" },
	{ "Referrer-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin-allow-popups" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Permissions-Policy", "camera=(), geolocation=(), microphone=(), "
	    "payment=(), usb=()" },
};

static const char *
status_words(int status)
{
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			return statuses[i].words;
	die("reply status %d has no words", status);
}

void
reply_init(struct reply *reply, const struct request *req)
{
	memset(reply, 0, sizeof(*reply));
	reply->pool = req->pool;
	reply->prefix = req->prefix;
	reply->https = req->https;
	reply->head = req->head;
	str_init(&reply->headers, reply->pool, MAX_HEADER_BYTES);
	str_init(&reply->body, reply->pool, REPLY_MAX_BYTES);
	str_reserve(&reply->body, BODY_ROUGHLY);
	reply_reset(reply, 200);
}

void
reply_reset(struct reply *reply, int status)
{
	reply->status = status;
	reply->type = "text/html; charset=utf-8";
	reply->cache = "no-store";
	str_clear(&reply->headers);
	str_clear(&reply->body);
}

void
reply_header(struct reply *reply, const char *name, const char *value)
{
	str_header(&reply->headers, name);
	str_add(&reply->headers, ": ");
	str_header(&reply->headers, value);
	str_add(&reply->headers, "\r\n");
}

void
reply_cookie(struct reply *reply, const char *name, const char *value,
    int max_age_secs)
{
	struct str s;

	str_init(&s, reply->pool, 4096);
	str_addf(&s, "%s=%s; Path=%s; HttpOnly; SameSite=Lax", name, value,
	    *reply->prefix ? reply->prefix : "/");
	if (max_age_secs != 0)
		str_addf(&s, "; Max-Age=%d", max_age_secs < 0 ? 0 : max_age_secs);
	if (reply->https)
		str_add(&s, "; Secure");
	reply_header(reply, "Set-Cookie", s.data);
}

/* "..", also as browsers read "%2e": it would lead out of our prefix. */
static bool
has_dots(const char *path)
{
	while (*path == '/') {
		const char *end;
		int dots = 0;

		path++;
		end = path + strcspn(path, "/?#");
		while (path < end && (*path == '.' ||
		    strncasecmp(path, "%2e", 3) == 0)) {
			path += *path == '.' ? 1 : 3;
			dots++;
		}
		if (dots > 0 && path == end)
			return true;
		path = end;
	}
	return false;
}

bool
reply_is_local(const char *path)
{
	const char *p;

	if (!path || path[0] != '/' || path[1] == '/' || strlen(path) > 2000 ||
	    has_dots(path))
		return false;
	for (p = path; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
		    strchr("\\\"<>^`{|}", *p))
			return false;
	/* No second spelling of "//" or "/\" for whoever decodes once more. */
	return strncasecmp(path + 1, "%2f", 3) != 0 &&
	    strncasecmp(path + 1, "%5c", 3) != 0 && path[1] != '%';
}

void
reply_redirect(struct reply *reply, const char *path)
{
	reply->status = 303;
	str_clear(&reply->body);
	reply_header(reply, "Location", pool_printf(reply->pool, "%s%s",
	    reply->prefix, reply_is_local(path) ? path : "/"));
}

static void
add(struct str *out, const char *name, const char *value)
{
	str_add(out, name);
	str_add(out, ": ");
	str_add(out, value);
	str_add(out, "\r\n");
}

bool
reply_head(const struct reply *reply, struct str *out)
{
	size_t i;

	if (!str_ok(&reply->body) || !str_ok(&reply->headers))
		return false;
	str_reserve(out, HEADERS_ROUGHLY + reply->headers.len);
	str_addf(out, "Status: %d %s\r\n", reply->status,
	    status_words(reply->status));
	add(out, "Content-Type", reply->type);
	if (reply->status != 304)	/* it would tell the length of the 200 */
		str_addf(out, "Content-Length: %zu\r\n", reply->body.len);
	add(out, "Cache-Control", reply->cache);
	for (i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		add(out, always[i][0], always[i][1]);
	if (reply->https)
		add(out, "Strict-Transport-Security", "max-age=31536000");
	str_addn(out, reply->headers.data, reply->headers.len);
	str_add(out, "\r\n");
	return str_ok(out);
}
