/* Reading, resolving and refusing URLs, hostile spellings included. */
#include "net/url.h"
#include "t/tap.h"

static struct pool *pool;
static const char *const allowed[] = {
	"http://127.0.0.1:5232", "https://cal.intra:8443", "http://[::1]:81",
};
static const struct config config = {
	.allow_origins = { (const char **)allowed, 3 },
};

static const char *parsed(const char *text)
{
	struct url u;
	struct err err = { 0 };

	if (!url_parse(pool, text, &u, &err))
		return err.kind == ERR_INPUT && err.msg[0] ? "refused" : "?";
	return pool_printf(pool, "%s|%s|%d|%s", u.scheme, u.host, u.port,
	    u.path);
}

static const struct { const char *in, *want; } parse_cases[] = {
	{ "https://example.com", "https|example.com|443|/" },
	{ "HTTPS://Example.COM:443/A/b?x=Y", "https|example.com|443|/A/b?x=Y" },
	{ "http://h.example:8080/", "http|h.example|8080|/" },
	{ "https://h.example:/x", "https|h.example|443|/x" },
	{ "https://h.example./", "https|h.example|443|/" },
	{ "https://h.example?q=1", "https|h.example|443|/?q=1" },
	{ "https://[2001:DB8::1]:8443/x", "https|2001:db8::1|8443|/x" },
	{ "https://h.example/a b\xc3\xa4", "https|h.example|443|/a%20b%C3%A4" },
	{ "https://h.example/%40@+:%2b", "https|h.example|443|/%40@+:%2b" },
	{ "", "refused" }, { "example.com", "refused" },
	{ "//example.com/", "refused" }, { "/x", "refused" },
	{ "https:/example.com", "refused" }, { "https://", "refused" },
	{ "https:///x", "refused" }, { "file:///etc/passwd", "refused" },
	{ "ftp://h.example/", "refused" }, { "gopher://h.example/", "refused" },
	{ "javascript://h.example/", "refused" },
	{ "https://user@h.example/", "refused" },
	{ "https://user:pw@h.example/", "refused" },
	{ "https://h.example@127.0.0.1/", "refused" },
	{ "https://h.example\\@127.0.0.1/", "refused" },
	{ "https://h.example:80:90/", "refused" },
	{ "https://h.example:0/", "refused" },
	{ "https://h.example:65536/", "refused" },
	{ "https://h.example:99999999999/", "refused" },
	{ "https://h.example:8o/", "refused" },
	{ "https://h.example:-1/", "refused" },
	{ "https://h.example/#frag", "refused" },
	{ "https://h.example/\r\nHost: evil", "refused" },
	{ "https://h.example/\t", "refused" },
	{ "https://h.example\x7f/", "refused" },
	{ "https://h..example/", "refused" }, { "https://.example/", "refused" },
	{ "https://h_%31.example/", "refused" },
	{ "https://h ex.example/", "refused" },
	{ "https://m\xc3\xbcller.example/", "refused" },
	{ "https://\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa2.example/", "refused" },
	{ "https://[::1/", "refused" }, { "https://[::1]x/", "refused" },
	{ "https://[fe80::1%25eth0]/", "refused" },
	{ "https://[127.0.0.1]/", "refused" }, { "https://[]/", "refused" },
	{ "https://::1/", "refused" },
};

static const struct { const char *ref, *want; } resolve_cases[] = {
	/* RFC 3986 5.4, without the schemes we refuse */
	{ "g", "https://a.example/b/c/g" }, { "./g", "https://a.example/b/c/g" },
	{ "g/", "https://a.example/b/c/g/" }, { "/g", "https://a.example/g" },
	{ "//g.example", "https://g.example/" },
	{ "?y", "https://a.example/b/c/d;p?y" },
	{ "g?y", "https://a.example/b/c/g?y" },
	{ "#s", "https://a.example/b/c/d;p?q" },
	{ "g#s", "https://a.example/b/c/g" },
	{ "g?y#s", "https://a.example/b/c/g?y" },
	{ ";x", "https://a.example/b/c/;x" },
	{ "g;x", "https://a.example/b/c/g;x" },
	{ "", "https://a.example/b/c/d;p?q" },
	{ ".", "https://a.example/b/c/" }, { "./", "https://a.example/b/c/" },
	{ "..", "https://a.example/b/" }, { "../", "https://a.example/b/" },
	{ "../g", "https://a.example/b/g" }, { "../..", "https://a.example/" },
	{ "../../g", "https://a.example/g" },
	{ "../../../g", "https://a.example/g" },
	{ "../../../../g", "https://a.example/g" },
	{ "/./g", "https://a.example/g" }, { "/../g", "https://a.example/g" },
	{ "g.", "https://a.example/b/c/g." }, { ".g", "https://a.example/b/c/.g" },
	{ "g..", "https://a.example/b/c/g.." },
	{ "..g", "https://a.example/b/c/..g" },
	{ "./../g", "https://a.example/b/g" },
	{ "./g/.", "https://a.example/b/c/g/" },
	{ "g/./h", "https://a.example/b/c/g/h" },
	{ "g/../h", "https://a.example/b/c/h" },
	{ "g?y/../x", "https://a.example/b/c/g?y/../x" },
	/* as servers write them */
	{ "/u%40x/a b.ics", "https://a.example/u%40x/a%20b.ics" },
	{ "https://p42-caldav.icloud.com:443/12/",
	  "https://p42-caldav.icloud.com/12/" },
	{ "https://b.example/x/../../y", "https://b.example/y" },
	{ "http%3A//a.example/x", "https://a.example/b/c/http%3A//a.example/x" },
	{ "javascript:alert(1)", "refused" }, { "file:///etc/passwd", "refused" },
	{ "//user@b.example/", "refused" }, { "/x\r\ny", "refused" },
	{ "https://", "refused" },
};

static const char *const refused_urls[] = {
	"http://example.com/", "https://example.com:22/",
	"https://example.com:25/", "https://example.com:3306/",
	"https://example.com:80/", "http://127.0.0.1/", "https://127.0.0.1/",
	"https://127.0.0.1:5232/", "https://2130706433/", "https://0x7f.1/",
	"https://0177.0.0.1/", "https://127.1/", "https://0/",
	"https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fc00::1]/",
	"https://[64:ff9b::7f00:1]/", "https://169.254.169.254/latest/",
	"https://10.0.0.1/", "https://192.168.1.1/", "https://localhost/",
	"https://LOCALHOST/", "https://foo.localhost/", "https://nas.local/",
	"https://metadata.google.internal/", "https://intranet/",
	"https://router.lan/", "https://127.0.0.1./", "http://127.0.0.1:5233/",
	"http://127.0.0.2:5232/", "http://2130706433:5232/",
	"http://cal.intra:8443/", "http://cal.intra/", "http://[::1]:82/",
	"http://127.0.0.1:5232@evil.example/", "ftp://127.0.0.1:5232/",
};
static const char *const good_urls[] = {
	"https://caldav.icloud.com/", "https://posteo.de:8443/x",
	"https://p42-caldav.icloud.com:443/1/", "https://8.8.8.8/",
	"http://127.0.0.1:5232/u/", "https://cal.intra:8443/",
	"http://[0:0::1]:81/",
};

#define EACH(i, list) \
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)

static void test_resolve(void)
{
	struct err err = { 0 };
	char *out;

	EACH(i, resolve_cases) {
		const char *got = url_resolve(pool,
		    "https://a.example/b/c/d;p?q", resolve_cases[i].ref, &out,
		    &err) ? out : "refused";

		is_text(got, resolve_cases[i].want,
		    pool_printf(pool, "resolve case %zu", i));
	}
}

static void test_check(void)
{
	struct err err;

	EACH(i, refused_urls) {
		err = (struct err){ 0 };
		ok(!url_check(pool, &config, refused_urls[i], &err)
		    && err.kind == ERR_INPUT && strlen(err.msg) > 20,
		    "refused: %s (%s)", refused_urls[i], err.msg);
	}
	EACH(i, good_urls)
		ok(url_check(pool, &config, good_urls[i], &err),
		    "accepted: %s", good_urls[i]);
	is_text(url_allowed_origin(&config, "http://127.0.0.1:5232/x?y"),
	    allowed[0], "the allowed origin is found");
	is_text(url_allowed_origin(&config, "https://example.com/"), NULL,
	    "an unlisted origin is not");
}

int main(void)
{
	char big[URL_MAX_BYTES + 100];
	struct url u;
	struct err err;

	pool = pool_new(NULL);
	EACH(i, parse_cases)
		is_text(parsed(parse_cases[i].in), parse_cases[i].want,
		    pool_printf(pool, "parse case %zu", i));
	memset(big, 'a', sizeof(big));
	memcpy(big, "https://h.example/", 18);
	big[sizeof(big) - 1] = '\0';
	is_text(parsed(big), "refused", "a URL without end");
	big[URL_MAX_BYTES] = '\0';
	memset(big + 18, '{', URL_MAX_BYTES - 18);
	ok(!url_parse(pool, big, &u, &err),
	    "what would be too long to be read again is refused");
	big[URL_MAX_BYTES / 3] = '\0';
	ok(url_parse(pool, big, &u, &err) && strlen(u.path) >
	    URL_MAX_BYTES - 100, "a long path survives being encoded whole");
	test_resolve();
	test_check();
	ok(url_same_origin("https://A.example", "https://a.example:443/x"),
	    "port 443 is the default");
	ok(!url_same_origin("http://a.example", "https://a.example"),
	    "the scheme is part of the origin");
	ok(!url_same_origin("https://a.example", "nonsense"), "no URL");
	ok(!url_same_origin("nonsense", "nonsense"), "nor this");
	pool_free(pool);
	return done();
}
