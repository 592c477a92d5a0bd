/* The list of an account's calendars, and one calendar. */
#include <string.h>
#include "sandbox/sandbox_google_cursor.h"
#include "util/str.h"
#include "util/banned.h"

static json_t *
describe(const struct sandbox *sb, const char *account, const char *id,
    const json_t *entry)
{
	json_t *c = sandbox_google_calendar(sb, id), *out;

	if (!c || json_is_true(json_object_get(entry, "deleted")))
		return json_pack("{s:s, s:O, s:s, s:b}", "kind",
		    "calendar#calendarListEntry", "etag",
		    json_object_get(entry, "etag"), "id", id, "deleted", 1);
	out = json_pack("{s:s, s:O, s:s, s:O, s:O, s:O, s:s, s:s, s:s, s:b, "
	    "s:[{s:s, s:i}], s:{s:[s]}, s:O*}", "kind",
	    "calendar#calendarListEntry", "etag", json_object_get(entry, "etag"),
	    "id", id, "summary", json_object_get(c, "summary"), "timeZone",
	    json_object_get(c, "timeZone"), "accessRole",
	    json_object_get(entry, "role"), "colorId", "14", "backgroundColor",
	    "#9fe1e7", "foregroundColor", "#000000", "selected", 1,
	    "defaultReminders", "method", "popup", "minutes", 10,
	    "conferenceProperties", "allowedConferenceSolutionTypes",
	    "hangoutsMeet", "description", json_object_get(c, "description"));
	if (str_eq(id, account))
		json_object_set_new(out, "primary", json_true());
	return out;
}

static int
rank(const char *role)
{
	return str_eq(role, "owner") ? 3 : str_eq(role, "writer") ? 2 :
	    str_eq(role, "reader") ? 1 : str_eq(role, "freeBusyReader") ? 0 : -1;
}

static bool
is_shown(const struct sandbox_call *call, const struct sandbox_google_cursor *c,
    const json_t *entry)
{
	const char *least = sandbox_call_arg(call, "minAccessRole");
	json_int_t seq = json_integer_value(json_object_get(entry, "seq"));

	if (!sandbox_google_cursor_wants(c, seq))
		return false;
	if (c->incremental)
		return true;
	if (json_is_true(json_object_get(entry, "deleted")))
		return sandbox_call_flag(call, "showDeleted");
	return !least || rank(sandbox_text(entry, "role")) >= rank(least);
}

void
sandbox_google_list_calendars(struct sandbox_call *call)
{
	const char *name = pool_printf(call->pool, "list %s", call->account);
	json_t *all = SANDBOX_GET(&call->sb->tree, "google", "lists",
	    call->account), *entry;
	const struct sandbox_google_cursor_opts opts = { name,
	    json_integer_value(SANDBOX_GET(&call->sb->tree, "google",
	    "generations", name)), sandbox_google_seq(call->sb, name),
	    "", "minAccessRole showDeleted showHidden", "minAccessRole", 100, 250,
	    false };
	struct sandbox_google_cursor c;
	const char *id;

	if (!sandbox_google_cursor_open(call, &c, &opts))
		return;
	json_object_foreach(all, id, entry)
		if (is_shown(call, &c, entry))
			sandbox_google_cursor_add(&c, id, describe(call->sb,
			    call->account, id, entry));
	sandbox_google_cursor_close(call, &c, json_pack("{s:s, s:s}", "kind",
	    "calendar#calendarList", "etag", pool_printf(call->pool, "\"p%lld\"",
	    (long long)opts.seq)));
}

void
sandbox_google_get_listed(struct sandbox_call *call)
{
	json_t *entry = sandbox_google_listed(call->sb, call->account,
	    call->collection);

	if (entry)
		sandbox_call_json(call, 200, describe(call->sb, call->account,
		    call->collection, entry));
	else
		sandbox_google_fail(call, 404, "notFound", NULL);
}

void
sandbox_google_get_calendar(struct sandbox_call *call)
{
	json_t *c;

	if (!sandbox_google_may_read(call))
		return;
	c = sandbox_google_calendar(call->sb, call->collection);
	sandbox_call_json(call, 200, json_pack("{s:s, s:O, s:O, s:O, s:O, s:O*, "
	    "s:O, s:{s:[s]}}", "kind", "calendar#calendar", "etag",
	    json_object_get(c, "etag"), "id", json_object_get(c, "id"), "summary",
	    json_object_get(c, "summary"), "timeZone",
	    json_object_get(c, "timeZone"), "description",
	    json_object_get(c, "description"), "dataOwner",
	    json_object_get(c, "owner"), "conferenceProperties",
	    "allowedConferenceSolutionTypes", "hangoutsMeet"));
}
