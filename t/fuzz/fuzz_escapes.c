/*
 * Every escape on any text (libFuzzer): it cannot leave its place, and what a
 * reader takes back out is what went in. The reader of HTML here is written
 * from the HTML standard and shares nothing with tplc; the page it reads is
 * t/fuzz/escapes.html, compiled as all templates are.
 */
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include "serve/reply.h"
#include "util/jsonx.h"
#include "util/str.h"
#include "views/tpl_escapes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define PLENTY (1024 * 1024)

static struct str fresh(struct pool *pool)
{
	struct str s;

	str_init(&s, pool, PLENTY);
	return s;
}

/* ---- a reader of HTML: text with the character references we write ---- */

static char *decoded(struct pool *pool, const char *html, size_t len)
{
	static const struct { const char *ref; char c; } refs[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&#39;", '\'' },
	};
	struct str out = fresh(pool);

	for (size_t i = 0; i < len; i++) {
		size_t k = 0, n = sizeof(refs) / sizeof(refs[0]);

		if (html[i] == '<' || html[i] == '>')
			die("a bracket inside of text");
		if (html[i] != '&') {
			str_addc(&out, html[i]);
			continue;
		}
		while (k < n && strncmp(html + i, refs[k].ref,
		    strlen(refs[k].ref)) != 0)
			k++;
		if (k == n)
			die("a bare ampersand");
		str_addc(&out, refs[k].c);
		i += strlen(refs[k].ref) - 1;
	}
	return out.data;
}

static void same(const char *got, const char *want, const char *what)
{
	if (strcmp(got, want) != 0)
		die("%s: [%s] is not [%s]", what, got, want);
}

/* Takes the literal off the front of the page. */
static const char *after(const char *at, const char *literal)
{
	if (strncmp(at, literal, strlen(literal)) != 0)
		die("the page's shape: no %s at %.60s", literal, at);
	return at + strlen(literal);
}

/* The value up to the stop sign, decoded; *at moves behind the sign. */
static char *upto(struct pool *pool, const char **at, char stop)
{
	const char *end = strchr(*at, stop);
	char *text;

	if (!end)
		die("no end of a value");
	text = decoded(pool, *at, (size_t)(end - *at));
	*at = stop == '<' ? end : end + 1;
	return text;
}

/* ---- what a browser makes of an address (WHATWG URL) ---- */

static bool is_scheme_char(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!first &&
	    ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'));
}

static void check_address(struct pool *pool, const char *given)
{
	static const char *const fine[] = { "http", "https", "mailto" };
	struct str url = fresh(pool);
	size_t n = 0;

	while (*given && (unsigned char)*given <= ' ')
		given++;
	for (; *given; given++)
		if (!strchr("\t\n\r", *given))
			str_addc(&url, *given == '\\' ? '/' : *given);
	while (is_scheme_char(url.data[n], n == 0))
		n++;
	if (n && url.data[n] == ':') {
		for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
			if (strlen(fine[i]) == n &&
			    strncasecmp(url.data, fine[i], n) == 0)
				return;
		die("the scheme of %s", url.data);
	}
	if (str_starts(url.data, "//"))
		die("another site: %s", url.data);
}

static void check_page(struct pool *pool, const char *text)
{
	struct tpl_escapes p = { .t = text, .url = text };
	struct str page = fresh(pool), arg = fresh(pool);
	const char *at;
	char *value;

	tpl_escapes(&page, &p);
	at = page.data;
	while (*at == '\n')
		at++;
	at = after(at, "<title>");
	same(upto(pool, &at, '<'), text, "title");
	at = after(at, "</title><p title=\"");
	same(upto(pool, &at, '"'), text, "attribute");
	at = after(at, " class='a ");
	same(upto(pool, &at, '\''), text, "attribute in single quotes");
	at = after(at, ">");
	same(upto(pool, &at, '<'), text, "text");
	at = after(at, "</p><a href=\"");
	value = upto(pool, &at, '"');
	check_address(pool, value);
	if (strcmp(value, "#") != 0)
		same(value, text, "address");
	at = after(at, " id=\"u\">x</a><a href=\"/p?q=");
	value = pool_strndup(pool, at, strcspn(at, "&\""));
	str_urlarg(&arg, text);
	same(value, arg.data, "argument");
	at = after(at + strlen(value), "&amp;r=1\">");
	same(upto(pool, &at, '<'), text, "link text");
	at = after(at, "</a><textarea name=\"n\">");
	same(upto(pool, &at, '<'), text, "textarea");
	at = after(at, "</textarea>");
	if (*at && strcmp(at, "\n") != 0)
		die("more on the page than was written");
}

/* ---- addresses, JSON, headers ---- */

static int hex(char c)
{
	static const char digits[] = "0123456789ABCDEF";
	const char *p = c ? strchr(digits, c) : NULL;

	return p ? (int)(p - digits) : -1;
}

static void check_percent(struct pool *pool, const char *text, bool slash)
{
	struct str s = fresh(pool), back = fresh(pool);

	if (slash)
		str_urlpath(&s, text);
	else
		str_urlarg(&s, text);
	for (const char *p = s.data; *p; p++) {
		bool plain = is_scheme_char(*p, true) || (*p >= '0' &&
		    *p <= '9') || strchr("-._~", *p) || (slash && *p == '/');

		if (*p == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
			str_addc(&back, (char)(hex(p[1]) * 16 + hex(p[2])));
			p += 2;
		} else if (plain) {
			str_addc(&back, *p);
		} else {
			die("%c in an address", *p);
		}
	}
	same(back.data, text, "percent");
}

static void check_json(struct pool *pool, const char *text)
{
	struct str s = fresh(pool);
	struct err err = { 0 };
	json_t *root;

	str_addc(&s, '[');
	str_json(&s, text);
	str_addc(&s, ']');
	if (strpbrk(s.data, "<>&'") || strstr(s.data, "\xe2\x80\xa8") ||
	    strstr(s.data, "\xe2\x80\xa9"))
		die("JSON that ends its script: %s", s.data);
	if (!jsonx_parse(pool, s.data, s.len, &root, &err))
		die("no JSON: %s: %s", s.data, err.msg);
	if (json_array_size(root) != 1)
		die("more than one value");
	if (str_utf8_valid(text, strlen(text)))
		same(json_string_value(json_array_get(root, 0)), text, "JSON");
}

static void check_header(struct pool *pool, const char *text)
{
	struct str s = fresh(pool);
	const char *from = text;

	str_header(&s, text);
	for (const char *p = s.data; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			die("a control byte in a header");
		from = strchr(from, *p);
		if (!from++)
			die("a byte nobody wrote");
	}
	if (reply_is_local(text)) {
		check_address(pool, text);
		if (*text != '/')
			die("a redirect to %s", text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pool *pool = pool_new(NULL);
	const char *text = pool_strndup(pool, (const char *)data,
	    strnlen((const char *)data, len));

	check_page(pool, text);
	check_percent(pool, text, false);
	check_percent(pool, text, true);
	check_json(pool, text);
	check_header(pool, text);
	pool_free(pool);
	return 0;
}
