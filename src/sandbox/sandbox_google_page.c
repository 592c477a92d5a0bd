/*
 * The page where a person changes "Google's" calendar by hand: one calendar's
 * dates, in order. The form is in sandbox_google_form.c.
 */
#include <stdlib.h>
#include <string.h>
#include "sandbox/sandbox_google_form.h"
#include "util/str.h"
#include "views/tpl_sandbox_calendar.h"
#include "util/banned.h"

#define BACK_DAYS 14
#define AHEAD_DAYS 60

struct dated { const json_t *event; when_t from; };

struct dates {
	struct sandbox_google_where at;
	when_t from, to;
	struct dated *items;
	size_t count;
};

static void
add(struct dates *d, const json_t *event)
{
	struct sandbox_google_span s = sandbox_google_span(&d->at, event);

	if (s.until <= d->from || s.from >= d->to)
		return;
	if ((d->count & (d->count - 1)) == 0)
		d->items = pool_grow(d->at.pool, d->items, d->count,
		    d->count ? 2 * d->count : 1, sizeof(*d->items));
	d->items[d->count++] = (struct dated){ event, s.from };
}

static void
add_series(struct dates *d, const json_t *master)
{
	struct sandbox_google_span s = sandbox_google_span(&d->at, master);
	struct wall to = zone_from_utc(s.zone, d->to);
	struct sandbox_google_dates dates = sandbox_google_rule_dates(d->at.pool,
	    json_object_get(master, "recurrence"), &s, &to);
	json_t *one;
	size_t i;

	for (i = 0; i < dates.count; i++) {
		one = sandbox_google_instance(&d->at, master, &dates.items[i]);
		if (!SANDBOX_GET(&d->at.sb->tree, "google", "events",
		    d->at.calendar, sandbox_text(one, "id")))
			add(d, one);
	}
}

static int
by_start(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

static void
collect(struct dates *d)
{
	json_t *all = SANDBOX_GET(&d->at.sb->tree, "google", "events",
	    d->at.calendar), *entry, *r;
	const char *id, *master;

	json_object_foreach(all, id, entry) {
		r = json_object_get(entry, "r");
		master = sandbox_text(r, "recurringEventId");
		if (sandbox_google_is_cancelled(r) || (*master &&
		    sandbox_google_is_cancelled(json_object_get(SANDBOX_GET(
		    &d->at.sb->tree, "google", "events", d->at.calendar, master),
		    "r"))))
			continue;
		if (json_object_get(r, "recurrence"))
			add_series(d, r);
		else
			add(d, r);
	}
	if (d->count > 0)
		qsort(d->items, d->count, sizeof(*d->items), by_start);
}

/* "Tue 1 Dec 2026, 10:00 to 11:00" in the calendar's zone. */
static char *
words_of(const struct sandbox_google_where *at, const json_t *event)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
	    "Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct sandbox_google_span s = sandbox_google_span(at, event);
	const struct zone *zone = sandbox_google_zone(at);
	struct wall from = s.all_day ? s.start : zone_from_utc(zone, s.from);
	struct wall to = zone_from_utc(zone, s.until);
	char *day = pool_printf(at->pool, "%s %d %s %d",
	    days[wall_weekday(&from)], from.day, months[from.month - 1], from.year);

	if (s.all_day)
		return day;
	return pool_printf(at->pool, "%s, %02d:%02d to %02d:%02d", day, from.hour,
	    from.minute, to.hour, to.minute);
}

char *
sandbox_google_form_href(struct pool *pool, const char *path,
    const struct sandbox_google_where *at, const char *id)
{
	struct str s;

	str_init(&s, pool, 8000);
	str_addf(&s, "%s?account=", path);
	str_urlarg(&s, at->account);
	str_add(&s, "&calendar=");
	str_urlarg(&s, at->calendar);
	if (id) {
		str_add(&s, "&id=");
		str_urlarg(&s, id);
	}
	return s.data;
}

static void
list_rows(struct dates *d, struct tpl_sandbox_calendar *view)
{
	struct tpl_sandbox_calendar_row *rows;
	size_t i;

	rows = pool_array(d->at.pool, d->count + 1, sizeof(*rows));
	for (i = 0; i < d->count; i++) {
		const json_t *e = d->items[i].event;
		const char *id = sandbox_text(e, "id");
		const char *series = sandbox_text(e, "recurringEventId");
		const char *title = sandbox_text(e, "summary");

		rows[i] = (struct tpl_sandbox_calendar_row){
			.when = words_of(&d->at, e), .id = id,
			.title = *title ? title : "(No title)",
			.note = sandbox_text(e, "location"),
			.edit_href = sandbox_google_form_href(d->at.pool, "/event",
			    &d->at, id),
			.series_href = *series ? sandbox_google_form_href(d->at.pool,
			    "/event", &d->at, series) : NULL };
	}
	view->rows = rows;
	view->rows_count = d->count;
}

static void
list_choices(struct sandbox_call *call, const struct sandbox_google_where *at,
    struct tpl_sandbox_calendar *view)
{
	json_t *people = SANDBOX_GET(&call->sb->tree, "accounts");
	json_t *lists = SANDBOX_GET(&call->sb->tree, "google", "lists", at->account);
	struct tpl_sandbox_calendar_choice *list;
	json_t *value;
	const char *key;
	size_t n = 0;

	list = pool_array(call->pool, json_object_size(people) + 1, sizeof(*list));
	json_object_foreach(people, key, value)
		list[n++] = (struct tpl_sandbox_calendar_choice){ key,
		    sandbox_text(value, "name"), str_eq(key, at->account) };
	view->accounts = list;
	view->accounts_count = n;
	n = 0;
	list = pool_array(call->pool, json_object_size(lists) + 1, sizeof(*list));
	json_object_foreach(lists, key, value)
		if (sandbox_google_listed(call->sb, at->account, key))
			list[n++] = (struct tpl_sandbox_calendar_choice){ key,
			    sandbox_text(sandbox_google_calendar(call->sb, key),
			    "summary"), str_eq(key, at->calendar) };
	view->calendars = list;
	view->calendars_count = n;
}

/* The account and calendar of a page; the first ones when none are named. */
struct sandbox_google_where
sandbox_google_form_where(struct sandbox_call *call)
{
	const char *account = sandbox_call_arg(call, "account");
	const char *calendar = sandbox_call_arg(call, "calendar");
	json_t *people = SANDBOX_GET(&call->sb->tree, "accounts");

	if (!account)
		account = sandbox_call_field(call, "account");
	if (!calendar)
		calendar = sandbox_call_field(call, "calendar");
	if (!sandbox_account(call->sb, account))
		account = json_object_iter_key(json_object_iter(people));
	if (!account)
		account = "";
	if (!calendar || !sandbox_google_listed(call->sb, account, calendar))
		calendar = account;
	return (struct sandbox_google_where){ call->sb, call->pool, account,
	    calendar, false };
}

static void
calendar(struct sandbox_call *call)
{
	struct dates d = { .at = sandbox_google_form_where(call) };
	const struct tpl_sandbox_page page = { .title = "Google Calendar, played" };
	struct tpl_sandbox_calendar view = { .page = &page,
	    .account = d.at.account };
	json_t *c = sandbox_google_calendar(call->sb, d.at.calendar);

	d.from = sandbox_now(call->sb) - BACK_DAYS * 86400 * WHEN_SEC;
	d.to = sandbox_now(call->sb) + AHEAD_DAYS * 86400 * WHEN_SEC;
	list_choices(call, &d.at, &view);
	if (c) {
		view.calendar = d.at.calendar;
		view.name = sandbox_text(c, "summary");
		view.role = sandbox_google_role(call->sb, d.at.account,
		    d.at.calendar);
		view.new_href = sandbox_google_form_href(call->pool, "/event",
		    &d.at, NULL);
		collect(&d);
		list_rows(&d, &view);
	}
	call->page = true;
	call->answer_type = "text/html; charset=utf-8";
	tpl_sandbox_calendar(&call->answer, &view);
}

static const struct sandbox_route routes[] = {
	{ "GET", "/", "page", NULL, calendar, 0 },
	{ "GET", "/calendar", "page", NULL, calendar, 0 },
	{ "GET", "/event", "page", NULL, sandbox_google_form_show, 0 },
	{ "POST", "/save", "page", NULL, sandbox_google_form_save, 0 },
	{ "POST", "/delete", "page", NULL, sandbox_google_form_delete, 0 },
};

const struct sandbox_routes sandbox_page_routes = { routes,
	sizeof(routes) / sizeof(routes[0]), false, NULL, NULL, NULL, "/" };
