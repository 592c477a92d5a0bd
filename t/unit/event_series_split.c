/* A series cut at a date, as a table: what either part says, and that together
 * they make the dates of the whole, no more and no fewer. */
#include <stdlib.h>
#include <string.h>
#include "model/event_series.h"
#include "model/event_input.h"
#include "model/recur.h"
#include "util/str.h"
#include "t/tap.h"

static struct pool *pool;
static struct err err;

enum form { BERLIN, WHOLE, FLOATING, UTC };

static struct event *series(enum form form, const char *recurrence)
{
	struct event_input in = { .summary = "Team", .zone = "Europe/Berlin",
	    .start = { 2026, 10, 5, 11, 0, 0 },	/* a Monday in summer time */
	    .end = { 2026, 10, 5, 12, 0, 0 } };
	struct event *e = NULL;

	if (form == WHOLE) {
		in.all_day = true;
		in.start.hour = 0;
		in.end.year = 0;
	}
	in.zone = form == FLOATING ? "" : form == UTC ? "UTC" : in.zone;
	if (!event_input_make(pool, &in, &e, &err))
		note("%s", err.msg);
	e->master.recurrence = recurrence;
	return e;
}

/* Four weeks at a time: one look shows RECUR_MAX_INSTANCES. */
static size_t add_keys(const struct event *e, char **keys, size_t n)
{
	struct recur_window window = { 0 };
	struct recur_instance *at;
	size_t count, i;

	(void)when_parse("2026-10-01T00:00:00Z", &window.from);
	for (int week = 0; week < 8; week++, window.from = window.until) {
		window.until = window.from + 28 * 86400 * WHEN_SEC;
		if (!recur_expand(pool, e, &window, &at, &count, &err)) {
			note("%s", err.msg);
			return n;
		}
		for (i = 0; i < count; i++)
			if (at[i].starts >= window.from)
				keys[n++] = pool_printf(pool, "%s=%lld%s",
				    at[i].recurrence_id,
				    (long long)at[i].starts,
				    at[i].override_index < 0 ? "" : "*");
	}
	return n;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *dates(const struct event *a, const struct event *b)
{
	char *keys[4000];
	size_t n = add_keys(a, keys, 0), i;
	struct str out;

	if (b)
		n = add_keys(b, keys, n);
	qsort(keys, n, sizeof(*keys), by_text);
	str_init(&out, pool, 400000);
	for (i = 0; i < n; i++)
		str_addf(&out, "%s ", keys[i]);
	return out.data;
}

static const struct {
	const char *name;
	enum form form;
	const char *rule, *key, *head, *tail;
} table[] = {
	{ "a count is divided", BERLIN, "RRULE:FREQ=WEEKLY;COUNT=5",
	  "20261019T110000", "RRULE:FREQ=WEEKLY;UNTIL=20261018T215959Z",
	  "RRULE:FREQ=WEEKLY;COUNT=3" },
	{ "a count in small letters", BERLIN, "RRULE:freq=weekly;count=5",
	  "20261019T110000", "RRULE:freq=weekly;UNTIL=20261018T215959Z",
	  "RRULE:freq=weekly;COUNT=3" },
	{ "over the change of clocks", BERLIN, "RRULE:FREQ=WEEKLY;COUNT=5",
	  "20261102T110000", "RRULE:FREQ=WEEKLY;UNTIL=20261101T225959Z",
	  "RRULE:FREQ=WEEKLY;COUNT=1" },
	{ "an end stays with the second", BERLIN,
	  "RRULE:FREQ=DAILY;UNTIL=20261020T215959Z;INTERVAL=2",
	  "20261011T110000", "RRULE:FREQ=DAILY;INTERVAL=2;UNTIL="
	  "20261010T215959Z", "RRULE:FREQ=DAILY;UNTIL=20261020T215959Z;"
	  "INTERVAL=2" },
	{ "for ever", BERLIN, "RRULE:FREQ=WEEKLY;BYDAY=MO,WE",
	  "20261014T110000", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL="
	  "20261013T215959Z", "RRULE:FREQ=WEEKLY;BYDAY=MO,WE" },
	{ "every second week keeps its weeks", BERLIN,
	  "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", "20261023T110000",
	  "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;UNTIL=20261022T215959Z",
	  "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR" },
	{ "cancelled dates go to their side, and count", BERLIN,
	  "RRULE:FREQ=WEEKLY;COUNT=6\nEXDATE;TZID=Europe/Berlin:"
	  "20261012T110000,20261026T110000", "20261019T110000",
	  "RRULE:FREQ=WEEKLY;UNTIL=20261018T215959Z\nEXDATE;TZID="
	  "Europe/Berlin:20261012T110000", "RRULE:FREQ=WEEKLY;COUNT=4\n"
	  "EXDATE;TZID=Europe/Berlin:20261026T110000" },
	{ "added dates go to their side, and do not count", BERLIN,
	  "RRULE:FREQ=WEEKLY;COUNT=4\nRDATE;TZID=Europe/Berlin:"
	  "20261006T110000\nRDATE;TZID=Europe/Berlin:20261020T110000",
	  "20261019T110000", "RRULE:FREQ=WEEKLY;UNTIL=20261018T215959Z\n"
	  "RDATE;TZID=Europe/Berlin:20261006T110000",
	  "RRULE:FREQ=WEEKLY;COUNT=2\nRDATE;TZID=Europe/Berlin:"
	  "20261020T110000" },
	{ "whole days", WHOLE, "RRULE:FREQ=DAILY;COUNT=10\n"
	  "EXDATE;VALUE=DATE:20261006,20261012", "20261010",
	  "RRULE:FREQ=DAILY;UNTIL=20261009\nEXDATE;VALUE=DATE:20261006",
	  "RRULE:FREQ=DAILY;COUNT=5\nEXDATE;VALUE=DATE:20261012" },
	{ "wherever one is", FLOATING, "RRULE:FREQ=DAILY;COUNT=4",
	  "20261007T110000", "RRULE:FREQ=DAILY;UNTIL=20261006T235959",
	  "RRULE:FREQ=DAILY;COUNT=2" },
	{ "in UTC", UTC, "RRULE:FREQ=DAILY;COUNT=4", "20261007T110000Z",
	  "RRULE:FREQ=DAILY;UNTIL=20261006T235959Z",
	  "RRULE:FREQ=DAILY;COUNT=2" },
	{ "several a day: to the second", BERLIN, "RRULE:FREQ=HOURLY;COUNT=9",
	  "20261005T130000", "RRULE:FREQ=HOURLY;UNTIL=20261005T105959Z",
	  "RRULE:FREQ=HOURLY;COUNT=7" },
	{ "the last working day", BERLIN,
	  "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=6",
	  "20261130T110000", "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;"
	  "BYSETPOS=-1;UNTIL=20261129T225959Z", "RRULE:FREQ=MONTHLY;"
	  "BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=4" },
	{ "more dates than one look shows", BERLIN,
	  "RRULE:FREQ=HOURLY;COUNT=3000", "20261225T110000",
	  "RRULE:FREQ=HOURLY;UNTIL=20261225T095959Z",
	  "RRULE:FREQ=HOURLY;COUNT=1056" },
	{ "no such date", BERLIN, "RRULE:FREQ=WEEKLY;COUNT=5",
	  "20261020T110000", NULL, "added" },
	{ "an added date", BERLIN, "RRULE:FREQ=WEEKLY;COUNT=5\n"
	  "RDATE;TZID=Europe/Berlin:20261020T110000", "20261020T110000", NULL,
	  "added" },
	{ "rubbish", BERLIN, "RRULE:FREQ=WEEKLY", "x", NULL, "no such date" },
	{ "two rules", BERLIN, "RRULE:FREQ=WEEKLY\nRRULE:FREQ=DAILY;COUNT=3",
	  "20261019T110000", NULL, "cannot be divided" },
	{ "dates alone", BERLIN, "RDATE;TZID=Europe/Berlin:20261020T110000",
	  "20261020T110000", NULL, "cannot be divided" },
	{ "an added date with its own length", BERLIN,
	  "RRULE:FREQ=WEEKLY\nRDATE;VALUE=PERIOD:20261020T110000Z/PT2H",
	  "20261019T110000", NULL, "cannot be divided" },
};

static void tables(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct event *e = series(table[i].form, table[i].rule);
		struct event *whole = event_copy(pool, e);
		struct event_series_parts parts = { 0 };

		err = (struct err){ 0 };
		if (!event_series_split(pool, e, table[i].key, &parts, &err)) {
			ok(!table[i].head && strstr(err.msg, table[i].tail),
			    "%s: %s", table[i].name, err.msg);
			is_text(event_canonical(pool, e),
			    event_canonical(pool, whole), "it stays whole");
			continue;
		}
		is_text(e->master.recurrence, table[i].head, table[i].name);
		is_text(parts.tail->master.recurrence, table[i].tail,
		    "the second part");
		ok(!parts.all, "something lies before");
		ok(!str_eq(parts.tail->uid, whole->uid) &&
		    str_eq(e->uid, whole->uid), "it has a UID of its own");
		ok(str_eq(dates(e, parts.tail), dates(whole, NULL)),
		    "no date is lost or doubled");
	}
}

static void changed_dates(void)
{
	struct event *e = series(BERLIN, "RRULE:FREQ=WEEKLY;COUNT=6\n"
	    "EXDATE;TZID=Europe/Berlin:20261102T110000"), *whole;
	const char *const keys[] = { "20261012T110000", "20261019T110000",
	    "20261026T110000" };
	struct event_series_parts parts;
	struct event_part *part;

	for (int i = 0; i < 3; i++) {
		ok(event_series_occurrence(pool, e,
		    &(struct event_series_date){ .key = keys[i] }, &part, &err),
		    "%s", keys[i]);
		part->start.hour = 14, part->end.hour = 15;
	}
	/* One moved before the cut, and one behind it. */
	e->overrides[2].start.day = e->overrides[2].end.day = 7;
	e->overrides[0].start.month = e->overrides[0].end.month = 11;
	whole = event_copy(pool, e);
	ok(event_series_split(pool, e, "20261019T110000", &parts, &err),
	    "cut at a changed date");
	is_int(e->override_count, 1, "what was changed before stays");
	is_text(e->overrides[0].recurrence_id, keys[0], "by its own date");
	is_int(parts.tail->override_count, 2, "the others move along");
	is_text(dates(e, parts.tail), dates(whole, NULL),
	    "no date is lost or doubled");
	is_int(parts.tail->master.start.day, 19, "the second begins there");
	is_int(parts.tail->master.end.day, 19, "as long as before");
	ok(event_check(pool, e, &err) && event_check(pool, parts.tail, &err),
	    "both are sound");
}

static void nothing_before(void)
{
	struct event *e = series(BERLIN, "RRULE:FREQ=WEEKLY;COUNT=4"), *whole;
	struct event_series_parts parts;

	ok(event_series_split(pool, e, "20261005T110000", &parts, &err) &&
	    parts.all, "at its first date: nothing lies before");
	e = series(BERLIN, "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID="
	    "Europe/Berlin:20261005T110000");
	whole = event_copy(pool, e);
	ok(event_series_split(pool, e, "20261012T110000", &parts, &err) &&
	    parts.all, "nor when what lay before was cancelled");
	is_text(dates(parts.tail, NULL), dates(whole, NULL),
	    "the second part is all of it");
}

int main(void)
{
	pool = pool_new(NULL);
	tables();
	changed_dates();
	nothing_before();
	pool_free(pool);
	return done();
}
