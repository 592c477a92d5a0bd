/*
 * Addresses that a browser is sent to, redirects that come back, scopes. It
 * must not send anything.
 */
#include "oauth/oauth.h"
#include <string.h>
#include "util/str.h"
#include "util/banned.h"

#define URL_BYTES 8000
#define SECRET_BYTES 32			/* of a state or a verifier, random */

char *oauth_challenge(struct pool *pool, const struct secret *verifier)
{
	struct digest hash = digest_sha256(secret_peek(verifier),
	    secret_len(verifier));

	return digest_base64url(pool, hash.bytes, sizeof(hash.bytes));
}

void oauth_begin(struct pool *pool, struct oauth_try *out)
{
	struct pool *scratch = pool_new(NULL);
	uint8_t bytes[SECRET_BYTES];
	char *text;

	pool_clean(scratch);
	digest_random(bytes, sizeof(bytes));
	out->state = digest_base64url(pool, bytes, sizeof(bytes));
	out->state_hash = digest_sha256(out->state, strlen(out->state));
	digest_random(bytes, sizeof(bytes));
	text = digest_base64url(scratch, bytes, sizeof(bytes));
	out->verifier = secret_new(pool, text, strlen(text));
	out->challenge = oauth_challenge(pool, out->verifier);
	digest_wipe(bytes, sizeof(bytes));
	pool_free(scratch);
}

bool oauth_state_hash(const char *state, struct digest *out)
{
	uint8_t bytes[SECRET_BYTES];
	size_t len;

	if (!state || strlen(state) != OAUTH_STATE_CHARS ||
	    !digest_unbase64url(state, bytes, sizeof(bytes), &len) ||
	    len != sizeof(bytes))
		return false;
	*out = digest_sha256(state, OAUTH_STATE_CHARS);
	return true;
}

static void add_arg(struct str *url, const char *name, const char *value)
{
	if (!value)
		return;
	str_addc(url, '&');
	str_add(url, name);
	str_addc(url, '=');
	str_urlarg(url, value);
}

char *oauth_ask_url(struct pool *pool, const struct oauth_ask *ask)
{
	const struct oauth_server *server = ask->server;
	struct str url;

	str_init(&url, pool, URL_BYTES);
	str_add(&url, server->authorize_url);
	str_addc(&url, strchr(server->authorize_url, '?') ? '&' : '?');
	str_add(&url, "response_type=code");
	add_arg(&url, "client_id", ask->client_id);
	add_arg(&url, "redirect_uri", ask->redirect_uri);
	add_arg(&url, "scope", ask->scopes);
	add_arg(&url, "state", ask->try->state);
	add_arg(&url, "code_challenge", ask->try->challenge);
	add_arg(&url, "code_challenge_method", "S256");
	add_arg(&url, "login_hint", ask->login_hint);
	add_arg(&url, "prompt", ask->prompt);
	if (server->extra_query) {
		str_addc(&url, '&');
		str_add(&url, server->extra_query);
	}
	if (!str_ok(&url))
		die("the address of an authorization request is too long");
	return url.data;
}

/* ---- the redirect (RFC 6749 4.1.2) ---- */

/* What a server says when it will not: the words of RFC 6749 4.1.2.1 and of
 * OpenID Connect 3.1.2.6. Nothing else of its text is repeated. */
static bool refused(const struct oauth_server *server, const char *error,
    struct err *err)
{
	static const char *const known[] = {
		"invalid_request", "unauthorized_client", "invalid_scope",
		"unsupported_response_type", "admin_policy_enforced",
		"org_internal",
	};

	if (str_eq(error, "access_denied") || str_eq(error,
	    "consent_required") || str_eq(error, "interaction_required") ||
	    str_eq(error, "login_required"))
		return err_set(err, ERR_FORBIDDEN, "Access was not granted at "
		    "%s. Nothing was connected.", server->who);
	if (str_eq(error, "temporarily_unavailable") ||
	    str_eq(error, "server_error"))
		return err_set(err, ERR_UPSTREAM, "%s could not ask you just "
		    "now. Try again in a while.", server->who);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_eq(error, known[i]))
			return err_set(err, ERR_INTERNAL, "%s refuses the way it "
			    "was asked (%s). Tell the operator of this service.",
			    server->who, known[i]);
	return err_set(err, ERR_UPSTREAM, "%s ended it with an error of its own. "
	    "Try again.", server->who);
}

/* Codes are of visible characters (RFC 6749 appendix A.11). */
static bool is_code(const char *code)
{
	size_t len = strlen(code);

	for (size_t i = 0; i < len; i++)
		if (code[i] < 0x20 || code[i] > 0x7e)
			return false;
	return len > 0 && len <= OAUTH_CODE_BYTES;
}

bool oauth_check_redirect(const struct oauth_server *server,
    const struct oauth_redirect *redirect, struct err *err)
{
	/* Before all else: an error of another server says nothing, either. Where
	 * no name is known, the path alone tells servers apart. */
	if (redirect->iss ? server->issuer && !str_eq(redirect->iss,
	    server->issuer) : server->needs_issuer)
		return err_set(err, ERR_INPUT, "This answer does not come from "
		    "%s. Start again.", server->who);
	if (redirect->error && redirect->code)
		return err_set(err, ERR_INPUT, "The answer of %s says two things "
		    "at once. Start again.", server->who);
	if (redirect->error)
		return refused(server, redirect->error, err);
	if (!redirect->code || !is_code(redirect->code))
		return err_set(err, ERR_INPUT, "The answer of %s holds no code. "
		    "Start again.", server->who);
	return true;
}

/* ---- scopes (RFC 6749 3.3): words in any order ---- */

static const char *next_word(const char **at, size_t *len_out)
{
	const char *word;

	*at += strspn(*at, " ");
	word = *at;
	*len_out = strcspn(word, " ");
	*at += *len_out;
	return *len_out > 0 ? word : NULL;
}

static bool has_word(const char *text, const char *word, size_t len)
{
	const char *one;
	size_t n;

	while ((one = next_word(&text, &n)))
		if (n == len && memcmp(one, word, len) == 0)
			return true;
	return false;
}

static bool has_scope(const struct oauth_server *server, const char *granted,
    const char *word, size_t len)
{
	const char *const *pair = server->scope_spellings;

	if (has_word(granted, word, len))
		return true;
	for (; pair && pair[0]; pair += 2)
		if (strlen(pair[0]) == len && memcmp(pair[0], word, len) == 0 &&
		    has_word(granted, pair[1], strlen(pair[1])))
			return true;
	return false;
}

char *oauth_missing_scopes(struct pool *pool, const struct oauth_server *server,
    const char *wanted, const char *granted)
{
	struct str missing;
	const char *word;
	size_t len;

	str_init(&missing, pool, strlen(wanted));
	while ((word = next_word(&wanted, &len))) {
		if (has_scope(server, granted, word, len))
			continue;
		if (missing.len > 0)
			str_addc(&missing, ' ');
		str_addn(&missing, word, len);
	}
	return missing.data;
}
