/*
 * Addresses and header lines of a foreign server (libFuzzer). The first line is
 * an address, the second a reference, the rest header lines as they came. What
 * we read of an address is what libcurl would connect to; nothing private gets
 * past the check; a redirect never leads away from whoever may see the password.
 */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "net/http.h"
#include "net/net_vet.h"
#include "providers/caldav_p.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char *take_line(struct pool *pool, const char **at, size_t *left)
{
	const char *lf = memchr(*at, '\n', *left);
	size_t n = lf ? (size_t)(lf - *at) : *left;
	char *line = pool_strndup(pool, *at, strnlen(*at, n));

	*at += lf ? n + 1 : n;
	*left -= lf ? n + 1 : n;
	return line;
}

static void check_clean(const char *text, const char *what)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			die("%s holds the byte %d", what, *p);
}

/* libcurl must find the host and the port that we found. */
static void check_as_curl(const struct url *u, const char *text)
{
	CURLU *c = curl_url();
	char *host = NULL, *port = NULL, *login = NULL;

	if (curl_url_set(c, CURLUPART_URL, text, 0) == CURLUE_OK) {
		if (curl_url_get(c, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
		    curl_url_get(c, CURLUPART_PORT, &port,
		    CURLU_DEFAULT_PORT) != CURLUE_OK)
			die("no host or port in %s", text);
		if (*host == '[') {
			memmove(host, host + 1, strlen(host));
			host[strcspn(host, "]%")] = '\0';
		}
		if (!net_vet_is_odd_number(u->host) &&
		    strcasecmp(host, u->host) != 0 &&
		    !net_vet_same(host, u->host))
			die("%s: the host is %s and %s", text, u->host, host);
		if ((int)strtol(port, NULL, 10) != u->port)
			die("%s: the port is %d and %s", text, u->port, port);
		if (curl_url_get(c, CURLUPART_USER, &login, 0) == CURLUE_OK)
			die("%s has a login", text);
	}
	curl_free(host);
	curl_free(port);
	curl_free(login);
	curl_url_cleanup(c);
}

static void check_url(struct pool *pool, const char *text)
{
	static const struct config nothing_allowed;
	struct url u, again;
	struct err err = { 0 };
	struct in_addr loose;
	char *plain;

	if (!url_parse(pool, text, &u, &err)) {
		if (!*err.msg)
			die("refused without a reason");
		return;
	}
	plain = url_format(pool, &u);
	check_clean(plain, "an address");
	if (!url_parse(pool, plain, &again, &err) ||
	    strcmp(url_format(pool, &again), plain) != 0)
		die("%s is another one when read again", plain);
	if (!url_same_origin(text, plain))
		die("%s: another origin", plain);
	check_as_curl(&u, plain);
	if (!url_check(pool, &nothing_allowed, text, &err))
		return;
	if (strcmp(u.scheme, "https") != 0)
		die("%s passed the check without TLS", text);
	if ((inet_aton(u.host, &loose) || net_vet_is_literal(u.host)) &&
	    !net_vet_text_is_public(u.host))
		die("%s passed the check", text);
}

static void check_resolve(struct pool *pool, const char *base, const char *ref)
{
	struct err err = { 0 };
	char *out, *again;

	if (!url_resolve(pool, base, ref, &out, &err))
		return;
	check_clean(out, "a resolved address");
	if (*ref && !strchr("?#", *ref) && !strchr(out, '?') &&
	    (strstr(out, "/../") || strstr(out, "/./")))
		die("dots are left in %s", out);
	if (!url_resolve(pool, base, out, &again, &err))
		die("%s cannot be resolved again: %s", out, err.msg);
	if (*ref == '/' && ref[1] != '/' && !url_same_origin(base, out))
		die("%s leads from %s to %s", ref, base, out);
	(void)caldav_href_shorten(pool, base, out, ref);
	if (caldav_href_trusted(base, out) && !url_same_origin(base, out) &&
	    strncmp(out, "https:", 6) != 0)
		die("the login for %s would go to %s in the clear", base, out);
}

static void check_headers(struct pool *pool, const char *base, const char *at,
    size_t left)
{
	struct provider_session session = { .pool = pool, .base_url = base };
	struct http_header headers[20];
	struct http_response r = { .status = 302, .url = base,
	    .headers = headers };
	static const char *const names[] = { "location", "retry-after", "dav",
	    "etag", "content-type" };
	struct err err = { 0 };
	char *to;
	int wait;

	while (left && r.header_count < 20) {
		headers[r.header_count] = (struct http_header){
			names[(unsigned char)*at % 5],
			take_line(pool, &at, &left) + 1 };
		if (headers[r.header_count].value[-1])
			r.header_count++;
	}
	wait = http_retry_after_secs(&r);
	if (wait < 0 || wait > 24 * 60 * 60)
		die("to wait %d seconds", wait);
	(void)caldav_href_tag(pool, http_header_find(&r, "etag"));
	if (!caldav_call_redirect(&session, pool, &r, base, &to, &err)) {
		if (!*err.msg)
			die("refused without a reason");
	} else if (!caldav_href_trusted(base, to) &&
	    !url_same_origin(base, to)) {
		die("redirected from %s to %s", base, to);
	}
	for (r.status = 100; r.status < 600; r.status += 7)
		if (!http_classify(&r, "h", &err) && !*err.msg)
			die("no words for %d", r.status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pool *pool = pool_new(NULL);
	const char *at = (const char *)data;
	char *base = take_line(pool, &at, &len);
	char *ref = take_line(pool, &at, &len);
	struct url u;
	struct err err = { 0 };

	check_url(pool, base);
	check_url(pool, ref);
	check_resolve(pool, base, ref);
	(void)caldav_href_key(pool, ref);
	(void)caldav_color(pool, ref);
	if (url_parse(pool, base, &u, &err))
		check_headers(pool, base, at, len);
	pool_free(pool);
	return 0;
}
