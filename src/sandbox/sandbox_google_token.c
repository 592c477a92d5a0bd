/* Google's token endpoint, revocation, and who an account is. */
#include <string.h>
#include "sandbox/sandbox_google.h"
#include "util/digest.h"
#include "util/jsonx.h"
#include "util/str.h"
#include "util/banned.h"

const struct sandbox_grant_spelling sandbox_google_spelling = {
	"4/0Asandbox-", "ya29.sandbox-", "1//0sandbox-", 100,
	"openid " SANDBOX_GOOGLE_SCOPE "userinfo.email "
	SANDBOX_GOOGLE_SCOPE "userinfo.profile"
};

void
sandbox_google_oauth_fail(struct sandbox_call *call, int status,
    const char *error, const char *description)
{
	if (status == 401)
		sandbox_call_header(call, "WWW-Authenticate",
		    "Basic realm=\"https://accounts.google.com/\"");
	sandbox_call_json(call, status, json_pack("{s:s, s:s*}", "error", error,
	    "error_description", description));
}

/* "Basic base64(id:secret)", both percent-encoded (RFC 6749 2.3.1). */
static bool
basic(struct sandbox_call *call, const char **id, const char **secret)
{
	struct request_pairs pair = { 0 };
	char *text = pool_strdup(call->pool, call->authorization + 6), *colon, *p;
	char *plain = pool_alloc(call->pool, strlen(text) + 1);
	struct err err;
	size_t len;

	for (p = text; *p; p++)
		*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
	while (p > text && p[-1] == '=')
		*--p = '\0';
	if (!digest_unbase64url(text, plain, strlen(text), &len))
		return false;
	colon = strchr(plain, ':');
	if (!colon)
		return false;
	*colon = '\0';
	if (!request_parse_pairs(call->pool, pool_printf(call->pool, "i=%s&s=%s",
	    plain, colon + 1), &pair, &err) || pair.count != 2)
		return false;
	*id = pair.items[0].value;
	*secret = pair.items[1].value;
	return true;
}

/* False = answered: the client is not the one it says. */
static bool
client_is_known(struct sandbox_call *call)
{
	const struct sandbox_client *client = &call->sb->opts->client;
	const char *id = sandbox_call_field(call, "client_id");
	const char *secret = sandbox_call_field(call, "client_secret");

	if (call->authorization &&
	    strncasecmp(call->authorization, "Basic ", 6) == 0 &&
	    !basic(call, &id, &secret))
		id = NULL;
	if (!id || !*id) {
		sandbox_google_oauth_fail(call, 400, "invalid_request",
		    "Could not determine client ID from request.");
		return false;
	}
	if (!str_eq(id, client->id)) {
		sandbox_google_oauth_fail(call, 401, "invalid_client",
		    "The OAuth client was not found.");
		return false;
	}
	if (!secret || strlen(secret) != strlen(client->secret) ||
	    !digest_mem_eq(secret, client->secret, strlen(secret))) {
		sandbox_google_oauth_fail(call, 401, "invalid_client",
		    secret ? "Unauthorized" : "client_secret is missing.");
		return false;
	}
	call->client = client->id;
	return true;
}

/* ---- id_token: HS256 with the client's secret, where Google signs RS256 ---- */

static json_t *
claims(struct sandbox_call *call, const struct sandbox_grant_tokens *t)
{
	json_t *account = sandbox_account(call->sb, t->account);
	struct digest d = digest_sha256(t->access, strlen(t->access));
	json_int_t now = sandbox_now(call->sb) / WHEN_SEC;
	json_t *all = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s*}",
	    "iss", pool_printf(call->pool, "%s" SANDBOX_GOOGLE,
	    call->sb->opts->origin), "azp", t->client, "aud", t->client, "sub",
	    sandbox_text(account, "sub"), "at_hash",
	    digest_base64url(call->pool, d.bytes, 16), "iat", now, "exp",
	    now + 3600, "nonce", t->nonce);

	if (sandbox_grant_has(t->scopes, SANDBOX_GOOGLE_SCOPE "userinfo.email")) {
		json_object_set_new(all, "email", json_string(t->account));
		json_object_set_new(all, "email_verified", json_true());
	}
	if (sandbox_grant_has(t->scopes, SANDBOX_GOOGLE_SCOPE "userinfo.profile"))
		json_object_set(all, "name", json_object_get(account, "name"));
	pool_adopt(call->pool, all, sandbox_release);
	return all;
}

static char *
id_token(struct sandbox_call *call, const struct sandbox_grant_tokens *t)
{
	static const char head[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
	const char *secret = call->sb->opts->client.secret;
	char *body = jsonx_dump(call->pool, claims(call, t)), *signedpart;
	struct digest mac;

	signedpart = pool_printf(call->pool, "%s.%s", digest_base64url(call->pool,
	    head, sizeof(head) - 1), digest_base64url(call->pool, body,
	    strlen(body)));
	mac = digest_hmac(secret, strlen(secret), signedpart, strlen(signedpart));
	return pool_printf(call->pool, "%s.%s", signedpart,
	    digest_base64url(call->pool, mac.bytes, sizeof(mac.bytes)));
}

static void
answer_tokens(struct sandbox_call *call, const struct sandbox_grant_tokens *t)
{
	json_t *out = json_pack("{s:s, s:i, s:s*, s:s, s:s}", "access_token",
	    t->access, "expires_in", SANDBOX_ACCESS_SECS, "refresh_token",
	    t->refresh, "scope", sandbox_google_scope_list(call->pool, t->scopes),
	    "token_type", "Bearer");

	if (t->refresh_secs > 0)
		json_object_set_new(out, "refresh_token_expires_in",
		    json_integer(t->refresh_secs - 1));
	if (sandbox_grant_has(t->scopes, "openid"))
		json_object_set_new(out, "id_token", json_string(id_token(call, t)));
	sandbox_call_json(call, 200, out);
}

void
sandbox_google_token(struct sandbox_call *call)
{
	const char *type = sandbox_call_field(call, "grant_type");
	bool code = str_eq(type, "authorization_code"), good;
	const char *shown = sandbox_call_field(call, code ? "code" :
	    "refresh_token"), *why;
	struct sandbox_grant_tokens tokens = { 0 };
	struct sandbox_grant_shown s;

	if (!type || (!code && !str_eq(type, "refresh_token"))) {
		sandbox_google_oauth_fail(call, 400, "unsupported_grant_type",
		    type ? "Invalid grant_type" : "grant_type is missing");
		return;
	}
	if (!client_is_known(call))
		return;
	if (!shown || !*shown) {
		sandbox_google_oauth_fail(call, 400, "invalid_request",
		    code ? "Missing required parameter: code" :
		    "Missing required parameter: refresh_token");
		return;
	}
	s = (struct sandbox_grant_shown){ "google", call->client,
	    sandbox_call_field(call, "redirect_uri"),
	    sandbox_call_field(call, "code_verifier"), shown };
	if (code && !s.redirect) {
		sandbox_google_oauth_fail(call, 400, "invalid_request",
		    "Missing parameter: redirect_uri");
		return;
	}
	good = (code ? sandbox_grant_redeem : sandbox_grant_refresh)(call->sb,
	    call->pool, &s, &sandbox_google_spelling, &tokens, &why);
	if (good)
		answer_tokens(call, &tokens);
	else
		sandbox_google_oauth_fail(call, 400, "invalid_grant", why);
}

void
sandbox_google_revoke(struct sandbox_call *call)
{
	const char *token = sandbox_call_field(call, "token");

	if (!token)
		token = sandbox_call_arg(call, "token");
	if (!token || !*token)
		sandbox_google_oauth_fail(call, 400, "invalid_request",
		    "Missing required parameter: token");
	else if (sandbox_grant_revoke(call->sb, token))
		sandbox_call_json(call, 200, json_object());
	else
		sandbox_google_oauth_fail(call, 400, "invalid_token",
		    "Token expired or revoked");
}

/* ---- who an account is ---- */

static void
user(struct sandbox_call *call, const char *id, const char *verified)
{
	json_t *account = sandbox_account(call->sb, call->account);
	json_t *out = json_pack("{s:O}", id, json_object_get(account, "sub"));

	if (sandbox_grant_has(call->scopes, SANDBOX_GOOGLE_SCOPE "userinfo.email")) {
		json_object_set(out, "email", json_object_get(account, "email"));
		json_object_set_new(out, verified, json_true());
	}
	if (sandbox_grant_has(call->scopes,
	    SANDBOX_GOOGLE_SCOPE "userinfo.profile"))
		json_object_set(out, "name", json_object_get(account, "name"));
	sandbox_call_json(call, 200, out);
}

void
sandbox_google_oidc_user(struct sandbox_call *call)
{
	user(call, "sub", "email_verified");
}

void
sandbox_google_user(struct sandbox_call *call)
{
	user(call, "id", "verified_email");
}

void
sandbox_google_discovery(struct sandbox_call *call)
{
	const char *at = pool_printf(call->pool, "%s" SANDBOX_GOOGLE,
	    call->sb->opts->origin);

	sandbox_call_json(call, 200, json_pack("{s:s, s:s+, s:s+, s:s+, s:s+, "
	    "s:[s], s:[s], s:[s], s:[s,s,s], s:[s,s], s:[s,s], s:[s,s], s:b}",
	    "issuer", at, "authorization_endpoint", at, "/o/oauth2/v2/auth",
	    "token_endpoint", at, "/token", "revocation_endpoint", at, "/revoke",
	    "userinfo_endpoint", at, "/v1/userinfo",
	    "response_types_supported", "code", "response_modes_supported",
	    "query", "subject_types_supported", "public",
	    "id_token_signing_alg_values_supported", "HS256",
	    "scopes_supported", "openid", "email", "profile",
	    "token_endpoint_auth_methods_supported", "client_secret_post",
	    "client_secret_basic", "grant_types_supported", "authorization_code",
	    "refresh_token", "code_challenge_methods_supported", "plain", "S256",
	    "authorization_response_iss_parameter_supported", 1));
}
