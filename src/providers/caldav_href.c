/*
 * Spellings of paths and the question whose host may see the password. Pure
 * but for finding the home; must not know XML.
 */
#include "providers/caldav_p.h"
#include <string.h>
#include "net/net_vet.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

/* Providers whose own hosts lie side by side below this name. */
static const char *const families[] = {
	".icloud.com", ".fastmail.com", ".yahoo.com", ".zoho.com", ".zoho.eu",
	".gmx.net", ".mailbox.org", ".posteo.de",
};

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0'
	    : c >= 'a' && c <= 'f' ? c - 'a' + 10
	    : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_unreserved(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
	    || (c >= '0' && c <= '9') || (c && strchr("-._~@:+!$&'()*,;=", c));
}

char *caldav_href_key(struct pool *pool, const char *href)
{
	struct str s;

	str_init(&s, pool, 3 * strlen(href) + 1);
	for (const char *p = href; *p; p++) {
		unsigned char c = (unsigned char)*p;
		bool escaped = c == '%' && hex_value(p[1]) >= 0
		    && hex_value(p[2]) >= 0;

		if (escaped) {
			c = (unsigned char)(hex_value(p[1]) * 16
			    + hex_value(p[2]));
			p += 2;
		}
		if (is_unreserved(c) || (c == '/' && !escaped))
			str_addc(&s, (char)c);
		else
			str_addf(&s, "%%%02X", c);
	}
	return s.data;
}

bool caldav_href_is_plain(const char *href)
{
	if (*href != '/')
		return false;
	for (const char *p = href; *p; p++)
		if (*p == '/' ? p[1] == '/' || p[1] == '.' :
		    !is_unreserved((unsigned char)*p))
			return false;
	return true;
}

const char *caldav_href_shorten(struct pool *pool, const char *home,
    const char *url, const char *spelling)
{
	const char *slashes;

	if (!url_same_origin(home, url))
		return pool_strdup(pool, url);
	if (!str_utf8_valid(spelling, strlen(spelling)))
		spelling = url;
	slashes = strstr(spelling, "//");
	if (*spelling == '/' && slashes != spelling)
		return pool_strdup(pool, spelling);
	if (slashes && strchr(slashes + 2, '/')
	    && (slashes == spelling || slashes[-1] == ':'))
		return pool_strdup(pool, strchr(slashes + 2, '/'));
	/* relative to the answer's own address */
	slashes = strstr(url, "//");
	return pool_strdup(pool, strchr(slashes + 2, '/'));
}

const char *caldav_href_host(struct pool *pool, const char *url)
{
	struct url u;
	struct err ignored;

	return url_parse(pool, url, &u, &ignored) ? u.host : "The server";
}

const char *caldav_href_tag(struct pool *pool, const char *etag)
{
	return etag && *etag && strlen(etag) <= PROVIDER_VERSION_BYTES
	    && str_utf8_valid(etag, strlen(etag))
	    ? pool_strdup(pool, etag) : NULL;
}

static bool is_below(const char *host, const char *parent)
{
	size_t len = strlen(host), parent_len = strlen(parent);

	return len > parent_len + 1 && str_ends(host, parent)
	    && host[len - parent_len - 1] == '.' && strchr(parent, '.')
	    && !net_vet_is_literal(parent);
}

static bool same_family(const char *a, const char *b)
{
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		if (str_ends(a, families[i]) && str_ends(b, families[i]))
			return true;
	return false;
}

bool caldav_href_trusted(const char *base, const char *url)
{
	struct pool *pool;
	struct url b, u;
	struct err ignored;
	bool trusted = false;

	if (url_same_origin(base, url))
		return true;
	pool = pool_new(NULL);
	if (url_parse(pool, base, &b, &ignored)
	    && url_parse(pool, url, &u, &ignored)
	    && strcmp(u.scheme, "https") == 0
	    && strcmp(b.scheme, "https") == 0 && u.port == 443) {
		const char *parent = str_starts(b.host, "www.")
		    ? b.host + 4 : b.host;

		trusted = is_below(u.host, parent)
		    || (parent != b.host && strcmp(parent, u.host) == 0
			&& strchr(parent, '.'))
		    || same_family(b.host, u.host);
	}
	pool_free(pool);
	return trusted;
}

char *caldav_href_from_op(struct pool *pool, const char *collection_id,
    const uint8_t op_id[16])
{
	return pool_printf(pool, "%s%s%s.ics", collection_id,
	    str_ends(collection_id, "/") ? "" : "/",
	    digest_hex(pool, op_id, 16));
}

bool caldav_href_home(struct provider_session *session, struct pool *pool,
    const char **out, struct err *err)
{
	struct provider_account account;

	if (!session->home_url || !*session->home_url) {
		if (!caldav_discover(session, pool, &account, err))
			return false;
		session->home_url = pool_strdup(session->pool,
		    account.home_url);
	}
	*out = pool_strndup(pool, session->home_url,
	    strcspn(session->home_url, " "));
	return true;
}

bool caldav_href_url(struct provider_session *session, struct pool *pool,
    const char *id, char **out, struct err *err)
{
	const char *home;

	if (!caldav_href_home(session, pool, &home, err)
	    || !url_resolve(pool, home, id, out, err))
		return false;
	if (caldav_href_trusted(session->base_url, *out)
	    || url_same_origin(home, *out))
		return true;
	return err_set(err, ERR_UPSTREAM,
	    "The server names an address at another host (%.80s), which does "
	    "not get the password.", caldav_href_host(pool, *out));
}
