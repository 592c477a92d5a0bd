/* Compiled templates: what a hostile value becomes in each kind of place. */
#include "t/tap.h"
#include "views/tpl_empty.h"
#include "views/tpl_field.h"
#include "views/tpl_login.h"
#include "views/tpl_login_org.h"
#include "util/pool.h"

static struct pool *pool;
static const char evil[] = "\"'><script>alert(1)</script>&amp;";

static struct str *
fresh(void)
{
	struct str *s = POOL_NEW(pool, struct str);

	str_init(s, pool, 1 << 20);
	return s;
}

static void
test_urls(void)
{
	static const char *const bad[] = { "javascript:alert(1)",
	    "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)",
	    "\x01javascript:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example",
	    "/\\evil.example", "http:evil", "blob:x", "", NULL };
	static const char *const good[] = { "/a?b=c", "https://x.example/a",
	    "mailto:a@b.c", "#part", "?page=2", "page:2/x" };
	struct str *s;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		s = fresh();
		view_url(s, bad[i]);
		ok(str_eq(s->data, "#") || (bad[i] && !*bad[i] && s->len == 0),
		    "no link: target %zu", i);
	}
	for (i = 0; i + 1 < sizeof(good) / sizeof(good[0]); i++) {
		s = fresh();
		view_url(s, good[i]);
		ok(str_eq(s->data, good[i]), "a link: %s", good[i]);
	}
	s = fresh();
	view_url(s, good[i]);
	ok(str_eq(s->data, "#"), "an unknown scheme: %s", good[i]);
}

/* Below a prefix every path of ours gets it, written out or worked out, and
 * nothing else does. */
static void
test_prefix(void)
{
	struct tpl_page page = { .title = "T", .brand = "B",
	    .home_url = "https://acme.example/home", .home_label = "Back",
	    .logo_href = "/brand/logo?v=1", .signed_in = true };
	struct tpl_field f = { .name = "n", .label = "l", .type = "text" };
	struct tpl_login login = { .page = &page, .email = &f, .password = &f };
	struct str *s = fresh();
	const char *at, *last;
	int ours = 0;

	view_use_prefix("/apps/x");
	tpl_login(s, &login);
	ok(strstr(s->data, " src=\"/apps/x/brand/logo?v=1\"") &&
	    strstr(s->data, " href=\"https://acme.example/home\"") &&
	    strstr(s->data, " action=\"/apps/x/login\"") &&
	    strstr(s->data, " href=\"#content\""), "each kind of address");
	for (last = s->data; (at = strstr(last, "=\"/")); last = at + 3)
		ours += str_starts(at + 2, "/apps/x/") ? 1 : 1000;
	ok(ours > 8 && ours < 1000, "%d paths, all below the prefix", ours);
	view_use_prefix("");
}

static void
test_places(void)
{
	struct tpl_field_option option = { evil, evil, true };
	struct tpl_field f = { .name = evil, .label = evil, .type = "text",
	    .value = evil, .error = evil, .hint = evil, .autocomplete = evil,
	    .options = &option, .options_count = 1 };
	struct tpl_page page = { .title = evil, .brand = evil, .signed_in = true,
	    .user_name = evil, .user_email = evil, .initials = evil,
	    .org_name = evil, .csrf = evil, .notice = evil, .notice_kind = evil,
	    .request_id = evil, .nav = evil };
	struct tpl_login_org_org org = { 7, evil, true };
	struct tpl_login_org orgs = { .page = &page, .next = evil, .orgs = &org,
	    .orgs_count = 1 };
	struct tpl_login login = { .page = &page, .message = evil, .next = evil,
	    .email = &f, .password = &f };
	static const char *const types[] = { "text", "textarea", "select",
	    "checkbox" };
	struct str *s;
	size_t i;

	for (i = 0; i < 4; i++) {
		f.type = types[i];
		s = fresh();
		tpl_field(s, &f);
		ok(str_ok(s) && !strstr(s->data, "<script>") &&
		    !strstr(s->data, "\"'>") && strstr(s->data, "&lt;script&gt;"),
		    "a field of type %s", types[i]);
	}
	s = fresh();
	tpl_login(s, &login);
	ok(!strstr(s->data, "<script>") && !strstr(s->data, "\"'>"), "a page");
	s = fresh();
	tpl_login_org(s, &orgs);
	ok(!strstr(s->data, "<script>") && strstr(s->data, "value=\"7\""),
	    "a page with a list");
}

static void
test_empty(void)
{
	struct tpl_empty e = { 0 };
	struct str *s = fresh();

	tpl_empty(s, &e);
	ok(strstr(s->data, "<h2></h2>") && !strstr(s->data, "href"),
	    "NULL is empty text");
}

int
main(void)
{
	pool = pool_new(NULL);
	test_urls();
	test_prefix();
	test_places();
	test_empty();
	pool_free(pool);
	return done();
}
