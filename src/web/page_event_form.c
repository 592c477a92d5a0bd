/* The form of an event: new, changed, or some dates of a series. What was typed
 * is kept when it is refused; saving writes rows and waits for nobody. */
#include <stdio.h>
#include <string.h>
#include "acts/acts_calendar.h"
#include "acts/acts_event.h"
#include "model/event_series.h"
#include "model/event_words.h"
#include "util/str.h"
#include "views/tpl_event_form.h"
#include "web/event_form.h"
#include "web/page.h"
#include "web/page_event_p.h"
#include "web/words.h"
#include "util/banned.h"

static const char *const repeat_labels[] = { "Does not repeat", "Every day",
	"Every week", "Every month", "Every year", "As it is (a special rule)" };
static const char *const day_labels[] = { "Mon", "Tue", "Wed", "Thu", "Fri",
	"Sat", "Sun" };

/* ---- rendering ---- */

static struct tpl_field *
field(struct web *web, const struct form_state *state, const char *name,
    struct tpl_field f)
{
	struct tpl_field *out = POOL_NEW(web->pool, struct tpl_field);

	*out = f;
	out->name = name;
	out->value = form_value(state, name);
	out->error = form_error(state, name);
	out->plain = true;
	out->checked = str_eq(f.type, "checkbox") && str_eq(out->value, "1");
	return out;
}

static void
set_options(struct tpl_field *f, struct tpl_field_option *options, size_t n)
{
	for (size_t i = 0; i < n; i++)
		options[i].selected = str_eq(options[i].value, f->value);
	f->options = options;
	f->options_count = n;
}

static struct tpl_field *
zone_field(struct web *web, const struct form_state *state)
{
	struct tpl_field *f = field(web, state, "zone", (struct tpl_field){
	    .label = "Time zone", .type = "select", .required = true,
	    .hint = "Of start and end; whole days have none" });
	struct tpl_field_option *options;
	const char *const *names;
	size_t count, n = 0, i;
	bool known = !*f->value;

	names = zone_names(&count);
	options = pool_array(web->pool, count + 2, sizeof(*options));
	options[n++] = (struct tpl_field_option){ "",
	    "The same clock time everywhere", false };
	for (i = 0; i < count; i++) {
		known |= str_eq(names[i], f->value);
		options[n++] = (struct tpl_field_option){ names[i], names[i],
		    false };
	}
	if (!known)
		options[n++] = (struct tpl_field_option){ f->value, f->value,
		    false };
	set_options(f, options, n);
	return f;
}

static struct tpl_field *
repeat_field(struct web *web, const struct form_state *state)
{
	struct tpl_field *f = field(web, state, "repeat", (struct tpl_field){
	    .label = "Repeats", .type = "select", .required = true });
	size_t n = str_eq(f->value, "other") ? 6 : 5;
	struct tpl_field_option *options = pool_array(web->pool, n,
	    sizeof(*options));

	for (size_t i = 0; i < n; i++)
		options[i] = (struct tpl_field_option){ event_form_repeats[i],
		    repeat_labels[i], false };
	set_options(f, options, n);
	return f;
}

/* Those whose events the reader may change, by the first look. */
static bool
calendar_field(struct web *web, const struct form_state *state,
    struct tpl_field **out, struct err *err)
{
	struct tpl_field *f = field(web, state, "calendar", (struct tpl_field){
	    .label = "Calendar", .type = "select", .required = true });
	struct tpl_field_option *options;
	struct calendar_row *rows;
	size_t count, n = 0;

	if (!acts_calendar_list(&web->act, &rows, &count, err))
		return false;
	options = pool_array(web->pool, count + 1, sizeof(*options));
	for (size_t i = 0; i < count; i++)
		if (rows[i].mine || web->act.role >= ROLE_ADMIN)
			options[n++] = (struct tpl_field_option){
			    pool_printf(web->pool, "%llu",
			    (unsigned long long)rows[i].id), rows[i].name,
			    false };
	set_options(f, options, n);
	*out = f;
	return true;
}

struct form_page {
	const char *title, *lead, *action, *back_href;
	bool fresh;			/* a new event */
	bool calendar;			/* which calendar it lies in is asked */
	bool repeats;			/* the repetition may be changed */
	const struct page_event *event;	/* of a series: which dates is asked */
	const struct form_state *state;
};

static const char *
scope_of(const struct page_event *e)
{
	return e->following ? "following" : e->from && !e->date ? "all" : "";
}

/* The same form of this date, of this and those behind it, of all. */
static void
fill_scopes(struct web *web, const struct page_event *e,
    struct tpl_event_form *view)
{
	static const struct { const char *scope, *label; } all[] = {
		{ "", "This one" }, { "following", "This and following" },
		{ "all", "All" } };
	struct tpl_event_form_scope *out = pool_array(web->pool, 3, sizeof(*out));

	for (size_t i = 0; i < 3; i++) {
		struct str href;

		str_init(&href, web->pool, 200);
		str_addf(&href, "/settings/events/%llu/edit?date=",
		    (unsigned long long)e->id);
		str_urlarg(&href, e->from);
		if (*all[i].scope)
			str_addf(&href, "&scope=%s", all[i].scope);
		out[i] = (struct tpl_event_form_scope){ href.data, all[i].label,
		    str_eq(all[i].scope, scope_of(e)) };
	}
	view->scopes = out;
	view->scopes_count = 3;
}

static void
fill_times(struct web *web, const struct form_state *s,
    struct tpl_event_form *view)
{
	view->all_day = field(web, s, "all_day", (struct tpl_field){
	    .label = "All day", .type = "checkbox" });
	view->start_day = field(web, s, "start_day", (struct tpl_field){
	    .label = "Start", .type = "date", .required = true });
	view->start_time = field(web, s, "start_time", (struct tpl_field){
	    .label = "Start time", .type = "time" });
	view->end_day = field(web, s, "end_day", (struct tpl_field){
	    .label = "End", .type = "date",
	    .hint = "The same day when empty" });
	view->end_time = field(web, s, "end_time", (struct tpl_field){
	    .label = "End time", .type = "time" });
	view->zone = zone_field(web, s);
}

static void
fill_repeat(struct web *web, const struct form_state *s,
    struct tpl_event_form *view)
{
	struct tpl_event_form_weekday *days = pool_array(web->pool, 7,
	    sizeof(*days));

	view->repeats = true;
	view->repeat = repeat_field(web, s);
	view->interval = field(web, s, "interval", (struct tpl_field){
	    .label = "Every", .type = "number",
	    .hint = "2: every second one" });
	view->until = field(web, s, "until", (struct tpl_field){
	    .label = "Last day", .type = "date" });
	view->count = field(web, s, "count", (struct tpl_field){
	    .label = "Number of times", .type = "number",
	    .hint = "Instead of a last day" });
	for (int i = 0; i < 7; i++)
		days[i] = (struct tpl_event_form_weekday){ event_form_days[i],
		    day_labels[i], str_eq(form_value(s, event_form_days[i]), "1") };
	view->weekdays = days;
	view->weekdays_count = 7;
}

static bool
render(struct web *web, const struct form_page *p, struct err *err)
{
	struct tpl_page page = web_page(web, p->title, WEB_NAV_AGENDA);
	const struct form_state *s = p->state;
	struct tpl_field *calendar = NULL;
	unsigned long long rev = 0;
	struct tpl_event_form view = {
		.page = &page, .title = p->title, .lead = p->lead,
		.action = p->action, .back_href = p->back_href,
		.message = s->message, .date = form_value(s, "date"),
		.once = form_value(s, "once"),
		.scope = form_value(s, "scope"),
	};

	if (p->calendar && !calendar_field(web, s, &calendar, err))
		return false;
	if (p->fresh && calendar->options_count == 0)
		return err_set(err, ERR_CONFLICT, "There is no calendar yet to "
		    "put an event in. Connect an account and choose its "
		    "calendars first.");
	if (!view.message && (form_error(s, "rev") || form_error(s, "date")))
		view.message = "This form is not as we made it. Open the page "
		    "again.";
	if (str_to_u64(form_value(s, "rev"), &rev))
		view.rev = (int64_t)rev;
	view.calendar = calendar;
	view.summary = field(web, s, "summary", (struct tpl_field){
	    .label = "Title", .type = "text", .max = 500,
	    .focus = !s->sent });
	fill_times(web, s, &view);
	view.location = field(web, s, "location", (struct tpl_field){
	    .label = "Place", .type = "text", .max = 1000 });
	view.description = field(web, s, "description", (struct tpl_field){
	    .label = "Notes", .type = "textarea", .max = EVENT_FORM_NOTES_MOST });
	if (p->repeats)
		fill_repeat(web, s, &view);
	if (p->event && p->event->from)
		fill_scopes(web, p->event, &view);
	tpl_event_form(&web->reply->body, &view);
	return true;
}

/* Shown again with what was typed and what is wrong with it. */
static bool
again(struct web *web, struct form_page *p, const struct form_state *state,
    struct err *err)
{
	p->state = state;
	web_refused(web, NULL);
	return render(web, p, err);
}

/* ---- new ---- */

static struct form_page
new_page(void)
{
	return (struct form_page){ .title = "New event",
	    .action = "/settings/events", .back_href = "/settings/agenda",
	    .fresh = true, .calendar = true, .repeats = true };
}

/* ?day=2026-11-10&time=14:00: where somebody pressed. */
static struct wall
wanted_start(struct web *web)
{
	const char *day = request_query(web->req, "day");
	const char *time = request_query(web->req, "time");
	struct wall now = zone_from_utc(words_zone(web->time_zone), when_now());
	struct wall w = { .hour = 9 };
	int used = 0;

	if (!day || sscanf(day, "%4d-%2d-%2d%n", &w.year, &w.month, &w.day,
	    &used) != 3 || day[used] != '\0' || !wall_valid(&w)) {
		w.year = now.year;
		w.month = now.month;
		w.day = now.day;
	}
	if (time && strlen(time) == 5 && sscanf(time, "%2d:%2d%n", &w.hour,
	    &w.minute, &used) == 2 && used == 5 && wall_valid(&w))
		return w;
	w.hour = 9;
	w.minute = 0;
	return w;
}

bool
page_event_new(struct web *web, struct err *err)
{
	struct form_state *state = form_new(web->pool, &event_form);
	struct event_input in = { .zone = web->time_zone, .interval = 1 };
	struct form_page p = new_page();

	in.start = wanted_start(web);
	in.end = wall_add_secs(&in.start, 3600);
	event_form_put(web, state, &in);
	form_put(state, "once", event_input_once(web->pool));
	p.state = state;
	return render(web, &p, err);
}

bool
page_event_create(struct web *web, struct err *err)
{
	struct form_page p = new_page();
	struct form_state *state;
	struct event_form f;
	struct event_input in;
	uint64_t id;

	if (!form_read(web->req, &event_form, &f, &state) ||
	    !event_form_take(&f, state, &in))
		return again(web, &p, state, err);
	if (!acts_event_create(&web->act, f.calendar, &in, &id, err)) {
		if (err->kind != ERR_INPUT && err->kind != ERR_FORBIDDEN)
			return false;
		event_form_complain(state, err);
		return again(web, &p, state, err);
	}
	return web_redirect(web, page_event_href(web, id, NULL), "saved");
}

/* ---- edit ---- */

/* "following" and "all" are of a date of a series that has a rule. */
static bool
open_scope(struct web *web, const char *date, const char *scope,
    struct page_event *out, struct err *err)
{
	if (str_eq(scope, "following") && (!date || !*date))
		return err_set(err, ERR_INPUT, "The date to change is missing. "
		    "Open the page again.");
	if (!page_event_open(web, date, out, err))
		return false;
	if (!out->date || !out->view.stored.event->has_master)
		return true;
	out->from = out->date;
	out->following = str_eq(scope, "following");
	if (str_eq(scope, "all")) {
		out->date = NULL;
		out->part = out->view.stored.event->master;
	}
	return true;
}

static struct form_page
edit_page(struct web *web, const struct page_event *e)
{
	bool series = event_series_is(e->view.stored.event);

	return (struct form_page){
		.title = e->following ? "Edit this and following dates" :
		    e->date ? "Edit this date" : series ?
		    "Edit the series" : "Edit event",
		.lead = e->following ? "The dates before it stay as they are. "
		    "This one and those behind it become a series of their "
		    "own; those that were changed by themselves keep that." :
		    e->date ? "The other dates of the series stay as they "
		    "are." : series ? "All its dates change, but for those "
		    "that were changed by themselves." : "",
		.action = pool_printf(web->pool, "/settings/events/%llu",
		    (unsigned long long)e->id),
		.back_href = page_event_href(web, e->id, e->from ? e->from :
		    e->date),
		.event = e, .repeats = !e->date || e->following, .calendar = !e->date,
	};
}

/* What the form begins with; of "following": what the rest of the series says. */
static bool
fill_now(struct web *web, const struct page_event *e, struct event_input *out,
    struct err *err)
{
	struct event *event = event_copy(web->pool, e->view.stored.event);
	struct event_series_parts parts;

	if (e->following) {
		if (!acts_event_divide(&web->act, e->id, event, e->date, &parts,
		    err))
			return false;
		event = parts.tail;
	}
	event_input_fill(web->pool, event, e->date && !e->following ?
	    &e->part : &event->master, out);
	return true;
}

bool
page_event_edit(struct web *web, struct err *err)
{
	struct form_state *state = form_new(web->pool, &event_form);
	struct event_input in;
	struct form_page p;
	struct page_event e;

	if (!open_scope(web, request_query(web->req, "date"),
	    request_query(web->req, "scope"), &e, err))
		return false;
	if (!e.view.editable)
		return err_set(err, ERR_FORBIDDEN, "%s", e.view.locked_reason);
	if (!fill_now(web, &e, &in, err))
		return false;
	event_form_put(web, state, &in);
	form_put(state, "rev", pool_printf(web->pool, "%llu",
	    (unsigned long long)e.view.stored.rev));
	form_put(state, "date", e.from ? e.from : e.date ? e.date : "");
	form_put(state, "calendar", pool_printf(web->pool, "%llu",
	    (unsigned long long)e.view.stored.calendar_id));
	form_put(state, "scope", scope_of(&e));
	p = edit_page(web, &e);
	p.state = state;
	return render(web, &p, err);
}

static bool
save(struct web *web, const struct page_event *e, const struct event_form *f,
    const struct event_input *in, const char **href_out, struct err *err)
{
	struct acts_event_target target = { e->id, f->rev, e->date,
	    e->date ? 0 : f->calendar };
	uint64_t id;

	*href_out = page_event_href(web, e->id, e->date);
	if (!e->following)
		return acts_event_edit(&web->act, &target, in, NULL, err);
	if (!acts_event_edit_following(&web->act, &target, in, &id, err))
		return false;
	*href_out = page_event_href(web, id, NULL);
	return true;
}

bool
page_event_save(struct web *web, struct err *err)
{
	struct form_state *state;
	struct event_input was, in;
	struct event_form f;
	struct form_page p;
	struct page_event e;
	const char *href;

	if (!open_scope(web, request_form(web->req, "date"),
	    request_form(web->req, "scope"), &e, err))
		return false;
	p = edit_page(web, &e);
	if (!form_read(web->req, &event_form, &f, &state) ||
	    !event_form_take(&f, state, &in))
		return again(web, &p, state, err);
	if (!f.rev) {		/* without it, another's change is lost */
		form_complain(state, NULL, "The form was sent without its "
		    "version. Load the page again.");
		return again(web, &p, state, err);
	}
	if (!fill_now(web, &e, &was, err))
		return false;
	event_form_keep_seconds(&was, &in);
	if (!save(web, &e, &f, &in, &href, err)) {
		if (err->kind != ERR_INPUT && err->kind != ERR_CONFLICT)
			return false;
		event_form_complain(state, err);
		return again(web, &p, state, err);
	}
	return web_redirect(web, href, "saved");
}
