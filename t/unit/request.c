/* Requests: what is taken apart how, and what is refused. */
#include "t/tap.h"
#include "serve/request.h"
#include "serve/reply.h"
#include "util/pool.h"
#include "util/str.h"

static struct pool *pool;
static struct request req;
static struct err err;

struct text { const char *at; size_t left; };

static size_t
read_text(void *arg, char *out, size_t len)
{
	struct text *t = arg;
	size_t n = len < t->left ? len : t->left;

	memcpy(out, t->at, n);
	t->at += n;
	t->left -= n;
	return n;
}

static enum request_fault
parse(const char *method, const char *uri, const char *type, const char *body,
    size_t claimed)
{
	struct text t = { body, body ? strlen(body) : 0 };
	char *params[] = {
		pool_printf(pool, "REQUEST_METHOD=%s", method),
		pool_printf(pool, "REQUEST_URI=%s", uri),
		pool_printf(pool, "CONTENT_TYPE=%s", type ? type : ""),
		pool_printf(pool, "CONTENT_LENGTH=%zu", claimed),
		(char *)"HTTP_COOKIE=a=1; hawser=abc;broken; b==x",
		(char *)"REMOTE_ADDR=203.0.113.7", (char *)"HTTPS=on",
		(char *)"HTTP_X_FORWARDED_FOR=198.51.100.1",
		(char *)"REQUEST_ID=0123456789abcdef0123456789abcdef", NULL,
	};
	struct request_source source = { params, read_text, &t };

	memset(&err, 0, sizeof(err));
	return request_parse(pool, &source, &req, &err);
}

static enum request_fault
get(const char *uri)
{
	return parse("GET", uri, NULL, NULL, 0);
}

static enum request_fault
post(const char *body)
{
	return parse("POST", "/x", "application/x-www-form-urlencoded", body,
	    strlen(body));
}

static void
test_good(void)
{
	is_int(get("/a%20b/c?x=1&y=%C3%A9+z&x=2&empty=&bare"), REQUEST_FINE, "a GET");
	is_text(req.path, "/a b/c", "path decoded");
	is_text(request_query(&req, "x"), "1", "the first value counts");
	is_text(request_query(&req, "y"), "\xc3\xa9 z", "UTF-8 and plus");
	is_text(request_query(&req, "empty"), "", "empty value");
	is_text(request_query(&req, "bare"), "", "name alone");
	ok(!request_query(&req, "no"), "absent is NULL");
	is_text(request_cookie(&req, "hawser"), "abc", "cookie");
	is_text(request_cookie(&req, "b"), "=x", "cookie with =");
	is_text(req.address, "203.0.113.7", "address from the web server only");
	is_text(req.id, "0123456789abcdef0123456789abcdef", "request id");
	ok(req.https, "https");
	is_int(parse("HEAD", "/", NULL, NULL, 0), REQUEST_FINE, "HEAD");
	ok(req.head && req.method == REQUEST_GET, "is a GET without body");
	is_int(post("a=1&b=x%0d%0ay"), REQUEST_FINE, "a POST");
	is_text(request_form(&req, "b"), "x\r\ny", "line breaks in forms");
	ok(request_is_unsafe(&req), "POST is unsafe");
}

static void
test_paths(void)
{
	static const char *const bad[] = { "", "x", "/a/../b", "/./a", "/a//b",
	    "//evil", "/a%2fb", "/a%2Fb", "/a%00", "/a%0a", "/a\\b", "/%ff",
	    "/%c0%ae", "/a%zz", "/a%2", "/..", "/?a=%00", "/?a=%0a", "/?a=%ff",
	    "http://h/x" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ok(get(bad[i]) == REQUEST_MALFORMED, "refused: %s", bad[i]);
		ok(err.kind == ERR_INPUT && err.msg[0] && req.id && req.path,
		    "with a sentence and enough for a page");
	}
	is_int(get("/a/"), REQUEST_FINE, "a slash at the end is the router's");
}

static void
test_bodies(void)
{
	char *many;
	struct str s;
	int i;

	is_int(post("a=%00"), REQUEST_MALFORMED, "zero byte");
	is_int(post("a=%01"), REQUEST_MALFORMED, "control byte");
	is_int(post("a=%ff%fe"), REQUEST_MALFORMED, "not UTF-8");
	is_int(post("a%0ab=1"), REQUEST_MALFORMED, "line break in a name");
	is_int(parse("POST", "/x", "text/plain", "a=1", 3), REQUEST_BAD_TYPE,
	    "a type that any site can send");
	is_int(parse("POST", "/x", "multipart/form-data; boundary=x", "a=1", 3),
	    REQUEST_BAD_TYPE, "multipart");
	is_int(parse("POST", "/x", "application/x-www-form-urlencodedx", "a=1", 3),
	    REQUEST_BAD_TYPE, "nearly the type");
	is_int(parse("POST", "/x", "application/json", "{}", 2), REQUEST_FINE, "JSON");
	is_int(req.body_type, REQUEST_BODY_JSON, "is told");
	is_int(parse("POST", "/x", "application/x-www-form-urlencoded", "a=1", 9),
	    REQUEST_MALFORMED, "shorter than promised");
	is_int(parse("POST", "/x", "application/x-www-form-urlencoded", "a=1",
	    REQUEST_MAX_BODY_BYTES + 1), REQUEST_TOO_LONG, "over 1 MB");
	is_int(parse("TRACE", "/", NULL, NULL, 0), REQUEST_BAD_METHOD, "TRACE");
	str_init(&s, pool, 100000);
	for (i = 0; i <= REQUEST_MAX_FIELDS; i++)
		str_addf(&s, "a%d=1&", i);
	many = s.data;
	is_int(post(many), REQUEST_MALFORMED, "too many fields");
}

static void
test_ids(void)
{
	static const char *const bad[] = { "0", "01", "-1", "1x", "", "+1", "1.0",
	    "18446744073709551616", "99999999999999999999" };
	struct request_pair pair = { "id", "42" };
	uint64_t id = 0;
	size_t i;

	get("/");
	req.segments = (struct request_pairs){ &pair, 1 };
	ok(request_id_segment(&req, "id", &id, &err) && id == 42, "an id");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		pair.value = bad[i];
		ok(!request_id_segment(&req, "id", &id, &err) &&
		    err.kind == ERR_NOT_FOUND, "no id: '%s'", bad[i]);
	}
}

/* Targets of redirects: only a plain path of ours stands. */
static void
test_redirects(void)
{
	static const char *const bad[] = { "", "x", "//evil.example",
	    "/\\evil.example", "\\\\evil", "http://evil.example", "/%2fevil",
	    "/%5cevil", "/%2Fevil", "/%09/evil", "/\tevil", "/ evil",
	    "/a\r\nSet-Cookie: x=1", "/a\nb", "javascript:alert(1)", "data:x",
	    "@evil.example", "/\xe3\x80\x82/", "/a<b", "/%0d%0a" };
	struct reply reply;
	struct str out;
	size_t i;

	get("/");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		reply_init(&reply, &req);
		reply_redirect(&reply, bad[i]);
		str_init(&out, pool, 100000);
		ok(reply_head(&reply, &out) &&
		    strstr(out.data, "\r\nLocation: /\r\n"), "target %zu becomes /", i);
	}
	ok(reply_is_local("/settings/agenda?month=2026-11&x=a%2Fb"), "a path");
	ok(reply_is_local("/"), "the root");
	ok(reply_is_local("/.well-known/x..y/.a?b=/../c#/.."), "dots in names");
	ok(!reply_is_local("/settings/../../x") && !reply_is_local("/..") &&
	    !reply_is_local("/a/%2e%2E/b") && !reply_is_local("/a/.%2e") &&
	    !reply_is_local("/./a") && !reply_is_local("/a/..?b"),
	    "parts of dots alone");
	reply_init(&reply, &req);
	reply_header(&reply, "X-A", "b\r\nX-Evil: 1");
	str_init(&out, pool, 100000);
	ok(reply_head(&reply, &out) && !strstr(out.data, "\nX-Evil"),
	    "a header stays one line");
	ok(strstr(out.data, "Content-Security-Policy: default-src 'none'") &&
	    strstr(out.data, "Strict-Transport-Security: max-age=31536000"),
	    "security headers");
}

static void
test_header(void)
{
	static char *params[] = {
		(char *)"REQUEST_METHOD=POST", (char *)"REQUEST_URI=/x",
		(char *)"HTTP_X_ONE=abc", (char *)"HTTP_X_ONE_MORE=def",
		(char *)"HTTP_X_TWICE=a", (char *)"HTTP_X_TWICE=a",
		(char *)"HTTP_X_EMPTY=", (char *)"HTTP_X_BLANK=a b",
		(char *)"HTTP_X_BYTES=\xc3\xa4", NULL,
	};
	struct request_source source = { .params = params };

	ok(request_parse(pool, &source, &req, &err) == REQUEST_FINE, "parsed");
	is_text(request_header(&req, "HTTP_X_ONE", 3), "abc", "a header");
	ok(!request_header(&req, "HTTP_X_ONE", 2), "too long");
	ok(!request_header(&req, "HTTP_X_NONE", 9), "not sent");
	ok(!request_header(&req, "HTTP_X_TWICE", 9), "sent twice");
	ok(!request_header(&req, "HTTP_X_EMPTY", 9), "empty");
	ok(!request_header(&req, "HTTP_X_BLANK", 9), "with a blank");
	ok(!request_header(&req, "HTTP_X_BYTES", 9), "beyond ASCII");
}

int
main(void)
{
	pool = pool_new(NULL);
	test_good();
	test_paths();
	test_bodies();
	test_ids();
	test_redirects();
	test_header();
	pool_free(pool);
	return done();
}
