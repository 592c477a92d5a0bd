/* Puts accounts into an empty sandbox; each provider adds what is its own. */
#include <string.h>
#include "sandbox/sandbox_google_calendar.h"
#include "sandbox/sandbox_seed.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

bool
sandbox_seed_members(const json_t *object, const char *names, struct err *err)
{
	json_t *value;
	const char *name, *at;
	size_t len;

	if (!json_is_object(object))
		return err_set(err, ERR_INPUT, "This must be an object with: %s.",
		    names);
	json_object_foreach((json_t *)(uintptr_t)object, name, value) {
		for (at = names; *at; at += len + strspn(at + len, " ")) {
			len = strcspn(at, " ");
			if (len == strlen(name) && strncmp(at, name, len) == 0)
				break;
		}
		if (!*at)
			return err_set(err, ERR_INPUT, "There is no member \"%s\" "
			    "here; there are: %s.", name, names);
	}
	return true;
}

/* The same account has the same number in each sandbox. */
static char *
make_sub(struct pool *pool, const char *email)
{
	struct digest d = digest_sha256(email, strlen(email));
	unsigned long long n = 0;
	size_t i;

	for (i = 0; i < 7; i++)
		n = n << 8 | d.bytes[i];
	return pool_printf(pool, "1%020llu", n);
}

bool
sandbox_seed_account(struct sandbox *sb, const json_t *spec, struct err *err)
{
	const char *email, *sub;
	struct pool *pool;

	if (!sandbox_seed_members(spec, "email name sub calendars", err))
		return false;
	email = sandbox_text(spec, "email");
	if (!strchr(email, '@') || strchr(email, ' '))
		return err_set(err, ERR_INPUT, "\"email\" must be an address, not "
		    "\"%s\".", email);
	pool = pool_new(NULL);
	sub = sandbox_text(spec, "sub");
	SANDBOX_PUT(&sb->tree, json_pack("{s:s, s:s, s:s}", "email", email, "name",
	    *sandbox_text(spec, "name") ? sandbox_text(spec, "name") : email,
	    "sub", *sub ? sub : make_sub(pool, email)), "accounts", email);
	pool_free(pool);
	return sandbox_google_seed(sb, email, json_object_get(spec, "calendars"),
	    err);
}

bool
sandbox_seed_apply(struct sandbox *sb, const json_t *seed, struct err *err)
{
	json_t *accounts = json_object_get(seed, "accounts"), *spec;
	size_t i;

	if (!sandbox_seed_members(seed, "accounts", err))
		return false;
	if (!json_is_array(accounts))
		return err_set(err, ERR_INPUT, "\"accounts\" must be a list.");
	json_array_foreach(accounts, i, spec)
		if (!sandbox_seed_account(sb, spec, err))
			return err_add(err, "account %zu", i + 1);
	return true;
}

bool
sandbox_seed_read(struct sandbox *sb, const char *path, struct err *err)
{
	json_error_t where;

	sb->seed = json_load_file(path, JSON_REJECT_DUPLICATES, &where);
	if (!sb->seed)
		return err_set(err, ERR_INPUT, "%s cannot be read: %s (line %d).",
		    path, where.text, where.line);
	pool_adopt(sb->pool, sb->seed, sandbox_release);
	return true;
}
