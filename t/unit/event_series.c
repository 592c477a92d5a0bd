/* Single dates of a series, and a series that moves with all it carries. */
#include "model/event_series.h"
#include "model/event_input.h"
#include "model/recur.h"
#include "util/str.h"
#include "t/tap.h"

#define DATE(key) (&(struct event_series_date){ (key), false })
static struct pool *pool;
static struct err err;

static struct event *series(const char *recurrence)
{
	struct event_input in = { .summary = "Team", .zone = "Europe/Berlin",
	    .start = { 2026, 10, 5, 11, 0, 0 },	/* a Monday in summer time */
	    .end = { 2026, 10, 5, 12, 0, 0 } };
	struct event *e = NULL;

	if (!event_input_make(pool, &in, &e, &err))
		note("%s", err.msg);
	e->master.recurrence = recurrence;
	return e;
}

static struct event *days(void)
{
	struct event_input in = { .summary = "Shift", .all_day = true,
	    .start = { 2026, 10, 5, 0, 0, 0 } };
	struct event *e = NULL;

	if (!event_input_make(pool, &in, &e, &err))
		note("%s", err.msg);
	e->master.recurrence = "RRULE:FREQ=DAILY;COUNT=10";
	return e;
}

/* Starts within the two months, as keys. */
static char *keys_of(const struct event *e)
{
	struct recur_window window = { 0 };
	struct recur_instance *at;
	struct str out;
	size_t n, i;

	str_init(&out, pool, 4000);
	(void)when_parse("2026-10-01T00:00:00Z", &window.from);
	(void)when_parse("2026-12-01T00:00:00Z", &window.until);
	if (!recur_expand(pool, e, &window, &at, &n, &err))
		return pool_strdup(pool, err.msg);
	for (i = 0; i < n; i++)
		str_addf(&out, "%s%04d%02d%02dT%02d%02d%s", i ? " " : "",
		    at[i].start.year, at[i].start.month, at[i].start.day,
		    at[i].start.hour, at[i].start.minute,
		    at[i].override_index >= 0 ? "*" : "");
	return out.data;
}

static void one_date(void)
{
	struct event *e = series("RRULE:FREQ=WEEKLY;COUNT=5");
	struct event_part *part, peek;

	ok(event_series_peek(pool, e, DATE("20261026T110000"), &peek, &err),
	    "a date after the clocks went back");
	is_int(peek.start.hour, 11, "at the same time of day");
	is_int(peek.end.hour, 12, "as long as the series says");
	is_int(e->override_count, 0, "looking changes nothing");
	ok(event_series_occurrence(pool, e, DATE("20261026T110000"), &part, &err),
	    "changed");
	part->summary = "Team, late";
	part->start.hour = 14, part->end.hour = 15;
	is_text(keys_of(e), "20261005T1100 20261012T1100 20261019T1100 "
	    "20261026T1400* 20261102T1100", "one date differs");
	ok(event_series_occurrence(pool, e, DATE("20261012T110000"), &part, &err),
	    "an earlier one too");
	is_text(e->overrides[0].recurrence_id, "20261012T110000",
	    "they stand in order");
	is_text(e->overrides[1].summary, "Team, late", "and keep their words");
}

static void no_such_date(void)
{
	struct event *e = series("RRULE:FREQ=WEEKLY;COUNT=5");
	static const char *const wrong[] = { "20261027T110000", "20261026",
	    "20261026T120000", "20271004T110000", "rubbish", "" };
	struct event_part *part;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		err = (struct err){ 0 };
		ok(!event_series_occurrence(pool, e, DATE(wrong[i]), &part, &err) &&
		    err.kind == ERR_NOT_FOUND, "no date \"%s\"", wrong[i]);
		ok(!event_series_exclude(pool, e, DATE(wrong[i]), &err),
		    "nor one to take out");
	}
	is_int(e->override_count, 0, "nothing was made");
}

static void taken_out(void)
{
	struct event *e = series("RRULE:FREQ=WEEKLY;COUNT=4");
	struct event_part *part;

	ok(event_series_occurrence(pool, e, DATE("20261012T110000"), &part, &err) &&
	    event_series_exclude(pool, e, DATE("20261012T110000"), &err),
	    "a changed date is taken out");
	is_int(e->override_count, 0, "its change goes with it");
	is_text(e->master.recurrence, "RRULE:FREQ=WEEKLY;COUNT=4\n"
	    "EXDATE;TZID=Europe/Berlin:20261012T110000", "by the series' zone");
	is_text(keys_of(e), "20261005T1100 20261019T1100 20261026T1100",
	    "the others stay");
	err = (struct err){ 0 };
	ok(!event_series_exclude(pool, e, DATE("20261012T110000"), &err) &&
	    err.kind == ERR_NOT_FOUND, "it is gone, and cannot go again");
	e = days();
	ok(event_series_exclude(pool, e, DATE("20261007"), &err), "a day");
	ok(strstr(e->master.recurrence, "EXDATE;VALUE=DATE:20261007") != NULL,
	    "is taken out as a day");
	e = series("RRULE:FREQ=DAILY;COUNT=3");
	e->master.zone_kind = EVENT_ZONE_UTC;
	e->master.tzid = NULL;
	ok(event_series_exclude(pool, e, DATE("20261006T110000Z"), &err) &&
	    strstr(e->master.recurrence, "EXDATE:20261006T110000Z"),
	    "a date of a series in UTC");
}

static struct event *with_changes(void)
{
	struct event *e = series("RRULE:FREQ=WEEKLY;COUNT=5\n"
	    "EXDATE;TZID=Europe/Berlin:20261012T110000");
	struct event_part *part;

	ok(event_series_occurrence(pool, e, DATE("20261019T110000"), &part, &err),
	    "a date with its own title");
	part->summary = "Guests";
	ok(event_series_occurrence(pool, e, DATE("20261026T110000"), &part, &err),
	    "a date at its own time");
	part->start.hour = 16, part->end.hour = 17;
	return e;
}

static bool move(struct event *e, struct wall start, struct wall end)
{
	struct event_input in;

	err = (struct err){ 0 };
	event_input_fill(pool, e, &e->master, &in);
	in.start = start;
	in.end = end;
	return event_input_apply(pool, e, &e->master, &in, &err);
}

static void moved_by_the_clock(void)
{
	struct event *e = with_changes();

	ok(move(e, (struct wall){ 2026, 10, 5, 9, 30, 0 },
	    (struct wall){ 2026, 10, 5, 10, 30, 0 }), "an earlier time");
	is_text(e->overrides[0].recurrence_id, "20261019T093000",
	    "changed dates move along");
	is_text(keys_of(e), "20261005T0930 20261019T0930* 20261026T1600* "
	    "20261102T0930", "a date at its own time stays there, a cancelled "
	    "one stays cancelled");
	ok(strstr(e->master.recurrence,
	    "EXDATE;TZID=Europe/Berlin:20261012T093000") != NULL,
	    "cancelled where it is now");
}

static void moved_by_a_day(void)
{
	struct event *e = with_changes();

	ok(move(e, (struct wall){ 2026, 10, 6, 11, 0, 0 },
	    (struct wall){ 2026, 10, 6, 12, 0, 0 }), "Tuesdays");
	is_text(keys_of(e), "20261006T1100 20261020T1100* 20261026T1600* "
	    "20261103T1100", "all of it on Tuesdays");
}

static void moved_to_another_zone(void)
{
	struct event *e = with_changes();
	struct event_input in;

	event_input_fill(pool, e, &e->master, &in);
	in.zone = "America/New_York";
	ok(event_input_apply(pool, e, &e->master, &in, &err), "New York");
	ok(strstr(e->master.recurrence,
	    "EXDATE;TZID=America/New_York:20261012T110000") != NULL,
	    "the cancelled date is said in the new zone");
	is_text(e->overrides[0].tzid, "America/New_York",
	    "a date with its own title moves too");
}

static void no_place(void)
{
	struct event *e = with_changes();
	struct event_input in;
	struct digest was, now;

	event_input_fill(pool, e, &e->master, &in);
	in.repeat = EVENT_REPEAT_MONTHLY;
	err = (struct err){ 0 };
	ok(!event_input_apply(pool, e, &e->master, &in, &err) &&
	    err.kind == ERR_CONFLICT, "changed dates without a place: %s",
	    err.msg);
	e = days();
	ok(event_series_exclude(pool, e, DATE("20261007"), &err), "a day off");
	was = event_hash(pool, e);
	event_input_fill(pool, e, &e->master, &in);
	in.summary = "Late shift";
	ok(event_input_apply(pool, e, &e->master, &in, &err),
	    "words alone need no place");
	e->master.summary = "Shift";
	now = event_hash(pool, e);
	ok(digest_eq(&was, &now), "and move nothing");
}

static void all_day_switch(void)
{
	struct event *e = series("RRULE:FREQ=DAILY;COUNT=5\n"
	    "EXDATE;TZID=Europe/Berlin:20261007T110000");
	struct event_input in;

	event_input_fill(pool, e, &e->master, &in);
	in.all_day = true;
	ok(event_input_apply(pool, e, &e->master, &in, &err),
	    "whole days from now on: %s", err.msg);
	is_text(keys_of(e), "20261005T0000 20261006T0000 20261008T0000 "
	    "20261009T0000", "the cancelled day stays cancelled");
	e = with_changes();
	event_input_fill(pool, e, &e->master, &in);
	in.all_day = true;
	err = (struct err){ 0 };
	ok(!event_input_apply(pool, e, &e->master, &in, &err) &&
	    err.kind == ERR_CONFLICT, "not with dates of their own: %s",
	    err.msg);
}

int main(void)
{
	pool = pool_new(NULL);
	one_date();
	no_such_date();
	taken_out();
	moved_by_the_clock();
	moved_by_a_day();
	moved_to_another_zone();
	no_place();
	all_day_switch();
	pool_free(pool);
	return done();
}
