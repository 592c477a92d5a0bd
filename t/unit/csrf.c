/* Tokens and the browser's word, one by one. */
#include "t/tap.h"
#include "serve/csrf.h"
#include "util/pool.h"
#include "util/str.h"

static const char site[] = "https://app.example.com";

int
main(void)
{
	struct pool *pool = pool_new(NULL);
	struct csrf_key key = { { 1, 2, 3 } }, other = { { 1, 2, 4 } };
	char *token = csrf_token(pool, &key), *again = csrf_token(pool, &key);
	struct request_pair pair = { "csrf", token };
	struct request req = { .pool = pool, .method = REQUEST_POST,
	    .form = { &pair, 1 } };
	struct err err;
	size_t i;

	ok(csrf_token_ok(&key, token) && csrf_token_ok(&key, again), "good");
	ok(!str_eq(token, again), "spelled anew each time");
	ok(!csrf_token_ok(&other, token), "another session's token");
	ok(!csrf_token_ok(&key, NULL) && !csrf_token_ok(&key, ""), "missing");
	for (i = 0; token[i]; i += 7) {
		char *bent = pool_strdup(pool, token);

		bent[i] = bent[i] == 'A' ? 'B' : 'A';
		ok(!csrf_token_ok(&key, bent), "changed at %zu", i);
	}
	ok(!csrf_token_ok(&key, pool_strndup(pool, token, strlen(token) - 2)), "cut");
	ok(!csrf_token_ok(&key, pool_printf(pool, "%sAA", token)), "longer");

	ok(csrf_check(&req, &key, site, &err), "no headers, good token");
	req.origin = site;
	req.fetch_site = "same-origin";
	ok(csrf_check(&req, &key, site, &err), "own origin");
	req.origin = "null";
	ok(!csrf_check(&req, &key, site, &err) && err.kind == ERR_FORBIDDEN,
	    "Origin null");
	req.origin = "https://app.example.com.evil.example";
	ok(!csrf_check(&req, &key, site, &err), "foreign origin");
	req.origin = "http://app.example.com";
	ok(!csrf_check(&req, &key, site, &err), "other scheme");
	req.origin = NULL;
	req.fetch_site = "same-site";
	ok(!csrf_check(&req, &key, site, &err), "a sibling site");
	req.fetch_site = "cross-site";
	ok(!csrf_check(&req, &key, site, &err), "another site");
	req.fetch_site = "none";
	ok(!csrf_check(&req, &key, site, &err), "none sends no POST");
	req.fetch_site = NULL;
	pair.name = "other";
	ok(!csrf_check(&req, &key, site, &err), "no token");
	req.method = REQUEST_GET;
	ok(csrf_check(&req, &key, site, &err), "GET needs none");
	pool_free(pool);
	return done();
}
