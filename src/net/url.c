/*
 * Reads, resolves and judges http(s) addresses by their text alone; must not
 * look anything up (http.c vets what a name resolves to).
 */
#include "net/url.h"
#include <arpa/inet.h>
#include <string.h>
#include "net/net_vet.h"
#include "util/str.h"
#include "util/banned.h"

/* Ports on which calendar servers are met, TLS on all of them. */
static const int usual_ports[] = {
	443, 8443, 8843, 2080, 5001, 5006, 5232, 38443,
};

/* Endings that never name a host of the public internet. */
static const char *const local_endings[] = {
	".localhost", ".local", ".internal", ".intranet", ".lan", ".home",
	".corp", ".private", ".home.arpa", ".test", ".invalid", ".onion",
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *scheme_end(const char *text)
{
	const char *p = text;

	if (!is_alpha(*p))
		return NULL;
	while (is_alpha(*p) || is_digit(*p) || *p == '+' || *p == '-'
	    || *p == '.')
		p++;
	return *p == ':' ? p : NULL;
}

static bool has_control(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return true;
	return false;
}

static bool parse_scheme(struct pool *pool, const char **p, struct url *u,
    struct err *err)
{
	const char *end = scheme_end(*p);
	char *scheme;

	if (!end || strncmp(end, "://", 3) != 0)
		return err_set(err, ERR_INPUT,
		    "The address must start with https://.");
	scheme = pool_strndup(pool, *p, (size_t)(end - *p));
	str_lower(scheme);
	if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		return err_set(err, ERR_INPUT,
		    "The address must start with https://, not %.20s:.", scheme);
	u->scheme = scheme;
	*p = end + 3;
	return true;
}

static bool parse_port(const char *text, size_t len, struct url *u,
    struct err *err)
{
	int port = 0;

	for (size_t i = 0; i < len; i++) {
		if (!is_digit(text[i]) || i == 5)
			return err_set(err, ERR_INPUT,
			    "The port in the address is not a number.");
		port = port * 10 + (text[i] - '0');
	}
	if (len > 0 && (port < 1 || port > 65535))
		return err_set(err, ERR_INPUT,
		    "The port in the address must be between 1 and 65535.");
	u->port = len > 0 ? port : strcmp(u->scheme, "https") == 0 ? 443 : 80;
	return true;
}

static bool check_name(const char *host, struct err *err)
{
	size_t label = 0;

	for (const char *p = host; *p; p++) {
		if (*p == '.') {
			if (label == 0)
				break;
			label = 0;
			continue;
		}
		if ((unsigned char)*p >= 0x80)
			return err_set(err, ERR_INPUT, "Write the host name "
			    "in its plain form (xn--...).");
		if (!is_alpha(*p) && !is_digit(*p) && *p != '-' && *p != '_')
			return err_set(err, ERR_INPUT,
			    "The host name has a character that no host name "
			    "may have.");
		if (++label > 63)
			break;
	}
	if (label == 0 || label > 63 || strlen(host) > 253)
		return err_set(err, ERR_INPUT, "The host name in the address "
		    "is not a valid name.");
	return true;
}

/* One spelling for each IPv6 address, so that origins can be compared. */
static bool parse_ipv6(struct pool *pool, const char *text, size_t len,
    char **host_out, const char **colon_out, struct err *err)
{
	const char *close = memchr(text, ']', len);
	const char *after = close ? close + 1 : NULL;
	struct in6_addr address;
	char plain[INET6_ADDRSTRLEN];

	if (!close || (after < text + len && *after != ':'))
		return err_set(err, ERR_INPUT,
		    "The address has an unfinished [ ].");
	if (inet_pton(AF_INET6, pool_strndup(pool, text + 1,
	    (size_t)(close - text - 1)), &address) != 1
	    || !inet_ntop(AF_INET6, &address, plain, sizeof(plain)))
		return err_set(err, ERR_INPUT,
		    "What stands in [ ] is no IPv6 address.");
	*host_out = pool_strdup(pool, plain);
	*colon_out = after < text + len ? after : NULL;
	return true;
}

static bool parse_host(struct pool *pool, const char *text, size_t len,
    struct url *u, struct err *err)
{
	const char *end = text + len;
	const char *colon = NULL;
	char *host = NULL;

	if (memchr(text, '@', len))
		return err_set(err, ERR_INPUT, "Leave the login and password "
		    "out of the address; they have their own fields.");
	if (len > 0 && *text == '[') {
		if (!parse_ipv6(pool, text, len, &host, &colon, err))
			return false;
	} else {
		colon = memchr(text, ':', len);
		host = pool_strndup(pool, text,
		    colon ? (size_t)(colon - text) : len);
		if (strlen(host) > 1 && str_ends(host, "."))
			host[strlen(host) - 1] = '\0';
		if (!check_name(host, err))
			return false;
	}
	str_lower(host);
	u->host = host;
	return parse_port(colon ? colon + 1 : end,
	    colon ? (size_t)(end - colon - 1) : 0, u, err);
}

/* What may not stand in a request line is percent-encoded. */
static char *encode(struct pool *pool, const char *path)
{
	struct str s;

	str_init(&s, pool, 3 * URL_MAX_BYTES + 2);
	for (const char *p = path; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c == ' ' || c >= 0x80 || strchr("\"<>\\^`{|}", c))
			str_addf(&s, "%%%02X", c);
		else
			str_addc(&s, (char)c);
	}
	return s.data;
}

static bool too_long(struct err *err)
{
	return err_set(err, ERR_INPUT, "The address is too long.");
}

bool url_parse(struct pool *pool, const char *text, struct url *out,
    struct err *err)
{
	struct url u = { 0 };
	const char *p = text;
	size_t len;

	if (strlen(text) > URL_MAX_BYTES)
		return too_long(err);
	if (has_control(text))
		return err_set(err, ERR_INPUT,
		    "The address has a control character or line break in it.");
	if (!parse_scheme(pool, &p, &u, err))
		return false;
	len = strcspn(p, "/?#\\");
	if (p[len] == '\\')
		return err_set(err, ERR_INPUT,
		    "The address has a backslash in it; use /.");
	if (!parse_host(pool, p, len, &u, err))
		return false;
	if (strchr(p + len, '#'))
		return err_set(err, ERR_INPUT,
		    "Leave the part from # on out of the address.");
	u.path = encode(pool, pool_printf(pool, "%s%s",
	    p[len] == '/' ? "" : "/", p + len));
	/* percent-encoded it may have grown */
	if (strlen(url_format(pool, &u)) > URL_MAX_BYTES)
		return too_long(err);
	*out = u;
	return true;
}

/* "https://host" or "https://host:8443": the port only when it is unusual. */
static char *url_origin(struct pool *pool, const struct url *u)
{
	const char *open = strchr(u->host, ':') ? "[" : "";
	const char *close = *open ? "]" : "";
	int usual = strcmp(u->scheme, "https") == 0 ? 443 : 80;

	if (u->port == usual)
		return pool_printf(pool, "%s://%s%s%s", u->scheme, open,
		    u->host, close);
	return pool_printf(pool, "%s://%s%s%s:%d", u->scheme, open, u->host,
	    close, u->port);
}

char *url_format(struct pool *pool, const struct url *u)
{
	return pool_printf(pool, "%s%s", url_origin(pool, u), u->path);
}

/* RFC 3986 5.2.4, on an absolute path without query. */
static char *remove_dots(struct pool *pool, const char *path)
{
	size_t len = strlen(path);
	char *out = pool_alloc(pool, len + 2);
	size_t used = 0;

	while (*path) {
		size_t seg = 1 + strcspn(path + 1, "/");
		bool one = seg == 2 && path[1] == '.';
		bool two = seg == 3 && path[1] == '.' && path[2] == '.';

		if (two)
			while (used > 0 && out[--used] != '/')
				;
		if (!one && !two) {
			memcpy(out + used, path, seg);
			used += seg;
		} else if (!path[seg]) {
			out[used++] = '/';
		}
		path += seg;
	}
	if (used == 0)
		out[used++] = '/';
	out[used] = '\0';
	return out;
}

/* RFC 3986 5.2.2 for a reference without scheme and authority. */
static char *join_path(struct pool *pool, const char *base, const char *ref)
{
	size_t base_len = strcspn(base, "?");
	size_t ref_len = strcspn(ref, "?");
	char *path;

	if (ref_len == 0)
		return pool_printf(pool, "%.*s%s", (int)base_len, base,
		    *ref ? ref : base + base_len);
	while (base_len > 0 && base[base_len - 1] != '/')
		base_len--;
	path = pool_printf(pool, "%.*s%.*s", *ref == '/' ? 0 : (int)base_len,
	    base, (int)ref_len, ref);
	return pool_printf(pool, "%s%s", remove_dots(pool, path),
	    ref + ref_len);
}

bool url_resolve(struct pool *pool, const char *base, const char *ref,
    char **out, struct err *err)
{
	struct url b, u;
	char *plain;

	if (strlen(ref) > URL_MAX_BYTES)
		return too_long(err);
	if (has_control(ref))
		return err_set(err, ERR_INPUT,
		    "The address has a control character or line break in it.");
	if (!url_parse(pool, base, &b, err))
		return false;
	plain = pool_strndup(pool, ref, strcspn(ref, "#"));
	u = b;
	if (str_starts(plain, "//"))
		plain = pool_printf(pool, "%s:%s", b.scheme, plain);
	if (scheme_end(plain)) {
		if (!url_parse(pool, plain, &u, err))
			return false;
		u.path = join_path(pool, "/", u.path);
	} else {
		u.path = join_path(pool, b.path, encode(pool, plain));
	}
	plain = url_format(pool, &u);
	if (strlen(plain) > URL_MAX_BYTES)
		return too_long(err);
	*out = plain;
	return true;
}

bool url_same_origin(const char *a, const char *b)
{
	struct pool *pool = pool_new(NULL);
	struct url ua, ub;
	struct err err;
	bool same = url_parse(pool, a, &ua, &err)
	    && url_parse(pool, b, &ub, &err)
	    && strcmp(ua.scheme, ub.scheme) == 0
	    && strcmp(ua.host, ub.host) == 0 && ua.port == ub.port;

	pool_free(pool);
	return same;
}

const char *url_allowed_origin(const struct config *config, const char *text)
{
	for (size_t i = 0; i < config->allow_origins.count; i++)
		if (url_same_origin(config->allow_origins.items[i], text))
			return config->allow_origins.items[i];
	return NULL;
}

static bool check_host(const char *host, struct err *err)
{
	if (net_vet_is_odd_number(host))
		return err_set(err, ERR_INPUT, "The host in the address is "
		    "written as a number in an unusual way; use its name.");
	if (net_vet_is_literal(host)) {
		if (net_vet_text_is_public(host))
			return true;
		return err_set(err, ERR_INPUT, "%.60s is a private address; "
		    "Hawser only connects to public servers.", host);
	}
	if (!strchr(host, '.'))
		return err_set(err, ERR_INPUT, "%.60s is not a full host name; "
		    "write it like calendar.example.com.", host);
	for (size_t i = 0;
	    i < sizeof(local_endings) / sizeof(local_endings[0]); i++)
		if (str_ends(host, local_endings[i]))
			return err_set(err, ERR_INPUT, "%.60s is a name inside "
			    "a private network; Hawser only connects to "
			    "public servers.", host);
	return true;
}

bool url_check(struct pool *pool, const struct config *config,
    const char *text, struct err *err)
{
	struct url u;

	if (!url_parse(pool, text, &u, err))
		return false;
	if (url_allowed_origin(config, text))
		return true;
	if (strcmp(u.scheme, "https") != 0)
		return err_set(err, ERR_INPUT, "%.60s would be reached without "
		    "encryption; the address must start with https://.",
		    u.host);
	if (!check_host(u.host, err))
		return false;
	for (size_t i = 0; i < sizeof(usual_ports) / sizeof(usual_ports[0]); i++)
		if (u.port == usual_ports[i])
			return true;
	return err_set(err, ERR_INPUT, "Port %d is not one that calendar "
	    "servers use; an administrator can allow it.", u.port);
}
