/* Events: what the hash sees and what it does not, keys, instants, text form,
 * bounds. */
#include "t/model_kit.h"

static struct pool *pool;

static const char base[] = "DTSTART;TZID=Europe/Berlin:20260105T093000\n"
    "DTEND;TZID=Europe/Berlin:20260105T103000\n"
    "RRULE:FREQ=WEEKLY;COUNT=5\nEXDATE;TZID=Europe/Berlin:20260112T093000,"
    "20260119T093000\nSUMMARY:Termin\nLOCATION:Raum 1\n"
    "CATEGORIES:A,B\nX-ONE;B=2;A=1:v;a,l\n"
    "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nEND:VALARM\n";

static void same(const char *lines, const char *name)
{
	ok(kit_same(pool, kit_event(pool, base), kit_event(pool, lines)),
	    "no change: %s", name);
}

static char *swap(const char *from, const char *to)
{
	const char *at = strstr(base, from);

	return pool_printf(pool, "%.*s%s%s", (int)(at - base), base, to,
	    at + strlen(from));
}

static void differs(const char *from, const char *to, const char *name)
{
	ok(!kit_same(pool, kit_event(pool, base),
	    kit_event(pool, swap(from, to))), "a change: %s", name);
}

static void hash_stable(void)
{
	same("BEGIN:VALARM\nTRIGGER:-PT15M\nACTION:DISPLAY\nEND:VALARM\n"
	    "X-ONE;A=1;B=2:v;a,l\nCATEGORIES:A,B\nLOCATION:Raum 1\n"
	    "SUMMARY:Termin\nEXDATE;TZID=Europe/Berlin:20260119T093000\n"
	    "EXDATE;TZID=Europe/Berlin:20260112T093000\n"
	    "RRULE:COUNT=5;FREQ=WEEKLY\n"
	    "DTEND;TZID=Europe/Berlin:20260105T103000\n"
	    "DTSTART;TZID=Europe/Berlin:20260105T093000\n", "other order");
	same(swap("SUMMARY:Termin", "SUMM\n ARY:Ter\n min"), "other folds");
	same(swap("v;a,l", "v\\;a\\,l"), "escapes in an X- value");
	same(swap("SUMMARY:Termin\n", "summary:Termin\nSEQUENCE:7\n"
	    "LAST-MODIFIED:20260101T000000Z\nX-MOZ-LASTACK:20260101T000000Z\n"
	    "DESCRIPTION:\nX-ALT-DESC:<b>x</b>\n"), "what servers write");
	same(swap("DTSTART;TZID=Europe/Berlin", "DTSTART;VALUE=DATE-TIME;"
	    "X-VOBJ-ORIGINAL-TZID=Europe/Berlin;TZID=\"Europe/Berlin\""),
	    "defaults and quotes");
	same(swap("DTEND;TZID=Europe/Berlin:20260105T103000", "DURATION:PT1H"),
	    "DURATION instead of DTEND");
	same(swap("EXDATE;TZID=Europe/Berlin:20260112T093000,20260119T093000",
	    "EXDATE:20260119T083000Z,20260112T083000Z"), "EXDATE in UTC");
	same(swap("TRIGGER:-PT15M\n", "TRIGGER;VALUE=DURATION:-PT15M\n"
	    "ACKNOWLEDGED:20260101T000000Z\n"), "an acknowledged reminder");
	same(swap("-PT15M", "-PT900S"), "another spelling of the same span");
	same(swap("X-ONE;", "X-ONE;CN=;X-C=\"\";"), "empty parameters");
	same(swap("FREQ=WEEKLY;COUNT=5", "FREQ=WEEKLY;WKST=MO;INTERVAL=1;"
	    "COUNT=5"), "a rule's defaults");
	same(swap("DTSTART;TZID=Europe/Berlin", "DTSTART;TZID="
	    "W. Europe Standard Time"), "a Windows zone name");
}

static void hash_changes(void)
{
	differs("Termin", "Termin 2", "title");
	differs("SUMMARY:Termin\n", "", "no title");
	differs("20260105T093000", "20260105T091500", "start");
	differs("T103000", "T110000", "end");
	differs("DTSTART;TZID=Europe/Berlin", "DTSTART;TZID=Europe/London",
	    "zone");
	differs("COUNT=5", "COUNT=6", "rule");
	differs(",20260119T093000", "", "one exception less");
	differs("CATEGORIES:A,B", "CATEGORIES:A\\,B", "one category, not two");
	differs("v;a,l", "v;a,m", "an X- value");
	differs("A=1", "A=2", "a parameter");
	differs("-PT15M", "-PT10M", "a reminder");
	differs("-PT15M", "PT15M", "a reminder afterwards");
	differs("END:VALARM\n", "END:VALARM\nSTATUS:CANCELLED\n", "status");
	differs("SUMMARY:Termin\n", "SUMMARY:Termin\nX-HAWSER-KIND:job\n",
	    "kind");
}

static void zones_do_not_count(void)
{
	struct err err;
	const char *vevent = "BEGIN:VEVENT\nUID:u\nDTSTART;TZID=Own:"
	    "20260105T093000\nEND:VEVENT\n";
	struct event *a = kit_try(pool, kit_object(pool, pool_printf(pool,
	    "BEGIN:VTIMEZONE\nTZID:Own\nBEGIN:STANDARD\nDTSTART:19700101T000000"
	    "\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD\n"
	    "END:VTIMEZONE\n%s", vevent)), &err);
	struct event *b = kit_try(pool, kit_object(pool, vevent), &err);

	ok(a && strstr(a->zones, "TZID:Own") && b && !*b->zones,
	    "a custom zone travels with its event");
	ok(kit_same(pool, a, b), "VTIMEZONE is not hashed");
}

static void keys_and_instants(void)
{
	struct wall w = { 2026, 3, 29, 2, 30, 0 };
	struct event *e = kit_event(pool, "DTSTART;TZID=Europe/Berlin:"
	    "20260328T023000\nDURATION:P1DT1H\n");

	is_text(event_instance_key(pool, &e->master, &w), "20260329T023000",
	    "key in the zone");
	is_text(when_format(pool, event_start_utc(pool, e, &e->master)),
	    "2026-03-28T01:30:00Z", "start");
	is_text(when_format(pool, event_end_utc(pool, e, &e->master)),
	    "2026-03-29T02:30:00Z", "a nominal day, then an exact hour");
	e = kit_event(pool, "DTSTART:20260328T023000Z\n");
	is_text(event_instance_key(pool, &e->master, &w), "20260329T023000Z",
	    "key in UTC");
	e = kit_event(pool, "DTSTART;VALUE=DATE:20260328\n");
	is_text(event_instance_key(pool, &e->master, &w), "20260329", "a date");
	is_text(when_format(pool, event_end_utc(pool, e, &e->master)),
	    "2026-03-29T00:00:00Z", "a day without an end is one day");
	e = kit_event(pool, "DTSTART;TZID=Europe/Berlin:20260105T093000\n"
	    "DTEND;TZID=America/New_York:20260105T063000\n");
	is_text(when_format(pool, event_end_utc(pool, e, &e->master)),
	    "2026-01-05T11:30:00Z", "an end in another zone");
}

static void text_form(void)
{
	static char three[] = "hawser-event 1\nuid u\nmaster\n"
	    "start 20260105T093000\nzone utc\n"
	    "override\nstart 20260106T093000\nrecurrence_id 20260106T093000Z\n"
	    "override\nstart 20260107T103000\nrecurrence_id 20260107T093000Z\n";
	struct event *e = kit_event(pool, base), *back, *copy;
	struct err err = { 0 };
	char *text;

	e->master.description = "one\ntwo\\three\r";
	e->kind = "job";
	text = event_format(pool, e);
	ok(event_parse(pool, text, strlen(text), &back, &err), "parsed");
	is_text(event_format(pool, back), text, "the same text again");
	is_text(back->master.description, e->master.description, "line breaks");
	copy = event_copy(pool, e);
	is_text(event_format(pool, copy), text, "a copy too");
	ok(copy->master.summary != e->master.summary, "of its own");
	for (size_t n = 0; n < strlen(text); n++)	/* no cut does harm */
		(void)!event_parse(pool, text, n, &back, &err);
	ok(!event_parse(pool, "hawser-event 2\n", 15, &back, &err) &&
	    err.kind == ERR_INTERNAL, "another version");
	ok(!event_parse(pool, text, 40, &back, &err), "cut off");
	ok(!event_parse(pool, "hawser-event 1\nmaster\nfoo bar\n", 30, &back,
	    &err), "an unknown field");
	ok(event_parse(pool, three, strlen(three), &back, &err),
	    "overrides in order");
	memcpy(strstr(three, "0107T09"), "0105T09", 7);
	ok(!event_parse(pool, three, strlen(three), &back, &err),
	    "overrides in disorder");
	memcpy(strstr(three, "0105T09"), "0106T09", 7);
	ok(!event_parse(pool, three, strlen(three), &back, &err),
	    "two for one occurrence");
}

static void refused(struct event *e, const char *word)
{
	struct err err = { 0 };

	ok(!event_check(pool, e, &err) && err.kind == ERR_INPUT &&
	    strstr(err.msg, word), "refused: %s", err.msg);
}

static void bounds(void)
{
	struct err err = { 0 };
	struct event *e;
	char *big = pool_alloc(pool, 2000001);

	memset(big, 'x', 2000000);
	ok(event_check(pool, kit_event(pool, base), &err), "fine %s", err.msg);
	e = kit_event(pool, base);
	e->master.description = big;
	refused(e, "description");
	e = kit_event(pool, base);
	e->master.summary = big;
	refused(e, "title");
	e = kit_event(pool, base);
	e->master.summary = "\xFF";
	refused(e, "UTF-8");
	e = kit_event(pool, base);
	e->master.end.year = 2025;
	refused(e, "end");
	e = kit_event(pool, base);
	e->master.start.year = 1800;
	refused(e, "1900");
	e = kit_event(pool, base);
	e->master.start.month = 2;
	e->master.start.day = 30;
	refused(e, "start");
	e = kit_event(pool, base);
	e->master.tzid = "Mars/Olympus";
	refused(e, "Mars/Olympus");
	e = kit_event(pool, base);
	e->master.recurrence = "RRULE:FREQ=SECONDLY";
	refused(e, "second");
	e = kit_event(pool, base);
	e->master.recurrence = "SUMMARY:x";
	refused(e, "no rule");
	e = kit_event(pool, base);
	e->master.status = "MAYBE";
	refused(e, "status");
	e = kit_event(pool, base);
	e->master.extra = "X-A:1\nBEGIN:VALARM\nACTION:DISPLAY";
	refused(e, "has no END");
	e = kit_event(pool, base);
	e->kind = "party";
	refused(e, "kind");
	e = kit_event(pool, base);
	e->uid = big;
	refused(e, "UID");
	e = kit_event(pool, base);
	e->override_count = 501;
	refused(e, "500");
}

int main(void)
{
	pool = pool_new(NULL);
	hash_stable();
	hash_changes();
	zones_do_not_count();
	keys_and_instants();
	text_form();
	bounds();
	pool_free(pool);
	return done();
}
