/* The multistatus parser: every split of the bytes, and hostile documents. */
#include <time.h>
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

#define LABELLED(label, name) "<?xml version='1.0' encoding='" label "'?>" \
	"<x:multistatus xmlns:x=\"DAV:\">" ONE("<x:displayname>" name \
	"</x:displayname>", "HTTP/1.1 200 OK") CLOSE
#define NAMED(name) "/a|0|1|-|" name "|-|0|0;M - 0"

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
	{ "a tag begun after the root", OPEN CLOSE "<",
	  "host sent an answer that is damaged." },
	{ "bad UTF-8", OPEN ONE("<x:getetag>\xff\xfe</x:getetag>",
	    "HTTP/1.1 200 OK") CLOSE, "host sent an answer that is damaged." },
	{ "Latin-1", LABELLED("ISO-8859-1", "\xe4"), NAMED("\xc3\xa4") },
	{ "windows-1252", LABELLED("Windows-1252", "\x80\xe4"),
	  NAMED("\xe2\x82\xac\xc3\xa4") },
	{ "UTF-8 misspelt", LABELLED("utf8", "\xf0\x9f\x8e\x89"),
	  NAMED("\xf0\x9f\x8e\x89") },
	{ "ASCII that is none", LABELLED("us-ascii", "\xc3\xa4"),
	  "host sent an answer that is damaged." },
	{ "an encoding nobody needs", LABELLED("iso-2022-cn-ext", "a"),
	  "host answered with something that is not calendar data." },
	{ "UTF-16 in name", LABELLED("UTF-16", "a"),
	  "host answered with something that is not calendar data." },
	{ "UTF-16", "\xff\xfe<\0a", "host answered with something that is "
	    "not calendar data." },
	{ "a byte order mark", "\xef\xbb\xbf<multistatus xmlns=\"DAV:\"/>",
	  "M - 0" },
	{ "a declaration after a line", "\n" OPEN CLOSE, "host answered with "
	    "something that is not calendar data." },
	{ "a prefix that is not declared", OPEN ONE("<z:getetag/>",
	    "HTTP/1.1 200 OK") CLOSE, "host sent an answer that is damaged." },
	{ "an attribute twice", OPEN ONE("<x:getetag a=\"\" a=\"\"/>",
	    "HTTP/1.1 200 OK") CLOSE, "host sent an answer that is damaged." },
	{ "a namespace that ends in our separator", OPEN ONE("<x:getetag "
	    "xmlns:x=\"DAV:&#10;\">1</x:getetag>", "HTTP/1.1 200 OK") CLOSE,
	  "host sent an answer that is damaged." },
	{ "CDATA cut in two", OPEN ONE("<x:displayname><![CDATA[a]]]]>"
	    "<![CDATA[>\r\n\rb]]></x:displayname>", "HTTP/1.1 200 OK") CLOSE,
	  NAMED("a]]>\n\nb") },
	{ "entities in a doctype", "<!DOCTYPE a [<!ENTITY b \"c\"><!ENTITY d "
	    "\"&b;&b;&b;\">]>" ONE("<x:getetag>&d;</x:getetag>", ""), "host "
	    "sent an XML document type, which is refused for safety." },
	{ "a file in a doctype", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>",
	  "host sent an XML document type, which is refused for safety." },
	{ "a part from elsewhere", "<!DOCTYPE a [<!ENTITY % b SYSTEM "
	    "\"http://127.0.0.1/\">%b;]><a/>", "host sent an XML document "
	    "type, which is refused for safety." },
	{ "a page with a long doctype", "<!-- x --><!DOCTYPE HTML PUBLIC "
	    "\"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/"
	    "strict.dtd\"><html><br>", "host answered with a web page instead "
	    "of calendar data. Check the address." },
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

/* Names that are all different, without end; how many bytes are taken. */
static size_t feed_names(struct pool *pool, char *msg, size_t size)
{
	static const char fill[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct caldav_xml *x = caldav_xml_new(pool, "host", NULL, NULL);
	struct err err = { 0 };
	bool good = caldav_xml_feed(x, OPEN, strlen(OPEN), &err);
	size_t bytes = 0;
	char name[100];

	for (int i = 0; good && i < 1000000; i++) {
		snprintf(name, sizeof(name), "<%s%d/>", fill, i);
		good = caldav_xml_feed(x, name, strlen(name), &err);
		bytes += strlen(name);
	}
	snprintf(msg, size, "%s", err.msg);
	return bytes;
}

/* What the parser keeps of them has an end, and the next answer is not made
 * to suffer, though the refused one still lies in the pool. */
static void test_names(void)
{
	struct pool *pool = pool_new(NULL);
	char msg[240];
	size_t bytes = feed_names(pool, msg, sizeof(msg));

	ok(strstr(msg, "damaged"), "new names for ever: refused after %zu "
	    "bytes", bytes);
	is_int(feed_names(pool, msg, sizeof(msg)), bytes, "the next is given "
	    "as much");
	pool_free(pool);
}

/* A tag that never ends, a byte at a time, is not read again with each. */
static void test_drops(void)
{
	struct pool *pool = pool_new(NULL);
	struct caldav_xml *x = caldav_xml_new(pool, "host", NULL, NULL);
	struct err err = { 0 };
	clock_t began = clock();
	bool good = caldav_xml_feed(x, OPEN "<a b='", strlen(OPEN "<a b='"),
	    &err);

	for (int i = 0; good && i < 1000000; i++)
		good = caldav_xml_feed(x, "a", 1, &err);
	ok(!good && strstr(err.msg, "never ends"), "a tag drop by drop: %s",
	    err.msg);
	ok(clock() - began < CLOCKS_PER_SEC / 2, "and soon: %ld ms of CPU",
	    (long)((clock() - began) * 1000 / CLOCKS_PER_SEC));
	pool_free(pool);
}

static bool note_events(void *arg, const struct caldav_response *r,
    struct err *err)
{
	*(int *)arg = r->props.has_components + r->props.events;
	return r->status != 418 || err_set(err, ERR_LIMIT, "enough");
}

static int components(const char *attributes)
{
	struct pool *pool = pool_new(NULL);
	int seen = -1;
	struct caldav_xml *x = caldav_xml_new(pool, "host", note_events, &seen);
	char *doc = pool_printf(pool, "%s", OPEN ONE("<y:supported-calendar-"
	    "component-set><y:comp %s/></y:supported-calendar-component-set>",
	    "HTTP/1.1 200 OK") CLOSE);
	struct err err;

	doc = pool_printf(pool, "%.*s%s%s", (int)(strstr(doc, "%s") - doc), doc,
	    attributes, strstr(doc, "%s") + 2);
	if (!caldav_xml_feed(x, doc, strlen(doc), &err) ||
	    !caldav_xml_finish(x, &err))
		seen = -2;
	pool_free(pool);
	return seen;
}

static void test_components(void)
{
	is_int(components("name=\"VEVENT\""), 2, "a component");
	is_int(components("x='1' name='v&#69;vent' y='2'"), 2, "among others");
	is_int(components("name=\"VEVENTS\""), 1, "another component");
	is_int(components("names=\"VEVENT\""), 1, "another attribute");
	is_int(components("name=VEVENT"), -2, "no quotes: damaged");
}

static void test_stop(void)
{
	const char *doc = OPEN "<x:response><x:href>/a</x:href><x:status>"
	    "HTTP/1.1 418 no</x:status></x:response><x:response/>" CLOSE;
	struct pool *pool = pool_new(NULL);
	int seen = 0;
	struct caldav_xml *x = caldav_xml_new(pool, "host", note_events, &seen);
	struct err err = { 0 };

	ok(!(caldav_xml_feed(x, doc, strlen(doc), &err) &&
	    caldav_xml_finish(x, &err)), "the caller may stop");
	is_text(err.msg, "enough", "and its own sentence is told");
	ok(!caldav_xml_feed(x, doc, strlen(doc), &err) &&
	    !caldav_xml_finish(x, &err), "stopped is stopped");
	is_text(err.msg, "enough", "with the same sentence");
	pool_free(pool);
}

int main(void)
{
	test_cases();
	test_cuts();
	test_floods();
	test_names();
	test_drops();
	test_components();
	test_stop();
	return done();
}
