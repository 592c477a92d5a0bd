/* The few verbs of compiled templates; knows no page. */
#include <string.h>
#include "views/view.h"
#include "util/banned.h"

static const char *path_prefix = "";

void
view_use_prefix(const char *prefix)
{
	path_prefix = prefix;
}

void
view_prefix(struct str *s)
{
	if (*path_prefix)
		str_attr(s, path_prefix);
}

bool
view_has(const char *text)
{
	return text && *text;
}

bool
view_eq(const char *a, const char *b)
{
	return str_eq(a ? a : "", b ? b : "");
}

void
view_int(struct str *s, int64_t n)
{
	if (n < 0)
		str_addc(s, '-');
	str_addu(s, n < 0 ? -(uint64_t)n : (uint64_t)n);
}

void
view_when(struct str *s, when_t t)
{
	if (t != WHEN_NONE)
		str_add(s, when_format(s->pool, t));
}

/* Browsers drop control bytes and leading white space before they look for a
 * scheme, so a URL with any of them is refused. "//host" is another site. */
static bool
url_is_safe(const char *url)
{
	static const char *const schemes[] = { "http://", "https://", "mailto:" };
	size_t i, end = strcspn(url, ":/?#");
	const char *p;

	for (p = url; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || *p == '\\')
			return false;
	if (url[end] != ':')
		return !str_starts(url, "//");
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

void
view_url(struct str *s, const char *url)
{
	if (!url || !url_is_safe(url))
		url = "#";
	if (*url == '/')
		view_prefix(s);
	str_attr(s, url);
}
