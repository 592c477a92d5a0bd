/* Three-way merge, as tables: one side, both alike, clash; overrides each by
 * itself; time as one field. */
#include "t/model_kit.h"

static struct pool *pool;

#define TIME "DTSTART:20260105T090000Z\nDTEND:20260105T100000Z\n"

static char *joined(struct event_fields f)
{
	struct str s;

	str_init(&s, pool, 1000);
	for (size_t i = 0; i < f.count; i++)
		str_addf(&s, "%s%s", i ? "|" : "", f.names[i]);
	return s.data;
}

static void one_case(const char *name, const char *base, const char *local,
    const char *remote, const char *want_remote_wins,
    const char *want_local_wins, const char *clashes, const char *from_local,
    const char *from_remote)
{
	struct event *b = base ? kit_event(pool, base) : NULL;
	struct event *l = kit_event(pool, local), *r = kit_event(pool, remote);
	struct event_merge m = event_merge(pool, b, l, r, EVENT_REMOTE);

	ok(kit_same(pool, m.merged, kit_event(pool, want_remote_wins)),
	    "%s: remote wins", name);
	is_text(joined(m.clashes), clashes, "clashes");
	is_text(joined(m.from_local), from_local, "from local");
	is_text(joined(m.from_remote), from_remote, "from remote");
	m = event_merge(pool, b, l, r, EVENT_LOCAL);
	ok(kit_same(pool, m.merged, kit_event(pool, want_local_wins)),
	    "%s: local wins", name);
}

static void fields(void)
{
	const char *b = TIME "SUMMARY:a\nLOCATION:x\n";
	const char *l = TIME "SUMMARY:a2\nLOCATION:x\n";
	const char *r = TIME "SUMMARY:a\nLOCATION:x2\n";
	const char *both = TIME "SUMMARY:a2\nLOCATION:x2\n";

	one_case("nothing", b, b, b, b, b, "", "", "");
	one_case("local only", b, l, b, l, l, "", "title", "");
	one_case("remote only", b, b, r, r, r, "", "", "place");
	one_case("different fields", b, l, r, both, both, "", "title", "place");
	one_case("both alike", b, l, l, l, l, "", "", "");
	one_case("a clash beside", b, l, TIME "SUMMARY:a3\nLOCATION:x2\n",
	    TIME "SUMMARY:a3\nLOCATION:x2\n", both, "title", "", "place");
	one_case("removed here, changed there", b, TIME "LOCATION:x\n",
	    TIME "SUMMARY:a3\nLOCATION:x\n", TIME "SUMMARY:a3\nLOCATION:x\n",
	    TIME "LOCATION:x\n", "title", "", "");
	one_case("no base", NULL, l, r, r, l, "title|place", "", "");
}

static void time_is_one(void)
{
	const char *b = TIME, *r = "DTSTART:20260105T090000Z\n"
	    "DTEND:20260105T110000Z\n";
	const char *l = "DTSTART:20260105T080000Z\nDTEND:20260105T100000Z\n";

	one_case("start here, end there", b, l, r, r, l, "time", "", "");
	one_case("rule here, time there", TIME "RRULE:FREQ=DAILY\n",
	    TIME "RRULE:FREQ=WEEKLY\n", "DTSTART:20260105T090000Z\n"
	    "DTEND:20260105T110000Z\nRRULE:FREQ=DAILY\n",
	    "DTSTART:20260105T090000Z\nDTEND:20260105T110000Z\n"
	    "RRULE:FREQ=WEEKLY\n", "DTSTART:20260105T090000Z\n"
	    "DTEND:20260105T110000Z\nRRULE:FREQ=WEEKLY\n", "", "repetition",
	    "time");
}

static void unknown(void)
{
	const char *b = TIME "X-A:1\nX-B:1\n";

	one_case("unknown by name", b, TIME "X-A:2\nX-B:1\n",
	    TIME "X-A:1\nX-C:3\n", TIME "X-A:2\nX-C:3\n", TIME "X-A:2\nX-C:3\n",
	    "", "X-A", "X-C|X-B");
	one_case("unknown clash", b, TIME "X-A:2\nX-B:1\n",
	    TIME "X-A:3\nX-B:1\n", TIME "X-A:3\nX-B:1\n", TIME "X-A:2\nX-B:1\n",
	    "X-A", "", "");
	one_case("reminders are one", TIME, TIME "BEGIN:VALARM\nTRIGGER:-PT5M\n"
	    "END:VALARM\n", TIME "ATTENDEE:mailto:a@b\n", TIME
	    "BEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM\nATTENDEE:mailto:a@b\n",
	    TIME "BEGIN:VALARM\nTRIGGER:-PT5M\nEND:VALARM\n"
	    "ATTENDEE:mailto:a@b\n", "", "reminders", "guests");
}

#define SERIES TIME "RRULE:FREQ=DAILY;COUNT=9\n"
#define ON(day, rest) "END:VEVENT\nBEGIN:VEVENT\nUID:u1\nRECURRENCE-ID:202601" \
    day "T090000Z\nDTSTART:202601" day "T090000Z\nDTEND:202601" day \
    "T100000Z\n" rest

static void overrides(void)
{
	one_case("one each", SERIES, SERIES ON("06", "SUMMARY:l\n"),
	    SERIES ON("07", "SUMMARY:r\n"),
	    SERIES ON("06", "SUMMARY:l\n") ON("07", "SUMMARY:r\n"),
	    SERIES ON("06", "SUMMARY:l\n") ON("07", "SUMMARY:r\n"), "",
	    "occurrence 2026-01-06", "occurrence 2026-01-07");
	one_case("the same one, new on both", SERIES,
	    SERIES ON("06", "SUMMARY:l\n"), SERIES ON("06", "SUMMARY:r\n"),
	    SERIES ON("06", "SUMMARY:r\n"), SERIES ON("06", "SUMMARY:l\n"),
	    "occurrence 2026-01-06", "", "");
	one_case("the same one, other fields", SERIES ON("06", "SUMMARY:a\n"),
	    SERIES ON("06", "SUMMARY:l\n"),
	    SERIES ON("06", "SUMMARY:a\nLOCATION:r\n"),
	    SERIES ON("06", "SUMMARY:l\nLOCATION:r\n"),
	    SERIES ON("06", "SUMMARY:l\nLOCATION:r\n"), "",
	    "occurrence 2026-01-06: title", "occurrence 2026-01-06: place");
	one_case("removed here", SERIES ON("06", "SUMMARY:a\n"), SERIES,
	    SERIES ON("06", "SUMMARY:a\n"), SERIES, SERIES, "",
	    "occurrence 2026-01-06", "");
	one_case("removed here, changed there", SERIES ON("06", "SUMMARY:a\n"),
	    SERIES, SERIES ON("06", "SUMMARY:r\n"),
	    SERIES ON("06", "SUMMARY:r\n"), SERIES, "occurrence 2026-01-06", "",
	    "");
	one_case("the series' title here, a date there", SERIES "SUMMARY:a\n",
	    SERIES "SUMMARY:b\n", SERIES "SUMMARY:a\n" ON("08", "SUMMARY:r\n"),
	    SERIES "SUMMARY:b\n" ON("08", "SUMMARY:r\n"),
	    SERIES "SUMMARY:b\n" ON("08", "SUMMARY:r\n"), "", "title",
	    "occurrence 2026-01-08");
}

static void differences(void)
{
	is_text(joined(event_diff(pool, kit_event(pool, SERIES "SUMMARY:a\n"
	    ON("06", "SUMMARY:x\n")), kit_event(pool, TIME "SUMMARY:b\n"
	    "ATTENDEE:mailto:a@b\n"))),
	    "title|guests|repetition|occurrence 2026-01-06", "in words");
	is_text(joined(event_diff(pool, kit_event(pool, SERIES),
	    kit_event(pool, SERIES))), "", "none");
}

int main(void)
{
	pool = pool_new(NULL);
	fields();
	time_is_one();
	unknown();
	overrides();
	differences();
	pool_free(pool);
	return done();
}
