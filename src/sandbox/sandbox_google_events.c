/* events.list, events.get, events.instances. */
#include <stdlib.h>
#include <string.h>
#include "sandbox/sandbox_google_cursor.h"
#include "sandbox/sandbox_google_event.h"
#include "sandbox/sandbox_google_query.h"
#include "util/str.h"
#include "util/banned.h"

#define OLD_SECS (28 * 86400)		/* updatedMin beyond it is refused */

/* A page in the making. */
struct listing {
	struct sandbox_call *call;
	struct sandbox_google_where at;
	struct sandbox_google_query query;
	struct sandbox_google_cursor cursor;
};

static void
fail(struct sandbox_call *call, const struct sandbox_google_wrong *w)
{
	sandbox_google_fail(call, w->status, w->reason, w->message);
}

static void
add(struct listing *l, const json_t *event, json_int_t pos)
{
	struct sandbox_google_span s;
	const char *id = sandbox_text(event, "id"), *key;
	bool in_order = !l->query.by_start && !l->query.by_updated &&
	    !l->query.single;

	/* The tree has them in this order: the page is full, and more are there. */
	if (in_order && l->cursor.count > (size_t)l->cursor.most)
		return;
	if (l->query.by_start) {
		s = sandbox_google_span(&l->at, event);
		key = pool_printf(l->at.pool, "%020lld %s",
		    (long long)(s.from / WHEN_SEC + 100000000000), id);
	} else if (l->query.by_updated) {
		key = pool_printf(l->at.pool, "%s %s",
		    sandbox_text(event, "updated"), id);
	} else {
		key = pool_printf(l->at.pool, "%012lld %s", (long long)pos, id);
	}
	if (strcmp(key, l->cursor.after) > 0)
		sandbox_google_cursor_add(&l->cursor, key, sandbox_google_query_cut(
		    &l->query, sandbox_google_show(&l->at, event, l->query.zone,
		    true)));
}

static bool
is_exception(const struct listing *l, const char *id)
{
	return SANDBOX_GET(&l->at.sb->tree, "google", "events", l->at.calendar,
	    id) != NULL;
}

/* The dates of a series, but those that are items of their own. */
static void
add_dates(struct listing *l, const json_t *master, json_int_t pos)
{
	struct sandbox_google_span s = sandbox_google_span(&l->at, master);
	struct sandbox_google_dates dates;
	struct wall to = { 9999, 12, 31, 0, 0, 0 };
	json_t *one;
	size_t i;

	if (l->query.to != WHEN_NEVER)
		to = zone_from_utc(s.zone, l->query.to);
	dates = sandbox_google_rule_dates(l->at.pool,
	    json_object_get(master, "recurrence"), &s, &to);
	for (i = 0; i < dates.count; i++) {
		one = sandbox_google_instance(&l->at, master, &dates.items[i]);
		if (!is_exception(l, sandbox_text(one, "id")) &&
		    sandbox_google_query_in_window(&l->query, &l->at, one))
			add(l, one, pos);
	}
}

/* A touched date of a series that is gone is gone with it. */
static bool
master_is_gone(const struct listing *l, const json_t *event)
{
	const char *id = json_string_value(json_object_get(event,
	    "recurringEventId"));
	json_t *entry = id ? SANDBOX_GET(&l->at.sb->tree, "google", "events",
	    l->at.calendar, id) : NULL;

	return entry && sandbox_google_is_cancelled(json_object_get(entry, "r"));
}

static void
consider(struct listing *l, const json_t *entry)
{
	const json_t *r = json_object_get(entry, "r");
	json_int_t pos = json_integer_value(json_object_get(entry, "pos"));
	bool series = json_object_get(r, "recurrence") != NULL;
	bool gone = sandbox_google_is_cancelled(r);

	if (!sandbox_google_cursor_wants(&l->cursor,
	    json_integer_value(json_object_get(entry, "seq"))))
		return;
	if (!l->cursor.incremental && master_is_gone(l, r))
		return;
	if (gone && !l->cursor.incremental && !l->query.show_deleted &&
	    (l->query.single || !json_object_get(r, "recurringEventId")))
		return;
	if (!sandbox_google_query_fits(&l->query, r))
		return;
	if (series && l->query.single)
		add_dates(l, r, pos);
	else if (l->cursor.incremental ||
	    sandbox_google_query_in_window(&l->query, &l->at, r))
		add(l, r, pos);
}

static json_t *
envelope(const struct listing *l)
{
	json_t *c = sandbox_google_calendar(l->at.sb, l->at.calendar);
	const char *zone = sandbox_call_arg(l->call, "timeZone");

	return json_pack("{s:s, s:s, s:O, s:O*, s:s, s:s, s:s, s:[{s:s, s:i}]}",
	    "kind", "calendar#events", "etag", pool_printf(l->at.pool,
	    "\"p%lld\"", (long long)l->cursor.opts->seq), "summary",
	    json_object_get(c, "summary"), "description",
	    json_object_get(c, "description"), "updated", when_format(l->at.pool,
	    sandbox_now(l->at.sb) / 1000 * 1000), "timeZone",
	    zone ? zone : sandbox_text(c, "timeZone"), "accessRole",
	    sandbox_google_role(l->at.sb, l->at.account, l->at.calendar),
	    "defaultReminders", "method", "popup", "minutes", 10);
}

static bool
begin(struct sandbox_call *call, struct listing *l)
{
	struct sandbox_google_wrong w;

	memset(l, 0, sizeof(*l));
	if (!sandbox_google_may_read(call))
		return false;
	l->call = call;
	l->at = (struct sandbox_google_where){ call->sb, call->pool,
	    call->account, call->collection, call->part };
	if (sandbox_google_query_read(call, &l->query, &w))
		return true;
	fail(call, &w);
	return false;
}

void
sandbox_google_list(struct sandbox_call *call)
{
	struct sandbox_google_cursor_opts opts = { .of = call->collection,
	    .params = "singleEvents eventTypes showHiddenInvitations",
	    .page_params = "showDeleted q iCalUID orderBy timeMin timeMax "
	    "updatedMin privateExtendedProperty sharedExtendedProperty",
	    .forbidden = "iCalUID orderBy privateExtendedProperty q "
	    "sharedExtendedProperty timeMin timeMax updatedMin",
	    .usual = 250, .most = 2500 };
	json_t *all, *entry;
	struct listing l;
	const char *id;

	if (!begin(call, &l))
		return;
	if (l.query.updated_min != WHEN_NONE && l.query.updated_min <
	    sandbox_now(call->sb) - OLD_SECS * WHEN_SEC) {
		sandbox_google_fail_at(call, 410, "updatedMinTooLongAgo", NULL,
		    "parameter", "updatedMin");
		return;
	}
	opts.generation = json_integer_value(json_object_get(
	    sandbox_google_calendar(call->sb, call->collection), "generation"));
	opts.seq = sandbox_google_seq(call->sb, call->collection);
	opts.no_sync = l.query.filtered;
	if (!sandbox_google_cursor_open(call, &l.cursor, &opts))
		return;
	all = SANDBOX_GET(&call->sb->tree, "google", "events", call->collection);
	json_object_foreach(all, id, entry)
		consider(&l, entry);
	sandbox_google_cursor_close(call, &l.cursor, envelope(&l));
}

void
sandbox_google_get(struct sandbox_call *call)
{
	struct listing l;
	json_t *event;

	if (!begin(call, &l))
		return;
	event = sandbox_google_find(&l.at, call->segments[1]);
	if (!event) {
		sandbox_google_fail(call, 404, "notFound", NULL);
	} else if (call->if_none_match && str_eq(call->if_none_match,
	    sandbox_text(event, "etag"))) {
		sandbox_call_header(call, "ETag", call->if_none_match);
		sandbox_call_json(call, 304, NULL);
	} else {
		sandbox_call_header(call, "ETag", sandbox_text(event, "etag"));
		sandbox_call_json(call, 200, sandbox_google_query_cut(&l.query,
		    sandbox_google_show(&l.at, event, l.query.zone, false)));
	}
}

static void
add_exceptions(struct listing *l, const char *master)
{
	json_t *all = SANDBOX_GET(&l->at.sb->tree, "google", "events",
	    l->at.calendar), *entry, *r;
	const char *id;

	json_object_foreach(all, id, entry) {
		r = json_object_get(entry, "r");
		if (!str_eq(sandbox_text(r, "recurringEventId"), master) ||
		    (sandbox_google_is_cancelled(r) && !l->query.show_deleted) ||
		    !sandbox_google_query_in_window(&l->query, &l->at, r))
			continue;
		add(l, r, 0);
	}
}

/* originalStart: the date of the series that is meant, wherever it is now. */
static void
keep_original(struct listing *l, when_t original)
{
	struct sandbox_google_item *items = l->cursor.items;
	json_t *time;
	size_t i, n = 0;
	when_t t;

	for (i = 0; i < l->cursor.count; i++) {
		time = json_object_get(items[i].item, "originalStartTime");
		if (json_object_get(time, "date"))
			(void)sandbox_google_time_parse(pool_printf(l->at.pool,
			    "%sT00:00:00", sandbox_text(time, "date")),
			    zone_find("UTC"), &t);
		else
			(void)when_parse(sandbox_text(time, "dateTime"), &t);
		if (t == original)
			items[n++] = items[i];
	}
	l->cursor.count = n;
}

void
sandbox_google_instances(struct sandbox_call *call)
{
	struct sandbox_google_cursor_opts opts = {
	    .of = pool_printf(call->pool, "%s %s", call->collection,
	    call->segments[1]), .params = "", .page_params = "timeMin timeMax "
	    "originalStart showDeleted", .forbidden = "syncToken", .usual = 250,
	    .most = 2500, .no_sync = true };
	const char *original = sandbox_call_arg(call, "originalStart");
	struct listing l;
	json_t *master;
	when_t t = 0;

	if (!begin(call, &l))
		return;
	master = sandbox_google_find(&l.at, call->segments[1]);
	if (!master || (sandbox_google_is_cancelled(master) &&
	    !l.query.show_deleted)) {
		sandbox_google_fail(call, 404, "notFound", NULL);
		return;
	}
	if (original && !sandbox_google_time_parse(strlen(original) == 10 ?
	    pool_printf(call->pool, "%sT00:00:00Z", original) : original,
	    NULL, &t)) {
		sandbox_google_fail_at(call, 400, "invalid", "Invalid originalStart.",
		    "parameter", "originalStart");
		return;
	}
	l.query.by_start = true;
	l.query.single = true;
	if (!sandbox_google_cursor_open(call, &l.cursor, &opts))
		return;
	if (json_object_get(master, "recurrence"))
		add_dates(&l, master, 0);
	add_exceptions(&l, sandbox_text(master, "id"));
	if (original)
		keep_original(&l, t);
	sandbox_google_cursor_close(call, &l.cursor, envelope(&l));
}
