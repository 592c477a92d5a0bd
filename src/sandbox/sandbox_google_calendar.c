/* Calendars, who sees them, and the numbers that order their changes. */
#include <string.h>
#include "sandbox/sandbox_google_calendar.h"
#include "sandbox/sandbox_google_event.h"
#include "sandbox/sandbox_seed.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

static const char *const roles[] = { "freeBusyReader", "reader", "writer",
    "owner" };

static int
rank(const char *role)
{
	int i;

	for (i = 0; i < 4; i++)
		if (str_eq(role, roles[i]))
			return i;
	return -1;
}

const char *
sandbox_google_calendar_id(const struct sandbox_call *call,
    const char *segment)
{
	return segment && str_eq(segment, "primary") && call->account ?
	    call->account : segment;
}

json_t *
sandbox_google_calendar(const struct sandbox *sb, const char *id)
{
	return SANDBOX_GET(&sb->tree, "google", "calendars", id);
}

json_t *
sandbox_google_listed(const struct sandbox *sb, const char *account,
    const char *id)
{
	json_t *entry = SANDBOX_GET(&sb->tree, "google", "lists", account, id);

	return json_is_true(json_object_get(entry, "deleted")) ? NULL : entry;
}

const char *
sandbox_google_role(const struct sandbox *sb, const char *account,
    const char *id)
{
	return sandbox_text(sandbox_google_listed(sb, account, id), "role");
}

static bool
may(struct sandbox_call *call, int least)
{
	int has = rank(sandbox_google_role(call->sb, call->account,
	    call->collection));

	if (has < 0) {
		call->fail(call, 404, "notFound", NULL);
		return false;
	}
	if (has < least) {
		call->fail(call, 403, "requiredAccessLevel", NULL);
		return false;
	}
	return true;
}

bool
sandbox_google_may_read(struct sandbox_call *call)
{
	return may(call, 0);
}

bool
sandbox_google_may_write(struct sandbox_call *call)
{
	return may(call, 2);
}

/* Google's are microseconds, doubled; all that counts is that they differ. */
char *
sandbox_google_etag(struct sandbox *sb, struct pool *pool)
{
	return pool_printf(pool, "\"%lld\"",
	    (long long)(3181161784712000 + 2 * sandbox_next(sb, "etag")));
}

json_int_t
sandbox_google_seq(const struct sandbox *sb, const char *of)
{
	return json_integer_value(SANDBOX_GET(&sb->tree, "google", "seqs", of));
}

/* An account's list and its primary calendar have one name: lists get a mark. */
static const char *
list_name(struct pool *pool, const char *account)
{
	return pool_printf(pool, "list %s", account);
}

static void
touch_list(struct sandbox *sb, const char *account, const char *id,
    json_t *entry)
{
	struct pool *pool = pool_new(NULL);
	const char *name = list_name(pool, account);
	json_int_t seq = sandbox_google_seq(sb, name) + 1;

	SANDBOX_PUT(&sb->tree, json_integer(seq), "google", "seqs", name);
	json_object_set_new(entry, "seq", json_integer(seq));
	json_object_set_new(entry, "etag",
	    json_string(sandbox_google_etag(sb, pool)));
	SANDBOX_PUT(&sb->tree, entry, "google", "lists", account, id);
	sandbox_google_tell(sb, sandbox_google_list_resource(pool, account));
	pool_free(pool);
}

void
sandbox_google_share(struct sandbox *sb, const char *account, const char *id,
    const char *role)
{
	json_t *entry = SANDBOX_GET(&sb->tree, "google", "lists", account, id);

	if (!entry && !role)
		return;
	entry = entry ? json_incref(entry) : json_object();
	if (role)
		json_object_set_new(entry, "role", json_string(role));
	json_object_set_new(entry, "deleted", json_boolean(!role));
	touch_list(sb, account, id, entry);
}

void
sandbox_google_expire(struct sandbox *sb, const char *account,
    const char *calendar)
{
	json_t *all = SANDBOX_GET(&sb->tree, "google", "calendars"), *c;
	struct pool *pool = pool_new(NULL);
	const char *id;
	void *next;

	json_object_foreach_safe(all, next, id, c) {
		if (calendar && !str_eq(id, calendar))
			continue;
		if (account && !sandbox_google_listed(sb, account, id))
			continue;
		json_object_set_new(c, "generation",
		    json_integer(sandbox_next(sb, "generation")));
		SANDBOX_KEEP(&sb->tree, c, "google", "calendars", id);
	}
	all = calendar ? NULL : SANDBOX_GET(&sb->tree, "google", "lists");
	json_object_foreach_safe(all, next, id, c)
		if (!account || str_eq(id, account))
			SANDBOX_PUT(&sb->tree, json_integer(sandbox_next(sb,
			    "generation")), "google", "generations",
			    list_name(pool, id));
	pool_free(pool);
}

void
sandbox_google_remove_calendar(struct sandbox *sb, const char *id)
{
	json_t *all = SANDBOX_GET(&sb->tree, "google", "lists"), *list;
	const char *account;

	json_object_foreach(all, account, list)
		if (sandbox_google_listed(sb, account, id))
			sandbox_google_share(sb, account, id, NULL);
	SANDBOX_DROP(&sb->tree, "google", "calendars", id);
	SANDBOX_DROP(&sb->tree, "google", "events", id);
}

/* ---- new ones ---- */

static char *
make_id(struct sandbox *sb, struct pool *pool)
{
	char *name = pool_printf(pool, "calendar %lld",
	    (long long)sandbox_next(sb, "calendar"));
	struct digest d = digest_sha256(name, strlen(name));

	return pool_printf(pool, "c_%s@group.calendar.google.com",
	    digest_hex(pool, d.bytes, 12));
}

static bool
add_events(struct sandbox *sb, const char *account, const char *id,
    const json_t *events, struct err *err)
{
	json_t *event;
	size_t i;

	json_array_foreach(events, i, event)
		if (!sandbox_google_plant(sb, account, id, event, err))
			return err_add(err, "event %zu of %s", i + 1, id);
	return true;
}

static bool
calendar_is_good(const json_t *spec, struct err *err)
{
	const char *zone = json_string_value(json_object_get(spec, "time_zone"));
	const char *role = json_string_value(json_object_get(spec, "access_role"));

	if (!sandbox_seed_members(spec, "id summary access_role time_zone events "
	    "description selected push", err))
		return false;
	if (zone && !zone_find(zone))
		return err_set(err, ERR_INPUT, "\"time_zone\" must be like "
		    "Europe/Berlin, not \"%s\".", zone);
	if (role && rank(role) < 0)
		return err_set(err, ERR_INPUT, "\"access_role\" must be "
		    "freeBusyReader, reader, writer or owner, not \"%s\".", role);
	return true;
}

bool
sandbox_google_add_calendar(struct sandbox *sb, const char *account,
    const json_t *spec, struct err *err)
{
	const char *zone = sandbox_text(spec, "time_zone");
	const char *id = sandbox_text(spec, "id");
	const char *role = sandbox_text(spec, "access_role");
	const char *summary = sandbox_text(spec, "summary");
	struct pool *pool;
	bool good;

	if (!calendar_is_good(spec, err))
		return false;
	pool = pool_new(NULL);
	if (str_eq(id, "primary"))
		id = account;
	else if (!*id)
		id = make_id(sb, pool);
	if (!sandbox_google_calendar(sb, id))
		SANDBOX_PUT(&sb->tree, json_pack("{s:s, s:s, s:s, s:s, s:O*, s:b, "
		    "s:I, s:s}", "id", id, "summary", *summary ? summary : id,
		    "timeZone", *zone ? zone : "UTC", "owner", account,
		    "description", json_object_get(spec, "description"), "deaf",
		    json_is_false(json_object_get(spec, "push")), "generation",
		    sandbox_next(sb, "generation"), "etag",
		    sandbox_google_etag(sb, pool)), "google", "calendars", id);
	sandbox_google_share(sb, account, id, *role ? role : "owner");
	good = add_events(sb, account, id, json_object_get(spec, "events"), err);
	pool_free(pool);
	return good;
}

bool
sandbox_google_seed(struct sandbox *sb, const char *account,
    const json_t *calendars, struct err *err)
{
	json_t *spec;
	bool primary = false, good = true;
	size_t i;

	json_array_foreach(calendars, i, spec)
		primary = primary || str_eq(sandbox_text(spec, "id"), "primary") ||
		    str_eq(sandbox_text(spec, "id"), account);
	if (!primary && !sandbox_google_calendar(sb, account)) {
		spec = json_pack("{s:s}", "id", account);
		good = sandbox_google_add_calendar(sb, account, spec, err);
		json_decref(spec);
	}
	json_array_foreach(calendars, i, spec)
		good = good && sandbox_google_add_calendar(sb, account, spec, err);
	return good;
}
