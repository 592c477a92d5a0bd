/* Codes and tokens, known by their hashes; knows no provider's form of them. */
#include <string.h>
#include "sandbox/sandbox_grant.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

static json_int_t
number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static json_int_t
now_secs(const struct sandbox *sb)
{
	return sandbox_now(sb) / WHEN_SEC;
}

bool
sandbox_grant_has(const json_t *scopes, const char *scope)
{
	const json_t *s;
	size_t i;

	json_array_foreach(scopes, i, s)
		if (str_eq(json_string_value(s), scope))
			return true;
	return false;
}

static char *
hash(struct pool *pool, const char *token)
{
	struct digest d = digest_sha256(token, strlen(token));

	return digest_hex(pool, d.bytes, sizeof(d.bytes));
}

static char *
fresh(struct pool *pool, const char *begin)
{
	unsigned char bytes[32];

	digest_random(bytes, sizeof(bytes));
	return pool_printf(pool, "%s%s", begin,
	    digest_base64url(pool, bytes, sizeof(bytes)));
}

static char *
grant_key(struct pool *pool, const struct sandbox_grant_ask *ask)
{
	return pool_printf(pool, "%s %s %s", ask->provider, ask->client,
	    ask->account);
}

bool
sandbox_grant_covers(const struct sandbox *sb,
    const struct sandbox_grant_ask *ask)
{
	struct pool *pool = pool_new(NULL);
	json_t *grant = SANDBOX_GET(&sb->tree, "grants", grant_key(pool, ask));
	const json_t *s;
	bool all = grant != NULL;
	size_t i;

	json_array_foreach(ask->scopes, i, s)
		all = all && sandbox_grant_has(json_object_get(grant, "scopes"),
		    json_string_value(s));
	pool_free(pool);
	return all;
}

static void
unite(json_t *into, const json_t *from)
{
	json_t *s;
	size_t i;

	json_array_foreach(from, i, s)
		if (!sandbox_grant_has(into, json_string_value(s)))
			json_array_append(into, s);
}

/* Notes what is allowed; what this code will say is in *scopes_out. */
static bool
allow(struct sandbox *sb, struct pool *pool,
    const struct sandbox_grant_ask *ask, json_t **scopes_out)
{
	char *key = grant_key(pool, ask);
	json_t *grant = SANDBOX_GET(&sb->tree, "grants", key);
	bool first = grant == NULL;

	if (first)
		grant = json_pack("{s:[], s:I}", "scopes", "since", now_secs(sb));
	else
		json_incref(grant);
	unite(json_object_get(grant, "scopes"), ask->scopes);
	*scopes_out = json_deep_copy(ask->merge ?
	    json_object_get(grant, "scopes") : ask->scopes);
	SANDBOX_PUT(&sb->tree, grant, "grants", key);
	return first;
}

static json_t *
make_entry(struct sandbox *sb, struct pool *pool,
    const struct sandbox_grant_ask *ask)
{
	json_t *scopes;
	bool first = allow(sb, pool, ask, &scopes);

	return json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:s*, s:o, s:b, "
	    "s:I}", "provider", ask->provider, "grant", grant_key(pool, ask),
	    "client", ask->client, "account", ask->account, "redirect",
	    ask->redirect, "challenge", ask->challenge, "method",
	    ask->challenge_method, "nonce", ask->nonce, "scopes", scopes,
	    "refresh", ask->offline && (first || ask->anew), "until",
	    now_secs(sb) + SANDBOX_CODE_SECS);
}

char *
sandbox_grant_code(struct sandbox *sb, struct pool *pool,
    const struct sandbox_grant_ask *ask, const struct sandbox_grant_spelling *as)
{
	char *code = fresh(pool, as->code);

	SANDBOX_PUT(&sb->tree, make_entry(sb, pool, ask), "codes",
	    hash(pool, code));
	return code;
}

/* ---- tokens ---- */

static bool
lives(const struct sandbox *sb, const json_t *token)
{
	json_int_t until = number(token, "until");

	return token && (until == 0 || until > now_secs(sb)) &&
	    !json_is_true(json_object_get(token, "used"));
}

/* Drops each token whose member has this value. */
static void
drop_where(struct sandbox *sb, const char *member, const char *value)
{
	json_t *all = SANDBOX_GET(&sb->tree, "tokens"), *token;
	const char *key;
	void *next;

	json_object_foreach_safe(all, next, key, token)
		if (str_eq(sandbox_text(token, member), value))
			SANDBOX_DROP(&sb->tree, "tokens", key);
}

/* The oldest living ones go when there are too many. */
static void
keep_few(struct sandbox *sb, const char *grant, int most)
{
	json_t *all = SANDBOX_GET(&sb->tree, "tokens"), *token;
	const char *key, *oldest;
	int count;

	do {
		count = 0;
		oldest = NULL;
		json_object_foreach(all, key, token) {
			if (!str_eq(sandbox_text(token, "kind"), "refresh") ||
			    !str_eq(sandbox_text(token, "grant"), grant) ||
			    !lives(sb, token))
				continue;
			if (!oldest || number(token, "n") <
			    number(json_object_get(all, oldest), "n"))
				oldest = key;
			count++;
		}
		if (most > 0 && count > most)
			SANDBOX_DROP(&sb->tree, "tokens", oldest);
	} while (most > 0 && count > most);
}

static bool
only_sign_in(const json_t *scopes, const char *sign_in)
{
	const json_t *s;
	const char *at;
	size_t i, len;

	json_array_foreach(scopes, i, s) {
		len = json_string_length(s);
		at = strstr(sign_in, json_string_value(s));
		if (!at || (at[len] != ' ' && at[len] != '\0') ||
		    (at > sign_in && at[-1] != ' '))
			return false;
	}
	return true;
}

static void
put_token(struct sandbox *sb, const char *key, const char *kind,
    const json_t *entry, json_int_t until)
{
	SANDBOX_PUT(&sb->tree, json_pack("{s:s, s:O, s:O, s:O, s:O, s:O*, s:O*, "
	    "s:I, s:I}", "kind", kind, "grant", json_object_get(entry, "grant"),
	    "account", json_object_get(entry, "account"), "client",
	    json_object_get(entry, "client"), "scopes",
	    json_object_get(entry, "scopes"), "code",
	    json_object_get(entry, "code"), "family",
	    json_object_get(entry, "family"), "until", until, "n",
	    sandbox_next(sb, "token")), "tokens", key);
}

static void
give_refresh(struct sandbox *sb, struct pool *pool, const json_t *entry,
    const struct sandbox_grant_spelling *as, struct sandbox_grant_tokens *out)
{
	out->refresh = fresh(pool, as->refresh);
	if (sb->settings.testing && !only_sign_in(out->scopes, as->sign_in))
		out->refresh_secs = SANDBOX_TESTING_SECS;
	put_token(sb, hash(pool, out->refresh), "refresh", entry,
	    out->refresh_secs ? now_secs(sb) + out->refresh_secs : 0);
	keep_few(sb, sandbox_text(entry, "grant"), as->refresh_most);
}

/* Access tokens that have run out are swept up on the way. */
static void
give(struct sandbox *sb, struct pool *pool, json_t *entry,
    const struct sandbox_grant_spelling *as, struct sandbox_grant_tokens *out)
{
	json_t *all = SANDBOX_GET(&sb->tree, "tokens"), *token;
	const char *key;
	void *next;

	json_object_foreach_safe(all, next, key, token)
		if (str_eq(sandbox_text(token, "kind"), "access") &&
		    !lives(sb, token))
			SANDBOX_DROP(&sb->tree, "tokens", key);
	out->access = fresh(pool, as->access);
	out->account = pool_strdup(pool, sandbox_text(entry, "account"));
	out->client = pool_strdup(pool, sandbox_text(entry, "client"));
	out->scopes = json_object_get(entry, "scopes");
	out->nonce = json_string_value(json_object_get(entry, "nonce"));
	put_token(sb, hash(pool, out->access), "access", entry,
	    now_secs(sb) + SANDBOX_ACCESS_SECS);
	if (json_is_true(json_object_get(entry, "refresh")))
		give_refresh(sb, pool, entry, as, out);
}

static bool
verifier_fits(struct pool *pool, const json_t *code, const char *verifier)
{
	const char *challenge = sandbox_text(code, "challenge");
	struct digest d;

	if (*challenge == '\0')
		return true;
	if (!verifier)
		return false;
	if (!str_eq(sandbox_text(code, "method"), "S256"))
		return str_eq(challenge, verifier);
	d = digest_sha256(verifier, strlen(verifier));
	return str_eq(challenge, digest_base64url(pool, d.bytes, sizeof(d.bytes)));
}

bool
sandbox_grant_redeem(struct sandbox *sb, struct pool *pool,
    const struct sandbox_grant_shown *shown,
    const struct sandbox_grant_spelling *as,
    struct sandbox_grant_tokens *out, const char **why_out)
{
	char *key = hash(pool, shown->code);
	json_t *code = SANDBOX_GET(&sb->tree, "codes", key);

	*why_out = "Malformed auth code.";
	if (!code || !str_eq(sandbox_text(code, "provider"), shown->provider))
		return false;
	*why_out = "Bad Request";
	if (lives(sb, code) && str_eq(sandbox_text(code, "client"),
	    shown->client) && str_eq(sandbox_text(code, "redirect"),
	    shown->redirect ? shown->redirect : "") &&
	    !verifier_fits(pool, code, shown->verifier)) {
		*why_out = "Invalid code verifier.";
		return false;
	}
	if (json_is_true(json_object_get(code, "used")))
		drop_where(sb, "code", key);
	if (!lives(sb, code) || !str_eq(sandbox_text(code, "client"),
	    shown->client) || !str_eq(sandbox_text(code, "redirect"),
	    shown->redirect ? shown->redirect : ""))
		return false;
	json_object_set_new(code, "used", json_true());
	json_object_set_new(code, "code", json_string(key));
	json_object_set_new(code, "family", json_string(key));
	SANDBOX_KEEP(&sb->tree, code, "codes", key);
	give(sb, pool, code, as, out);
	return true;
}

/* A refresh token that was replaced and comes again was stolen, by somebody. */
static bool
refresh_token(struct sandbox *sb, struct pool *pool, const char *shown,
    const char *client, json_t **out)
{
	json_t *token = SANDBOX_GET(&sb->tree, "tokens", hash(pool, shown));

	if (!token || !str_eq(sandbox_text(token, "kind"), "refresh") ||
	    !str_eq(sandbox_text(token, "client"), client))
		return false;
	if (json_is_true(json_object_get(token, "used")))
		drop_where(sb, "family", pool_strdup(pool,
		    sandbox_text(token, "family")));
	else if (lives(sb, token))
		*out = token;
	return *out != NULL;
}

bool
sandbox_grant_refresh(struct sandbox *sb, struct pool *pool,
    const struct sandbox_grant_shown *shown,
    const struct sandbox_grant_spelling *as,
    struct sandbox_grant_tokens *out, const char **why_out)
{
	json_t *token = NULL, *entry;

	*why_out = "Token has been expired or revoked.";
	if (!refresh_token(sb, pool, shown->code, shown->client, &token))
		return false;
	entry = json_copy(token);
	pool_adopt(pool, entry, sandbox_release);
	json_object_set_new(entry, "refresh", json_boolean(sb->settings.rotate));
	if (sb->settings.rotate) {
		json_object_set_new(token, "used", json_true());
		SANDBOX_KEEP(&sb->tree, token, "tokens", hash(pool, shown->code));
	}
	give(sb, pool, entry, as, out);
	return true;
}

void
sandbox_grant_give(struct sandbox *sb, struct pool *pool,
    const struct sandbox_grant_ask *ask, const struct sandbox_grant_spelling *as,
    struct sandbox_grant_tokens *out)
{
	json_t *entry = make_entry(sb, pool, ask);

	pool_adopt(pool, entry, sandbox_release);
	json_object_set_new(entry, "refresh", json_true());
	json_object_set_new(entry, "family", json_string(fresh(pool, "given ")));
	give(sb, pool, entry, as, out);
}
