/* The agenda: a month as a grid or as a list, a week or a day with hours, in the
 * reader's zone. */
#include "acts/acts_calendar.h"
#include "acts/acts_connection.h"
#include "acts/acts_event.h"
#include "jobs/occurrences.h"
#include "model/event_words.h"
#include "views/tpl_agenda.h"
#include "web/agenda.h"
#include "web/page.h"
#include "web/words.h"
#include "util/banned.h"

#define WEEKS_MOST 6
#define DAYS_MOST (WEEKS_MOST * 7)
#define SHOWN_MOST 3
#define ROWS_MOST 2000

struct grid {
	struct agenda a;
	struct pool *pool;
	struct tpl_agenda_day days[DAYS_MOST];
	size_t capacity[DAYS_MOST];
	bool any;
};

static void
fill_days(struct grid *g)
{
	for (int i = 0; i < g->a.days; i++) {
		struct wall day = wall_add_days(&g->a.first, i);
		struct tpl_agenda_day *d = &g->days[i];

		d->number = day.day;
		d->id = pool_printf(g->pool, "d-%04d-%02d-%02d", day.year,
		    day.month, day.day);
		d->label = event_words_day(g->pool, &day);
		d->outside = day.month != g->a.day.month;
		d->today = wall_cmp(&day, &g->a.today) == 0;
		d->href = agenda_href(&g->a, AGENDA_DAY, &day);
		d->new_href = agenda_new_href(&g->a, &day);
	}
}

static void
add_chip(struct grid *g, int day, const struct tpl_agenda_chip *chip)
{
	struct tpl_agenda_day *d = &g->days[day];
	struct tpl_agenda_chip *grown;

	if (d->chips_count == g->capacity[day]) {
		g->capacity[day] = g->capacity[day] ? g->capacity[day] * 2 : 4;
		d->chips = pool_grow(g->pool, d->chips, d->chips_count,
		    g->capacity[day], sizeof(*grown));
	}
	grown = (struct tpl_agenda_chip *)(uintptr_t)d->chips;
	grown[d->chips_count++] = *chip;
}

static void
put_row(struct grid *g, const struct agenda_row *row)
{
	bool list = g->a.view == AGENDA_LIST;
	struct agenda_place p = agenda_place(&g->a, row);
	struct wall last = agenda_last_day(row, &p);
	struct tpl_agenda_chip chip = agenda_chip(&g->a, row, &p);
	int from = agenda_days_between(&g->a.first, &p.start);
	int to = agenda_days_between(&g->a.first, &last);

	for (int day = from < 0 ? 0 : from; day <= to && day < g->a.days;
	    day++) {
		chip.time = row->all_day ? (list ? "All day" : "") :
		    day == from ? event_words_clock(g->pool, &p.start) :
		    list ? "continues" : "";
		if (list && g->days[day].outside)
			continue;
		add_chip(g, day, &chip);
		g->any = true;
	}
}

static void
cut_days(struct grid *g)
{
	for (int i = 0; i < g->a.days; i++) {
		struct tpl_agenda_day *d = &g->days[i];
		size_t most = d->chips_count > SHOWN_MOST ? SHOWN_MOST - 1 :
		    SHOWN_MOST;

		d->shown = d->chips;
		d->shown_count = d->chips_count < most ? d->chips_count : most;
		if (d->chips_count > d->shown_count)
			d->more = pool_printf(g->pool, "%zu more",
			    d->chips_count - d->shown_count);
	}
}

static bool
load(struct grid *g, struct tpl_agenda *view, struct tpl_agenda_week *week,
    struct err *err)
{
	struct web *web = g->a.web;
	struct wall end = wall_add_days(&g->a.first, g->a.days);
	struct agenda_row *rows;
	size_t n;

	if (!acts_calendar_list(&web->act, &g->a.calendars,
	    &g->a.calendar_count, err) ||
	    !store_event_agenda(web->db, g->pool, web->act.org_id,
	    web->act.user_id, zone_to_utc(g->a.zone, &g->a.first),
	    zone_to_utc(g->a.zone, &end), &rows, &n, err))
		return false;
	view->cut = n >= ROWS_MOST;
	if (g->a.view == AGENDA_WEEK || g->a.view == AGENDA_DAY) {
		*week = agenda_week(&g->a, rows, n);
		view->week = week;
		return true;
	}
	fill_days(g);
	for (size_t i = 0; i < n; i++)
		put_row(g, &rows[i]);
	cut_days(g);
	view->any = g->any;
	return true;
}

/* Dates of series stand for a while around today; outside of that an empty
 * page would say that nothing repeats. */
static const char *
outside_words(struct grid *g)
{
	struct wall last = wall_add_days(&g->a.today, OCCURRENCES_DAYS_SURE);
	struct wall early = wall_add_days(&g->a.today, -OCCURRENCES_DAYS_BACK);
	struct wall first = g->a.first;
	struct wall end = wall_add_days(&first, g->a.days - 1);

	if (g->a.view == AGENDA_MONTH || g->a.view == AGENDA_LIST) {
		first = end = g->a.day;
		first.day = 1;
		end.day = wall_days_in_month(end.year, end.month);
	}
	if (wall_cmp(&end, &last) > 0)
		return pool_printf(g->pool, "Repeating events are shown until "
		    "%s. Later dates of theirs appear as time goes on; single "
		    "events are all here.", event_words_day(g->pool, &last));
	if (wall_cmp(&first, &early) < 0)
		return pool_printf(g->pool, "Repeating events are shown from "
		    "%s. Earlier dates of theirs are not kept; single events "
		    "are all here.", event_words_day(g->pool, &early));
	return "";
}

static const char NOT_LOST[] =
    "Nothing is lost: what you change here waits.";

/* Connections of one's own that did not get through; more than one are folded,
 * so that they do not push the days away. */
static bool
fill_problems(struct grid *g, struct tpl_agenda *view, struct err *err)
{
	struct tpl_problem *out;
	struct connection_card *cards;
	size_t count, n = 0;

	if (!acts_connection_list(&g->a.web->act, &cards, &count, err))
		return false;
	out = pool_array(g->pool, count + 1, sizeof(*out));
	for (size_t i = 0; i < count; i++) {
		const struct connection_row *c = &cards[i].row;
		bool refused = c->state == CONNECTION_RECONNECT;
		const char *href = pool_printf(g->pool,
		    "/settings/connections/%llu", (unsigned long long)c->id);

		if (c->user_id != g->a.web->act.user_id ||
		    (!refused && (c->state != CONNECTION_ACTIVE ||
		    c->wait_tries == 0)))
			continue;
		out[n++] = (struct tpl_problem){
			.csrf = view->page->csrf, .name = c->name,
			.key = pool_printf(g->pool, "connection-%llu",
			    (unsigned long long)c->id),
			.href = href,
			.retry = refused ? "" : pool_printf(g->pool, "%s/sync",
			    href),
			.reconnect = refused ? pool_printf(g->pool,
			    "%s/reconnect", href) : "",
			.text = pool_printf(g->pool, "%s was not synced%s%s",
			    c->name, *c->state_reason ? ": " : ".",
			    c->state_reason),
		};
	}
	if (n == 1)
		out->text = pool_printf(g->pool, "%s %s", out->text, NOT_LOST);
	else if (n > 1)
		view->problems_head = pool_printf(g->pool,
		    "%zu connections were not synced. %s", n, NOT_LOST);
	view->problems = out;
	view->problems_count = n;
	return true;
}

static void
fill_legend(struct grid *g, struct tpl_agenda *view)
{
	struct tpl_agenda_calendar *out = pool_array(g->pool,
	    g->a.calendar_count + 1, sizeof(*out));

	for (size_t i = 0; i < g->a.calendar_count; i++) {
		const struct calendar_row *c = &g->a.calendars[i];

		out[i] = (struct tpl_agenda_calendar){ c->name, c->color,
		    c->mine ? "" : c->owner_name };
	}
	view->writable = agenda_writable(&g->a);
	view->calendars = out;
	view->calendars_count = g->a.calendar_count;
}

/* "November 2026", "16 to 22 November 2026", "30 Nov to 6 Dec 2026",
 * "Fri 20 November 2026" */
static const char *
heading(const struct grid *g)
{
	struct wall last = wall_add_days(&g->a.first, g->a.days - 1);
	const struct wall *first = &g->a.first;

	if (g->a.view == AGENDA_DAY)
		return pool_printf(g->pool, "%.3s %d %s",
		    words_weekday(wall_weekday(first)), first->day,
		    event_words_month(g->pool, first->year, first->month));
	if (g->a.view != AGENDA_WEEK)
		return event_words_month(g->pool, g->a.day.year,
		    g->a.day.month);
	if (first->month == last.month)
		return pool_printf(g->pool, "%d to %d %s", first->day,
		    last.day, event_words_month(g->pool, last.year,
		    last.month));
	return pool_printf(g->pool, "%d %.3s%s to %d %.3s %d", first->day,
	    words_month(first->month), first->year == last.year ? "" :
	    pool_printf(g->pool, " %d", first->year), last.day,
	    words_month(last.month), last.year);
}

static void
fill_ways(const struct grid *g, struct tpl_agenda *view)
{
	static const char *const units[] = { "month", "week", "day", "month" };
	struct wall prev = agenda_step(&g->a, -1), next = agenda_step(&g->a, 1);

	view->view = (const char *const []){ "month", "week", "day",
	    "list" }[g->a.view];
	view->unit = units[g->a.view];
	view->prev_href = agenda_href(&g->a, g->a.view, &prev);
	view->next_href = agenda_href(&g->a, g->a.view, &next);
	view->today_href = agenda_href(&g->a, g->a.view, &g->a.today);
	view->month_href = agenda_href(&g->a, AGENDA_MONTH, &g->a.day);
	view->week_href = agenda_href(&g->a, AGENDA_WEEK, &g->a.day);
	view->day_href = agenda_href(&g->a, AGENDA_DAY, &g->a.day);
	view->list_href = agenda_href(&g->a, AGENDA_LIST, &g->a.day);
	view->new_href = agenda_new_href(&g->a, &g->a.day);
}

bool
page_agenda_show(struct web *web, struct err *err)
{
	struct tpl_page page = web_page(web, "Agenda", WEB_NAV_AGENDA);
	struct tpl_agenda view = { .page = &page };
	struct tpl_agenda_line weeks[WEEKS_MOST] = { { 0 } };
	struct grid *g = POOL_NEW(web->pool, struct grid);
	struct tpl_agenda_week week;

	if (*page_search_text(web))
		return page_search_show(web, err);

	g->pool = web->pool;
	agenda_open(web, &g->a);
	if (!load(g, &view, &week, err) || !fill_problems(g, &view, err))
		return false;
	fill_legend(g, &view);
	fill_ways(g, &view);
	view.heading = heading(g);
	view.outside = outside_words(g);
	for (int i = 0; !view.week && i < g->a.days / 7; i++)
		weeks[i] = (struct tpl_agenda_line){ g->days + i * 7, 7 };
	view.weeks = weeks;
	view.weeks_count = view.week ? 0 : (size_t)g->a.days / 7;
	view.days = g->days;
	view.days_count = view.week ? 0 : (size_t)g->a.days;
	page.wide = g->a.view != AGENDA_LIST;
	tpl_agenda(&web->reply->body, &view);
	return true;
}
