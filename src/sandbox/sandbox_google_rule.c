/*
 * The dates of a series: libical walks its rules, in the wall time of the
 * series' own zone. This is the one file of the sandbox that knows libical.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <libical/ical.h>
#include "sandbox/sandbox_google_event.h"
#include "util/str.h"
#include "util/banned.h"

struct walk {
	struct pool *pool;
	const struct sandbox_google_span *span;
	struct wall to;
	struct sandbox_google_dates in, out;	/* dates, and those left out */
};

static bool
rule_parse(const char *text, struct icalrecurrencetype *out)
{
	icalerror_set_errors_are_fatal(false);
	icalerror_clear_errno();
	*out = icalrecurrencetype_from_string(text);
	return out->freq != ICAL_NO_RECURRENCE;
}

bool
sandbox_google_rule_ok(const char *line)
{
	struct icalrecurrencetype rule;

	if (str_starts(line, "RRULE:") || str_starts(line, "EXRULE:"))
		return rule_parse(strchr(line, ':') + 1, &rule);
	return (str_starts(line, "RDATE") || str_starts(line, "EXDATE")) &&
	    strchr(line, ':') != NULL;
}

static struct icaltimetype
to_ical(const struct wall *w, bool date)
{
	struct icaltimetype t = icaltime_null_time();

	t.year = w->year;
	t.month = w->month;
	t.day = w->day;
	t.is_date = date;
	if (!date) {
		t.hour = w->hour;
		t.minute = w->minute;
		t.second = w->second;
	}
	return t;
}

static struct wall
from_ical(struct icaltimetype t)
{
	return (struct wall){ t.year, t.month, t.day, t.hour, t.minute,
	    t.second };
}

static void
add(struct pool *pool, struct sandbox_google_dates *list, struct wall w)
{
	if ((list->count & (list->count - 1)) == 0)
		list->items = pool_grow(pool, list->items, list->count,
		    list->count ? 2 * list->count : 1, sizeof(*list->items));
	list->items[list->count++] = w;
}

/* UNTIL into the series' own wall time, and kind. */
static void
fix_until(const struct sandbox_google_span *span,
    struct icalrecurrencetype *rule)
{
	struct wall w;

	if (icaltime_is_null_time(rule->until))
		return;
	w = from_ical(rule->until);
	if (span->all_day) {
		w.hour = w.minute = w.second = 0;
	} else if (rule->until.is_date) {
		w.hour = 23;
		w.minute = w.second = 59;
	} else if (icaltime_is_utc(rule->until)) {
		w = zone_from_utc(span->zone, wall_to_utc(&w));
	}
	rule->until = to_ical(&w, span->all_day);
}

static void
walk_rule(struct walk *walk, const char *text, struct sandbox_google_dates *list)
{
	struct icalrecurrencetype rule;
	icalrecur_iterator *it;
	struct icaltimetype t;
	struct wall w;
	size_t n = 0;

	if (!rule_parse(text, &rule))
		return;
	fix_until(walk->span, &rule);
	it = icalrecur_iterator_new(rule, to_ical(&walk->span->start,
	    walk->span->all_day));
	while (it && n++ < SANDBOX_GOOGLE_DATES) {
		t = icalrecur_iterator_next(it);
		if (icaltime_is_null_time(t))
			break;
		w = from_ical(t);
		if (wall_cmp(&w, &walk->to) >= 0)
			break;
		add(walk->pool, list, w);
	}
	if (it)
		icalrecur_iterator_free(it);
}

/* "RDATE;TZID=Europe/Berlin:20261201T100000,20261202T100000Z" */
static void
walk_dates(struct walk *walk, const char *line,
    struct sandbox_google_dates *list)
{
	const char *tzid = strstr(line, "TZID="), *at = strchr(line, ':');
	const struct zone *zone = NULL;
	struct icaltimetype t;
	struct wall w;
	size_t len;

	if (tzid && tzid < at)
		zone = zone_find(pool_strndup(walk->pool, tzid + 5,
		    strcspn(tzid + 5, ":;")));
	for (at++; *at; at += len + (at[len] == ',')) {
		len = strcspn(at, ",");
		t = icaltime_from_string(pool_strndup(walk->pool, at, len));
		if (icaltime_is_null_time(t))
			continue;
		w = from_ical(t);
		if (!walk->span->all_day && icaltime_is_utc(t))
			w = zone_from_utc(walk->span->zone, wall_to_utc(&w));
		else if (!walk->span->all_day && zone && zone != walk->span->zone)
			w = zone_from_utc(walk->span->zone, zone_to_utc(zone, &w));
		add(walk->pool, list, w);
	}
}

static int
by_time(const void *a, const void *b)
{
	return wall_cmp(a, b);
}

static bool
left_out(const struct walk *walk, const struct wall *w)
{
	size_t i;

	for (i = 0; i < walk->out.count; i++)
		if (wall_cmp(&walk->out.items[i], w) == 0)
			return true;
	return false;
}

static struct sandbox_google_dates
sort_out(struct walk *walk)
{
	struct sandbox_google_dates all = { NULL, 0 };
	size_t i;

	qsort(walk->in.items, walk->in.count, sizeof(*walk->in.items), by_time);
	for (i = 0; i < walk->in.count; i++) {
		const struct wall *w = &walk->in.items[i];

		if (all.count > 0 && wall_cmp(&all.items[all.count - 1], w) == 0)
			continue;
		if (wall_cmp(w, &walk->to) < 0 && !left_out(walk, w))
			add(walk->pool, &all, *w);
	}
	return all;
}

struct sandbox_google_dates
sandbox_google_rule_dates(struct pool *pool, const json_t *recurrence,
    const struct sandbox_google_span *span, const struct wall *to)
{
	struct walk walk = { pool, span, *to, { NULL, 0 }, { NULL, 0 } };
	const json_t *value;
	const char *line;
	size_t i;

	add(pool, &walk.in, span->start);	/* a series begins with its start */
	json_array_foreach(recurrence, i, value) {
		line = json_string_value(value);
		if (str_starts(line, "RRULE:"))
			walk_rule(&walk, line + 6, &walk.in);
		else if (str_starts(line, "EXRULE:"))
			walk_rule(&walk, line + 7, &walk.out);
		else if (str_starts(line, "RDATE"))
			walk_dates(&walk, line, &walk.in);
		else if (str_starts(line, "EXDATE"))
			walk_dates(&walk, line, &walk.out);
	}
	return sort_out(&walk);
}
