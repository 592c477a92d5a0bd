/* Which days, and how an occurrence is named: shared by all views. */
#include <stdio.h>
#include <string.h>
#include "acts/acts_event.h"
#include "model/event_words.h"
#include "util/str.h"
#include "web/agenda.h"
#include "web/words.h"
#include "util/banned.h"

static const char *const VIEWS[] = { "month", "week", "day", "list" };

static struct wall
day_of(struct wall w)
{
	w.hour = w.minute = w.second = 0;
	return w;
}

int
agenda_days_between(const struct wall *from, const struct wall *to)
{
	struct wall a = day_of(*from), b = day_of(*to);

	return (int)((wall_to_utc(&b) - wall_to_utc(&a)) /
	    (86400 * WHEN_SEC));
}

static bool
in_range(const struct wall *w)
{
	return w->year >= 1900 && w->year <= 2200 && w->month >= 1 &&
	    w->month <= 12 && w->day >= 1 &&
	    w->day <= wall_days_in_month(w->year, w->month);
}

/* ?day=2026-11-16 or ?month=2026-11, else today. */
static struct wall
read_day(struct web *web, const struct wall *today)
{
	const char *text = request_query(web->req, "day");
	struct wall w = { .day = 1 };
	int used = 0;

	if (text && sscanf(text, "%4d-%2d-%2d%n", &w.year, &w.month, &w.day,
	    &used) == 3 && text[used] == '\0' && in_range(&w))
		return w;
	text = request_query(web->req, "month");
	w.day = 1;
	if (!text || sscanf(text, "%4d-%2d%n", &w.year, &w.month, &used) != 2 ||
	    text[used] != '\0' || !in_range(&w))
		return *today;
	return w.year == today->year && w.month == today->month ? *today : w;
}

static void
set_days(struct agenda *a)
{
	struct wall first = a->day;

	if (a->view == AGENDA_DAY || a->view == AGENDA_WEEK) {
		a->days = a->view == AGENDA_DAY ? 1 : 7;
		a->first = a->view == AGENDA_DAY ? a->day :
		    wall_add_days(&a->day, -wall_weekday(&a->day));
		return;
	}
	first.day = 1;
	a->first = wall_add_days(&first, -wall_weekday(&first));
	a->days = (wall_weekday(&first) + wall_days_in_month(first.year,
	    first.month) + 6) / 7 * 7;
}

void
agenda_open(struct web *web, struct agenda *out)
{
	const char *view = request_query(web->req, "view");

	*out = (struct agenda){ .web = web,
	    .zone = words_zone(web->time_zone) };
	for (int i = AGENDA_MONTH; i <= AGENDA_LIST; i++)
		if (str_eq(view, VIEWS[i]))
			out->view = (enum agenda_view)i;
	out->today = day_of(zone_from_utc(out->zone, when_now()));
	out->day = read_day(web, &out->today);
	set_days(out);
}

const char *
agenda_href(const struct agenda *a, enum agenda_view view,
    const struct wall *day)
{
	return pool_printf(a->web->pool,
	    "/settings/agenda?view=%s&day=%04d-%02d-%02d", VIEWS[view],
	    day->year, day->month, day->day);
}

bool
agenda_writable(const struct agenda *a)
{
	for (size_t i = 0; i < a->calendar_count; i++)
		if (a->calendars[i].mine || a->web->act.role >= ROLE_ADMIN)
			return true;
	return false;
}

const char *
agenda_new_href(const struct agenda *a, const struct wall *day)
{
	if (!agenda_writable(a))
		return NULL;
	return pool_printf(a->web->pool, "/settings/events/new?day=%04d-%02d-%02d",
	    day->year, day->month, day->day);
}

struct wall
agenda_step(const struct agenda *a, int step)
{
	struct wall to = a->day;
	int months, most;

	if (a->view == AGENDA_DAY || a->view == AGENDA_WEEK)
		return wall_add_days(&a->day, step * a->days);
	months = a->day.year * 12 + a->day.month - 1 + step;
	to.year = months / 12;
	to.month = months % 12 + 1;
	most = wall_days_in_month(to.year, to.month);
	to.day = to.day > most ? most : to.day;
	return to;
}

struct agenda_place
agenda_place(const struct agenda *a, const struct agenda_row *row)
{
	struct agenda_place p = { row->start_wall, row->end_wall };

	if (row->all_day) {
		p.end = wall_add_days(&row->end_wall, -1);
	} else if (!row->floating) {
		p.start = zone_from_utc(a->zone, row->starts_at);
		p.end = zone_from_utc(a->zone, row->ends_at);
	}
	if (wall_cmp(&p.end, &p.start) < 0)
		p.end = p.start;
	return p;
}

struct wall
agenda_last_day(const struct agenda_row *row, const struct agenda_place *p)
{
	if (row->all_day || wall_cmp(&p->start, &p->end) == 0)
		return p->end;
	return wall_add_secs(&p->end, -1);
}

/* ---- the chip ---- */

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
calendar_name(const struct agenda *a, uint64_t id)
{
	for (size_t i = 0; i < a->calendar_count; i++)
		if (a->calendars[i].id == id)
			return a->calendars[i].name;
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

struct tpl_agenda_chip
agenda_chip(const struct agenda *a, const struct agenda_row *row,
    const struct agenda_place *p)
{
	struct pool *pool = a->web->pool;
	struct event_words_span span = { p->start, p->end };
	bool zoned = !row->all_day && !row->floating;

	return (struct tpl_agenda_chip){
		.href = event_href(pool, row),
		.title = row->summary && *row->summary ? row->summary :
		    "(no title)",
		.color = row->color, .series = row->is_series,
		.calendar = calendar_name(a, row->calendar_id),
		.exact = pool_printf(pool, "%s%s%s", event_words_when(pool,
		    &span, row->all_day), zoned ? ", " : "",
		    zoned ? a->web->time_zone : ""),
		.mark = state_mark(row->sync_state),
		.state = acts_event_state_words(row->sync_state),
		.state_kind = state_kind(row->sync_state),
	};
}
