/* iCalendar objects read: fields, forms of time, refusals with reasons, files
 * split into items. */
#include "t/model_kit.h"

static struct pool *pool;

static void fields(void)
{
	struct event *e = kit_event(pool, "DTSTART;TZID=\"Europe/Berlin\":"
	    "20260105T093000\nDURATION:PT45M\nSUMMARY;LANGUAGE=de:Ein\\, zwei\\;"
	    "\\ndrei\nLOCATION:\nDESCRIPTION;ALTREP=\"cid:x\":d\nstatus:Confirmed"
	    "\nTRANSP:WEIRD\nX-A:1\nSEQUENCE:3\nX-LIC-ERROR:x\nno colon here\n"
	    "BEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM\nRRULE:FREQ=DAILY\n"
	    "EXDATE:20260106T083000Z\nRDATE:20260107T083000Z\n");

	is_text(e->uid, "u1", "uid");
	is_text(e->kind, "event", "kind");
	is_text(e->master.summary, "Ein, zwei;\ndrei", "summary unescaped");
	is_text(e->master.location, NULL, "empty is absent");
	is_text(e->master.status, "CONFIRMED", "status in capitals");
	is_text(e->master.transp, NULL, "a word nobody knows is no field");
	is_text(e->master.duration, "PT45M", "duration kept as duration");
	is_int(e->master.end.year, 0, "so no end");
	is_int(e->master.zone_kind, EVENT_ZONE_NAMED, "zone");
	is_text(e->master.tzid, "Europe/Berlin", "unquoted");
	is_text(e->master.recurrence, "RRULE:FREQ=DAILY\n"
	    "RDATE:20260107T083000Z\nEXDATE:20260106T083000Z", "rules ordered");
	is_text(e->master.extra, "SUMMARY;LANGUAGE=de:\nTRANSP:WEIRD\nX-A:1\n"
	    "BEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM", "the rest is kept");
	is_text(kit_event(pool, "DTSTART:20260101\nX-HAWSER-KIND:Job\n")->kind,
	    "job", "kind of our own");
}

static void times(void)
{
	struct event *e = kit_event(pool, "DTSTART;VALUE=DATE:20260105\n");

	ok(e->master.all_day && e->master.start.day == 5, "a date");
	e = kit_event(pool, "DTSTART:20260105\nDTEND:20260107T120000\n");
	ok(e->master.all_day && e->master.end.hour == 0, "without VALUE too");
	e = kit_event(pool, "DTSTART;TZID=Europe/Paris;VALUE=DATE:20260105\n");
	ok(e->master.all_day && !e->master.tzid &&
	    e->master.zone_kind == EVENT_ZONE_FLOATING, "a date has no zone");
	e = kit_event(pool, "DTSTART:20260105T100000Z\nDTEND:20260105T110000Z\n");
	ok(e->master.zone_kind == EVENT_ZONE_UTC && !e->master.end_tzid, "UTC");
	e = kit_event(pool, "DTSTART:20260105T100000\n");
	ok(e->master.zone_kind == EVENT_ZONE_FLOATING, "floating");
	e = kit_event(pool, "DTSTART;TZID=Europe/Berlin:20260105T100000\n"
	    "DTEND:20260105T110000Z\nDURATION:PT5H\n");
	is_text(e->master.end_tzid, "UTC", "an end in UTC");
	is_text(e->master.duration, NULL, "of end and duration the end counts");
}

static void refused(const char *object, const char *word)
{
	struct err err;
	struct event *e = kit_try(pool, object, &err);

	ok(!e && err.kind == ERR_INPUT && err.scope == ERR_ITEM &&
	    strstr(err.msg, word), "refused: %s", err.msg);
}

static void refusals(void)
{
	struct str s;

	refused("", "no event");
	refused("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "no event");
	refused("<html>hello</html>", "no event");
	refused(kit_object(pool, "BEGIN:VTODO\nUID:1\nEND:VTODO\n"), "VTODO");
	refused(kit_object(pool, "BEGIN:VEVENT\nDTSTART:20260101\nEND:VEVENT\n"),
	    "UID");
	refused(kit_object(pool, pool_printf(pool, "%s%s",
	    pool_printf(pool, "BEGIN:VEVENT\nUID:%s\nDTSTART:20260101\n"
	    "END:VEVENT\n", "a"), "BEGIN:VEVENT\nUID:b\nDTSTART:20260101\n"
	    "END:VEVENT\n")), "two UIDs");
	refused(kit_vevent(pool, ""), "DTSTART");
	refused(kit_vevent(pool, "DTSTART:INVALID-DATE\n"), "INVALID-DATE");
	refused(kit_vevent(pool, "DTSTART:20260230\n"), "20260230");
	refused(kit_vevent(pool, "DTSTART:18991231\n"), "1900");
	refused(kit_vevent(pool, "DTSTART:20260101\nDTEND:22010101\n"), "2200");
	refused(kit_vevent(pool, "DTSTART:20260101\nRRULE:FREQ=SECONDLY\n"),
	    "second");
	refused(kit_vevent(pool, "DTSTART:20260101\nRRULE:FREQ=YEARLY;BYMONTH=2;"
	    "BYMONTHDAY=30\n"), "no such day");
	refused(kit_vevent(pool, "DTSTART:20260101\nSUMMARY:\xFF\n"), "UTF-8");
	refused(kit_vevent(pool, "DTSTART:20260101\nRECURRENCE-ID:x\n"),
	    "RECURRENCE-ID");
	str_init(&s, pool, 2000000);
	str_add(&s, "DTSTART:20260101\nDESCRIPTION:");
	while (s.len < 1100000)
		str_add(&s, "abcdefghij");
	str_add(&s, "\n");
	refused(kit_vevent(pool, s.data), "larger than 1024 KB");
	str_clear(&s);
	str_add(&s, "DTSTART:20260101\n");
	for (int i = 0; i < 5001; i++)
		str_add(&s, "X-A:1\n");
	refused(kit_vevent(pool, s.data), "5000 properties");
	str_clear(&s);
	str_add(&s, "DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY\n");
	for (int i = 0; i < 501; i++)
		str_addf(&s, "END:VEVENT\nBEGIN:VEVENT\nUID:u1\nRECURRENCE-ID:"
		    "20%02d%02d%02dT000000Z\nDTSTART:20260101\n", 26 + i / 336,
		    1 + i / 28 % 12, 1 + i % 28);
	refused(kit_vevent(pool, s.data), "500 changed");
}

/* Overrides without a master: one form of keys, before and after a write. */
static void alone(const char *lines, const char *first, const char *name)
{
	struct event *e = kit_event(pool, lines), *back = NULL;
	struct err err = { 0 };
	size_t len;
	char *out;

	is_text(e->overrides[0].recurrence_id, first, name);
	ok(ical_write(pool, e, NULL, 0, 0, &out, &len, &err) &&
	    ical_read(pool, out, len, &back, &err) && kit_same(pool, e, back),
	    "%s: the same after a write", name);
}

static void override_forms(void)
{
	struct event *e = kit_event(pool, "DTSTART;TZID=Europe/Berlin:"
	    "20260105T093000\nRRULE:FREQ=DAILY\nEND:VEVENT\nBEGIN:VEVENT\n"
	    "UID:u1\nRECURRENCE-ID:20260107T083000Z\nSEQUENCE:1\n"
	    "DTSTART:20260107T100000Z\nSUMMARY:old\nEND:VEVENT\nBEGIN:VEVENT\n"
	    "UID:u1\nRECURRENCE-ID;TZID=Europe/Berlin:20260107T093000\n"
	    "SEQUENCE:2\nDTSTART:20260107T110000Z\nSUMMARY:new\nEND:VEVENT\n"
	    "BEGIN:VEVENT\nUID:u1\nRECURRENCE-ID;VALUE=DATE:20260106\n"
	    "RRULE:FREQ=DAILY\nDTSTART:20260106\n");

	is_int(e->override_count, 2, "two spellings of one date are one");
	is_text(e->overrides[0].recurrence_id, "20260106T093000", "by date");
	is_text(e->overrides[0].recurrence, NULL, "an override has no rule");
	is_text(e->overrides[1].summary, "new", "the higher SEQUENCE counts");
	e = kit_event(pool, "RECURRENCE-ID:20260107T083000Z\nDTSTART;TZID="
	    "Europe/Berlin:20260107T110000\n");
	ok(!e->has_master && e->override_count == 1 &&
	    e->master.start.year == 2026, "an override alone is legal");
	is_text(e->overrides[0].recurrence_id, "20260107T083000Z",
	    "its key as it is written");
	alone("RECURRENCE-ID;VALUE=DATE:20260107\nDTSTART:20260107T110000Z\n"
	    "END:VEVENT\nBEGIN:VEVENT\nUID:u1\nRECURRENCE-ID;VALUE=DATE:"
	    "20260106\nDTSTART;VALUE=DATE:20260106\n", "20260106",
	    "dates that became times");
	alone("RECURRENCE-ID;TZID=Europe/Berlin:20260107T093000\nDTSTART;TZID="
	    "Europe/London:20260107T110000\nEND:VEVENT\nBEGIN:VEVENT\nUID:u1\n"
	    "RECURRENCE-ID;TZID=Europe/Berlin:20260106T093000\nDTSTART;TZID="
	    "America/New_York:20260106T110000\n", "20260106T093000",
	    "each in another zone");
}

static void files(void)
{
	static const char file[] = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:b\n"
	    "DTSTART:20260101\nSUMMARY:1\nEND:VEVENT\nBEGIN:VEVENT\n"
	    "DTSTART:20260102\nEND:VEVENT\nBEGIN:VEVENT\nUID:a\nDTSTART:x\n"
	    "END:VEVENT\nBEGIN:VEVENT\nUID:b\nRECURRENCE-ID:20260103\n"
	    "DTSTART:20260104\nEND:VEVENT\nBEGIN:VTODO\nUID:t\nEND:VTODO\n"
	    "END:VCALENDAR\nBEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:c\n"
	    "DTSTART:20260101\nEND:VEVENT\nEND:VCALENDAR\n";
	struct ical_item *items, *again;
	struct err err = { 0 };
	size_t count;

	ok(ical_split(pool, file, strlen(file), &items, &count, &err) &&
	    count == 5, "five items");
	ok(items[0].event && items[0].event->override_count == 1,
	    "overrides go with their master");
	ok(items[1].event && strlen(items[1].uid) > 30, "a UID is made");
	ok(!items[2].event && items[2].reason, "refused: %s", items[2].reason);
	is_text(items[3].uid, "c", "a second calendar in the file");
	ok(!items[4].event && strstr(items[4].reason, "VTODO"), "refused: %s",
	    items[4].reason);
	ok(ical_split(pool, file, strlen(file), &again, &count, &err) &&
	    str_eq(items[1].uid, again[1].uid), "the same UID every time");
	ok(!ical_split(pool, "hello", 5, &items, &count, &err) &&
	    strstr(err.msg, "not an iCalendar file"), "no calendar: %s",
	    err.msg);
}

static const char *title(const char *text)
{
	return ical_title(pool, text, strlen(text));
}

static void titles(void)
{
	struct str far;

	is_text(title("BEGIN:VEVENT\r\nDTSTART:x\r\nSUMMARY;LANGUAGE=en:Lunch\\, la\r\n"
	    " te\r\nEND:VEVENT\r\n"), "Lunch, late", "of what cannot be read");
	is_text(title("summary:\nSUMMARY:  \nSUMMARY:B"), "B", "the first that says something");
	is_text(title("X-SUMMARY:A\nDESCRIPTION:SUMMARY:A\n SUMMARY:A\n"), NULL, "none");
	is_text(title("SUMMARY:\xff\nSUMMARY"), NULL, "none that is a text");
	str_init(&far, pool, 100000);
	str_add(&far, "SUMMARY:");
	for (int i = 0; i < 10000; i++)
		str_add(&far, "\xc3\xa9\n ");
	ok(strlen(title(far.data)) == 200, "cut");
}

int main(void)
{
	pool = pool_new(NULL);
	fields();
	times();
	refusals();
	override_forms();
	files();
	titles();
	pool_free(pool);
	return done();
}
