/* How grants and tokens are looked up, and how they end. */
#include <string.h>
#include "sandbox/sandbox_grant.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

static json_t *
find(const struct sandbox *sb, const char *token)
{
	struct pool *pool = pool_new(NULL);
	struct digest d = digest_sha256(token, strlen(token));
	json_t *entry = SANDBOX_GET(&sb->tree, "tokens",
	    digest_hex(pool, d.bytes, sizeof(d.bytes)));

	pool_free(pool);
	return entry;
}

static json_int_t
until(const json_t *token)
{
	return json_integer_value(json_object_get(token, "until"));
}

static bool
lives(const struct sandbox *sb, const json_t *token)
{
	return (until(token) == 0 || until(token) > sandbox_now(sb) / WHEN_SEC) &&
	    !json_is_true(json_object_get(token, "used"));
}

json_t *
sandbox_grant_find(const struct sandbox *sb, const char *access)
{
	json_t *token = find(sb, access);

	return token && str_eq(sandbox_text(token, "kind"), "access") &&
	    lives(sb, token) ? token : NULL;
}

static void
end_grant(struct sandbox *sb, const char *grant)
{
	json_t *all = SANDBOX_GET(&sb->tree, "tokens"), *token;
	const char *key;
	void *next;

	json_object_foreach_safe(all, next, key, token)
		if (str_eq(sandbox_text(token, "grant"), grant))
			SANDBOX_DROP(&sb->tree, "tokens", key);
	all = SANDBOX_GET(&sb->tree, "codes");
	json_object_foreach_safe(all, next, key, token)
		if (str_eq(sandbox_text(token, "grant"), grant))
			SANDBOX_DROP(&sb->tree, "codes", key);
	SANDBOX_DROP(&sb->tree, "grants", grant);
}

bool
sandbox_grant_revoke(struct sandbox *sb, const char *token)
{
	json_t *entry = find(sb, token);
	struct pool *pool;

	if (!entry || !lives(sb, entry))
		return false;
	pool = pool_new(NULL);
	end_grant(sb, pool_strdup(pool, sandbox_text(entry, "grant")));
	pool_free(pool);
	return true;
}

static void
take_away(json_t *from, const json_t *scopes)
{
	size_t i = json_array_size(from);

	while (i-- > 0)
		if (sandbox_grant_has(scopes,
		    json_string_value(json_array_get(from, i))))
			json_array_remove(from, i);
}

/* Tokens may share one array, so each gets its own. */
static void
narrow(struct sandbox *sb, const char *where, const char *key,
    const json_t *scopes)
{
	json_t *entry = SANDBOX_GET(&sb->tree, where, key);
	json_t *left = json_copy(json_object_get(entry, "scopes"));

	take_away(left, scopes);
	json_object_set_new(entry, "scopes", left);
	SANDBOX_KEEP(&sb->tree, entry, where, key);
}

static bool
is_of(const char *grant, const char *account)
{
	const char *last = strrchr(grant, ' ');

	return last && str_eq(last + 1, account);
}

void
sandbox_grant_withdraw(struct sandbox *sb, const char *account,
    const json_t *scopes)
{
	json_t *all = SANDBOX_GET(&sb->tree, "grants"), *entry;
	struct pool *pool = pool_new(NULL);
	const char *key;
	void *next;

	json_object_foreach_safe(all, next, key, entry) {
		if (!is_of(key, account))
			continue;
		if (!scopes)
			end_grant(sb, pool_strdup(pool, key));
		else
			narrow(sb, "grants", key, scopes);
	}
	all = scopes ? SANDBOX_GET(&sb->tree, "tokens") : NULL;
	json_object_foreach_safe(all, next, key, entry)
		if (str_eq(sandbox_text(entry, "account"), account))
			narrow(sb, "tokens", pool_strdup(pool, key), scopes);
	pool_free(pool);
}

static json_t *
describe(const struct sandbox *sb, const char *key, const json_t *grant)
{
	json_t *all = SANDBOX_GET(&sb->tree, "tokens"), *token;
	json_int_t refresh = 0, access = 0;
	const char *name;

	json_object_foreach(all, name, token)
		if (str_eq(sandbox_text(token, "grant"), key) && lives(sb, token))
			*(str_eq(sandbox_text(token, "kind"), "refresh") ? &refresh :
			    &access) += 1;
	return json_pack("{s:s, s:O, s:O, s:I, s:I, s:b}", "grant", key, "scopes",
	    json_object_get(grant, "scopes"), "since",
	    json_object_get(grant, "since"), "refresh_tokens", refresh,
	    "access_tokens", access, "live", refresh + access > 0);
}

json_t *
sandbox_grant_list(const struct sandbox *sb)
{
	json_t *all = SANDBOX_GET(&sb->tree, "grants"), *list = json_array(), *grant;
	const char *key;

	json_object_foreach(all, key, grant)
		json_array_append_new(list, describe(sb, key, grant));
	return json_pack("{s:I, s:o}", "count",
	    (json_int_t)json_array_size(list), "grants", list);
}
