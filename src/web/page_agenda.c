/* The agenda: a month as a grid or as a list, in the reader's zone. */
#include <stdio.h>
#include "acts/acts_calendar.h"
#include "acts/acts_event.h"
#include "jobs/occurrences.h"
#include "model/event_words.h"
#include "util/str.h"
#include "views/tpl_agenda.h"
#include "web/page.h"
#include "web/words.h"
#include "util/banned.h"

#define WEEKS_MOST 6
#define DAYS_MOST (WEEKS_MOST * 7)
#define SHOWN_MOST 3
#define ROWS_MOST 2000

struct grid {
	struct web *web;
	const struct zone *zone;
	int year, month;
	struct wall first;		/* a Monday */
	int weeks;
	struct wall today;
	bool list;
	struct calendar_row *calendars;
	size_t calendar_count;
	struct tpl_agenda_day days[DAYS_MOST];
	size_t capacity[DAYS_MOST];
	bool any;
};

static struct wall
day_of(struct wall w)
{
	w.hour = w.minute = w.second = 0;
	return w;
}

static int
days_between(const struct wall *from, const struct wall *to)
{
	struct wall a = day_of(*from), b = day_of(*to);

	return (int)((wall_to_utc(&b) - wall_to_utc(&a)) /
	    (86400 * WHEN_SEC));
}

/* ?month=2026-11, else the one that today lies in. */
static void
read_month(struct grid *g)
{
	const char *text = request_query(g->web->req, "month");
	struct wall first = { .day = 1 };
	int used = 0;

	g->today = day_of(zone_from_utc(g->zone, when_now()));
	g->year = g->today.year;
	g->month = g->today.month;
	if (text && sscanf(text, "%4d-%2d%n", &first.year, &first.month,
	    &used) == 2 && text[used] == '\0' && first.year >= 1900 &&
	    first.year <= 2200 && first.month >= 1 && first.month <= 12) {
		g->year = first.year;
		g->month = first.month;
	}
	g->list = str_eq(request_query(g->web->req, "view"), "list");
	first.year = g->year;
	first.month = g->month;
	g->first = wall_add_days(&first, -wall_weekday(&first));
	g->weeks = (wall_weekday(&first) + wall_days_in_month(g->year,
	    g->month) + 6) / 7;
}

static const char *
month_href(struct grid *g, int step, bool list)
{
	int months = g->year * 12 + g->month - 1 + step;

	return pool_printf(g->web->pool, "/settings/agenda?month=%04d-%02d%s",
	    months / 12, months % 12 + 1, list ? "&view=list" : "");
}

static void
fill_days(struct grid *g)
{
	struct pool *pool = g->web->pool;

	for (int i = 0; i < g->weeks * 7; i++) {
		struct wall day = wall_add_days(&g->first, i);
		struct tpl_agenda_day *d = &g->days[i];

		d->number = day.day;
		d->id = pool_printf(pool, "d-%04d-%02d-%02d", day.year,
		    day.month, day.day);
		d->label = event_words_day(pool, &day);
		d->outside = day.month != g->month;
		d->today = wall_cmp(&day, &g->today) == 0;
		d->more_href = pool_printf(pool,
		    "/settings/agenda?month=%04d-%02d&view=list#%s", day.year,
		    day.month, d->id);
	}
}

/* First and last day, by the reader's clock, and the words for its time. */
struct placed { struct wall start, end; };

static struct placed
place(struct grid *g, const struct agenda_row *row)
{
	struct placed p = { row->start_wall, row->end_wall };

	if (row->all_day) {
		p.end = wall_add_days(&row->end_wall, -1);
	} else if (!row->floating) {
		p.start = zone_from_utc(g->zone, row->starts_at);
		p.end = zone_from_utc(g->zone, row->ends_at);
	}
	if (wall_cmp(&p.end, &p.start) < 0)
		p.end = p.start;
	return p;
}

/* An event that ends at midnight is not there on the next day. */
static struct wall
last_day(const struct agenda_row *row, const struct placed *p)
{
	if (row->all_day || wall_cmp(&p->start, &p->end) == 0)
		return p->end;
	return wall_add_secs(&p->end, -1);
}

static const char *
state_kind(int state)
{
	static const char *const kinds[] = { "off", "ok", "work", "wait",
	    "bad", "wait" };

	return state >= 0 && state < 6 ? kinds[state] : "off";
}

static const char *
state_mark(int state)
{
	static const char *const marks[] = { "", "", "↑", "≠", "!", "⊘" };

	return state >= 0 && state < 6 ? marks[state] : "";
}

static const char *
calendar_name(const struct grid *g, uint64_t id)
{
	for (size_t i = 0; i < g->calendar_count; i++)
		if (g->calendars[i].id == id)
			return g->calendars[i].name;
	return "";
}

static const char *
event_href(struct pool *pool, const struct agenda_row *row)
{
	struct str href;

	str_init(&href, pool, 200);
	str_addf(&href, "/settings/events/%llu",
	    (unsigned long long)row->event_id);
	if (row->is_series) {
		str_add(&href, "?date=");
		str_urlarg(&href, row->recurrence_id);
	}
	return href.data;
}

static struct tpl_agenda_chip
make_chip(struct grid *g, const struct agenda_row *row, const struct placed *p)
{
	struct pool *pool = g->web->pool;
	struct event_words_span span = { p->start, p->end };

	return (struct tpl_agenda_chip){
		.href = event_href(pool, row),
		.title = row->summary && *row->summary ? row->summary :
		    "(no title)",
		.color = row->color, .series = row->is_series,
		.calendar = calendar_name(g, row->calendar_id),
		.exact = pool_printf(pool, "%s%s%s", event_words_when(pool,
		    &span, row->all_day), row->all_day || row->floating ? "" :
		    ", ", row->all_day || row->floating ? "" :
		    g->web->time_zone),
		.mark = state_mark(row->sync_state),
		.state = acts_event_state_words(row->sync_state),
		.state_kind = state_kind(row->sync_state),
	};
}

static void
add_chip(struct grid *g, int day, const struct tpl_agenda_chip *chip)
{
	struct tpl_agenda_day *d = &g->days[day];
	struct tpl_agenda_chip *grown;

	if (d->chips_count == g->capacity[day]) {
		g->capacity[day] = g->capacity[day] ? g->capacity[day] * 2 : 4;
		d->chips = pool_grow(g->web->pool, d->chips, d->chips_count,
		    g->capacity[day], sizeof(*grown));
	}
	grown = (struct tpl_agenda_chip *)(uintptr_t)d->chips;
	grown[d->chips_count++] = *chip;
}

static void
put_row(struct grid *g, const struct agenda_row *row)
{
	struct placed p = place(g, row);
	struct wall last = last_day(row, &p);
	struct tpl_agenda_chip chip = make_chip(g, row, &p);
	int from = days_between(&g->first, &p.start);
	int to = days_between(&g->first, &last);

	for (int day = from < 0 ? 0 : from; day <= to && day < g->weeks * 7;
	    day++) {
		chip.time = row->all_day ? (g->list ? "All day" : "") :
		    day == from ? event_words_clock(g->web->pool, &p.start) :
		    g->list ? "continues" : "";
		if (g->list && g->days[day].outside)
			continue;
		add_chip(g, day, &chip);
		g->any = true;
	}
}

static void
cut_days(struct grid *g)
{
	for (int i = 0; i < g->weeks * 7; i++) {
		struct tpl_agenda_day *d = &g->days[i];
		size_t most = d->chips_count > SHOWN_MOST ? SHOWN_MOST - 1 :
		    SHOWN_MOST;

		d->shown = d->chips;
		d->shown_count = d->chips_count < most ? d->chips_count : most;
		if (d->chips_count > d->shown_count)
			d->more = pool_printf(g->web->pool, "%zu more",
			    d->chips_count - d->shown_count);
	}
}

static bool
load(struct grid *g, struct tpl_agenda *view, struct err *err)
{
	struct wall end = wall_add_days(&g->first, g->weeks * 7);
	struct agenda_row *rows;
	size_t n;

	if (!acts_calendar_list(&g->web->act, &g->calendars,
	    &g->calendar_count, err) ||
	    !store_event_agenda(g->web->db, g->web->pool, g->web->act.org_id,
	    g->web->act.user_id, zone_to_utc(g->zone, &g->first),
	    zone_to_utc(g->zone, &end), &rows, &n, err))
		return false;
	fill_days(g);
	for (size_t i = 0; i < n; i++)
		put_row(g, &rows[i]);
	cut_days(g);
	view->cut = n >= ROWS_MOST;
	view->any = g->any;
	return true;
}

/* Dates of series stand for a while around today; outside of that an empty
 * month would say that nothing repeats. */
static const char *
outside_words(struct grid *g)
{
	struct pool *pool = g->web->pool;
	struct wall last = wall_add_days(&g->today, OCCURRENCES_DAYS_SURE);
	struct wall early = wall_add_days(&g->today, -OCCURRENCES_DAYS_BACK);
	struct wall end = { .year = g->year, .month = g->month, .day = 1 };
	struct wall first = end;

	end.day = wall_days_in_month(g->year, g->month);
	if (wall_cmp(&end, &last) > 0)
		return pool_printf(pool, "Repeating events are shown until %s. "
		    "Later dates of theirs appear as time goes on; single "
		    "events are all here.", event_words_day(pool, &last));
	if (wall_cmp(&first, &early) < 0)
		return pool_printf(pool, "Repeating events are shown from %s. "
		    "Earlier dates of theirs are not kept; single events are "
		    "all here.", event_words_day(pool, &early));
	return "";
}

static void
fill_legend(struct grid *g, struct tpl_agenda *view)
{
	struct tpl_agenda_calendar *out = pool_array(g->web->pool,
	    g->calendar_count + 1, sizeof(*out));

	for (size_t i = 0; i < g->calendar_count; i++) {
		const struct calendar_row *c = &g->calendars[i];

		out[i] = (struct tpl_agenda_calendar){ c->name, c->color,
		    c->mine ? "" : c->owner_name };
		if (c->mine || g->web->act.role >= ROLE_ADMIN)
			view->writable = true;
	}
	view->calendars = out;
	view->calendars_count = g->calendar_count;
}

static const char *
new_href(struct grid *g)
{
	struct wall day = g->today;

	if (day.year != g->year || day.month != g->month)
		day = (struct wall){ .year = g->year, .month = g->month,
		    .day = 1 };
	return pool_printf(g->web->pool,
	    "/settings/events/new?day=%04d-%02d-%02d", day.year, day.month,
	    day.day);
}

bool
page_agenda_show(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Agenda", WEB_NAV_AGENDA);
	struct tpl_agenda view = { .page = &page };
	struct tpl_agenda_week weeks[WEEKS_MOST] = { { 0 } };
	struct grid *g = POOL_NEW(web->pool, struct grid);

	g->web = web;
	g->zone = words_zone(web->time_zone);
	read_month(g);
	if (!load(g, &view, err))
		return false;
	fill_legend(g, &view);
	for (int i = 0; i < g->weeks; i++)
		weeks[i] = (struct tpl_agenda_week){ g->days + i * 7, 7 };
	view.heading = event_words_month(web->pool, g->year, g->month);
	view.prev_href = month_href(g, -1, g->list);
	view.next_href = month_href(g, 1, g->list);
	view.today_href = g->list ? "/settings/agenda?view=list" :
	    "/settings/agenda";
	view.month_href = month_href(g, 0, false);
	view.list_href = month_href(g, 0, true);
	view.new_href = new_href(g);
	view.list_view = g->list;
	view.outside = outside_words(g);
	view.weeks = weeks;
	view.weeks_count = (size_t)g->weeks;
	view.days = g->days;
	view.days_count = (size_t)g->weeks * 7;
	tpl_agenda(&web->reply->body, &view);
	return true;
}
