/* Events written to Google: the smallest patches, and what is read after them
 * is the event. */
#include "t/google_kit.h"

static struct pool *pool;

#define SINGLE "{'id':'x1','etag':'e1','iCalUID':'u1','status':'confirmed'," \
    "'summary':'S','location':'L','attendees':[{'email':'a@b.example'}]," \
    "'reminders':{'useDefault':true},'colorId':'3'," \
    "'start':{'dateTime':'2026-01-05T09:30:00+01:00','timeZone':" \
    "'Europe/Berlin'},'end':{'dateTime':'2026-01-05T10:30:00+01:00'," \
    "'timeZone':'Europe/Berlin'},'extendedProperties':{'private':" \
    "{'hawserStatus':'NONE','theirs':'1'},'shared':{'hawserX0':'no'}}}"
#define SERIES "{'id':'x1','etag':'e1','iCalUID':'u1','status':'confirmed'," \
    "'summary':'S','recurrence':['RRULE:FREQ=WEEKLY;COUNT=9'," \
    "'EXDATE;TZID=Europe/Berlin:20260119T093000']," \
    "'start':{'dateTime':'2026-01-05T09:30:00+01:00','timeZone':" \
    "'Europe/Berlin'},'end':{'dateTime':'2026-01-05T10:30:00+01:00'," \
    "'timeZone':'Europe/Berlin'}}"
#define GONE12 "{'id':'x1_20260112T083000Z','status':'cancelled'," \
    "'recurringEventId':'x1','originalStartTime':{'dateTime':" \
    "'2026-01-12T09:30:00+01:00','timeZone':'Europe/Berlin'}}"
#define OWN26(more) "{'id':'x1_20260126T083000Z','etag':'e26','status':" \
    "'confirmed','recurringEventId':'x1','summary':'T'," more \
    "'start':{'dateTime':'2026-01-26T11:00:00+01:00','timeZone':" \
    "'Europe/Berlin'},'end':{'dateTime':'2026-01-26T12:00:00+01:00'," \
    "'timeZone':'Europe/Berlin'},'originalStartTime':{'dateTime':" \
    "'2026-01-26T09:30:00+01:00'}}"

static const char file_single[] = "DTSTART;TZID=Europe/Berlin:20260105T093000\n"
    "DTEND;TZID=Europe/Berlin:20260105T103000\nSUMMARY:S\nLOCATION:L\n";
static const char file_series[] = "DTSTART;TZID=Europe/Berlin:20260105T093000\n"
    "DTEND;TZID=Europe/Berlin:20260105T103000\nSUMMARY:S\nSTATUS:CONFIRMED\n"
    "RRULE:FREQ=WEEKLY;COUNT=9\n";

static struct event *with(const char *lines, const char *more)
{
	return kit_event(pool, pool_printf(pool, "%s%s", lines, more));
}

static struct event *two(const char *lines, const char *more,
    const char *second)
{
	struct err err;
	struct event *e = kit_try(pool, kit_object(pool, pool_printf(pool,
	    "BEGIN:VEVENT\nUID:u1\n%s%sEND:VEVENT\nBEGIN:VEVENT\nUID:u1\n%s"
	    "END:VEVENT\n", lines, more, second)), &err);

	if (!e)
		printf("Bail out! %s\n", err.msg);
	return e;
}

static char *swap(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	return pool_printf(pool, "%.*s%s%s", (int)(at - text), text, to,
	    at + strlen(from));
}

/* What is sent to make e of the parts. */
static void sends(const char *master, const char *exceptions,
    const struct event *e, const char *want, const char *name)
{
	struct google_map_parts parts = kit_parts(pool, master, exceptions);
	char *words;
	const char *why = kit_patch(pool, &parts, e, &words);

	is_text(why ? why : words, want, name);
}

static void single(void)
{
	sends(SINGLE, "", with(file_single, ""), "", "nothing differs");
	sends(SINGLE, "", with(swap(file_single, "SUMMARY:S", "SUMMARY:\xc3\xa4"),
	    ""), "master {'summary':'\xc3\xa4'}\n", "a title");
	sends(SINGLE, "", with(swap(file_single, "LOCATION:L\n", ""), ""),
	    "master {'location':null}\n", "a place goes");
	sends(SINGLE, "", with(file_single, "DESCRIPTION:D\nSTATUS:TENTATIVE\n"
	    "TRANSP:TRANSPARENT\nCLASS:PRIVATE\n"), "master {'description':'D',"
	    "'extendedProperties':{'private':{'hawserStatus':null}},'status':"
	    "'tentative','transparency':'transparent','visibility':'private'}\n",
	    "texts and words");
	sends(SINGLE, "", with(file_single, "STATUS:CONFIRMED\nTRANSP:OPAQUE\n"),
	    "master {'extendedProperties':{'private':{'hawserStatus':null,"
	    "'hawserTransp':'OPAQUE'}},'status':'confirmed'}\n",
	    "words that are the same at Google");
	sends(SINGLE, "", with(swap(file_single, "DTEND;TZID=Europe/Berlin:"
	    "20260105T103000", "DTEND;TZID=Europe/Berlin:20260105T110000"), ""),
	    "master {'end':{'dateTime':'2026-01-05T11:00:00+01:00','timeZone':"
	    "'Europe/Berlin'},'start':{'dateTime':'2026-01-05T09:30:00+01:00',"
	    "'timeZone':'Europe/Berlin'}}\n", "an end, with its start");
	sends(SINGLE, "", with("DTSTART;VALUE=DATE:20260105\nSUMMARY:S\n"
	    "LOCATION:L\n", ""), "master {'end':{'date':'2026-01-06','dateTime':"
	    "null,'timeZone':null},'start':{'date':'2026-01-05','dateTime':null,"
	    "'timeZone':null}}\n", "times become a day");
	sends("{'id':'d','iCalUID':'u1','summary':'S','start':{'date':"
	    "'2026-01-05'},'end':{'date':'2026-01-06'}}", "", with("DTSTART:"
	    "20260105T093000Z\nDURATION:PT1H\nSUMMARY:S\nSTATUS:CONFIRMED\n",
	    ""), "master {'end':{'date':null,'dateTime':'2026-01-05T10:30:00Z',"
	    "'timeZone':'UTC'},'start':{'date':null,'dateTime':"
	    "'2026-01-05T09:30:00Z','timeZone':'UTC'}}\n", "a day, times");
	sends(SINGLE, "", with(file_single, "CATEGORIES:A,B\nX-KEEP;P=1:v\n"
	    "DTSTAMP:20260101T000000Z\nCREATED:20260101T000000Z\n"),
	    "master {'extendedProperties':{'private':{'hawserX0':"
	    "'CATEGORIES:A,B\\nX-KEEP;P=1:v'}}}\n", "further properties");
	sends(SINGLE, "", with(file_single, "RRULE:FREQ=DAILY;UNTIL=20260110T"
	    "093000\nRDATE;TZID=Europe/Berlin:20260201T093000\n"),
	    "master {'recurrence':['RRULE:FREQ=DAILY;UNTIL=20260110T083000Z',"
	    "'RDATE;TZID=Europe/Berlin:20260201T093000']}\n", "a repetition");
	sends("{'id':'u','iCalUID':'u1','summary':'S','endTimeUnspecified':true,"
	    "'start':{'dateTime':'2026-01-05T09:30:00Z','timeZone':'UTC'},"
	    "'end':{'dateTime':'2026-01-05T10:30:00Z','timeZone':'UTC'}}", "",
	    with("DTSTART:20260105T093000Z\nDURATION:PT1H\nSUMMARY:S\n"
	    "STATUS:CONFIRMED\n", ""), "master {'end':{'dateTime':"
	    "'2026-01-05T10:30:00Z','timeZone':'UTC'},'endTimeUnspecified':"
	    "false,'start':{'dateTime':'2026-01-05T09:30:00Z','timeZone':"
	    "'UTC'}}\n", "an end where there was none");
}

static void names(void)
{
	struct event *e = with(file_single, "X-HAWSER-KIND:job\n");

	e->uid = "other@example.com";
	sends(SINGLE, "", e, "master {'extendedProperties':{'private':{"
	    "'hawserFor':'x1','hawserKind':'job','hawserUid':"
	    "'other@example.com'}}}\n", "another UID, a kind");
}

static void dates(void)
{
	const char *gone = "EXDATE;TZID=Europe/Berlin:20260119T093000\n";
	const char *both = "EXDATE;TZID=Europe/Berlin:20260119T093000,"
	    "20260112T093000\n";
	const char *own = "RECURRENCE-ID;TZID=Europe/Berlin:20260126T093000\n"
	    "DTSTART;TZID=Europe/Berlin:20260126T110000\nDTEND;TZID="
	    "Europe/Berlin:20260126T120000\nSUMMARY:T\nSTATUS:CONFIRMED\n";

	sends(SERIES, GONE12, with(file_series, both), "", "nothing differs");
	sends(SERIES, OWN26(""), two(file_series, gone, own), "",
	    "nor in an own date");
	sends(SERIES, "", with(file_series, both), "master {'recurrence':["
	    "'RRULE:FREQ=WEEKLY;COUNT=9','EXDATE;TZID=Europe/Berlin:"
	    "20260119T093000,20260112T093000']}\n", "a date off: a line");
	sends(SERIES, "", with(file_series, ""), "master {'recurrence':["
	    "'RRULE:FREQ=WEEKLY;COUNT=9']}\n", "back on: the line goes");
	sends(SERIES, GONE12, with(file_series, gone), "restore "
	    "x1_20260112T083000Z {'description':null,'end':{'date':null,"
	    "'dateTime':'2026-01-12T10:30:00+01:00','timeZone':'Europe/Berlin'},"
	    "'extendedProperties':{'private':{'hawserFloating':null,'hawserOwn':"
	    "null,'hawserStatus':null,'hawserTime':null,'hawserTransp':null,"
	    "'hawserX0':null,'hawserZ0':null}},'location':null,'start':{'date':"
	    "null,'dateTime':'2026-01-12T09:30:00+01:00','timeZone':"
	    "'Europe/Berlin'},'status':'confirmed','summary':'S','transparency':"
	    "'opaque','visibility':'default'}\n", "back on: restored whole");
	sends(SERIES, OWN26(""), with(file_series, "EXDATE;TZID=Europe/Berlin:"
	    "20260119T093000,20260126T093000\n"), "cancel x1_20260126T083000Z "
	    "{'status':'cancelled'}\n", "an own date off: cancelled");
	sends(SERIES, "", two(file_series, gone, own), "patch "
	    "x1_20260126T083000Z {'end':{'dateTime':'2026-01-26T12:00:00+01:00',"
	    "'timeZone':'Europe/Berlin'},'start':{'dateTime':"
	    "'2026-01-26T11:00:00+01:00','timeZone':'Europe/Berlin'},'summary':"
	    "'T'}\n", "a date of its own");
	sends(SERIES, OWN26("'location':'X','attendees':[],"), two(file_series,
	    gone, own), "patch x1_20260126T083000Z {'location':null}\n",
	    "one that changes");
	sends(SERIES, OWN26(""), with(file_series, gone), "patch "
	    "x1_20260126T083000Z {'end':{'dateTime':'2026-01-26T10:30:00+01:00',"
	    "'timeZone':'Europe/Berlin'},'start':{'dateTime':"
	    "'2026-01-26T09:30:00+01:00','timeZone':'Europe/Berlin'},'summary':"
	    "'S'}\n", "no longer its own: as the series makes it");
	sends(SERIES, "", two(file_series, gone, swap(swap(swap(own,
	    "DTSTART;TZID=Europe/Berlin:20260126T110000",
	    "DTSTART;TZID=Europe/Berlin:20260126T093000"), "T120000",
	    "T103000"), "SUMMARY:T", "SUMMARY:S")), "patch x1_20260126T083000Z "
	    "{'extendedProperties':{'private':{'hawserOwn':'1'}}}\n",
	    "its own, and yet as the series makes it");
}

static void moves(void)
{
	const char *later = swap(swap(file_series, "20260105T093000",
	    "20260105T113000"), "T103000", "T123000");
	char *words;
	struct google_map_parts parts = kit_parts(pool, SERIES, GONE12 ","
	    OWN26(""));
	struct google_map_changes changes;
	struct err err = { 0 };
	const char *why;

	why = kit_patch(pool, &parts, with(later, "EXDATE;TZID=Europe/Berlin:"
	    "20260112T113000,20260119T113000\n"), &words);
	is_text(why ? why : words, "master {'end':{'dateTime':"
	    "'2026-01-05T12:30:00+01:00','timeZone':'Europe/Berlin'},"
	    "'extendedProperties':{'private':{'hawserOld0':"
	    "'20260112T083000Z,20260126T083000Z'}},'recurrence':['RRULE:FREQ="
	    "WEEKLY;COUNT=9','EXDATE;TZID=Europe/Berlin:20260112T113000,"
	    "20260119T113000'],'start':{'dateTime':'2026-01-05T11:30:00+01:00',"
	    "'timeZone':'Europe/Berlin'}}\ncancel x1_20260126T083000Z {'status':"
	    "'cancelled'}\n", "a series moves: what is left over is given up");
	ok(google_map_patch(pool, &kit_berlin, &parts, with(later, ""),
	    &changes, &err) && changes.moves, "and it is said %s", err.msg);
	sends(SERIES, GONE12 "," OWN26(""), with(swap(file_series, "COUNT=9",
	    "UNTIL=20260120"), ""), "master {'extendedProperties':{'private':{"
	    "'hawserOld0':'20260126T083000Z'}},'recurrence':['RRULE:FREQ=WEEKLY;"
	    "UNTIL=20260120T225959Z']}\nrestore x1_20260112T083000Z "
	    "{'description':null,'end':{'date':null,'dateTime':"
	    "'2026-01-12T10:30:00+01:00','timeZone':'Europe/Berlin'},"
	    "'extendedProperties':{'private':{'hawserFloating':null,'hawserOwn':"
	    "null,'hawserStatus':null,'hawserTime':null,'hawserTransp':null,"
	    "'hawserX0':null,'hawserZ0':null}},'location':null,'start':{'date':"
	    "null,'dateTime':'2026-01-12T09:30:00+01:00','timeZone':"
	    "'Europe/Berlin'},'status':'confirmed','summary':'S','transparency':"
	    "'opaque','visibility':'default'}\ncancel x1_20260126T083000Z "
	    "{'status':'cancelled'}\n", "a series ends before a date");
}

/* Written, read, written over the other. */
static void law(const char *lines, const char *name)
{
	struct google_map_parts made;
	struct event *e = strstr(lines, "RECURRENCE-ID") ?
	    NULL : kit_event(pool, lines), *other;
	char *words;
	struct google_map_parts single = kit_parts(pool, SINGLE, "");
	struct google_map_parts series = kit_parts(pool, SERIES, GONE12 ","
	    OWN26("'visibility':'public',"));

	is_text(kit_insert(pool, e, &made, &words), NULL,
	    pool_printf(pool, "inserted: %s", name));
	is_text(kit_patch(pool, &single, e, &words), NULL,
	    pool_printf(pool, "over a single one: %s", name));
	is_text(kit_patch(pool, &series, e, &words), NULL,
	    pool_printf(pool, "over a series: %s", name));
	other = with(file_series, "X-A:1\n");
	other->uid = e->uid;
	is_text(kit_patch(pool, &made, other, &words), NULL,
	    pool_printf(pool, "another over: %s", name));
}

static void laws(void)
{
	char *big = pool_alloc(pool, 9000);

	law("DTSTART:20260329T023000\nDTEND:20260329T043000\n",
	    "floating, in an hour that Berlin has not");
	law("DTSTART:20260105T093000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;UNTIL="
	    "20260301T093000\nEXDATE:20260112T093000\nRDATE:20260113T093000,"
	    "20260114\n", "a floating series");
	law("DTSTART;TZID=Europe/Berlin:20260329T023000\nDTEND;TZID="
	    "Europe/Berlin:20260329T033000\n", "an hour that is left out");
	law("DTSTART;TZID=UTC:20260105T093000\nDTEND;TZID=UTC:20260105T100000\n",
	    "UTC as a name");
	law("DTSTART;TZID=Europe/Berlin:20260328T220000\nDURATION:PT9H\n",
	    "a duration over the edge");
	law("DTSTART:20260105T093000Z\nDTEND;TZID=Europe/Berlin:20260105T113000"
	    "\nSTATUS:CANCELLED\n", "UTC to Berlin, cancelled");
	law("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=YEARLY;UNTIL=20300105\n"
	    "EXDATE;VALUE=DATE:20270105\nCLASS:CONFIDENTIAL\nCLASS:X\n"
	    "CATEGORIES:\xf0\x9f\x8e\x89\n", "all-day");
	law("DTSTART:20260105T093000Z\nRRULE:FREQ=DAILY;BYHOUR=9,10;UNTIL="
	    "20260201T093000Z\nEXRULE:FREQ=WEEKLY\nEXDATE:20260106T093000Z\n",
	    "a UTC series");
	memset(big, 'a', 8999);
	for (int i = 0; i < 8990; i += 7)
		memcpy(big + i, "\xe2\x82\xac ", 4);
	law(pool_printf(pool, "DTSTART:20260105T093000Z\nX-BIG:%s\nBEGIN:VALARM\n"
	    "ACTION:DISPLAY\nTRIGGER:-PT5M\nEND:VALARM\n", big),
	    "further properties in pieces");
}

static void pieces(void)
{
	struct google_map_parts made;
	char *words, *big = pool_alloc(pool, 3001);
	const char *key;
	json_t *value, *privates;
	struct event *e;
	size_t most = 0;

	for (int i = 0; i < 3000; i += 3)
		memcpy(big + i, "\xe2\x82\xac", 3);
	e = with(file_single, pool_printf(pool, "X-BIG:%s\n", big));
	is_text(kit_insert(pool, e, &made, &words), NULL, "three pieces");
	privates = json_object_get(json_object_get(made.master,
	    "extendedProperties"), "private");
	json_object_foreach(privates, key, value) {
		size_t len = json_string_length(value);

		most = len > most ? len : most;
		ok(strlen(key) <= 44 && str_utf8_valid(
		    json_string_value(value), len), "%s is text", key);
	}
	ok(most <= 1000 && most > 900, "of at most 1000 bytes: %zu", most);
	is_text(kit_patch(pool, &made, with(file_single, "X-BIG:small\n"),
	    &words), NULL, "and of less pieces");
	ok(strstr(words, "'hawserX0':'X-BIG:small','hawserX1':null,"
	    "'hawserX2':null,'hawserX3':null") != NULL, "the others go: %s",
	    words);
}

static const char vtimezone[] = "BEGIN:VTIMEZONE\nTZID:Own\nBEGIN:STANDARD\n"
    "DTSTART:19700101T000000\nTZOFFSETFROM:+0530\nTZOFFSETTO:+0530\n"
    "END:STANDARD\nEND:VTIMEZONE\n";

static struct event *in_own_zone(const char *more)
{
	struct err err;
	struct event *e = kit_try(pool, kit_object(pool, pool_printf(pool,
	    "%sBEGIN:VEVENT\nUID:u1\nDTSTART;TZID=Own:20260105T093000\n"
	    "DTEND;TZID=Own:20260105T103000\n%sEND:VEVENT\n", vtimezone,
	    more)), &err);

	if (!e)
		printf("Bail out! %s\n", err.msg);
	return e;
}

static void refused(void)
{
	struct google_map_parts made;
	char *words, *big = pool_alloc(pool, 40001);
	struct event *e;

	is_text(kit_insert(pool, in_own_zone(""), &made, &words), NULL,
	    "a zone of its own, once");
	is_text(json_string_value(json_object_get(json_object_get(made.master,
	    "start"), "dateTime")), "2026-01-05T04:00:00Z", "as an instant");
	is_text(kit_insert(pool, in_own_zone("RRULE:FREQ=DAILY\n"), &made,
	    &words), "The time zone \"Own\" of this series is one of its own, "
	    "which Google does not know; choose one such as Europe/Berlin.",
	    "a series in it");
	e = with(file_single, "");
	e->master.end.day = 4;
	is_text(kit_insert(pool, e, &made, &words), "The end lies before the "
	    "start; move it after the start.", "an end before the start");
	is_text(kit_insert(pool, with(file_single, "RDATE;VALUE=PERIOD:"
	    "20260201T093000Z/PT3H\n"), &made, &words), "An extra date of the "
	    "series (RDATE) has an end of its own, which Google cannot hold; "
	    "make it a changed date.", "a period");
	e = with("RECURRENCE-ID:20260105T093000Z\nDTSTART:20260105T093000Z\n",
	    "");
	is_text(kit_insert(pool, e, &made, &words), "Of this series only single "
	    "dates are known; Google needs the series itself.", "no master");
	memset(big, 'a', 40000);
	is_text(kit_insert(pool, with(file_single, pool_printf(pool,
	    "X-SMALL:1\nATTACH;ENCODING=BASE64:%s\n", big)), &made, &words),
	    "Google keeps 32 kB of further properties with an event, and this "
	    "one has 40494 bytes of them, 40023 in ATTACH. Take that out, or "
	    "keep the event off Google.", "too many further properties");
	is_text(kit_insert(pool, with("DTSTART:20260105T093000\n", "RRULE:FREQ="
	    "DAILY;UNTIL=20260201T093000Z\n"), &made, &words), "Google cannot "
	    "hold this event as it is: its repetition would come back changed.",
	    "floating until an instant");
}

static void inserted(void)
{
	struct google_map_parts made;
	char *words;

	is_text(kit_insert(pool, two(file_series, "X-HAWSER-KIND:task\nEXDATE:"
	    "20260112T083000Z\n", "RECURRENCE-ID:20260126T083000Z\nSUMMARY:T\n"
	    "DTSTART;TZID=Europe/Berlin:20260126T093000\nDTEND;TZID="
	    "Europe/Berlin:20260126T103000\nSTATUS:CONFIRMED\n"), &made,
	    &words), NULL, "a series");
	is_text(words, "master {'end':{'dateTime':'2026-01-05T10:30:00+01:00',"
	    "'timeZone':'Europe/Berlin'},'extendedProperties':{'private':{"
	    "'hawserFor':'041061050o3gg28a1c60q3gfvs','hawserKind':'task',"
	    "'hawserOp':'0102030405060708090a0b0c0d0e0fff','hawserUid':'u1'}},"
	    "'id':'041061050o3gg28a1c60q3gfvs','recurrence':['RRULE:FREQ=WEEKLY;"
	    "COUNT=9','EXDATE;TZID=Europe/Berlin:20260112T093000'],'start':{"
	    "'dateTime':'2026-01-05T09:30:00+01:00','timeZone':'Europe/Berlin'},"
	    "'status':'confirmed','summary':'S'}\n"
	    "patch 041061050o3gg28a1c60q3gfvs_20260126T083000Z {'summary':'T'}\n",
	    "the master, then its own date");
}

/* Events of other programs: each is refused with a sentence, or holds the law. */
static void corpus(void)
{
	DIR *dir = opendir(kit_dir());
	size_t kept = 0, refusals = 0;

	for (struct dirent *d; dir && (d = readdir(dir)); ) {
		struct google_map_parts made, series = kit_parts(pool, SERIES,
		    GONE12 "," OWN26(""));
		struct ical_item *items;
		struct err err;
		size_t len, count;
		char *text, *words;

		if (!str_ends(d->d_name, ".ics"))
			continue;
		text = kit_slurp(pool, d->d_name, &len);
		if (!ical_split(pool, text, len, &items, &count, &err))
			continue;
		for (size_t i = 0; i < count; i++) {
			const char *why;

			if (!items[i].event)
				continue;
			why = kit_insert(pool, items[i].event, &made, &words);
			if (!why) {
				why = kit_patch(pool, &series, items[i].event,
				    &words);
				kept++;
				if (why || !words)
					ok(false, "%s, over another: %s",
					    d->d_name, why);
			} else if (words) {
				ok(false, "%s: %s", d->d_name, why);
			} else {
				note("%s: %s", d->d_name, why);
				refusals++;
			}
		}
	}
	if (dir)
		closedir(dir);
	ok(kept > 30 && refusals < 12, "%zu events of other programs are held, "
	    "%zu refused", kept, refusals);
}

int main(void)
{
	pool = pool_new(NULL);
	corpus();
	single();
	names();
	dates();
	moves();
	laws();
	pieces();
	refused();
	inserted();
	pool_free(pool);
	return done();
}
