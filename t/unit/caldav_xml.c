/* The multistatus parser: every split of the bytes, and hostile documents. */
#include "providers/caldav_xml.h"
#include "t/tap.h"

struct seen {
	struct pool *pool;
	size_t count;
	char text[8192];
};

static const char *or_dash(const char *text) { return text ? text : "-"; }

static bool note_seen(void *arg, const struct caldav_response *r,
    struct err *err)
{
	struct seen *s = arg;
	size_t len = strlen(s->text);

	(void)err;
	s->count++;
	snprintf(s->text + len, sizeof(s->text) - len,
	    "%s|%d|%d|%s|%s|%s|%x|%u;", r->href, r->status, r->has_props,
	    or_dash(r->props.text[CALDAV_ETAG]),
	    or_dash(r->props.text[CALDAV_NAME]),
	    or_dash(r->props.text[CALDAV_DATA]), r->props.types, r->errors);
	return true;
}

/* Parsed in pieces of step bytes: the responses as text, or the sentence. */
static const char *parse(struct pool *pool, const char *doc, size_t len,
    size_t step)
{
	struct seen *s = POOL_NEW(pool, struct seen);
	struct caldav_xml *x = caldav_xml_new(pool, "host", note_seen, s);
	struct caldav_xml_result result;
	struct err err = { 0 };

	for (size_t at = 0; at < len; at += step)
		if (!caldav_xml_feed(x, doc + at,
		    len - at < step ? len - at : step, &err))
			return pool_strdup(pool, err.msg);
	if (!caldav_xml_finish(x, &err))
		return pool_strdup(pool, err.msg);
	result = caldav_xml_result(x);
	return pool_printf(pool, "%s%s %s %u", s->text,
	    result.multistatus ? "M" : "E", or_dash(result.sync_token),
	    result.errors);
}

#define OPEN "<?xml version=\"1.0\"?><x:multistatus xmlns:x=\"DAV:\" " \
	"xmlns:y=\"urn:ietf:params:xml:ns:caldav\">"
#define CLOSE "</x:multistatus>"
#define ONE(props, status) "<x:response><x:href> /a </x:href><x:propstat>" \
	"<x:prop>" props "</x:prop><x:status>" status "</x:status>" \
	"</x:propstat></x:response>"

static const struct { const char *name, *doc, *want; } cases[] = {
	{ "one entry", OPEN ONE("<x:getetag>\"1\"</x:getetag>",
	    "HTTP/1.1 200 OK") "<x:sync-token>t</x:sync-token>" CLOSE,
	  "/a|0|1|\"1\"|-|-|0|0;M t 0" },
	{ "a propstat of 404 is not read", OPEN
	    ONE("<x:getetag>\"1\"</x:getetag>", "HTTP/1.1 404 no") CLOSE,
	  "/a|0|0|-|-|-|0|0;M - 0" },
	{ "a propstat without a status is not read", OPEN
	    ONE("<x:getetag>\"1\"</x:getetag>", "") CLOSE,
	  "/a|0|0|-|-|-|0|0;M - 0" },
	{ "names of other namespaces are others", OPEN
	    ONE("<y:getetag>\"1\"</y:getetag>", "HTTP/1.1 200 OK") CLOSE,
	  "/a|0|1|-|-|-|0|0;M - 0" },
	{ "a prefix means nothing", "<multistatus xmlns=\"DAV:\"><response>"
	    "<href>/b</href><status>HTTP/1.1 404 Gone</status></response>"
	    "</multistatus>", "/b|404|0|-|-|-|0|0;M - 0" },
	{ "CDATA, references, types", OPEN ONE("<y:calendar-data><![CDATA[<&]]>"
	    "&#65;&amp;</y:calendar-data><x:resourcetype><x:collection/>"
	    "<y:calendar/></x:resourcetype>", "HTTP/1.1 200 OK") CLOSE,
	  "/a|0|1|-|-|<&A&|3|0;M - 0" },
	{ "control characters are dropped", OPEN ONE("<x:displayname>a\x01\x0b"
	    "b\x1f</x:displayname>", "HTTP/1.1 200 OK") CLOSE,
	  "/a|0|1|-|ab|-|0|0;M - 0" },
	{ "an error document", "<error xmlns=\"DAV:\"><valid-sync-token/>"
	    "</error>", "E - 1" },
	{ "an error inside a response", OPEN "<x:response><x:href>/c/</x:href>"
	    "<x:status>HTTP/1.1 507 full</x:status><x:error>"
	    "<x:number-of-matches-within-limits/></x:error></x:response>"
	    CLOSE, "/c/|507|0|-|-|-|0|2;M - 0" },
	{ "props outside of propstat are not read", OPEN "<x:response>"
	    "<x:href>/a</x:href><x:prop><x:getetag>1</x:getetag></x:prop>"
	    "</x:response>" CLOSE, "/a|0|0|-|-|-|0|0;M - 0" },
	{ "no namespace", "<multistatus/>",
	  "host answered with something that is not WebDAV." },
	{ "a page", "<html><body/></html>", "host answered with a web page "
	    "instead of calendar data. Check the address." },
	{ "a page with a doctype", "<!DOCTYPE html><html></html>",
	  "host answered with a web page instead of calendar data. Check the "
	  "address." },
	{ "a doctype", "<!DOCTYPE a []>" OPEN CLOSE, "host sent an XML "
	    "document type, which is refused for safety." },
	{ "an unknown entity", OPEN ONE("<x:getetag>&a;</x:getetag>",
	    "HTTP/1.1 200 OK") CLOSE, "host sent an answer that is damaged." },
	{ "two roots", OPEN CLOSE OPEN CLOSE,
	  "host sent an answer that is damaged." },
	{ "text after the root", OPEN CLOSE "x",
	  "host sent an answer that is damaged." },
	{ "bad UTF-8", OPEN ONE("<x:getetag>\xff\xfe</x:getetag>",
	    "HTTP/1.1 200 OK") CLOSE, "host sent an answer that is damaged." },
	{ "no address", OPEN "<x:response/>" CLOSE,
	  "host sent an answer that names no address." },
};

static void test_cases(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct pool *pool = pool_new(NULL);
		size_t len = strlen(cases[i].doc), bad = 0;

		is_text(parse(pool, cases[i].doc, len, len), cases[i].want,
		    cases[i].name);
		for (size_t step = 1; step < 20; step++)
			bad += strcmp(parse(pool, cases[i].doc, len, step),
			    cases[i].want) != 0;
		is_int(bad, 0, "in pieces of every size the same");
		pool_free(pool);
	}
}

/* A document that lost its end anywhere is never whole. */
static void test_cuts(void)
{
	const char *doc = cases[0].doc;
	size_t len = strlen(doc), whole = 0;

	for (size_t n = 0; n < len; n++) {
		struct pool *pool = pool_new(NULL);
		struct caldav_xml *x = caldav_xml_new(pool, "host", NULL, NULL);
		struct err err;

		whole += caldav_xml_feed(x, doc, n, &err)
		    && caldav_xml_finish(x, &err);
		pool_free(pool);
	}
	is_int(whole, 0, "cut at every byte: never taken for whole");
}

/* The same piece again and again; how many bytes until it is refused. */
static size_t feed_until(const char *head, const char *piece, size_t max,
    char *msg, size_t *used_out)
{
	struct pool *pool = pool_new(NULL);
	struct caldav_xml *x = caldav_xml_new(pool, "host", NULL, NULL);
	struct err err = { 0 };
	size_t n = 0;
	bool good = caldav_xml_feed(x, head, strlen(head), &err);

	for (; good && n < max; n += strlen(piece))
		good = caldav_xml_feed(x, piece, strlen(piece), &err);
	snprintf(msg, sizeof(err.msg), "%s", err.msg);
	*used_out = pool_used_bytes(pool);
	pool_free(pool);
	return n;
}

static void test_floods(void)
{
	static const struct { const char *name, *head, *piece, *want; } floods[]
	    = {
		{ "a tag without end", OPEN "<x:response a=\"", "aaaaaaaaaa",
		  "never ends" },
		{ "a comment without end", OPEN "<!-- ", "aaaaaaaaaa",
		  "never ends" },
		{ "nesting", OPEN, "<a>", "nested too deeply" },
		{ "an address without end", OPEN "<x:response><x:href>",
		  "aaaaaaaaaa</x:href><x:href>", "" },
		{ "responses", OPEN, "<x:response><x:href>/a</x:href>"
		  "</x:response>", "more entries" },
	};
	char msg[240];
	size_t used;

	for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
		size_t n = feed_until(floods[i].head, floods[i].piece,
		    20 * 1024 * 1024, msg, &used);

		ok(!*floods[i].want || (strstr(msg, floods[i].want)
		    && n < 10 * 1024 * 1024), "%s: refused after %zu bytes: %s",
		    floods[i].name, n, msg);
		ok(used < 8 * 1024 * 1024, "%s: %zu bytes kept",
		    floods[i].name, used);
	}
}

int main(void)
{
	test_cases();
	test_cuts();
	test_floods();
	return done();
}
