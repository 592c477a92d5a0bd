/*
 * One day or seven with their hours. Heights are by the clock: on the day on
 * which clocks change an hour is missing or stands for two, and the day says so.
 */
#include "model/day_layout.h"
#include "model/event_words.h"
#include "web/agenda.h"
#include "web/words.h"
#include "util/str.h"
#include "util/banned.h"

#define DAY_MINUTES 1440
#define FIRST_HOUR 7		/* what is shown when nothing lies outside */
#define LAST_HOUR 20
#define NEAR_DAYS 3		/* that a phone shows of the seven */

/* What lies on one day. */
struct column {
	struct tpl_agenda_chip *whole, *timed;
	struct day_slot *slots;		/* of timed */
	size_t whole_count, whole_room, timed_count, timed_room;
};

struct week {
	const struct agenda *a;
	struct pool *pool;
	struct column columns[7];
	int first_hour, last_hour;	/* [first, last) */
	bool all_hours;
};

static struct tpl_agenda_chip *
grow(struct week *w, struct tpl_agenda_chip *list, size_t count, size_t *room)
{
	if (count < *room)
		return list;
	*room = *room ? *room * 2 : 8;
	return pool_grow(w->pool, list, count, *room, sizeof(*list));
}

static void
add_whole(struct week *w, int day, const struct tpl_agenda_chip *chip)
{
	struct column *c = &w->columns[day];

	c->whole = grow(w, c->whole, c->whole_count, &c->whole_room);
	c->whole[c->whole_count++] = *chip;
}

static void
add_timed(struct week *w, int day, const struct tpl_agenda_chip *chip,
    const struct day_slot *slot)
{
	struct column *c = &w->columns[day];
	size_t had = c->timed_room;

	c->timed = grow(w, c->timed, c->timed_count, &c->timed_room);
	if (c->timed_room != had)
		c->slots = pool_grow(w->pool, c->slots, c->timed_count,
		    c->timed_room, sizeof(*c->slots));
	c->slots[c->timed_count] = *slot;
	c->timed[c->timed_count++] = *chip;
}

static int
minutes(const struct wall *w)
{
	return w->hour * 60 + w->minute;
}

/* The end as a minute of this day; where clocks were put back, at least as long
 * as it really lasts. */
static int
end_minute(const struct agenda_row *row, const struct agenda_place *p,
    bool last, bool first)
{
	int end = last ? minutes(&p->end) : DAY_MINUTES;
	int lasts = (int)((row->ends_at - row->starts_at) / (60 * WHEN_SEC));

	if (last && p->end.second)
		end++;
	if (first && last && end < minutes(&p->start) + lasts)
		end = minutes(&p->start) + lasts;
	return end > DAY_MINUTES ? DAY_MINUTES : end;
}

static void
put_row(struct week *w, const struct agenda_row *row)
{
	const struct agenda *a = w->a;
	struct agenda_place p = agenda_place(a, row);
	struct wall last = agenda_last_day(row, &p);
	struct tpl_agenda_chip chip = agenda_chip(a, row, &p);
	int from = agenda_days_between(&a->first, &p.start);
	int to = agenda_days_between(&a->first, &last);
	bool whole = row->all_day ||
	    row->ends_at - row->starts_at >= 86400 * WHEN_SEC;

	for (int day = from < 0 ? 0 : from; day <= to && day < a->days; day++) {
		bool begins = day == from;
		bool ends = agenda_days_between(&a->first, &p.end) == day;
		struct day_slot slot = { .start = begins ? minutes(&p.start) : 0,
		    .end = end_minute(row, &p, ends, begins) };

		chip.time = row->all_day ? "" : begins ?
		    event_words_clock(w->pool, &p.start) : whole ? "" :
		    pool_printf(w->pool, "to %s",
		    event_words_clock(w->pool, &p.end));
		if (whole)
			add_whole(w, day, &chip);
		else
			add_timed(w, day, &chip, &slot);
	}
}

static void
choose_hours(struct week *w)
{
	w->all_hours = str_eq(request_query(w->a->web->req, "hours"), "all");
	w->first_hour = w->all_hours ? 0 : FIRST_HOUR;
	w->last_hour = w->all_hours ? 24 : LAST_HOUR;
	for (int day = 0; day < w->a->days; day++)
		for (size_t i = 0; i < w->columns[day].timed_count; i++) {
			const struct day_slot *s = &w->columns[day].slots[i];

			if (s->from / 4 < w->first_hour)
				w->first_hour = s->from / 4;
			if ((s->until + 3) / 4 > w->last_hour)
				w->last_hour = (s->until + 3) / 4;
		}
}

/* Names of classes stand for the place: pages carry no styles. */
static const char *
place_of(struct week *w, const struct day_slot *s)
{
	int at = s->from - w->first_hour * 4, high = s->until - s->from;

	return pool_printf(w->pool, "at-%d aq-%d for-%d fq-%d lane-%d of-%d "
	    "wide-%d", at / 4, at % 4, high / 4, high % 4, s->lane, s->lanes,
	    s->width);
}

static void
lay_out(struct week *w, int day)
{
	struct column *c = &w->columns[day];

	for (size_t i = 0; i < c->timed_count; i++)
		c->timed[i].place = c->slots[i].lane < 0 ? "over" :
		    place_of(w, &c->slots[i]);
}

static size_t
count_over(const struct column *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->timed_count; i++)
		n += c->slots[i].lane < 0;
	return n;
}

static const char *
clock_note(struct week *w, const struct wall *day)
{
	struct wall next = wall_add_days(day, 1);
	int was = zone_offset_secs(w->a->zone, zone_to_utc(w->a->zone, day));
	int is = zone_offset_secs(w->a->zone, zone_to_utc(w->a->zone, &next));

	if (was == is)
		return "";
	return pool_printf(w->pool, is > was ? "Clocks go forward %s" :
	    "Clocks go back %s", words_count(w->pool,
	    (uint64_t)(is > was ? is - was : was - is) / 60, "minute",
	    "minutes"));
}

static struct tpl_agenda_week_hour *
make_hours(struct week *w, const struct wall *day)
{
	int n = w->last_hour - w->first_hour;
	struct tpl_agenda_week_hour *out = pool_array(w->pool, (size_t)n,
	    sizeof(*out));

	for (int i = 0; i < n; i++) {
		int hour = w->first_hour + i;
		const char *add = day ? agenda_new_href(w->a, day) : NULL;

		out[i].label = pool_printf(w->pool, "%02d:00", hour);
		if (add)
			out[i].href = pool_printf(w->pool, "%s&time=%02d:00",
			    add, hour);
	}
	return out;
}

static const char *
now_place(struct week *w, const struct wall *day)
{
	struct wall now = zone_from_utc(w->a->zone, when_now());
	int at = (now.hour - w->first_hour) * 4 + now.minute / 15;

	if (agenda_days_between(&now, day) != 0 || now.hour < w->first_hour ||
	    now.hour >= w->last_hour)
		return "";
	return pool_printf(w->pool, "at-%d aq-%d", at / 4, at % 4);
}

/* A phone shows three of the seven days: these. */
static int
near_first(const struct agenda *a)
{
	int at = agenda_days_between(&a->first, &a->day);

	return at > a->days - NEAR_DAYS ? a->days - NEAR_DAYS : at;
}

static struct tpl_agenda_week_day
make_day(struct week *w, int i)
{
	const struct agenda *a = w->a;
	struct wall day = wall_add_days(&a->first, i);
	const struct column *c = &w->columns[i];
	size_t over = count_over(c);
	int near = near_first(a);
	const char *name = words_weekday(wall_weekday(&day));

	return (struct tpl_agenda_week_day){
		.id = pool_printf(w->pool, "d-%04d-%02d-%02d", day.year,
		    day.month, day.day),
		.abbr = pool_strndup(w->pool, name, 3), .rest = name + 3,
		.number = day.day,
		.label = event_words_day(w->pool, &day),
		.today = wall_cmp(&day, &a->today) == 0,
		.near = a->days == 1 || (i >= near && i < near + NEAR_DAYS),
		.href = agenda_href(a, AGENDA_DAY, &day),
		.new_href = agenda_new_href(a, &day),
		.note = clock_note(w, &day), .now = now_place(w, &day),
		.whole = c->whole, .whole_count = c->whole_count,
		.timed = c->timed, .timed_count = c->timed_count,
		.over = over ? words_count(w->pool, over, "more at once",
		    "more at once") : "",
		.slots = make_hours(w, &day),
		.slots_count = (size_t)(w->last_hour - w->first_hour),
	};
}

struct tpl_agenda_week
agenda_week(const struct agenda *a, const struct agenda_row *rows, size_t count)
{
	struct week *w = POOL_NEW(a->web->pool, struct week);
	struct tpl_agenda_week_day *days = pool_array(a->web->pool, 7,
	    sizeof(*days));
	struct wall near = wall_add_days(&a->first, near_first(a));
	struct wall before = wall_add_days(&near, -NEAR_DAYS);
	struct wall behind = wall_add_days(&near, NEAR_DAYS);

	w->a = a;
	w->pool = a->web->pool;
	for (size_t i = 0; i < count; i++)
		put_row(w, &rows[i]);
	for (int i = 0; i < a->days; i++)
		day_layout(w->pool, w->columns[i].slots,
		    w->columns[i].timed_count);
	choose_hours(w);
	for (int i = 0; i < a->days; i++) {
		lay_out(w, i);
		days[i] = make_day(w, i);
	}
	return (struct tpl_agenda_week){
		.one = a->days == 1, .zone = a->web->time_zone,
		.hours = make_hours(w, NULL),
		.hours_count = (size_t)(w->last_hour - w->first_hour),
		.days = days, .days_count = (size_t)a->days,
		.near_prev = agenda_href(a, AGENDA_WEEK, &before),
		.near_next = agenda_href(a, AGENDA_WEEK, &behind),
		.hours_href = w->last_hour - w->first_hour == 24 ? "" :
		    pool_printf(w->pool, "%s&hours=all",
		    agenda_href(a, a->view, &a->day)),
	};
}
