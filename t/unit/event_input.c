/* What a person says, to an event and back: only what changed is touched. */
#include "model/event_input.h"
#include "model/event_series.h"
#include "model/event_words.h"
#include "util/str.h"
#include "t/tap.h"

static struct pool *pool;
static struct err err;

static struct wall at(int y, int mo, int d, int h, int mi)
{
	return (struct wall){ y, mo, d, h, mi, 0 };
}

static struct event *made(const struct event_input *in)
{
	struct event *e = NULL;

	err = (struct err){ 0 };
	if (!event_input_make(pool, in, &e, &err))
		note("refused: %s", err.msg);
	return e;
}

static struct event_input meeting(void)
{
	return (struct event_input){
		.summary = "Team", .location = "Room 2", .zone = "Europe/Berlin",
		.start = at(2026, 11, 23, 11, 0), .end = at(2026, 11, 23, 12, 0),
	};
}

static void a_single_event(void)
{
	struct event_input in = meeting(), back;
	struct event *e = made(&in), *other;

	ok(e != NULL, "an event is made");
	is_text(e->master.summary, "Team", "its title");
	ok(e->master.description == NULL, "no notes is no text");
	is_text(e->master.tzid, "Europe/Berlin", "its zone");
	is_int(e->master.end.hour, 12, "its end");
	ok(e->master.recurrence == NULL, "it does not repeat");
	other = made(&in);
	ok(other && !str_eq(e->uid, other->uid), "every event has its own UID");
	event_input_fill(pool, e, &e->master, &back);
	is_text(back.zone, "Europe/Berlin", "the form shows the zone");
	ok(wall_cmp(&back.end, &in.end) == 0, "and the end");
	is_int(back.repeat, EVENT_REPEAT_NONE, "and that it does not repeat");
}

static void a_day(void)
{
	struct event_input in = { .summary = "Fair", .all_day = true,
	    .start = at(2026, 11, 23, 9, 0), .end = at(2026, 11, 25, 0, 0) };
	struct event_input back;
	struct event *e = made(&in);

	is_int(e->master.end.day, 26, "all-day ends are exclusive inside");
	is_int(e->master.start.hour, 0, "a day has no time");
	is_int(e->master.zone_kind, EVENT_ZONE_FLOATING, "and no zone");
	event_input_fill(pool, e, &e->master, &back);
	is_int(back.end.day, 25, "and inclusive for people");
}

static void refused(const struct event_input *in, const char *word,
    const char *what)
{
	struct event *e;

	err = (struct err){ 0 };
	ok(!event_input_make(pool, in, &e, &err) && err.kind == ERR_INPUT &&
	    strstr(err.msg, word), "%s is refused: %s", what, err.msg);
}

static void bad_input(void)
{
	struct event_input in = meeting();

	in.end = at(2026, 11, 23, 10, 0);
	refused(&in, "End", "an end before the start");
	in = meeting();
	in.zone = "Mars/Olympus";
	refused(&in, "Time zone", "an unknown zone");
	in = meeting();
	in.start = at(2026, 2, 31, 10, 0);
	refused(&in, "Start", "a day that does not exist");
	in = meeting();
	in.repeat = EVENT_REPEAT_WEEKLY;
	in.weekdays = 1u << 2;
	refused(&in, "Monday", "a first day that is not among the days");
	in = meeting();
	in.repeat = EVENT_REPEAT_DAILY;
	in.until = at(2026, 11, 22, 0, 0);
	refused(&in, "Last day", "a series that ends before it starts");
	in.until = at(2026, 12, 22, 0, 0);
	in.count = 3;
	refused(&in, "both", "a last day and a number");
}

static void a_rule(void)
{
	struct event_input in = meeting(), back;
	struct event *e;

	in.repeat = EVENT_REPEAT_WEEKLY;
	in.interval = 2;
	in.weekdays = 1u | 1u << 3;
	in.until = at(2026, 12, 31, 0, 0);
	e = made(&in);
	is_text(e->master.recurrence, "RRULE:FREQ=WEEKLY;INTERVAL=2;"
	    "BYDAY=MO,TH;UNTIL=20261231T225959Z",
	    "the last day ends in UTC by the zone");
	event_input_fill(pool, e, &e->master, &back);
	is_int(back.repeat, EVENT_REPEAT_WEEKLY, "read back: weekly");
	is_int(back.interval, 2, "every second");
	is_int(back.weekdays, 1 | 8, "Monday and Thursday");
	is_int(back.until.day, 31, "until the 31st, by its own zone");
	in.all_day = true;
	e = made(&in);
	is_text(e->master.recurrence, "RRULE:FREQ=WEEKLY;INTERVAL=2;"
	    "BYDAY=MO,TH;UNTIL=20261231", "all-day: a date");
}

static struct event *stored(void)
{
	struct event_input in = meeting();
	struct event *e = made(&in);

	e->master.recurrence = "RRULE:FREQ=WEEKLY;WKST=MO;COUNT=10";
	e->master.tzid = "W. Europe Standard Time";
	e->master.end = (struct wall){ 0 };
	e->master.duration = "PT1H";
	e->master.description = "Agenda";
	e->master.extra = "CLASS:PRIVATE\nX-ALT-DESC;FMTTYPE=text/html:<b>"
	    "Agenda</b>\nX-FOO:bar";
	return e;
}

static void untouched(void)
{
	struct event *e = stored();
	struct event_input in;
	struct digest was = event_hash(pool, e), now;

	event_input_fill(pool, e, &e->master, &in);
	is_text(in.zone, "Europe/Berlin", "a Windows zone by its name");
	is_int(in.end.hour, 12, "an end by duration");
	ok(event_input_apply(pool, e, &e->master, &in, &err),
	    "the same input applies");
	now = event_hash(pool, e);
	ok(digest_eq(&was, &now), "and changes nothing");
	is_text(e->master.duration, "PT1H", "not the spelling of its length");
	is_text(e->master.tzid, "W. Europe Standard Time", "not its zone's name");
	is_text(e->master.recurrence, "RRULE:FREQ=WEEKLY;WKST=MO;COUNT=10",
	    "not its rule");
}

static void one_field(void)
{
	struct event *e = stored();
	struct event_input in;

	event_input_fill(pool, e, &e->master, &in);
	in.location = "Room 4";
	in.start.hour++, in.end.hour++;
	ok(event_input_apply(pool, e, &e->master, &in, &err), "place and time");
	is_text(e->master.location, "Room 4", "the place");
	is_int(e->master.start.hour, 12, "the start");
	is_text(e->master.duration, "PT1H", "as long as before: same spelling");
	ok(strstr(e->master.extra, "X-ALT-DESC") != NULL,
	    "the formatted notes stay with the notes");
	event_input_fill(pool, e, &e->master, &in);
	in.description = "Other";
	in.end.hour++;
	ok(event_input_apply(pool, e, &e->master, &in, &err), "notes and end");
	is_text(e->master.extra, "CLASS:PRIVATE\nX-FOO:bar",
	    "the formatted notes go with the notes, the rest stays");
	ok(e->master.duration == NULL && e->master.end.hour == 14,
	    "longer: an end");
	in.location = "";
	ok(event_input_apply(pool, e, &e->master, &in, &err) &&
	    e->master.location == NULL, "an emptied place is none");
}

static void other_rules(void)
{
	struct event *e = stored();
	struct event_input in;

	e->master.recurrence = "RRULE:FREQ=MONTHLY;BYDAY=4MO";
	event_input_fill(pool, e, &e->master, &in);
	is_int(in.repeat, EVENT_REPEAT_OTHER, "a rule no form can show");
	in.summary = "New";
	ok(event_input_apply(pool, e, &e->master, &in, &err), "is kept");
	is_text(e->master.recurrence, "RRULE:FREQ=MONTHLY;BYDAY=4MO",
	    "as it is");
	in.repeat = EVENT_REPEAT_NONE;
	ok(event_input_apply(pool, e, &e->master, &in, &err) &&
	    e->master.recurrence == NULL, "or taken away");
}

static void turned_days(void)
{
	struct event_input in = meeting();
	struct event *e;

	in.repeat = EVENT_REPEAT_WEEKLY;
	in.weekdays = 1u | 1u << 2;
	e = made(&in);
	event_input_fill(pool, e, &e->master, &in);
	in.start = at(2026, 11, 24, 11, 0);
	in.end = at(2026, 11, 24, 12, 0);
	ok(event_input_apply(pool, e, &e->master, &in, &err), "moved by a day");
	is_text(e->master.recurrence, "RRULE:FREQ=WEEKLY;BYDAY=TU,TH",
	    "its days move along");
}

static void words(void)
{
	struct event *a = stored(), *b = stored(), *c = stored();
	struct event_words_field *f;
	size_t n, i, clashes = 0;

	b->master.summary = "Team (short)";
	c->master.summary = "Team sync";
	c->master.location = "Room 4";
	c->master.extra = "CLASS:PUBLIC";
	event_words_compare(pool, a, b, c, zone_find("Europe/London"), &f, &n);
	for (i = 0; i < n; i++)
		clashes += f[i].clash;
	is_int(clashes, 1, "only the title clashes");
	is_text(f[0].here, "Team (short)", "here");
	is_text(f[0].there, "Team sync", "there");
	is_text(f[1].base, "Monday 23 November 2026, 10:00",
	    "times by the reader's zone");
	ok(!f[3].here_differs && f[3].there_differs, "the place, there alone");
	is_text(f[n - 1].there, "changed there", "what we cannot show");
	event_words_compare(pool, a, NULL, c, NULL, &f, &n);
	ok(f[0].here == NULL && f[0].clash, "deleted here, renamed there");
}

int main(void)
{
	pool = pool_new(NULL);
	a_single_event();
	a_day();
	bad_input();
	a_rule();
	untouched();
	one_field();
	other_rules();
	turned_days();
	words();
	pool_free(pool);
	return done();
}
