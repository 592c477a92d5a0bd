/* The same event from a calendar file and from Google has one hash, also where
 * the clock changes: two calendars bound to one do not fight. */
#include "t/google_kit.h"

static struct pool *pool;

#define DAY(k, y) "'" k "':{'dateTime':'" y "'}"
#define AT(k, y, z) "'" k "':{'dateTime':'" y "','timeZone':'" z "'}"
#define SPAN(a, b, z) AT("start", a, z) "," AT("end", b, z)
#define GONE(at) "{'id':'x1_" at "','status':'cancelled','recurringEventId':'x1',"
#define G(rest) "{'id':'x1','etag':'\\\"1\\\"','iCalUID':'u1'," \
    "'status':'confirmed','summary':'S'," rest "}"

/* Lines of a VEVENT; further VEVENTs follow in more. */
static const struct pair {
	const char *name, *lines, *more, *master, *exceptions;
} pairs[] = {
	{ "a single event", "DTSTART;TZID=Europe/Berlin:20260105T093000\n"
	    "DTEND;TZID=Europe/Berlin:20260105T103000\n", "",
	    G(SPAN("2026-01-05T09:30:00+01:00", "2026-01-05T10:30:00+01:00",
	    "Europe/Berlin")), "" },
	{ "told in another offset", "DTSTART;TZID=Europe/Berlin:20260105T093000\n"
	    "DTEND;TZID=Europe/Berlin:20260105T103000\n", "",
	    G(SPAN("2026-01-05T08:30:00Z", "2026-01-05T03:30:00-06:00",
	    "Europe/Berlin")), "" },
	{ "without a zone: the calendar's", "DTSTART;TZID=Europe/Berlin:"
	    "20260705T093000\nDTEND;TZID=Europe/Berlin:20260705T103000\n", "",
	    G(DAY("start", "2026-07-05T07:30:00Z") ","
	    DAY("end", "2026-07-05T10:30:00+02:00")), "" },
	{ "without an offset", "DTSTART;TZID=Europe/Berlin:20260705T093000\n"
	    "DTEND;TZID=Europe/Berlin:20260705T103000\n", "",
	    G(SPAN("2026-07-05T09:30:00", "2026-07-05T10:30:00",
	    "Europe/Berlin")), "" },
	{ "all day", "DTSTART;VALUE=DATE:20260105\nDTEND;VALUE=DATE:20260107\n",
	    "", G("'start':{'date':'2026-01-05'},'end':{'date':'2026-01-07'}"),
	    "" },
	{ "one day without DTEND", "DTSTART;VALUE=DATE:20260105\n", "",
	    G("'start':{'date':'2026-01-05'},'end':{'date':'2026-01-06'}"), "" },
	{ "UTC", "DTSTART:20260105T093000Z\nDURATION:PT1H\n", "",
	    G(SPAN("2026-01-05T09:30:00Z", "2026-01-05T10:30:00Z", "UTC")), "" },
	{ "a flight", "DTSTART;TZID=Europe/Berlin:20260105T093000\n"
	    "DTEND;TZID=America/New_York:20260105T120000\n", "",
	    G(AT("start", "2026-01-05T09:30:00+01:00", "Europe/Berlin") ","
	    AT("end", "2026-01-05T12:00:00-05:00", "America/New_York")), "" },
	{ "no end", "DTSTART;TZID=Europe/Berlin:20260105T093000\n", "",
	    G(SPAN("2026-01-05T09:30:00+01:00", "2026-01-05T10:30:00+01:00",
	    "Europe/Berlin") ",'endTimeUnspecified':true"), "" },
	{ "a Windows zone", "DTSTART;TZID=W. Europe Standard Time:"
	    "20260105T093000\nDTEND;TZID=W. Europe Standard Time:"
	    "20260105T103000\n", "", G(SPAN("2026-01-05T09:30:00+01:00",
	    "2026-01-05T10:30:00+01:00", "Europe/Berlin")), "" },
	{ "words", "DTSTART;VALUE=DATE:20260105\nLOCATION:L\nDESCRIPTION:<b>D"
	    "</b>\\nE\nTRANSP:TRANSPARENT\nCLASS:PRIVATE\n", "",
	    G("'start':{'date':'2026-01-05'},'end':{'date':'2026-01-06'},"
	    "'location':'L','description':'<b>D</b>\\nE','visibility':"
	    "'private','transparency':'transparent'"), "" },
	{ "UNTIL as a date and in UTC", "DTSTART;TZID=Europe/Berlin:"
	    "20260105T093000\nDTEND;TZID=Europe/Berlin:20260105T103000\n"
	    "RRULE:FREQ=DAILY;UNTIL=20260110\n", "",
	    G(SPAN("2026-01-05T09:30:00+01:00", "2026-01-05T10:30:00+01:00",
	    "Europe/Berlin") ",'recurrence':["
	    "'RRULE:UNTIL=20260110T225959Z;FREQ=DAILY']"), "" },
	{ "all-day series, a date off", "DTSTART;VALUE=DATE:20260105\n"
	    "RRULE:FREQ=WEEKLY\nEXDATE;VALUE=DATE:20260112,20260119\n", "",
	    G("'start':{'date':'2026-01-05'},'end':{'date':'2026-01-06'},"
	    "'recurrence':['EXDATE;VALUE=DATE:20260119','RRULE:FREQ=WEEKLY']"),
	    GONE("20260112") "'originalStartTime':{'date':'2026-01-12'}}" },
	{ "Berlin, weekly into summer: a date off at the edge, one moved over it",
	    "DTSTART;TZID=Europe/Berlin:20260315T023000\n"
	    "DTEND;TZID=Europe/Berlin:20260315T024500\n"
	    "RRULE:FREQ=WEEKLY;COUNT=5\n"
	    "EXDATE;TZID=Europe/Berlin:20260329T023000\n",
	    "RECURRENCE-ID;TZID=Europe/Berlin:20260322T023000\n"
	    "DTSTART;TZID=Europe/Berlin:20260329T033000\n"
	    "DTEND;TZID=Europe/Berlin:20260329T040000\n",
	    G(SPAN("2026-03-15T02:30:00+01:00", "2026-03-15T02:45:00+01:00",
	    "Europe/Berlin") ",'recurrence':['RRULE:FREQ=WEEKLY;COUNT=5']"),
	    GONE("20260329T013000Z") "'originalStartTime':{'dateTime':"
	    "'2026-03-29T03:30:00+02:00','timeZone':'Europe/Berlin'}},"
	    "{'id':'x1_20260322T013000Z','status':'confirmed','summary':'S',"
	    "'originalStartTime':{'dateTime':'2026-03-21T20:30:00-05:00'},"
	    SPAN("2026-03-29T03:30:00+02:00", "2026-03-29T04:00:00+02:00",
	    "Europe/Berlin") "}" },
	{ "Berlin, weekly into winter", "DTSTART;TZID=Europe/Berlin:"
	    "20261018T023000\nDTEND;TZID=Europe/Berlin:20261018T024500\n"
	    "RRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20261025T023000\n",
	    "RECURRENCE-ID;TZID=Europe/Berlin:20261101T023000\n"
	    "DTSTART;TZID=Europe/Berlin:20261025T013000\n"
	    "DTEND;TZID=Europe/Berlin:20261025T014500\n",
	    G(SPAN("2026-10-18T02:30:00+02:00", "2026-10-18T02:45:00+02:00",
	    "Europe/Berlin") ",'recurrence':['RRULE:FREQ=WEEKLY']"),
	    GONE("20261025T003000Z") "'originalStartTime':{'dateTime':"
	    "'2026-10-25T00:30:00Z'}},{'id':'x1_20261101T013000Z','status':"
	    "'confirmed','summary':'S','originalStartTime':{'dateTime':"
	    "'2026-11-01T02:30:00+01:00'}," SPAN("2026-10-25T01:30:00+02:00",
	    "2026-10-25T01:45:00+02:00", "Europe/Berlin") "}" },
	{ "Jerusalem, a Friday edge", "DTSTART;TZID=Asia/Jerusalem:"
	    "20260320T021500\nDTEND;TZID=Asia/Jerusalem:20260320T031500\n"
	    "RRULE:FREQ=WEEKLY\nEXDATE;TZID=Asia/Jerusalem:20260327T021500\n", "",
	    G(SPAN("2026-03-20T02:15:00+02:00", "2026-03-20T03:15:00+02:00",
	    "Asia/Jerusalem") ",'recurrence':['RRULE:FREQ=WEEKLY;WKST=MO']"),
	    GONE("20260327T001500Z") "'originalStartTime':{'dateTime':"
	    "'2026-03-27T03:15:00+03:00','timeZone':'Asia/Jerusalem'}}" },
	{ "New York, seen from Berlin", "DTSTART;TZID=America/New_York:"
	    "20260301T180000\nDTEND;TZID=America/New_York:20260301T190000\n"
	    "RRULE:FREQ=WEEKLY;UNTIL=20260401T000000Z\n"
	    "EXDATE;TZID=America/New_York:20260308T180000\n",
	    "RECURRENCE-ID;TZID=America/New_York:20260315T180000\n"
	    "DTSTART;TZID=America/New_York:20260307T180000\n"
	    "DTEND;TZID=America/New_York:20260307T190000\n",
	    G(SPAN("2026-03-02T00:00:00+01:00", "2026-03-02T01:00:00+01:00",
	    "America/New_York") ",'recurrence':["
	    "'RRULE:FREQ=WEEKLY;UNTIL=20260401T000000Z']"),
	    GONE("20260308T220000Z") "'originalStartTime':{'dateTime':"
	    "'2026-03-08T23:00:00+01:00'}},{'id':'x1_20260315T220000Z',"
	    "'status':'confirmed','summary':'S','originalStartTime':{'dateTime':"
	    "'2026-03-15T18:00:00-04:00','timeZone':'America/New_York'},"
	    SPAN("2026-03-08T00:00:00+01:00", "2026-03-08T01:00:00+01:00",
	    "America/New_York") "}" },
	{ "Lord Howe, half an hour", "DTSTART;TZID=Australia/Lord_Howe:"
	    "20260329T014500\nDTEND;TZID=Australia/Lord_Howe:20260329T023000\n"
	    "RRULE:FREQ=WEEKLY\n"
	    "EXDATE;TZID=Australia/Lord_Howe:20260405T014500,20261004T021500\n",
	    "RECURRENCE-ID;TZID=Australia/Lord_Howe:20260412T014500\n"
	    "DTSTART;TZID=Australia/Lord_Howe:20261004T023000\n"
	    "DTEND;TZID=Australia/Lord_Howe:20261004T030000\n",
	    G(SPAN("2026-03-29T01:45:00+11:00", "2026-03-29T02:30:00+11:00",
	    "Australia/Lord_Howe") ",'recurrence':['RRULE:FREQ=WEEKLY',"
	    "'EXDATE;TZID=Australia/Lord_Howe:20261004T021500']"),
	    GONE("20260404T144500Z") "'originalStartTime':{'dateTime':"
	    "'2026-04-04T14:45:00Z'}},{'id':'x1_20260411T151500Z','status':"
	    "'confirmed','summary':'S','originalStartTime':{'dateTime':"
	    "'2026-04-12T01:45:00+10:30'}," SPAN("2026-10-04T02:30:00+11:00",
	    "2026-10-04T03:00:00+11:00", "Australia/Lord_Howe") "}" },
};

static struct event *from_file(const struct pair *p, const char *rest)
{
	char *object = kit_object(pool, pool_printf(pool, "BEGIN:VEVENT\nUID:u1\n"
	    "DTSTAMP:20260101T000000Z\nSUMMARY:S\n%s%sEND:VEVENT\n%s%s%s",
	    rest, p->lines, *p->more ? "BEGIN:VEVENT\nUID:u1\nSUMMARY:S\n"
	    "DTSTAMP:20260101T000000Z\n" : "", *p->more ? pool_printf(pool,
	    "%s%s", rest, p->more) : "", *p->more ? "END:VEVENT\n" : ""));
	struct err err;
	struct event *e = kit_try(pool, object, &err);

	if (!e)
		printf("Bail out! %s\n", err.msg);
	return e;
}

static void one_hash(const struct pair *p)
{
	struct google_map_parts parts = kit_parts(pool, p->master,
	    p->exceptions);
	struct event *file = from_file(p, "STATUS:CONFIRMED\n");
	struct event *google = kit_google(pool, &parts);

	if (!ok(kit_same(pool, file, google), "one hash: %s", p->name))
		printf("# file:\n%s\n# google:\n%s\n",
		    event_canonical(pool, file), event_canonical(pool, google));
}

/* What a file says comes back from Google, and stays when it is written over
 * what Google had; and what Google has is nothing to change. */
static void rounds(const struct pair *p)
{
	struct google_map_parts parts = kit_parts(pool, p->master,
	    p->exceptions), made;
	const char *const more[] = { "", "STATUS:CANCELLED\nTRANSP:OPAQUE\n" };
	char *words;
	const char *why;

	why = kit_patch(pool, &parts, kit_google(pool, &parts), &words);
	is_text(why ? why : words, "", pool_printf(pool,
	    "nothing to change: %s", p->name));
	for (size_t i = 0; i < 2; i++) {
		struct event *e = from_file(p, strstr(p->lines, "TRANSP") ? "" :
		    more[i]);

		is_text(kit_insert(pool, e, &made, &words), NULL,
		    pool_printf(pool, "inserted: %s", p->name));
		is_text(kit_patch(pool, &parts, e, &words), NULL,
		    pool_printf(pool, "written over: %s", p->name));
	}
}

/* The hours that a clock that goes back has twice. */
static void twice(void)
{
	struct google_map_parts parts = kit_parts(pool, G(SPAN(
	    "2026-10-25T02:30:00+01:00", "2026-10-25T02:45:00+01:00",
	    "Europe/Berlin")), "");
	struct event *e = kit_google(pool, &parts);

	is_int(event_start_utc(pool, e, &e->master) / WHEN_SEC, 1792891800,
	    "the second of two hours is that instant");
	parts = kit_parts(pool, G(SPAN("2026-10-25T02:50:00+02:00",
	    "2026-10-25T02:10:00+01:00", "Europe/Berlin")), "");
	e = kit_google(pool, &parts);
	is_int((event_end_utc(pool, e, &e->master) -
	    event_start_utc(pool, e, &e->master)) / WHEN_SEC, 1200,
	    "an end by the wall before its start is after it");
}

int main(void)
{
	pool = pool_new(NULL);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		one_hash(&pairs[i]);
		rounds(&pairs[i]);
	}
	twice();
	pool_free(pool);
	return done();
}
