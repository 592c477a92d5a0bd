/* insert, import, update, patch, delete, move. */
#include <string.h>
#include "sandbox/sandbox_google_event.h"
#include "util/str.h"
#include "util/banned.h"

static void
fail(struct sandbox_call *call, const struct sandbox_google_wrong *w)
{
	sandbox_google_fail(call, w->status, w->reason, w->message);
}

static struct sandbox_google_where
where(const struct sandbox_call *call)
{
	return (struct sandbox_google_where){ call->sb, call->pool, call->account,
	    call->collection, call->part };
}

static const char *
send_updates(const struct sandbox_call *call)
{
	const char *old = sandbox_call_arg(call, "sendNotifications");
	const char *value = sandbox_call_arg(call, "sendUpdates");

	return value ? value : !old ? NULL : str_eq(old, "true") ? "all" : "none";
}

/* A whole event in the answer; a write shows what is stored. */
static void
answer(struct sandbox_call *call, const struct sandbox_google_where *at,
    const json_t *event)
{
	sandbox_call_header(call, "ETag", sandbox_text(event, "etag"));
	sandbox_call_json(call, 200, sandbox_google_show(at, event, NULL, false));
}

/* The body's members; NULL = answered. */
static json_t *
read_body(struct sandbox_call *call, const struct sandbox_google_where *at)
{
	const char *send = sandbox_call_arg(call, "sendUpdates");
	struct sandbox_google_wrong w;
	json_t *body, *taken;
	struct err err;

	if (send && !str_eq(send, "all") && !str_eq(send, "externalOnly") &&
	    !str_eq(send, "none")) {
		sandbox_google_fail_at(call, 400, "invalidParameter",
		    "Invalid value for sendUpdates.", "parameter", "sendUpdates");
		return NULL;
	}
	body = sandbox_call_object(call, &err);
	if (!body) {
		sandbox_google_fail(call, 400, "parseError", NULL);
		return NULL;
	}
	taken = sandbox_google_take(at, body, &w);
	if (!taken)
		fail(call, &w);
	return taken;
}

/* null in a whole event is the same as leaving it out. */
static json_t *
without_nulls(const struct sandbox_google_where *at, const json_t *taken)
{
	json_t *event = json_object();

	pool_adopt(at->pool, event, sandbox_release);
	sandbox_google_merge(event, taken);
	return event;
}

void
sandbox_google_insert(struct sandbox_call *call)
{
	struct sandbox_google_where at = where(call);
	struct sandbox_google_write write = { call->account, "insert", false,
	    send_updates(call), NULL };
	struct sandbox_google_wrong w;
	json_t *taken, *event;
	const char *id;

	if (!sandbox_google_may_write(call) ||
	    (taken = read_body(call, &at)) == NULL)
		return;
	event = without_nulls(&at, taken);
	json_object_del(event, "organizer");
	id = json_string_value(json_object_get(event, "id"));
	write.op = id;
	if (!json_object_get(event, "eventType"))
		json_object_set_new(event, "eventType", json_string("default"));
	if (!sandbox_google_allowed(&at, NULL, event, &w) ||
	    !sandbox_google_check(&at, event, &w)) {
		fail(call, &w);
		return;
	}
	if (id && SANDBOX_GET(&call->sb->tree, "google", "events", at.calendar,
	    id)) {
		sandbox_google_fail(call, 409, "duplicate", NULL);
		return;
	}
	if (!id)
		json_object_set_new(event, "id",
		    json_string(sandbox_google_new_id(at.pool)));
	sandbox_google_dress(&at, event);
	sandbox_google_store(&at, event, &write);
	answer(call, &at, event);
}

/* ---- import ---- */

/* The calendar's owner must have to do with it. */
static bool
takes_part(const struct sandbox_google_where *at, const json_t *event)
{
	json_t *organizer = json_object_get(event, "organizer"), *one;
	size_t i;

	if (!organizer || str_eq(sandbox_text(organizer, "email"), at->calendar))
		return true;
	json_array_foreach(json_object_get(event, "attendees"), i, one)
		if (str_eq(sandbox_text(one, "email"), at->calendar))
			return true;
	return false;
}

/* A second import of the same iCalUID replaces the first. */
static bool
import_over(const struct sandbox_google_where *at, json_t *event,
    struct sandbox_google_wrong *w)
{
	static const char *const kept[] = { "id", "created", "creator" };
	json_t *was = sandbox_google_by_uid(at, sandbox_text(event, "iCalUID"));
	size_t i;

	if (!was)
		return true;
	if (json_integer_value(json_object_get(event, "sequence")) <
	    json_integer_value(json_object_get(was, "sequence")))
		return sandbox_google_wrong(w, 400, "invalid", "Invalid sequence "
		    "value. The specified sequence number is below the current "
		    "sequence number of the resource. Re-fetch the resource and use "
		    "its sequence number on the following request.");
	for (i = 0; i < 3; i++)
		json_object_set(event, kept[i], json_object_get(was, kept[i]));
	return true;
}

static bool
check_import(const struct sandbox_google_where *at, json_t *event,
    struct sandbox_google_wrong *w)
{
	json_t *organizer = json_object_get(event, "organizer");

	if (!*sandbox_text(event, "iCalUID"))
		return sandbox_google_wrong(w, 400, "required",
		    "Missing required field: iCalUID.");
	json_object_del(event, "id");
	json_object_set_new(event, "eventType", json_string("default"));
	if (!sandbox_google_check(at, event, w))
		return false;
	if (!takes_part(at, event))
		return sandbox_google_wrong(w, 400,
		    "participantIsNeitherOrganizerNorAttendee", "The owner of the "
		    "calendar must either be the organizer or an attendee of an event "
		    "that is imported.");
	if (organizer && str_eq(sandbox_text(organizer, "email"), at->calendar))
		json_object_set_new(organizer, "self", json_true());
	else if (organizer)
		json_object_del(organizer, "self");
	return import_over(at, event, w);
}

void
sandbox_google_import(struct sandbox_call *call)
{
	struct sandbox_google_where at = where(call);
	const struct sandbox_google_write write = { call->account, "import", false,
	    "none", NULL };
	struct sandbox_google_wrong w;
	json_t *taken, *event;

	if (!sandbox_google_may_write(call) ||
	    (taken = read_body(call, &at)) == NULL)
		return;
	event = without_nulls(&at, taken);
	if (!check_import(&at, event, &w)) {
		fail(call, &w);
		return;
	}
	if (!json_object_get(event, "id"))
		json_object_set_new(event, "id",
		    json_string(sandbox_google_new_id(at.pool)));
	sandbox_google_dress(&at, event);
	sandbox_google_store(&at, event, &write);
	answer(call, &at, event);
}

/* ---- change ---- */

/* The event of the path, with If-Match looked at; NULL = answered. */
static json_t *
find(struct sandbox_call *call, const struct sandbox_google_where *at)
{
	json_t *event;

	if (!sandbox_google_may_write(call))
		return NULL;
	event = sandbox_google_find(at, call->segments[1]);
	if (!event) {
		sandbox_google_fail(call, 404, "notFound", NULL);
		return NULL;
	}
	if (call->if_match && !str_eq(call->if_match, "*") &&
	    !str_eq(call->if_match, sandbox_text(event, "etag"))) {
		sandbox_google_fail(call, 412, "conditionNotMet", NULL);
		return NULL;
	}
	return event;
}

/* What a PUT cannot take away. */
static json_t *
replacement(const struct sandbox_google_where *at, const json_t *was,
    const json_t *taken)
{
	static const char *const kept[] = { "kind", "etag", "id", "created",
	    "creator", "organizer", "iCalUID", "htmlLink", "updated", "locked",
	    "privateCopy", "recurringEventId", "originalStartTime",
	    "hangoutLink", "conferenceData" };
	json_t *event = without_nulls(at, taken);
	size_t i;

	for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		json_object_del(event, kept[i]);
		if (json_object_get(was, kept[i]))
			json_object_set(event, kept[i], json_object_get(was, kept[i]));
	}
	if (!json_object_get(event, "eventType"))
		json_object_set_new(event, "eventType", json_string("default"));
	if (!json_object_get(event, "sequence"))
		json_object_set(event, "sequence", json_object_get(was, "sequence"));
	return event;
}

static bool
check_sequence(const json_t *was, json_t *event,
    struct sandbox_google_wrong *w)
{
	json_int_t old = json_integer_value(json_object_get(was, "sequence"));
	json_int_t new = json_integer_value(json_object_get(event, "sequence"));
	bool moved = !sandbox_same(json_object_get(was, "start"),
	    json_object_get(event, "start")) || !sandbox_same(json_object_get(was,
	    "end"), json_object_get(event, "end")) || !sandbox_same(
	    json_object_get(was, "recurrence"), json_object_get(event,
	    "recurrence")) || sandbox_google_is_cancelled(was) !=
	    sandbox_google_is_cancelled(event);

	if (new < old)
		return sandbox_google_wrong(w, 400, "invalid", "Invalid sequence "
		    "value. The specified sequence number is below the current "
		    "sequence number of the resource. Re-fetch the resource and use "
		    "its sequence number on the following request.");
	if (new == old && moved && sandbox_google_is_self(event))
		json_object_set_new(event, "sequence", json_integer(old + 1));
	return true;
}

/* Its touched dates come back with a series that comes back. */
static void
revive_dates(const struct sandbox_google_where *at, const json_t *was,
    const json_t *event)
{
	json_t *all = SANDBOX_GET(&at->sb->tree, "google", "events",
	    at->calendar), *entry;
	const char *id;
	void *next;

	if (!sandbox_google_is_cancelled(was) ||
	    sandbox_google_is_cancelled(event))
		return;
	json_object_foreach_safe(all, next, id, entry) {
		json_t *r = json_object_get(entry, "r");

		if (str_eq(sandbox_text(r, "recurringEventId"),
		    sandbox_text(event, "id")))
			sandbox_google_store(at, r, NULL);
	}
}

static void
change(struct sandbox_call *call, const struct sandbox_google_where *at,
    const json_t *was, json_t *event)
{
	const struct sandbox_google_write write = { call->account,
	    str_eq(call->method, "PUT") ? "update" : "patch", false,
	    send_updates(call), NULL };
	struct sandbox_google_wrong w;

	if (!sandbox_google_check(at, event, &w) ||
	    !sandbox_google_allowed(at, was, event, &w) ||
	    !check_sequence(was, event, &w)) {
		fail(call, &w);
		return;
	}
	if (json_object_get(event, "recurringEventId"))
		json_object_del(event, "recurrence");
	sandbox_google_dress(at, event);
	sandbox_google_store(at, event, &write);
	revive_dates(at, was, event);
	answer(call, at, event);
}

void
sandbox_google_update(struct sandbox_call *call)
{
	struct sandbox_google_where at = where(call);
	json_t *was = find(call, &at), *taken;

	if (was && (taken = read_body(call, &at)) != NULL)
		change(call, &at, was, replacement(&at, was, taken));
}

void
sandbox_google_patch(struct sandbox_call *call)
{
	struct sandbox_google_where at = where(call);
	json_t *was = find(call, &at), *taken, *event;

	if (!was || (taken = read_body(call, &at)) == NULL)
		return;
	json_object_del(taken, "id");
	json_object_del(taken, "iCalUID");
	json_object_del(taken, "organizer");
	event = json_deep_copy(was);
	pool_adopt(at.pool, event, sandbox_release);
	sandbox_google_merge(event, taken);
	change(call, &at, was, event);
}

void
sandbox_google_delete(struct sandbox_call *call)
{
	struct sandbox_google_where at = where(call);
	const struct sandbox_google_write write = { call->account, "delete", false,
	    send_updates(call), NULL };
	json_t *event = find(call, &at);

	if (!event)
		return;
	if (sandbox_google_cancel(&at, event, &write))
		sandbox_call_json(call, 204, NULL);
	else
		sandbox_google_fail(call, 410, "deleted", NULL);
}

/* ---- move ---- */

static bool
can_move(const struct sandbox_google_where *to, const json_t *event,
    struct sandbox_google_wrong *w)
{
	const char *role = sandbox_google_role(to->sb, to->account, to->calendar);

	if (!*role)
		return sandbox_google_wrong(w, 404, "notFound", "Not Found");
	if (!str_eq(role, "writer") && !str_eq(role, "owner"))
		return sandbox_google_wrong(w, 403, "requiredAccessLevel",
		    "You need to have writer access to this calendar.");
	if (!str_eq(sandbox_text(event, "eventType"), "default"))
		return sandbox_google_wrong(w, 400, "eventTypeRestriction",
		    "Only events of type default can be moved.");
	if (!sandbox_google_is_self(event))
		return sandbox_google_wrong(w, 403, "cannotChangeOrganizer",
		    "The organizer of an event of somebody else cannot change.");
	if (json_object_get(event, "recurringEventId"))
		return sandbox_google_wrong(w, 400, "cannotChangeOrganizerOfInstance",
		    "One date of a series cannot be moved.");
	if (sandbox_google_is_cancelled(event))
		return sandbox_google_wrong(w, 410, "deleted",
		    "Resource has been deleted");
	return true;
}

/* The touched dates of a series go along; hidden here, as their series is. */
static void
move_dates(const struct sandbox_google_where *at,
    const struct sandbox_google_where *to, const char *series)
{
	json_t *all = SANDBOX_GET(&at->sb->tree, "google", "events",
	    at->calendar), *entry, *r;
	const char *id;

	json_object_foreach(all, id, entry) {
		if (!str_eq(sandbox_text(json_object_get(entry, "r"),
		    "recurringEventId"), series))
			continue;
		r = json_deep_copy(json_object_get(entry, "r"));
		json_object_del(r, "organizer");
		sandbox_google_dress(to, r);
		sandbox_google_store(to, r, NULL);
		json_decref(r);
	}
}

void
sandbox_google_move(struct sandbox_call *call)
{
	struct sandbox_google_where at = where(call), to = at;
	const char *destination = sandbox_call_arg(call, "destination");
	const struct sandbox_google_write write = { call->account, "move", false,
	    send_updates(call), NULL };
	struct sandbox_google_wrong w;
	json_t *event, *moved;

	if (!destination || !*destination) {
		sandbox_google_fail_at(call, 400, "required",
		    "Required parameter: destination", "parameter", "destination");
		return;
	}
	event = find(call, &at);
	if (!event)
		return;
	to.calendar = sandbox_google_calendar_id(call, destination);
	if (!can_move(&to, event, &w)) {
		fail(call, &w);
		return;
	}
	moved = json_deep_copy(event);
	pool_adopt(at.pool, moved, sandbox_release);
	json_object_del(moved, "organizer");
	sandbox_google_dress(&to, moved);
	(void)sandbox_google_cancel(&at, event, NULL);
	sandbox_google_store(&to, moved, &write);
	move_dates(&at, &to, sandbox_text(moved, "id"));
	answer(call, &to, moved);
}
