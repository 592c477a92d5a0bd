/* The form of one event; what is saved goes the way of the API's writes. */
#include <string.h>
#include "sandbox/sandbox_google_form.h"
#include "util/str.h"
#include "views/tpl_sandbox_event.h"
#include "util/banned.h"

static const char *const rules[][2] = {
	{ "none", NULL }, { "daily", "RRULE:FREQ=DAILY" },
	{ "weekly", "RRULE:FREQ=WEEKLY" }, { "monthly", "RRULE:FREQ=MONTHLY" },
};
static const char *const rule_words[] = { "Never", "Daily", "Weekly",
    "Monthly" };

static const char *
field(const struct sandbox_call *call, const char *name)
{
	const char *value = sandbox_call_field(call, name);

	return value ? value : "";
}

static const char *
the_rule(const json_t *event)
{
	const char *line = json_string_value(json_array_get(json_object_get(event,
	    "recurrence"), 0));

	return line ? line : "";
}

static void
offer_rules(struct pool *pool, const char *now,
    struct tpl_sandbox_event *view)
{
	struct tpl_sandbox_event_choice *list = pool_array(pool, 5, sizeof(*list));
	bool known = *now == '\0';
	size_t i;

	for (i = 0; i < 4; i++) {
		bool is = i == 0 ? *now == '\0' : str_eq(now, rules[i][1]);

		known = known || is;
		list[i] = (struct tpl_sandbox_event_choice){ rules[i][0],
		    rule_words[i], is };
	}
	if (!known)
		list[i++] = (struct tpl_sandbox_event_choice){ "keep",
		    pool_printf(pool, "As it is: %s", now), true };
	view->repeat = list;
	view->repeat_count = i;
}

static void
render(struct sandbox_call *call, const struct sandbox_google_where *at,
    struct tpl_sandbox_event *view)
{
	view->account = at->account;
	view->calendar = at->calendar;
	view->back_href = sandbox_google_form_href(call->pool, "/calendar", at,
	    NULL);
	call->page = true;
	call->answer_type = "text/html; charset=utf-8";
	str_clear(&call->answer);
	tpl_sandbox_event(&call->answer, view);
}

static char *
day_of(struct pool *pool, const struct wall *w)
{
	return pool_printf(pool, "%04d-%02d-%02d", w->year, w->month, w->day);
}

static char *
time_of(struct pool *pool, const struct wall *w)
{
	return pool_printf(pool, "%02d:%02d", w->hour, w->minute);
}

static void
fill_times(const struct sandbox_google_where *at, const json_t *event,
    struct tpl_sandbox_event *view)
{
	const char *zone = sandbox_text(json_object_get(event, "start"), "timeZone");
	struct sandbox_google_span s = sandbox_google_span(at, event);

	if (s.all_day)
		s.end = wall_add_days(&s.end, -1);
	view->all_day = s.all_day;
	view->start_day = day_of(at->pool, &s.start);
	view->end_day = day_of(at->pool, &s.end);
	view->start_time = s.all_day ? "09:00" : time_of(at->pool, &s.start);
	view->end_time = s.all_day ? "10:00" : time_of(at->pool, &s.end);
	if (*zone)
		view->zone = zone;
}

static void
fill_new(const struct sandbox_google_where *at, struct tpl_sandbox_event *view)
{
	struct wall w = zone_from_utc(sandbox_google_zone(at),
	    sandbox_now(at->sb) + 86400 * WHEN_SEC);

	view->start_day = view->end_day = day_of(at->pool, &w);
	view->start_time = "09:00";
	view->end_time = "10:00";
}

void
sandbox_google_form_show(struct sandbox_call *call)
{
	struct sandbox_google_where at = sandbox_google_form_where(call);
	const char *id = sandbox_call_arg(call, "id");
	json_t *event = id ? sandbox_google_find(&at, id) : NULL;
	struct tpl_sandbox_page page = { .title = "New event" };
	struct tpl_sandbox_event view = { .page = &page, .id = id };

	if (id && !event) {
		sandbox_call_text(call, 404, "There is no such event.");
		return;
	}
	view.zone = sandbox_text(sandbox_google_calendar(call->sb, at.calendar),
	    "timeZone");
	view.repeats = !event || !json_object_get(event, "recurringEventId");
	view.series = event && json_object_get(event, "recurrence");
	offer_rules(call->pool, the_rule(event), &view);
	if (event) {
		page.title = view.series ? "All dates of a series" :
		    view.repeats ? "Event" : "One date of a series";
		view.exists = !sandbox_google_is_cancelled(event);
		view.title = sandbox_text(event, "summary");
		view.place = sandbox_text(event, "location");
		view.notes = sandbox_text(event, "description");
		fill_times(&at, event, &view);
	} else {
		fill_new(&at, &view);
	}
	render(call, &at, &view);
}

/* ---- saving ---- */

static void
put_text(json_t *event, const char *name, const char *value)
{
	if (*value)
		json_object_set_new(event, name, json_string(value));
	else
		json_object_del(event, name);
}

/* A form's last day is within the event, Google's is not. */
static json_t *
time_json(struct sandbox_call *call, const char *which, bool all_day)
{
	const char *day = field(call, pool_printf(call->pool, "%s_day", which));
	const char *time = field(call, pool_printf(call->pool, "%s_time", which));
	when_t t;
	struct wall w;

	if (!all_day)
		return json_pack("{s:s, s:s}", "dateTime", pool_printf(call->pool,
		    "%sT%s:00", day, time), "timeZone", field(call, "zone"));
	if (str_eq(which, "end") && when_parse(pool_printf(call->pool,
	    "%sT00:00:00Z", day), &t)) {
		w = wall_from_utc(t + 86400 * WHEN_SEC);
		day = day_of(call->pool, &w);
	}
	return json_pack("{s:s}", "date", day);
}

static void
put_rule(struct sandbox_call *call, json_t *event)
{
	const char *repeat = field(call, "repeat");
	size_t i;

	if (str_eq(repeat, "keep") || json_object_get(event, "recurringEventId"))
		return;
	json_object_del(event, "recurrence");
	for (i = 1; i < 4; i++)
		if (str_eq(repeat, rules[i][0]))
			json_object_set_new(event, "recurrence",
			    json_pack("[s]", rules[i][1]));
}

static void
fill(struct sandbox_call *call, json_t *event)
{
	bool all_day = *field(call, "all_day") != '\0';

	put_text(event, "summary", field(call, "title"));
	put_text(event, "location", field(call, "place"));
	put_text(event, "description", field(call, "notes"));
	json_object_set_new(event, "start", time_json(call, "start", all_day));
	json_object_set_new(event, "end", time_json(call, "end", all_day));
	put_rule(call, event);
}

static void
show_again(struct sandbox_call *call, const struct sandbox_google_where *at,
    const json_t *event, const char *message)
{
	const struct tpl_sandbox_page page = { .title = "Event" };
	struct tpl_sandbox_event view = { .page = &page, .message = message,
	    .id = field(call, "id"), .title = field(call, "title"),
	    .all_day = *field(call, "all_day") != '\0',
	    .start_day = field(call, "start_day"),
	    .start_time = field(call, "start_time"),
	    .end_day = field(call, "end_day"), .end_time = field(call, "end_time"),
	    .zone = field(call, "zone"), .place = field(call, "place"),
	    .notes = field(call, "notes"),
	    .repeats = !json_object_get(event, "recurringEventId") };

	offer_rules(call->pool, the_rule(event), &view);
	call->status = 400;
	render(call, at, &view);
}

void
sandbox_google_form_save(struct sandbox_call *call)
{
	struct sandbox_google_where at = sandbox_google_form_where(call);
	const char *id = field(call, "id");
	json_t *was = *id ? sandbox_google_find(&at, id) : NULL, *event;
	struct sandbox_google_write write = { at.account, was ? "patch" : "insert",
	    true, "none", NULL };
	struct sandbox_google_wrong w;

	if (*id && !was) {
		sandbox_call_text(call, 404, "There is no such event.");
		return;
	}
	event = was ? json_deep_copy(was) : json_object();
	pool_adopt(call->pool, event, sandbox_release);
	fill(call, event);
	if (!was)
		json_object_set_new(event, "id",
		    json_string(sandbox_google_new_id(call->pool)));
	if (!sandbox_google_check(&at, event, &w)) {
		show_again(call, &at, event, w.message);
		return;
	}
	json_object_set_new(event, "status", json_string("confirmed"));
	if (was && !sandbox_same(json_object_get(was, "start"),
	    json_object_get(event, "start")))
		json_object_set_new(event, "sequence", json_integer(1 +
		    json_integer_value(json_object_get(was, "sequence"))));
	sandbox_google_dress(&at, event);
	sandbox_google_store(&at, event, &write);
	sandbox_call_redirect(call, sandbox_google_form_href(call->pool,
	    "/calendar", &at, NULL));
}

void
sandbox_google_form_delete(struct sandbox_call *call)
{
	struct sandbox_google_where at = sandbox_google_form_where(call);
	const struct sandbox_google_write write = { at.account, "delete", true,
	    "none", NULL };
	json_t *event = sandbox_google_find(&at, field(call, "id"));

	if (!event) {
		sandbox_call_text(call, 404, "There is no such event.");
		return;
	}
	(void)sandbox_google_cancel(&at, event, &write);
	sandbox_call_redirect(call, sandbox_google_form_href(call->pool,
	    "/calendar", &at, NULL));
}
