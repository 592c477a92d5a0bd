/* The code flow as a client: what is asked, what comes back, what answers of a
 * token endpoint mean; hostile ones before all. */
#include "oauth/oauth_token.h"
#include "util/str.h"
#include "t/tap.h"

static struct pool *pool;

static const char *const spellings[] = {
	"email", "https://id.example/userinfo.email", NULL,
};
static const struct oauth_server server = {
	.who = "Example", .authorize_url = "https://id.example/auth",
	.token_url = "https://id.example/token",
	.issuer = "https://id.example", .extra_query = "access_type=offline",
	.scope_spellings = spellings,
};

/* ---- the question ---- */

static void asks(void)
{
	struct oauth_try a, b;
	struct digest hash;
	struct oauth_ask ask = {
		.server = &server, .client_id = "me & you", .try = &a,
		.redirect_uri = "https://app.example/oauth/x/callback",
		.scopes = "openid a/b", .login_hint = "ana@example.com",
		.prompt = "consent",
	};
	char *url;

	/* RFC 7636 appendix B. */
	is_text(oauth_challenge(pool, secret_new(pool,
	    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", 43)),
	    "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "S256 as in RFC 7636");
	oauth_begin(pool, &a);
	oauth_begin(pool, &b);
	ok(strlen(a.state) == OAUTH_STATE_CHARS && strcmp(a.state, b.state) != 0,
	    "a state for each try, of 256 bits");
	ok(secret_len(a.verifier) == 43 && strcmp(a.challenge, b.challenge) != 0,
	    "and a verifier");
	is_text(oauth_challenge(pool, a.verifier), a.challenge,
	    "whose challenge it is");
	ok(oauth_state_hash(a.state, &hash) && digest_eq(&hash, &a.state_hash),
	    "a state that comes back is known by its hash");
	url = oauth_ask_url(pool, &ask);
	is_text(url, pool_printf(pool, "https://id.example/auth?response_type="
	    "code&client_id=me%%20%%26%%20you&redirect_uri=https%%3A%%2F%%2Fapp."
	    "example%%2Foauth%%2Fx%%2Fcallback&scope=openid%%20a%%2Fb&state=%s"
	    "&code_challenge=%s&code_challenge_method=S256&login_hint="
	    "ana%%40example.com&prompt=consent&access_type=offline", a.state,
	    a.challenge), "the address");
	ok(!strstr(url, secret_peek(a.verifier)), "without the verifier");
	ask.server = &(struct oauth_server){ .who = "Q",
	    .authorize_url = "https://q.example/?tenant=1" };
	ask.login_hint = ask.prompt = NULL;
	url = oauth_ask_url(pool, &ask);
	ok(str_starts(url, "https://q.example/?tenant=1&response_type=code&"),
	    "where there is a query already");
	ok(!strstr(url, "prompt") && !strstr(url, "login_hint"),
	    "nothing that was not said");
}

static void refuses_states(void)
{
	static const char *const bad[] = {
		"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAA/AAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAAA",
		"' OR 1=1 --",
	};
	struct digest hash;

	ok(!oauth_state_hash(NULL, &hash), "no state");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!oauth_state_hash(bad[i], &hash), "never was a state: %s",
		    bad[i]);
}

/* ---- the redirect ---- */

static const struct {
	struct oauth_redirect in;
	enum err_kind want;
	const char *says;
} redirects[] = {
	{ { "c0de", NULL, "https://id.example" }, ERR_NONE, NULL },
	{ { "c0de", NULL, NULL }, ERR_NONE, NULL },
	{ { "c0de", NULL, "https://evil.example" }, ERR_INPUT, "come from" },
	{ { NULL, "access_denied", "https://evil.example" }, ERR_INPUT,
	    "come from" },
	{ { "c0de", NULL, "https://id.example/" }, ERR_INPUT, "come from" },
	{ { "c0de", NULL, "" }, ERR_INPUT, "come from" },
	{ { NULL, NULL, NULL }, ERR_INPUT, "no code" },
	{ { "", NULL, NULL }, ERR_INPUT, "no code" },
	{ { "a\nb", NULL, NULL }, ERR_INPUT, "no code" },
	{ { "\xc3\xa4", NULL, NULL }, ERR_INPUT, "no code" },
	{ { "c0de", "access_denied", NULL }, ERR_INPUT, "two things" },
	{ { "c0de", "", NULL }, ERR_INPUT, "two things" },
	{ { NULL, "access_denied", NULL }, ERR_FORBIDDEN, "not granted" },
	{ { NULL, "server_error", NULL }, ERR_UPSTREAM, "in a while" },
	{ { NULL, "temporarily_unavailable", NULL }, ERR_UPSTREAM, "in a while" },
	{ { NULL, "invalid_scope", NULL }, ERR_INTERNAL, "(invalid_scope)" },
	{ { NULL, "admin_policy_enforced", NULL }, ERR_INTERNAL, "operator" },
	{ { NULL, "", NULL }, ERR_UPSTREAM, "of its own" },
	{ { NULL, "<script>alert(1)</script>", NULL }, ERR_UPSTREAM, "of its own" },
};

static void reads_redirects(void)
{
	struct oauth_server strict = server;
	char *longest = pool_alloc(pool, OAUTH_CODE_BYTES + 2);

	for (size_t i = 0; i < sizeof(redirects) / sizeof(redirects[0]); i++) {
		struct err err = { 0 };
		bool good = oauth_check_redirect(&server, &redirects[i].in, &err);

		ok(good == (redirects[i].want == ERR_NONE) &&
		    err.kind == redirects[i].want && (!redirects[i].says ||
		    strstr(err.msg, redirects[i].says)), "redirect %zu: %s", i,
		    err.msg);
		ok(!strstr(err.msg, "script"), "nothing of theirs is repeated");
	}
	struct err err = { 0 };
	strict.needs_issuer = true;
	ok(!oauth_check_redirect(&strict, &(struct oauth_redirect){ "c", NULL,
	    NULL }, &err) && err.kind == ERR_INPUT, "a name that is missing");
	strict.issuer = NULL;
	ok(oauth_check_redirect(&strict, &(struct oauth_redirect){ "c", NULL,
	    "https://new.example" }, &err), "a name that is not known yet");
	memset(longest, 'c', OAUTH_CODE_BYTES);
	ok(oauth_check_redirect(&server, &(struct oauth_redirect){ longest, NULL,
	    NULL }, &err), "a long code");
	longest[OAUTH_CODE_BYTES] = 'c';
	ok(!oauth_check_redirect(&server, &(struct oauth_redirect){ longest, NULL,
	    NULL }, &err), "one that is too long");
}

/* ---- scopes ---- */

static const struct { const char *wanted, *granted, *missing; } scopes[] = {
	{ "a b", "b a", "" }, { "a b c", "b", "a c" }, { "a", "", "a" },
	{ "", "a", "" }, { "  a   b ", " a ", "b" }, { "ab", "a b", "ab" },
	{ "a", "ab", "a" }, { "email", "https://id.example/userinfo.email", "" },
	{ "https://id.example/userinfo.email", "email",
	    "https://id.example/userinfo.email" },
	{ "email x", "openid https://id.example/userinfo.email", "x" },
};

static void compares_scopes(void)
{
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++)
		is_text(oauth_missing_scopes(pool, &server, scopes[i].wanted,
		    scopes[i].granted), scopes[i].missing, pool_printf(pool,
		    "asked \"%s\", granted \"%s\"", scopes[i].wanted,
		    scopes[i].granted));
}

/* ---- answers of the token endpoint ---- */

static bool answered(int status, const char *body, struct oauth_tokens *out,
    struct err *err)
{
	struct http_response response = { .status = status,
	    .body = pool_strdup(pool, body), .body_len = strlen(body) };

	*err = (struct err){ 0 };
	return oauth_read_tokens(pool, &server, &response, out, err);
}

static const struct { int status; const char *body; enum err_kind want; }
refused[] = {
	{ 400, "{\"error\":\"invalid_grant\"}", ERR_RECONNECT },
	{ 401, "{\"error\":\"invalid_grant\"}", ERR_RECONNECT },
	{ 200, "{\"error\":\"bad_refresh_token\"}", ERR_RECONNECT },
	{ 401, "{\"error\":\"invalid_client\"}", ERR_FORBIDDEN },
	{ 400, "{\"error\":\"unauthorized_client\"}", ERR_FORBIDDEN },
	{ 400, "{\"error\":\"invalid_request\"}", ERR_INTERNAL },
	{ 400, "{\"error\":\"redirect_uri_mismatch\"}", ERR_INTERNAL },
	{ 400, "{\"error\":\"<b>secret-in-text</b>\"}", ERR_UPSTREAM },
	{ 400, "{\"error\":{\"code\":401}}", ERR_UPSTREAM },
	{ 401, "", ERR_UPSTREAM }, { 403, "<html>", ERR_UPSTREAM },
	{ 302, "", ERR_UPSTREAM }, { 204, "", ERR_UPSTREAM },
	/* Trouble is never the end of a grant, whatever it says. */
	{ 500, "{\"error\":\"invalid_grant\"}", ERR_UPSTREAM },
	{ 503, "{\"error\":\"invalid_grant\"}", ERR_UPSTREAM },
	{ 429, "{\"error\":\"invalid_grant\"}", ERR_LIMIT },
	{ 200, "", ERR_UPSTREAM }, { 200, "[]", ERR_UPSTREAM },
	{ 200, "null", ERR_UPSTREAM }, { 200, "{", ERR_UPSTREAM },
	{ 200, "{}", ERR_UPSTREAM },
	{ 200, "{\"access_token\":\"a\"}", ERR_UPSTREAM },
	{ 200, "{\"access_token\":\"a\",\"token_type\":\"mac\"}", ERR_UPSTREAM },
	{ 200, "{\"access_token\":\"\",\"token_type\":\"Bearer\"}", ERR_UPSTREAM },
	{ 200, "{\"access_token\":7,\"token_type\":\"Bearer\"}", ERR_UPSTREAM },
	{ 200, "{\"access_token\":\"a b\",\"token_type\":\"Bearer\"}",
	    ERR_UPSTREAM },
	{ 200, "{\"access_token\":\"a\\r\\nX: y\",\"token_type\":\"Bearer\"}",
	    ERR_UPSTREAM },
	{ 200, "{\"access_token\":\"a\",\"access_token\":\"b\","
	    "\"token_type\":\"Bearer\"}", ERR_UPSTREAM },
	{ 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\","
	    "\"refresh_token\":\"x\\u00e4\"}", ERR_UPSTREAM },
	{ 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\","
	    "\"expires_in\":-1}", ERR_UPSTREAM },
	{ 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\","
	    "\"expires_in\":\"soon\"}", ERR_UPSTREAM },
	{ 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\","
	    "\"expires_in\":1e400}", ERR_UPSTREAM },
	{ 200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\","
	    "\"scope\":[\"a\"]}", ERR_UPSTREAM },
};

static void refuses_answers(void)
{
	struct oauth_tokens tokens;
	struct err err;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		bool good = answered(refused[i].status, refused[i].body, &tokens,
		    &err);

		ok(!good && err.kind == refused[i].want &&
		    err.scope == ERR_CONNECTION, "%d %.60s: %s",
		    refused[i].status, refused[i].body, err.msg);
		ok(!strstr(err.msg, "secret-in-text"), "its text is not repeated");
	}
}

static void keeps_what_broke(void)
{
	struct http_response lost = { .err = { .kind = ERR_UNCERTAIN,
	    .msg = "It is not known." }, .body = pool_strdup(pool, "") };
	struct oauth_tokens tokens;
	struct err err = { 0 };

	ok(!oauth_read_tokens(pool, &server, &lost, &tokens, &err) &&
	    err.kind == ERR_UPSTREAM && err.scope == ERR_CONNECTION,
	    "a lost answer: for later");
}

static void reads_answers(void)
{
	struct oauth_tokens t;
	struct err err;
	char *huge = pool_alloc(pool, OAUTH_TOKEN_BYTES + 2);

	ok(answered(200, "{\"access_token\":\"at-1\",\"token_type\":\"bearer\","
	    "\"expires_in\":3599,\"refresh_token\":\"rt-1\",\"scope\":\"a b\","
	    "\"refresh_token_expires_in\":604799,\"id_token\":\"x.y.z\"}", &t,
	    &err), "a whole answer");
	is_text(secret_peek(t.access), "at-1", "the token");
	is_text(secret_peek(t.refresh), "rt-1", "the one to refresh with");
	is_text(t.scopes, "a b", "what was granted");
	is_int(t.access_secs, 3599, "how long");
	is_int(t.refresh_secs, 604799, "a grant that ends is told");
	ok(answered(200, "{\"access_token\":\"at\",\"token_type\":\"BEARER\"}",
	    &t, &err) && !t.refresh && !t.scopes && t.access_secs == 0,
	    "the least that counts: no other refresh token, scopes as asked");
	ok(answered(200, "{\"access_token\":\"at\",\"token_type\":\"Bearer\","
	    "\"refresh_token\":null,\"expires_in\":null,\"scope\":null}", &t,
	    &err) && !t.refresh && !t.scopes, "null is nothing");
	ok(answered(200, "{\"access_token\":\"at\",\"token_type\":\"Bearer\","
	    "\"expires_in\":\"28800\"}", &t, &err) && t.access_secs == 28800,
	    "a number in quotes");
	ok(answered(200, "{\"access_token\":\"at\",\"token_type\":\"Bearer\","
	    "\"expires_in\":99999999999}", &t, &err) &&
	    t.access_secs == 10 * 365 * 86400, "never, nearly");
	memset(huge, 't', OAUTH_TOKEN_BYTES + 1);
	ok(!answered(200, pool_printf(pool, "{\"access_token\":\"%s\","
	    "\"token_type\":\"Bearer\"}", huge), &t, &err), "too long");
	huge[OAUTH_TOKEN_BYTES] = '\0';
	ok(answered(200, pool_printf(pool, "{\"access_token\":\"%s\","
	    "\"token_type\":\"Bearer\"}", huge), &t, &err), "as long as may be");
}

int main(void)
{
	pool = pool_new(NULL);
	asks();
	refuses_states();
	reads_redirects();
	compares_scopes();
	refuses_answers();
	keeps_what_broke();
	reads_answers();
	pool_free(pool);
	return done();
}
