/* Values of the configuration, by type; knows no key by its name. */
#include <string.h>
#include "util/colour.h"
#include "util/config_p.h"
#include "util/str.h"
#include "util/banned.h"

bool
config_fail(struct config_reader *r, int line, const char *text)
{
	/* The first one in the file is told. */
	if (r->failed && r->failed_line <= line)
		return false;
	r->failed = true;
	r->failed_line = line;
	return err_set(r->err, ERR_INPUT, "%s line %d: %s", r->path, line,
	    text);
}

static bool
config_bad(struct config_reader *r, int line, const struct config_key *k,
    const char *value, const char *remedy)
{
	return config_fail(r, line, pool_printf(r->pool,
	    "[%s] %s is \"%.60s\"; it must be %s.", k->section, k->key, value,
	    remedy));
}

/* Length of the host in "host[:port]", 0 = not a host. */
static size_t
config_host_len(const char *authority)
{
	unsigned long long port;
	size_t len = authority[0] == '[' ?
	    strspn(authority + 1, "0123456789abcdefABCDEF:.") + 2 :
	    strspn(authority, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.");

	if (authority[0] == '[' && (len < 4 || authority[len - 1] != ']'))
		return 0;
	if (authority[len] == '\0')
		return len;
	if (authority[len] != ':' || !str_to_u64(authority + len + 1, &port) ||
	    port < 1 || port > 65535)
		return 0;
	return len;
}

static bool
config_is_origin(const char *text)
{
	size_t scheme = str_starts(text, "https://") ? 8 :
	    str_starts(text, "http://") ? 7 : 0;

	return scheme > 0 && config_host_len(text + scheme) > 0;
}

static bool
config_is_url(struct pool *pool, const char *text)
{
	const char *host = strstr(text, "://");
	size_t len = host != NULL ? strcspn(host + 3, "/") : 0;

	return len > 0 && host[3 + len] == '/' &&
	    strpbrk(text, " \t#\\") == NULL && config_is_origin(
	    pool_strndup(pool, text, (size_t)(host - text) + 3 + len));
}

bool
config_is_loopback(struct pool *pool, const char *origin)
{
	const char *host = strstr(origin, "://");
	size_t len;

	if (host == NULL)
		return false;
	len = config_host_len(host + 3);
	host = pool_strndup(pool, host + 3, len);
	return str_eq(host, "localhost") || str_eq(host, "[::1]") ||
	    (str_starts(host, "127.") &&
	    strspn(host, "0123456789.") == len);
}

static void
config_put_text(struct config *c, const struct config_key *k,
    const char *value)
{
	memcpy((char *)c + k->offset, &value, sizeof(value));
}

static bool
config_put_int(struct config_reader *r, int line, const struct config_key *k,
    const char *value)
{
	unsigned long long n;
	int i;

	if (!str_to_u64(value, &n) || n < (unsigned)k->least ||
	    n > (unsigned)k->most)
		return config_bad(r, line, k, value, pool_printf(r->pool,
		    "a whole number from %d to %d", k->least, k->most));
	i = (int)n;
	memcpy((char *)r->config + k->offset, &i, sizeof(i));
	return true;
}

static bool
config_put_origins(struct config_reader *r, int line,
    const struct config_key *k, const char *value)
{
	struct config_list list;
	char *rest = pool_strdup(r->pool, value), *item;

	memcpy(&list, (char *)r->config + k->offset, sizeof(list));
	while ((item = strsep(&rest, " \t,")) != NULL) {
		if (*item == '\0')
			continue;
		if (!config_is_origin(item))
			return config_bad(r, line, k, item,
			    "a list of origins such as "
			    "http://127.0.0.1:5232, without a path");
		list.items = pool_grow(r->pool, list.items, list.count,
		    list.count + 1, sizeof(*list.items));
		list.items[list.count++] = item;
	}
	memcpy((char *)r->config + k->offset, &list, sizeof(list));
	return true;
}

/* "" or "/a/b": plain characters, no empty and no dotted part. */
static bool
config_is_prefix(const char *text)
{
	size_t len;

	for (; *text; text += len) {
		if (*text++ != '/')
			return false;
		len = strspn(text, "abcdefghijklmnopqrstuvwxyz"
		    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~");
		if (len == 0 || *text == '.')
			return false;
	}
	return true;
}

static bool
config_put_switch(struct config_reader *r, int line,
    const struct config_key *k, const char *value)
{
	bool on = str_eq(value, "yes");

	if (!on && !str_eq(value, "no"))
		return config_bad(r, line, k, value, "yes or no");
	memcpy((char *)r->config + k->offset, &on, sizeof(on));
	return true;
}

bool
config_put(struct config_reader *r, int line, const struct config_key *k,
    const char *value)
{
	switch (k->type) {
	case CONFIG_INT:
		return config_put_int(r, line, k, value);
	case CONFIG_ORIGINS:
		return config_put_origins(r, line, k, value);
	case CONFIG_ORIGIN:
		if (*value != '\0' && !config_is_origin(value))
			return config_bad(r, line, k, value,
			    "an address such as https://app.example.com, "
			    "without a path or a slash at the end");
		break;
	case CONFIG_PATH:
		if (*value != '\0' && *value != '/')
			value = pool_printf(r->pool, "%s/%s", r->dir, value);
		break;
	case CONFIG_COLOUR:
		if (*value != '\0' && !colour_is(value))
			return config_bad(r, line, k, value,
			    "a colour such as #0b5f85");
		break;
	case CONFIG_PREFIX:
		if (!config_is_prefix(value))
			return config_bad(r, line, k, value, "a path such as "
			    "/apps/calendar-sync, without a slash at the end");
		break;
	case CONFIG_URL:
		if (!config_is_url(r->pool, value))
			return config_bad(r, line, k, value,
			    "a whole address such as "
			    "https://oauth2.example.com/token");
		break;
	case CONFIG_SWITCH:
		return config_put_switch(r, line, k, value);
	case CONFIG_TEXT:
		break;
	}
	config_put_text(r->config, k, pool_strdup(r->pool, value));
	return true;
}

