/*
 * Token and revocation requests. What holds a secret lies in pools that are
 * wiped; the JSON library wipes what it gives back (util/jsonx.c).
 */
#include "oauth/oauth_token.h"
#include <string.h>
#include <strings.h>
#include "util/jsonx.h"
#include "util/str.h"
#include "util/banned.h"

#define FORM_BYTES (5 * OAUTH_TOKEN_BYTES)
#define ANSWER_BYTES (64u << 10)
#define MOST_SECS (10 * 365 * 86400)
#define FORM "application/x-www-form-urlencoded"

/* ---- answers ---- */

/* The one of words that it is, or NULL. */
static const char *one_of(const char *const *words, const char *code)
{
	while (*words && !str_eq(*words, code))
		words++;
	return *words;
}

/* Error codes of RFC 6749 5.2 and what providers add; any other text of theirs
 * is not repeated. */
static bool read_refusal(const struct oauth_server *server, const char *code,
    int status, struct err *err)
{
	static const char *const of_grant[] = {
		"invalid_grant", "bad_refresh_token", "bad_verification_code",
		NULL,
	};
	static const char *const of_client[] = {
		"invalid_client", "unauthorized_client", "deleted_client",
		"incorrect_client_credentials", "org_internal", NULL,
	};
	static const char *const of_request[] = {
		"invalid_request", "invalid_scope", "unsupported_grant_type",
		"redirect_uri_mismatch", "unsupported_token_type", NULL,
	};
	const char *known;

	if (one_of(of_grant, code))
		return err_set_scope(err, ERR_RECONNECT, ERR_CONNECTION,
		    "%s no longer accepts our access. It was withdrawn or has "
		    "run out. Reconnect.", server->who);
	if ((known = one_of(of_client, code)))
		return err_set_scope(err, ERR_FORBIDDEN, ERR_CONNECTION,
		    "%s does not know this service (%s). The operator has to "
		    "correct its client id or secret.", server->who, known);
	if ((known = one_of(of_request, code)))
		return err_set_scope(err, ERR_INTERNAL, ERR_CONNECTION,
		    "%s refuses the way it was asked (%s). Tell the operator of "
		    "this service.", server->who, known);
	return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
	    "%s gave no access just now (%d). It is tried again.", server->who,
	    status);
}

static bool is_nonsense(const struct oauth_server *server, struct err *err)
{
	return err_set_scope(err, ERR_UPSTREAM, ERR_CONNECTION,
	    "%s answered with nothing that gives access.", server->who);
}

/* Of visible characters (RFC 6749 appendix A), without the blanks that are
 * allowed there: it will stand in a header. */
static struct secret *take_token(struct pool *pool, const json_t *value)
{
	const char *text = json_string_value(value);
	size_t len = json_string_length(value);

	if (!text || len == 0 || len > OAUTH_TOKEN_BYTES)
		return NULL;
	for (size_t i = 0; i < len; i++)
		if (text[i] < 0x21 || text[i] > 0x7e)
			return NULL;
	return secret_new(pool, text, len);
}

/* A number, or one in quotes; 0 = not said. False: it cannot be meant. */
static bool take_secs(const json_t *value, int *out)
{
	unsigned long long secs;

	*out = 0;
	if (!value || json_is_null(value))
		return true;
	if (json_is_integer(value) && json_integer_value(value) >= 0)
		secs = (unsigned long long)json_integer_value(value);
	else if (!json_is_string(value) ||
	    !str_to_u64(json_string_value(value), &secs))
		return false;
	*out = secs > MOST_SECS ? MOST_SECS : (int)secs;
	return true;
}

static bool take_scopes(struct pool *pool, const json_t *value,
    const char **out)
{
	*out = NULL;
	if (!value || json_is_null(value))
		return true;
	if (!json_is_string(value) ||
	    json_string_length(value) > OAUTH_TOKEN_BYTES)
		return false;
	*out = pool_strdup(pool, json_string_value(value));
	return true;
}

static bool take_grant(struct pool *pool, const json_t *root,
    struct oauth_tokens *out)
{
	const json_t *refresh = json_object_get(root, "refresh_token");
	const char *type = json_string_value(json_object_get(root,
	    "token_type"));

	*out = (struct oauth_tokens){ .access = take_token(pool,
	    json_object_get(root, "access_token")) };
	if (!out->access || !type || strcasecmp(type, "bearer") != 0)
		return false;
	if (refresh && !json_is_null(refresh)) {
		out->refresh = take_token(pool, refresh);
		if (!out->refresh)
			return false;
	}
	return take_secs(json_object_get(root, "expires_in"),
	    &out->access_secs) && take_secs(json_object_get(root,
	    "refresh_token_expires_in"), &out->refresh_secs) &&
	    take_scopes(pool, json_object_get(root, "scope"), &out->scopes);
}

/* Also what never arrived whole: nothing of it is a grant that ended. */
static bool is_for_later(const struct oauth_server *server,
    const struct http_response *response, struct err *err)
{
	if (response->err.kind == ERR_NONE && response->status != 429 &&
	    response->status < 500)
		return false;
	if (!http_classify(response, server->who, err) &&
	    err->kind == ERR_UNCERTAIN)
		err->kind = ERR_UPSTREAM;
	err->scope = ERR_CONNECTION;
	return true;
}

/* The "error" of an answer, NULL = it names none; root NULL = it is no object. */
static const char *read_answer(struct pool *pool,
    const struct http_response *response, json_t **root_out)
{
	struct err ignored;

	if (!jsonx_parse(pool, response->body, response->body_len, root_out,
	    &ignored) || !json_is_object(*root_out))
		*root_out = NULL;
	return json_string_value(json_object_get(*root_out, "error"));
}

/* Some say what is wrong with status 200. */
bool oauth_read_tokens(struct pool *pool, const struct oauth_server *server,
    const struct http_response *response, struct oauth_tokens *out,
    struct err *err)
{
	struct pool *scratch;
	const char *code;
	json_t *root;
	bool good;

	if (is_for_later(server, response, err))
		return false;
	scratch = pool_new(NULL);
	code = read_answer(scratch, response, &root);
	good = code || response->status != 200 ?
	    read_refusal(server, code ? code : "", response->status, err) :
	    take_grant(pool, root, out) || is_nonsense(server, err);
	pool_free(scratch);
	return good;
}

/* ---- requests ---- */

struct form { struct pool *pool; struct str body; };

static void form_open(struct form *form)
{
	form->pool = pool_new(NULL);
	pool_clean(form->pool);
	str_init(&form->body, form->pool, FORM_BYTES);
}

static void form_add(struct form *form, const char *name, const char *value)
{
	if (form->body.len > 0)
		str_addc(&form->body, '&');
	str_add(&form->body, name);
	str_addc(&form->body, '=');
	str_urlarg(&form->body, value);
}

/* As application/x-www-form-urlencoded, whichever way (RFC 6749 2.3.1). */
static char *encoded(struct pool *pool, const char *text)
{
	struct str s;

	str_init(&s, pool, FORM_BYTES);
	str_urlarg(&s, text);
	return s.data;
}

static void sign(const struct oauth_caller *caller, struct form *form,
    struct http_request *request)
{
	const struct oauth_client *client = caller->client;
	char *secret;

	if (client->secret && caller->server->basic) {
		secret = encoded(form->pool, secret_peek(client->secret));
		request->basic_login = encoded(form->pool, client->id);
		request->basic_password = secret_new(form->pool, secret,
		    strlen(secret));
		return;
	}
	form_add(form, "client_id", client->id);
	if (client->secret)
		form_add(form, "client_secret", secret_peek(client->secret));
}

static bool form_send(const struct oauth_caller *caller, struct form *form,
    const char *url, struct http_response *response, struct err *err)
{
	static const struct http_header headers[] = {
		{ "Content-Type", FORM }, { "Accept", "application/json" },
	};
	struct http_request request = {
		.method = "POST", .url = url, .headers = headers,
		.header_count = sizeof(headers) / sizeof(headers[0]),
		.max_body_bytes = ANSWER_BYTES,
		.total_timeout_secs = OAUTH_CALL_SECS,
	};
	struct err ignored;

	sign(caller, form, &request);
	if (!str_ok(&form->body))
		return err_set_scope(err, ERR_INTERNAL, ERR_CONNECTION,
		    "What was to be sent to %s is too long.",
		    caller->server->who);
	request.body = form->body.data;
	request.body_len = form->body.len;
	/* What came of it stands in the answer. */
	(void)!http_send(caller->http, form->pool, &request, response, &ignored);
	return true;
}

static bool ask_tokens(const struct oauth_caller *caller, struct form *form,
    struct pool *pool, struct oauth_tokens *out, struct err *err)
{
	struct http_response response = { 0 };
	bool good = form_send(caller, form, caller->server->token_url, &response,
	    err) && oauth_read_tokens(pool, caller->server, &response, out, err);

	pool_free(form->pool);
	return good;
}

bool oauth_exchange(const struct oauth_caller *caller, struct pool *pool,
    const struct oauth_code *code, struct oauth_tokens *out, struct err *err)
{
	struct form form;

	form_open(&form);
	form_add(&form, "grant_type", "authorization_code");
	form_add(&form, "code", secret_peek(code->code));
	form_add(&form, "redirect_uri", code->redirect_uri);
	form_add(&form, "code_verifier", secret_peek(code->verifier));
	return ask_tokens(caller, &form, pool, out, err);
}

bool oauth_refresh(const struct oauth_caller *caller, struct pool *pool,
    const struct secret *refresh, struct oauth_tokens *out, struct err *err)
{
	struct form form;

	form_open(&form);
	form_add(&form, "grant_type", "refresh_token");
	form_add(&form, "refresh_token", secret_peek(refresh));
	return ask_tokens(caller, &form, pool, out, err);
}

/* RFC 7009 2.2 says 200 of a token that is dead; some say 400 invalid_token. */
static bool read_revoked(struct pool *pool, const struct oauth_server *server,
    const struct http_response *response, struct err *err)
{
	const char *code;
	json_t *root;

	if (is_for_later(server, response, err))
		return false;
	if (response->status >= 200 && response->status < 300)
		return true;
	code = read_answer(pool, response, &root);
	return str_eq(code, "invalid_token") || str_eq(code, "invalid_grant") ||
	    read_refusal(server, code ? code : "", response->status, err);
}

bool oauth_revoke(const struct oauth_caller *caller, const struct secret *token,
    struct err *err)
{
	struct http_response response = { 0 };
	struct form form;
	bool good;

	if (!caller->server->revoke_url)
		return err_set_scope(err, ERR_UNSUPPORTED, ERR_CONNECTION,
		    "%s takes no access back by request.", caller->server->who);
	form_open(&form);
	form_add(&form, "token", secret_peek(token));
	good = form_send(caller, &form, caller->server->revoke_url, &response,
	    err) && read_revoked(form.pool, caller->server, &response, err);
	pool_free(form.pool);
	return good;
}
