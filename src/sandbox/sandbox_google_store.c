/* Events in the tree: found, made up, written down, shown. */
#include <stdio.h>
#include <string.h>
#include "sandbox/sandbox_google_event.h"
#include "sandbox/sandbox_ledger.h"
#include "util/digest.h"
#include "util/str.h"
#include "util/banned.h"

bool
sandbox_google_is_cancelled(const json_t *event)
{
	return str_eq(sandbox_text(event, "status"), "cancelled");
}

bool
sandbox_google_is_self(const json_t *event)
{
	return json_is_true(json_object_get(json_object_get(event, "organizer"),
	    "self"));
}

char *
sandbox_google_new_id(struct pool *pool)
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuv";
	unsigned char bytes[26];
	char *id = pool_alloc(pool, sizeof(bytes) + 1);
	size_t i;

	digest_random(bytes, sizeof(bytes));
	for (i = 0; i < sizeof(bytes); i++)
		id[i] = letters[bytes[i] & 31];
	return id;
}

/* ---- dates of series ---- */

char *
sandbox_google_instance_id(struct pool *pool, const json_t *master,
    const struct sandbox_google_span *span, const struct wall *start)
{
	struct wall u;

	if (span->all_day)
		return pool_printf(pool, "%s_%04d%02d%02d",
		    sandbox_text(master, "id"), start->year, start->month,
		    start->day);
	u = wall_from_utc(zone_to_utc(span->zone, start));
	return pool_printf(pool, "%s_%04d%02d%02dT%02d%02d%02dZ",
	    sandbox_text(master, "id"), u.year, u.month, u.day, u.hour, u.minute,
	    u.second);
}

static json_t *
date_json(struct pool *pool, const struct wall *w)
{
	return json_pack("{s:s}", "date", pool_printf(pool, "%04d-%02d-%02d",
	    w->year, w->month, w->day));
}

static json_t *
moment_json(struct pool *pool, when_t t, const json_t *like)
{
	return json_pack("{s:s, s:O*}", "dateTime", when_format(pool, t),
	    "timeZone", json_object_get(like, "timeZone"));
}

json_t *
sandbox_google_instance(const struct sandbox_google_where *at,
    const json_t *master, const struct wall *start)
{
	struct sandbox_google_span s = sandbox_google_span(at, master);
	json_t *out = json_deep_copy(master), *first;
	struct wall end;
	when_t from;
	int days;

	pool_adopt(at->pool, out, sandbox_release);
	json_object_del(out, "recurrence");
	json_object_set_new(out, "id", json_string(sandbox_google_instance_id(
	    at->pool, master, &s, start)));
	json_object_set(out, "recurringEventId", json_object_get(master, "id"));
	if (s.all_day) {
		days = (int)((wall_to_utc(&s.end) - wall_to_utc(&s.start)) /
		    (86400 * WHEN_SEC));
		end = wall_add_days(start, days);
		first = date_json(at->pool, start);
		json_object_set_new(out, "end", date_json(at->pool, &end));
	} else {
		from = zone_to_utc(s.zone, start);
		first = moment_json(at->pool, from, json_object_get(master, "start"));
		json_object_set_new(out, "end", moment_json(at->pool,
		    from + (s.until - s.from), json_object_get(master, "end")));
	}
	json_object_set_new(out, "start", json_deep_copy(first));
	json_object_set_new(out, "originalStartTime", first);
	return out;
}

/* MASTER_20261201T090000Z, MASTER_20261201: the part behind the last "_". */
static bool
split_id(struct pool *pool, const char *id, char **master, struct wall *start,
    bool *all_day)
{
	const char *tail = strrchr(id, '_');
	size_t len = tail ? strlen(tail + 1) : 0;
	struct wall w = { 0 };

	if (!tail || (len != 8 && len != 16) ||
	    sscanf(tail + 1, "%4d%2d%2d", &w.year, &w.month, &w.day) != 3 ||
	    (len == 16 && sscanf(tail + 9, "T%2d%2d%2dZ", &w.hour, &w.minute,
	    &w.second) != 3) || !wall_valid(&w))
		return false;
	*master = pool_strndup(pool, id, (size_t)(tail - id));
	*start = w;
	*all_day = len == 8;
	return true;
}

static json_t *
make_up(const struct sandbox_google_where *at, const char *id)
{
	struct sandbox_google_dates dates;
	struct sandbox_google_span s;
	struct wall start, to;
	json_t *master;
	char *name;
	bool all_day;
	size_t i;

	if (!split_id(at->pool, id, &name, &start, &all_day))
		return NULL;
	master = json_object_get(SANDBOX_GET(&at->sb->tree, "google", "events",
	    at->calendar, name), "r");
	if (!json_object_get(master, "recurrence") ||
	    sandbox_google_is_cancelled(master))
		return NULL;
	s = sandbox_google_span(at, master);
	if (s.all_day != all_day)
		return NULL;
	if (!all_day)
		start = zone_from_utc(s.zone, wall_to_utc(&start));
	to = wall_add_secs(&start, 1);
	dates = sandbox_google_rule_dates(at->pool,
	    json_object_get(master, "recurrence"), &s, &to);
	for (i = 0; i < dates.count; i++)
		if (wall_cmp(&dates.items[i], &start) == 0)
			return sandbox_google_instance(at, master, &start);
	return NULL;
}

json_t *
sandbox_google_find(const struct sandbox_google_where *at, const char *id)
{
	json_t *found = json_object_get(SANDBOX_GET(&at->sb->tree, "google",
	    "events", at->calendar, id), "r");

	if (!found)
		return make_up(at, id);
	found = json_deep_copy(found);
	pool_adopt(at->pool, found, sandbox_release);
	return found;
}

json_t *
sandbox_google_by_uid(const struct sandbox_google_where *at, const char *uid)
{
	json_t *all = SANDBOX_GET(&at->sb->tree, "google", "events",
	    at->calendar), *entry, *r;
	const char *id;

	json_object_foreach(all, id, entry) {
		r = json_object_get(entry, "r");
		if (str_eq(sandbox_text(r, "iCalUID"), uid) &&
		    !json_object_get(r, "recurringEventId"))
			return sandbox_google_find(at, id);
	}
	return NULL;
}

/* ---- written down ---- */

void
sandbox_google_dress(const struct sandbox_google_where *at, json_t *event)
{
	json_t *calendar = sandbox_google_calendar(at->sb, at->calendar);
	bool primary = str_eq(at->calendar, sandbox_text(calendar, "owner"));
	const char *id = sandbox_text(event, "id");
	char *eid = pool_printf(at->pool, "%s %s", id, at->calendar);

	json_object_set_new(event, "kind", json_string("calendar#event"));
	if (!json_object_get(event, "status"))
		json_object_set_new(event, "status", json_string("confirmed"));
	if (!json_object_get(event, "eventType"))
		json_object_set_new(event, "eventType", json_string("default"));
	if (!json_object_get(event, "sequence"))
		json_object_set_new(event, "sequence", json_integer(0));
	if (!json_object_get(event, "reminders"))
		json_object_set_new(event, "reminders",
		    json_pack("{s:b}", "useDefault", 1));
	if (!json_object_get(event, "iCalUID"))
		json_object_set_new(event, "iCalUID", json_string(
		    pool_printf(at->pool, "%s@google.com", id)));
	if (!json_object_get(event, "organizer"))
		json_object_set_new(event, "organizer", json_pack("{s:s, s:O*, s:b}",
		    "email", at->calendar, "displayName", primary ? NULL :
		    json_object_get(calendar, "summary"), "self", 1));
	if (!json_object_get(event, "creator")) {
		json_object_set_new(event, "creator",
		    json_pack("{s:s}", "email", at->account));
		if (primary && str_eq(at->account, at->calendar))
			json_object_set_new(json_object_get(event, "creator"), "self",
			    json_true());
	}
	if (!json_object_get(event, "created"))
		json_object_set_new(event, "created", json_string(when_format(at->pool,
		    sandbox_now(at->sb) / WHEN_SEC * WHEN_SEC)));
	json_object_set_new(event, "htmlLink", json_string(pool_printf(at->pool,
	    "https://www.google.com/calendar/event?eid=%s", digest_base64url(
	    at->pool, eid, strlen(eid)))));
}

static void
note(const struct sandbox_google_where *at, const json_t *event,
    const struct sandbox_google_write *write)
{
	const char *op = sandbox_text(json_object_get(json_object_get(event,
	    "extendedProperties"), "private"), "hawser");
	bool guests = json_array_size(json_object_get(event, "attendees")) > 0;

	if (!*op)
		op = write->op;
	sandbox_ledger_add(at->sb, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, "
	    "s:b, s:b}", "account", at->account, "calendar", at->calendar, "event",
	    sandbox_text(event, "id"), "verb", write->verb, "by",
	    write->by_hand ? "hand" : "api", "op", op, "send_updates",
	    write->send_updates, "has_guests", guests, "could_mail", guests &&
	    !str_eq(write->send_updates, "none")));
}

/* Reminders alone do not change "updated". */
static bool
is_touched(const json_t *was, const json_t *event)
{
	json_t *a = json_copy((json_t *)(uintptr_t)was);
	json_t *b = json_copy((json_t *)(uintptr_t)event);
	bool touched;

	json_object_del(a, "reminders");
	json_object_del(b, "reminders");
	touched = !was || !sandbox_same(a, b);
	json_decref(a);
	json_decref(b);
	return touched;
}

void
sandbox_google_store(const struct sandbox_google_where *at, json_t *event,
    const struct sandbox_google_write *write)
{
	json_int_t seq = sandbox_google_seq(at->sb, at->calendar) + 1, pos;
	const char *id = sandbox_text(event, "id");
	json_t *was = SANDBOX_GET(&at->sb->tree, "google", "events", at->calendar,
	    id);

	pos = was ? json_integer_value(json_object_get(was, "pos")) : seq;
	if (is_touched(json_object_get(was, "r"), event) ||
	    !json_object_get(event, "updated"))
		json_object_set_new(event, "updated", json_string(when_format(at->pool,
		    sandbox_now(at->sb) / 1000 * 1000)));
	json_object_set_new(event, "etag",
	    json_string(sandbox_google_etag(at->sb, at->pool)));
	SANDBOX_PUT(&at->sb->tree, json_integer(seq), "google", "seqs",
	    at->calendar);
	SANDBOX_PUT(&at->sb->tree, json_pack("{s:O, s:I, s:I}", "r", event, "seq",
	    seq, "pos", pos), "google", "events", at->calendar, id);
	if (write)
		note(at, event, write);
	sandbox_google_tell(at->sb, sandbox_google_events_resource(at->pool,
	    at->calendar));
}

bool
sandbox_google_cancel(const struct sandbox_google_where *at, json_t *event,
    const struct sandbox_google_write *write)
{
	if (sandbox_google_is_cancelled(event))
		return false;
	json_object_set_new(event, "status", json_string("cancelled"));
	json_object_set_new(event, "sequence", json_integer(1 +
	    json_integer_value(json_object_get(event, "sequence"))));
	sandbox_google_store(at, event, write);
	return true;
}

bool
sandbox_google_plant(struct sandbox *sb, const char *account,
    const char *calendar, const json_t *event, struct err *err)
{
	struct pool *pool = pool_new(NULL);
	struct sandbox_google_where at = { sb, pool, account, calendar, false };
	struct sandbox_google_wrong w = { 400, "", "it must be an object" };
	json_t *copy = json_is_object(event) ? json_deep_copy(event) : NULL;
	bool good = copy != NULL;

	if (good && !sandbox_google_calendar(sb, calendar))
		good = sandbox_google_wrong(&w, 404, "notFound",
		    "there is no calendar %s", calendar);
	if (good) {
		if (!json_object_get(copy, "id"))
			json_object_set_new(copy, "id",
			    json_string(sandbox_google_new_id(pool)));
		good = sandbox_google_check(&at, copy, &w);
	}
	if (good) {
		sandbox_google_dress(&at, copy);
		sandbox_google_store(&at, copy, NULL);
	}
	if (!good)
		(void)err_set(err, ERR_INPUT, "The event is refused: %s", w.message);
	json_decref(copy);
	pool_free(pool);
	return good;
}

/* ---- shown ---- */

static json_t *
stub_of(const struct sandbox_google_where *at, const json_t *event,
    const struct zone *zone)
{
	const json_t *original = json_object_get(event, "originalStartTime");
	json_t *out = json_pack("{s:s, s:O, s:O, s:s}", "kind", "calendar#event",
	    "etag", json_object_get(event, "etag"), "id",
	    json_object_get(event, "id"), "status", "cancelled");

	if (original) {
		json_object_set(out, "recurringEventId",
		    json_object_get(event, "recurringEventId"));
		json_object_set_new(out, "originalStartTime",
		    sandbox_google_time_show(at->pool, zone, original));
	}
	return out;
}

static void
hide(json_t *out)
{
	static const char *const kept[] = { "kind", "etag", "id", "status", "start",
	    "end", "iCalUID", "recurringEventId", "originalStartTime",
	    "recurrence", "eventType", "transparency", "updated", "created",
	    "sequence" };
	json_t *value;
	const char *name;
	void *next;
	size_t i;

	json_object_foreach_safe(out, next, name, value) {
		for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			if (str_eq(name, kept[i]))
				break;
		if (i == sizeof(kept) / sizeof(kept[0]))
			json_object_del(out, name);
	}
	json_object_set_new(out, "visibility", json_string("private"));
}

json_t *
sandbox_google_show(const struct sandbox_google_where *at, const json_t *event,
    const struct zone *zone, bool stub)
{
	static const char *const times[] = { "start", "end", "originalStartTime" };
	json_t *out, *time;
	size_t i;

	if (!zone)
		zone = sandbox_google_zone(at);
	if (stub && sandbox_google_is_cancelled(event))
		return stub_of(at, event, zone);
	out = json_copy((json_t *)(uintptr_t)event);
	for (i = 0; i < 3; i++) {
		time = json_object_get(out, times[i]);
		if (time)
			json_object_set_new(out, times[i],
			    sandbox_google_time_show(at->pool, zone, time));
	}
	if (str_eq(sandbox_google_role(at->sb, at->account, at->calendar),
	    "freeBusyReader"))
		hide(out);
	return out;
}
