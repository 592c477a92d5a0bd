/* iCalendar objects written: edits touch only what changed, new ones are whole
 * and correct. */
#include "t/model_kit.h"

static struct pool *pool;
static when_t now;

static const char lines[] =
	"DTSTART;X-P=1;TZID=Europe/Berlin:20260105T093000\n"
	"DTEND;TZID=\"Europe/Berlin\":20260105T103000\n"
	"SEQUENCE:4\n"
	"LAST-MODIFIED:20260102T000000Z\n"
	"X-UNKNOWN;A=\"q:r\";B=^n:v;a,l\\;\n"
	"SUMMARY;LANGUAGE=de:Alt und\n  gefaltet\n"
	"DESCRIPTION:text\n"
	"X-ALT-DESC;FMTTYPE=text/html:<p>text</p>\n"
	"LOCATION:Raum 1\n"
	"no colon\n"
	"ATTENDEE;CN=A;PARTSTAT=ACCEPTED:mailto:a@example.com\n"
	"RRULE:FREQ=DAILY;UNTIL=20260110T093000\n"
	"BEGIN:VALARM\nTRIGGER:-PT5M\nX-MOZ-A:1\nEND:VALARM\n"
	"X-LATE:1\n";

static char *write_over(const struct event *e, const char *base)
{
	struct err err = { 0 };
	struct event *back;
	char *out = NULL;
	size_t len;

	if (!ical_write(pool, e, base, base ? strlen(base) : 0, now, &out, &len,
	    &err))
		return pool_strdup(pool, err.msg);
	back = kit_try(pool, out, &err);
	if (!ok(back && kit_same(pool, e, back), "reads back the same %s",
	    err.msg))
		printf("# %s\n", event_canonical(pool, e));
	return pool_strndup(pool, out, len);
}

/* What is only in a (-) and only in b (+), line by line. */
static char *line_diff(const char *a, const char *b)
{
	struct str out;

	str_init(&out, pool, 100000);
	for (int side = 0; side < 2; side++) {
		const char *from = side ? b : a, *other = side ? a : b;

		for (const char *p = from; *p; ) {
			size_t n = strcspn(p, "\r\n");
			char *line = pool_printf(pool, "%.*s\r\n", (int)n, p);

			if (!strstr(other, line))
				str_addf(&out, "%s%c%.*s", out.len ? "\n" : "",
				    side ? '+' : '-', (int)n, p);
			p += n;
			p += strspn(p, "\r\n");
		}
	}
	return out.data;
}

#define STAMPS_OFF "-DTSTAMP:20260101T000000Z\n"
#define STAMPS_ON "+DTSTAMP:20261120T100000Z\n"

static void edits(void)
{
	char *base = kit_vevent(pool, lines);
	struct event *e = kit_event(pool, lines);

	is_text(write_over(e, base), base, "nothing changed: the same bytes");
	e->master.summary = "Neu; mit, Komma";
	is_text(line_diff(base, write_over(e, base)), STAMPS_OFF
	    "-LAST-MODIFIED:20260102T000000Z\n-SUMMARY;LANGUAGE=de:Alt und\n"
	    "-  gefaltet\n" STAMPS_ON "+LAST-MODIFIED:20261120T100000Z\n"
	    "+SUMMARY;LANGUAGE=de:Neu\\; mit\\, Komma", "title only");
	e = kit_event(pool, lines);
	e->master.start.hour = 8;
	is_text(line_diff(base, write_over(e, base)), STAMPS_OFF
	    "-DTSTART;X-P=1;TZID=Europe/Berlin:20260105T093000\n-SEQUENCE:4\n"
	    "-LAST-MODIFIED:20260102T000000Z\n" STAMPS_ON
	    "+DTSTART;X-P=1;TZID=Europe/Berlin:20260105T083000\n+SEQUENCE:5\n"
	    "+LAST-MODIFIED:20261120T100000Z", "time: SEQUENCE rises");
	e = kit_event(pool, lines);
	e->master.description = "anders";
	is_text(line_diff(base, write_over(e, base)), STAMPS_OFF
	    "-LAST-MODIFIED:20260102T000000Z\n-DESCRIPTION:text\n"
	    "-X-ALT-DESC;FMTTYPE=text/html:<p>text</p>\n" STAMPS_ON
	    "+LAST-MODIFIED:20261120T100000Z\n+DESCRIPTION:anders",
	    "description: its HTML goes");
	e = kit_event(pool, lines);
	e->master.location = NULL;
	e->master.transp = "TRANSPARENT";
	is_text(line_diff(base, write_over(e, base)), STAMPS_OFF "-SEQUENCE:4\n"
	    "-LAST-MODIFIED:20260102T000000Z\n-LOCATION:Raum 1\n" STAMPS_ON
	    "+SEQUENCE:5\n+LAST-MODIFIED:20261120T100000Z\n"
	    "+TRANSP:TRANSPARENT", "one goes, one comes");
}

static void unknown_edits(void)
{
	char *base = kit_vevent(pool, lines), *out;
	struct event *e = kit_event(pool, lines);

	e->master.extra = "DTSTART;X-P=1:\nX-UNKNOWN;A=\"q:r\";B=^n:other\nX-NEW:1\n"
	    "ATTENDEE;CN=A;PARTSTAT=ACCEPTED:mailto:a@example.com\nX-LATE:1\n"
	    "BEGIN:VALARM\nTRIGGER:-PT10M\nEND:VALARM";
	out = write_over(e, base);
	ok(strstr(out, "4\r\nLAST-MODIFIED:20261120T100000Z\r\n"
	    "X-UNKNOWN;A=\"q:r\";B=^n:other\r\n"), "changed in its place");
	ok(strstr(out, "X-NEW:1\r\n") < strstr(out, "BEGIN:VALARM"),
	    "a new one stands before the components");
	ok(strstr(out, "TRIGGER:-PT10M") && !strstr(out, "-PT5M"),
	    "a reminder changed");
	ok(!strstr(out, "LANGUAGE"), "parameters go when nobody has them");
	ok(strstr(out, "no colon\r\n"), "what cannot be read stays");
	ok(!strstr(out, "X-ALT-DESC"), "dropped");
}

static void object_edits(void)
{
	const char *zone = "BEGIN:VTIMEZONE\nTZID:Europe/Berlin\n"
	    "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100\n"
	    "TZOFFSETTO:+0100\nEND:STANDARD\nEND:VTIMEZONE\n";
	char *base = kit_object(pool, pool_printf(pool, "METHOD:PUBLISH\n"
	    "X-WR-CALNAME:n\n%sBEGIN:VEVENT\nUID:u1\n%sEND:VEVENT\n"
	    "BEGIN:VEVENT\nUID:u1\nRECURRENCE-ID;TZID=Europe/Berlin:"
	    "20260106T093000\nDTSTART;TZID=Europe/Berlin:20260106T113000\n"
	    "SUMMARY:o\nX-O:1\nEND:VEVENT\n", zone, lines)), *out;
	struct event *e;
	struct err err;

	e = kit_try(pool, base, &err);
	is_text(write_over(e, base), base, "an object with all that: as it is");
	e->overrides[0].summary = "p";
	out = write_over(e, base);
	is_text(line_diff(base, out), "-METHOD:PUBLISH\n-SUMMARY:o\n"
	    "+SUMMARY:p\n+DTSTAMP:20261120T100000Z\n"
	    "+LAST-MODIFIED:20261120T100000Z", "an override only");
	e->override_count = 0;
	out = write_over(e, base);
	ok(!strstr(out, "RECURRENCE-ID") && strstr(out, "Raum 1"),
	    "an override goes, the master stays");
	e = kit_try(pool, base, &err);
	e->overrides = pool_grow(pool, e->overrides, 1, 2, sizeof(*e->overrides));
	e->overrides[1] = e->overrides[0];
	e->overrides[1].recurrence_id = "20260107T093000";
	e->overrides[1].tzid = "America/New_York";
	e->override_count = 2;
	out = write_over(e, base);
	ok(strstr(out, "RECURRENCE-ID;TZID=Europe/Berlin:20260107T093000\r\n"),
	    "an override comes, in the master's form");
	ok(strstr(out, "TZID:America/New_York\r\n") &&
	    strstr(out, "TZID:America/New_York") < strstr(out, "BEGIN:VEVENT"),
	    "with the zone it needs");
	e->uid = "other";
	ok(!ical_write(pool, e, base, strlen(base), now, &out, &(size_t){ 0 },
	    &err) && strstr(err.msg, "another event"), "not over another's");
}

static void new_objects(void)
{
	struct event *e = kit_event(pool, "DTSTART;TZID=Europe/Berlin:"
	    "20260105T093000\nRRULE:FREQ=DAILY;UNTIL=20260110T093000\n"
	    "EXDATE;TZID=Europe/Berlin:20260106T093000\nSUMMARY:a\\, b\n"
	    "DESCRIPTION:Größe und sehr viel Text, der in eine Zeile nicht "
	    "passt 🎉🎉🎉🎉🎉🎉\nX-HAWSER-KIND:job\n");
	char *out = write_over(e, NULL);
	bool fits = true;

	ok(strstr(out, "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\n"), "zone");
	ok(strstr(out, "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n") &&
	    strstr(out, "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n"),
	    "its rules");
	ok(strstr(out, "UNTIL=20260110T083000Z\r\n"), "UNTIL put right");
	ok(strstr(out, "DTSTAMP:20261120T100000Z\r\n"), "DTSTAMP");
	ok(strstr(out, "X-HAWSER-KIND:job\r\n"), "kind");
	ok(!strstr(out, "METHOD"), "no METHOD");
	for (char *p = out; *p; p += strspn(p, "\r\n")) {
		size_t n = strcspn(p, "\r\n");

		fits = fits && n <= 75 && str_utf8_valid(p, n);
		p += n;
	}
	ok(fits, "folded");
	e = kit_event(pool, "DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;"
	    "UNTIL=20260110T000000Z\n");
	out = write_over(e, NULL);
	ok(strstr(out, "DTSTART;VALUE=DATE:20260105\r\n") &&
	    strstr(out, "UNTIL=20260110\r\n") && !strstr(out, "VTIMEZONE"),
	    "an all-day series");
	e = kit_event(pool, "DTSTART;TZID=Europe/Berlin:20260105T093000\n"
	    "RRULE:FREQ=DAILY;X-UNTIL=20260101T093000;"
	    "until=20260110T093000\n");
	out = write_over(e, NULL);
	ok(strstr(out, "X-UNTIL=20260101T093000;until=20260110T083000Z\r\n"),
	    "of a part whose name only ends in UNTIL nothing changes");
}

static void joins(void)
{
	const struct event *events[3] = {
		kit_event(pool, "DTSTART;TZID=Europe/Berlin:20260105T093000\n"),
		kit_event(pool, "DTSTART;TZID=Europe/Berlin:19990105T093000\n"),
		kit_event(pool, "DTSTART:20260105T093000Z\n"),
	};
	struct ical_item *items;
	struct err err = { 0 };
	size_t len, count;
	char *out;

	for (int i = 0; i < 3; i++)
		((struct event *)(uintptr_t)events[i])->uid =
		    pool_printf(pool, "u%d", i);
	ok(ical_join(pool, events, 3, now, &out, &len, &err) &&
	    ical_split(pool, out, len, &items, &count, &err) && count == 3,
	    "three events in one calendar");
	for (size_t i = 0; i < count; i++)
		ok(items[i].event && kit_same(pool, items[i].event, events[i]),
		    "event %zu is the same", i);
	ok(strstr(strstr(out, "TZID:Europe") + 5, "TZID:Europe/Berlin\r\n") ==
	    NULL, "the zone stands there once");
	ok(ical_join(pool, NULL, 0, now, &out, &len, &err) && len > 50,
	    "none: an empty calendar");
}

int main(void)
{
	pool = pool_new(NULL);
	now = wall_to_utc(&(struct wall){ 2026, 11, 20, 10, 0, 0 });
	edits();
	unknown_edits();
	object_edits();
	new_objects();
	joins();
	pool_free(pool);
	return done();
}
