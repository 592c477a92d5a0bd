/* Repetitions: what a rule may be, when its dates fall, and that no rule holds
 * anybody up. */
#include "model/recur.h"
#include <sys/resource.h>
#include <sys/wait.h>
#include "t/model_kit.h"

static struct pool *pool;
static struct recur_window all;

static when_t at(int year, int month, int day, int hour)
{
	struct wall w = { year, month, day, hour, 0, 0 };

	return wall_to_utc(&w);
}

/* Keys of the instances, blank-separated; only the first most. */
static char *expand(const struct event *e, const struct recur_window *w,
    size_t most, size_t *count_out)
{
	struct recur_instance *list;
	struct err err = { 0 };
	struct str s;

	*count_out = 0;
	if (!recur_expand(pool, e, w, &list, count_out, &err))
		return pool_strdup(pool, err.msg);
	str_init(&s, pool, 100000);
	for (size_t i = 0; i < *count_out && i < most; i++)
		str_addf(&s, "%s%.13s%s", i ? " " : "", list[i].recurrence_id,
		    list[i].override_index >= 0 ? "!" : "");
	return s.data;
}

static void is_dates(const char *lines, const char *want, const char *name)
{
	size_t count;

	is_text(expand(kit_event(pool, lines), &all, 20, &count), want, name);
}

/* The examples of RFC 5545 3.8.5.3 and a few more, worked out by another
 * implementation. count 0: 40 or more. */
static void rfc_examples(void)
{
	static const struct { const char *start, *rule; size_t count;
	    const char *first; } table[] = {
		{ "19970902T090000", "FREQ=DAILY;COUNT=10", 10,
		  "19970902T0900 19970903T0900 19970904T0900 19970905T0900 19970906T0900 19970907T0900" },
		{ "19970902T090000", "FREQ=DAILY;UNTIL=19971224T000000", 0,
		  "19970902T0900 19970903T0900 19970904T0900 19970905T0900 19970906T0900 19970907T0900" },
		{ "19970902T090000", "FREQ=DAILY;INTERVAL=2", 0,
		  "19970902T0900 19970904T0900 19970906T0900 19970908T0900 19970910T0900 19970912T0900" },
		{ "19970902T090000", "FREQ=DAILY;INTERVAL=10;COUNT=5", 5,
		  "19970902T0900 19970912T0900 19970922T0900 19971002T0900 19971012T0900" },
		{ "19980101T090000", "FREQ=YEARLY;UNTIL=20000131T140000;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA", 0,
		  "19980101T0900 19980102T0900 19980103T0900 19980104T0900 19980105T0900 19980106T0900" },
		{ "19980101T090000", "FREQ=DAILY;UNTIL=20000131T140000;BYMONTH=1", 0,
		  "19980101T0900 19980102T0900 19980103T0900 19980104T0900 19980105T0900 19980106T0900" },
		{ "19970902T090000", "FREQ=WEEKLY;COUNT=10", 10,
		  "19970902T0900 19970909T0900 19970916T0900 19970923T0900 19970930T0900 19971007T0900" },
		{ "19970902T090000", "FREQ=WEEKLY;UNTIL=19971224T000000", 17,
		  "19970902T0900 19970909T0900 19970916T0900 19970923T0900 19970930T0900 19971007T0900" },
		{ "19970902T090000", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", 0,
		  "19970902T0900 19970916T0900 19970930T0900 19971014T0900 19971028T0900 19971111T0900" },
		{ "19970902T090000", "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", 10,
		  "19970902T0900 19970904T0900 19970909T0900 19970911T0900 19970916T0900 19970918T0900" },
		{ "19970901T090000", "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000;WKST=SU;BYDAY=MO,WE,FR", 25,
		  "19970901T0900 19970903T0900 19970905T0900 19970915T0900 19970917T0900 19970919T0900" },
		{ "19970902T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", 8,
		  "19970902T0900 19970904T0900 19970916T0900 19970918T0900 19970930T0900 19971002T0900" },
		{ "19970905T090000", "FREQ=MONTHLY;COUNT=10;BYDAY=1FR", 10,
		  "19970905T0900 19971003T0900 19971107T0900 19971205T0900 19980102T0900 19980206T0900" },
		{ "19970905T090000", "FREQ=MONTHLY;UNTIL=19971224T000000;BYDAY=1FR", 4,
		  "19970905T0900 19971003T0900 19971107T0900 19971205T0900" },
		{ "19970907T090000", "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU", 10,
		  "19970907T0900 19970928T0900 19971102T0900 19971130T0900 19980104T0900 19980125T0900" },
		{ "19970922T090000", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", 6,
		  "19970922T0900 19971020T0900 19971117T0900 19971222T0900 19980119T0900 19980216T0900" },
		{ "19970928T090000", "FREQ=MONTHLY;BYMONTHDAY=-3", 0,
		  "19970928T0900 19971029T0900 19971128T0900 19971229T0900 19980129T0900 19980226T0900" },
		{ "19970902T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", 10,
		  "19970902T0900 19970915T0900 19971002T0900 19971015T0900 19971102T0900 19971115T0900" },
		{ "19970930T090000", "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1", 10,
		  "19970930T0900 19971001T0900 19971031T0900 19971101T0900 19971130T0900 19971201T0900" },
		{ "19970910T090000", "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15", 10,
		  "19970910T0900 19970911T0900 19970912T0900 19970913T0900 19970914T0900 19970915T0900" },
		{ "19970902T090000", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", 0,
		  "19970902T0900 19970909T0900 19970916T0900 19970923T0900 19970930T0900 19971104T0900" },
		{ "19970610T090000", "FREQ=YEARLY;COUNT=10;BYMONTH=6,7", 10,
		  "19970610T0900 19970710T0900 19980610T0900 19980710T0900 19990610T0900 19990710T0900" },
		{ "19970310T090000", "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3", 10,
		  "19970310T0900 19990110T0900 19990210T0900 19990310T0900 20010110T0900 20010210T0900" },
		{ "19970101T090000", "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", 10,
		  "19970101T0900 19970410T0900 19970719T0900 20000101T0900 20000409T0900 20000718T0900" },
		{ "19970519T090000", "FREQ=YEARLY;BYDAY=20MO", 0,
		  "19970519T0900 19980518T0900 19990517T0900 20000515T0900 20010514T0900 20020520T0900" },
		{ "19970512T090000", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", 0,
		  "19970512T0900 19980511T0900 19990517T0900 20000515T0900 20010514T0900 20020513T0900" },
		{ "19970313T090000", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", 0,
		  "19970313T0900 19970320T0900 19970327T0900 19980305T0900 19980312T0900 19980319T0900" },
		{ "19970605T090000", "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8", 0,
		  "19970605T0900 19970612T0900 19970619T0900 19970626T0900 19970703T0900 19970710T0900" },
		{ "19980213T090000", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", 0,
		  "19980213T0900 19980313T0900 19981113T0900 19990813T0900 20001013T0900 20010413T0900" },
		{ "19970913T090000", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", 0,
		  "19970913T0900 19971011T0900 19971108T0900 19971213T0900 19980110T0900 19980207T0900" },
		{ "19961105T090000", "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", 0,
		  "19961105T0900 20001107T0900 20041102T0900 20081104T0900 20121106T0900 20161108T0900" },
		{ "19970904T090000", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", 3,
		  "19970904T0900 19971007T0900 19971106T0900" },
		{ "19970929T090000", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", 0,
		  "19970929T0900 19971030T0900 19971127T0900 19971230T0900 19980129T0900 19980226T0900" },
		{ "19970902T090000", "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000", 3,
		  "19970902T0900 19970902T1200 19970902T1500" },
		{ "19970902T090000", "FREQ=MINUTELY;INTERVAL=15;COUNT=6", 6,
		  "19970902T0900 19970902T0915 19970902T0930 19970902T0945 19970902T1000 19970902T1015" },
		{ "19970902T090000", "FREQ=MINUTELY;INTERVAL=90;COUNT=4", 4,
		  "19970902T0900 19970902T1030 19970902T1200 19970902T1330" },
		{ "19970902T090000", "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40", 0,
		  "19970902T0900 19970902T0920 19970902T0940 19970902T1000 19970902T1020 19970902T1040" },
		{ "19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", 4,
		  "19970805T0900 19970810T0900 19970819T0900 19970824T0900" },
		{ "19970805T090000", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", 4,
		  "19970805T0900 19970817T0900 19970819T0900 19970831T0900" },
		{ "20070115T090000", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", 5,
		  "20070115T0900 20070130T0900 20070215T0900 20070315T0900 20070330T0900" },
		{ "20240229T090000", "FREQ=YEARLY;COUNT=4", 4,
		  "20240229T0900 20280229T0900 20320229T0900 20360229T0900" },
		{ "20240131T090000", "FREQ=MONTHLY;COUNT=6", 6,
		  "20240131T0900 20240331T0900 20240531T0900 20240731T0900 20240831T0900 20241031T0900" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		size_t count, most = table[i].count > 6 || !table[i].count ? 6 :
		    table[i].count;
		char *got = expand(kit_event(pool, pool_printf(pool,
		    "DTSTART;TZID=America/New_York:%s\nRRULE:%s\n",
		    table[i].start, table[i].rule)), &all, most, &count);

		is_text(got, table[i].first, table[i].rule);
		if (table[i].count)
			is_int(count, table[i].count, "as many as there are");
		else
			ok(count >= 40, "goes on (%zu)", count);
	}
}

static void exceptions(void)
{
	is_dates("DTSTART;TZID=America/New_York:19970902T090000\n"
	    "EXDATE;TZID=America/New_York:19970902T090000\n"
	    "RRULE:FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=4\n",
	    "19980213T0900 19980313T0900 19981113T0900",
	    "the start counts, then EXDATE takes it away");
	is_dates("DTSTART;TZID=America/Chicago:20070508T051500\n"
	    "RRULE:FREQ=WEEKLY;COUNT=4\n"
	    "EXDATE:20070515T101500Z,20070522T101500Z\n",
	    "20070508T0515 20070529T0515", "EXDATE in UTC");
	is_dates("DTSTART:20260101T100000Z\nRRULE:FREQ=DAILY;COUNT=4\n"
	    "EXDATE;TZID=Europe/Berlin:20260102T110000\n",
	    "20260101T1000 20260103T1000 20260104T1000",
	    "EXDATE in another zone");
	is_dates("DTSTART;TZID=Europe/Berlin:20260101T100000\n"
	    "RRULE:FREQ=DAILY;COUNT=3\nEXDATE;VALUE=DATE:20260102\n",
	    "20260101T1000 20260103T1000", "EXDATE with a date: that day");
	is_dates("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;COUNT=3\n"
	    "EXDATE:20260102T000000\n", "20260101 20260103",
	    "EXDATE with a time for an all-day series");
	is_dates("DTSTART:20260101T100000\nRRULE:FREQ=DAILY;COUNT=5\n"
	    "EXRULE:FREQ=DAILY;INTERVAL=2\n", "20260102T1000 20260104T1000",
	    "EXRULE");
	is_dates("DTSTART:20260101T100000\nRDATE:20260105T120000,20260103T100000\n"
	    "RDATE;VALUE=PERIOD:20260107T100000/PT3H\n"
	    "RDATE:20260103T100000\n",
	    "20260101T1000 20260103T1000 20260105T1200 20260107T1000",
	    "RDATE, sorted, each once");
}

static void untils(void)
{
	is_dates("DTSTART;TZID=Europe/Berlin:20260101T100000\n"
	    "RRULE:FREQ=DAILY;UNTIL=20260103T100000\n",
	    "20260101T1000 20260102T1000 20260103T1000", "UNTIL in local time");
	is_dates("DTSTART;TZID=Europe/Berlin:20260101T100000\n"
	    "RRULE:FREQ=DAILY;UNTIL=20260103T090000Z\n",
	    "20260101T1000 20260102T1000 20260103T1000", "UNTIL in UTC");
	is_dates("DTSTART;TZID=Europe/Berlin:20260101T100000\n"
	    "RRULE:FREQ=DAILY;UNTIL=20260103T085959Z\n",
	    "20260101T1000 20260102T1000", "a second too early");
	is_dates("DTSTART;TZID=Europe/Berlin:20260101T100000\n"
	    "RRULE:FREQ=DAILY;UNTIL=20260103\n",
	    "20260101T1000 20260102T1000 20260103T1000",
	    "UNTIL with a date: that day too");
	is_dates("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=DAILY;"
	    "UNTIL=20260103T000000Z\n", "20260101 20260102 20260103",
	    "UNTIL with a time for an all-day series");
}

static void summer_time(void)
{
	struct event *e = kit_event(pool,
	    "DTSTART;TZID=Europe/Berlin:20260327T090000\n"
	    "DTEND;TZID=Europe/Berlin:20260327T100000\n"
	    "RRULE:FREQ=DAILY;COUNT=4\n");
	struct recur_instance *list;
	struct err err;
	size_t count;

	ok(recur_expand(pool, e, &all, &list, &count, &err) && count == 4, "4");
	is_text(when_format(pool, list[1].starts), "2026-03-28T08:00:00Z",
	    "before the change");
	is_text(when_format(pool, list[2].starts), "2026-03-29T07:00:00Z",
	    "after it: the same wall time");
	is_text(when_format(pool, list[2].ends), "2026-03-29T08:00:00Z", "end");
	e = kit_event(pool, "DTSTART;TZID=Europe/Berlin:20260328T023000\n"
	    "DURATION:P1D\nRRULE:FREQ=DAILY;COUNT=3\n");
	ok(recur_expand(pool, e, &all, &list, &count, &err) && count == 3,
	    "02:30 in the gap is not left out");
	is_text(when_format(pool, list[1].starts), "2026-03-29T01:30:00Z",
	    "it takes the offset before the gap");
	ok(list[0].ends == list[1].starts, "a day is a nominal day");
	e = kit_event(pool, "DTSTART;TZID=Europe/Berlin:20261024T233000\n"
	    "DURATION:PT6H\nRRULE:FREQ=DAILY;COUNT=1\n");
	ok(recur_expand(pool, e, &all, &list, &count, &err) && count == 1, "1");
	is_text(when_format(pool, list[0].ends), "2026-10-25T03:30:00Z",
	    "hours are exact");
	is_int(list[0].end.hour, 4, "and the wall shows it");
	e = kit_event(pool, "DTSTART;VALUE=DATE:20260328\n"
	    "RRULE:FREQ=DAILY;COUNT=3\n");
	ok(recur_expand(pool, e, &all, &list, &count, &err) && count == 3 &&
	    list[1].starts == at(2026, 3, 29, 0) &&
	    list[1].ends == at(2026, 3, 30, 0), "an all-day event stays a day");
}

static const char series[] = "DTSTART;TZID=Europe/Berlin:20260101T100000\n"
    "DTEND;TZID=Europe/Berlin:20260101T110000\nRRULE:FREQ=DAILY;COUNT=6\n"
    "END:VEVENT\n";

static struct event *with_overrides(void)
{
	return kit_event(pool, pool_printf(pool, "%s%s%s%s%s%s%s", series,
	    "BEGIN:VEVENT\nUID:u1\nRECURRENCE-ID:20260102T090000Z\n"
	    "DTSTART:20260120T100000Z\nDTEND:20260120T110000Z\nEND:VEVENT\n",
	    "BEGIN:VEVENT\nUID:u1\nRECURRENCE-ID;TZID=Europe/Berlin:"
	    "20260103T100000\nDTSTART;TZID=Europe/Berlin:20260103T100000\n"
	    "STATUS:CANCELLED\nEND:VEVENT\n",
	    "BEGIN:VEVENT\nUID:u1\nRECURRENCE-ID;VALUE=DATE:20260104\n"
	    "DTSTART;VALUE=DATE:20260104\nEND:VEVENT\n",
	    "BEGIN:VEVENT\nUID:u1\nRECURRENCE-ID;TZID=America/New_York:"
	    "20260105T040000\nDTSTART;TZID=Europe/Berlin:20251220T100000\n"
	    "END:VEVENT\n",
	    "BEGIN:VEVENT\nUID:u1\nRECURRENCE-ID;TZID=Europe/Berlin:"
	    "20260909T100000\nDTSTART;TZID=Europe/Berlin:20260909T100000\n",
	    ""));
}

static void overrides(void)
{
	struct event *e = with_overrides();
	struct recur_window w = { at(2026, 1, 1, 0), at(2026, 1, 10, 0) };
	struct recur_window later = { at(2026, 1, 15, 0), at(2026, 2, 1, 0) };
	size_t count;

	is_int(e->override_count, 5, "five overrides, whatever their spelling");
	is_text(expand(e, &all, 20, &count),
	    "20260105T1000! 20260101T1000 20260104T1000! 20260106T1000 "
	    "20260102T1000! 20260909T1000!", "moved, cancelled, strays");
	is_text(expand(e, &w, 20, &count),
	    "20260101T1000 20260104T1000! 20260106T1000",
	    "moved out of the window");
	is_text(expand(e, &later, 20, &count), "20260102T1000!",
	    "moved into the window");
}

static void windows(void)
{
	struct event *e = kit_event(pool, "DTSTART:20200101T220000Z\n"
	    "DTEND:20200102T040000Z\nRRULE:FREQ=DAILY\n");
	struct recur_window w = { at(2026, 5, 1, 0), at(2026, 5, 2, 0) };
	struct recur_window exact = { at(2026, 5, 1, 4), at(2026, 5, 1, 22) };
	size_t count;

	is_text(expand(e, &w, 20, &count), "20260430T2200 20260501T2200",
	    "overlap at both edges");
	is_text(expand(e, &exact, 20, &count), "", "touching is no overlap");
	(void)expand(e, &all, 1, &count);
	is_int(count, RECUR_MAX_INSTANCES, "at most so many");
	e = kit_event(pool, "DTSTART:20260501T040000Z\n");
	is_text(expand(e, &exact, 20, &count), "20260501T0400",
	    "a moment at the window's start is in");
}

static void refused(const char *rule)
{
	struct err err = { 0 };

	ok(!recur_check_rule(rule, &err) && err.kind == ERR_INPUT &&
	    strlen(err.msg) > 20, "refused: %.60s (%s)", rule, err.msg);
}

static void rules_refused(void)
{
	static const char *const bad[] = { "", "FREQ=", "FREQ=SECONDLY",
	    "FREQ=INVALID_TYPE_CAUSES_ERROR", "COUNT=3", "FREQ=DAILY;COUNT=0",
	    "FREQ=DAILY;COUNT=-1", "FREQ=DAILY;INTERVAL=0",
	    "FREQ=DAILY;INTERVAL=99999999999", "FREQ=DAILY;BYMONTH=13",
	    "FREQ=DAILY;BYMONTH=", "FREQ=DAILY;BYMONTH=1,,2",
	    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
	    "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30,31",
	    "FREQ=YEARLY;BYMONTH=4,6,9,11;BYMONTHDAY=31",
	    "FREQ=DAILY;BYDAY=XX", "FREQ=WEEKLY;BYDAY=2MO",
	    "FREQ=MONTHLY;BYDAY=0MO", "FREQ=MONTHLY;BYSETPOS=1",
	    "FREQ=MONTHLY;BYWEEKNO=3", "FREQ=DAILY;UNTIL=tomorrow",
	    "FREQ=DAILY;UNTIL=20260230", "FREQ=DAILY;FOO=1", "FREQ=DAILY;BYHOUR",
	    "FREQ=DAILY;FREQ=WEEKLY", "FREQ=DAILY;BYHOUR=24",
	    "RRULE:FREQ=DAILY",
	    "FREQ=DAILY;WKST=X", "%n;BYMONTH=", "FREQ=DAILY;RSCALE=HEBREW" };
	static const char *const good[] = { "FREQ=DAILY", "freq=weekly;byday=mo",
	    "FREQ=DAILY;", "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
	    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=MONTHLY;BYDAY=+1MO",
	    "FREQ=YEARLY;BYWEEKNO=-1;BYDAY=MO", "FREQ=DAILY;X-FOO=1" };
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused(bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		ok(recur_check_rule(good[i], &err), "accepted: %s %s", good[i],
		    err.msg);
}

/* CPU time: the machine may have other things to do. */
static int64_t cpu_ms(void)
{
	struct rusage me, children;

	getrusage(RUSAGE_SELF, &me);
	getrusage(RUSAGE_CHILDREN, &children);
	return (me.ru_utime.tv_sec + me.ru_stime.tv_sec +
	    children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1000 +
	    (me.ru_utime.tv_usec + me.ru_stime.tv_usec +
	    children.ru_utime.tv_usec + children.ru_stime.tv_usec) / 1000;
}

/* Rules that pass the check and that libical searches for ever. */
static void bombs(void)
{
	static const char *const rules[] = {
		"FREQ=HOURLY;INTERVAL=24;BYHOUR=1",
		"FREQ=MINUTELY;INTERVAL=1440;BYHOUR=3;BYMINUTE=7",
		"FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO;BYHOUR=25",
		"FREQ=HOURLY;BYYEARDAY=366;BYMONTH=1",
		"FREQ=MINUTELY;BYYEARDAY=366;BYMONTH=1;BYSETPOS=300",
		"FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
		"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=300",
		"FREQ=DAILY;BYMONTHDAY=31;BYYEARDAY=1",
		"FREQ=MINUTELY",
	};
	size_t n = sizeof(rules) / sizeof(*rules);
	const struct event **list = pool_array(pool, n * 2 + 1, sizeof(*list));
	struct recur_result *results = pool_array(pool, n * 2 + 1,
	    sizeof(*results));
	size_t count = 0;
	int64_t began, took;

	list[count++] = kit_event(pool, "DTSTART:20260101T100000Z\n"
	    "RRULE:FREQ=DAILY;COUNT=3\n");
	for (size_t i = 0; i < n; i++) {
		struct recur_instance *out;
		struct err err = { 0 };
		size_t got;
		struct event *e = kit_event(pool, "DTSTART:19700101T100000Z\n"
		    "RRULE:FREQ=DAILY;COUNT=2\n");

		e->master.recurrence = pool_printf(pool, "RRULE:%s", rules[i]);
		began = cpu_ms();
		(void)!recur_expand_within(pool, e, &all, RECUR_WAIT_MS, &out,
		    &got, &err);
		took = cpu_ms() - began;
		ok(took <= 250, "%s: %lld ms %s", rules[i], (long long)took,
		    err.msg);
		list[count++] = e;
		list[count++] = list[0];
	}
	recur_expand_batch(pool, list, count, &all, results);
	for (size_t i = 0; i < count; i += 2)
		ok(!results[i].reason && results[i].count == 3,
		    "a bomb leaves its neighbour %zu alone", i);
	ok(waitpid(-1, NULL, WNOHANG) < 0, "no child is left behind");
}

/* Long after the start the dates are those of a walk from the start: COUNT makes
 * it walk where a rule has parts; plain rules are reckoned here. */
static void far_from_the_start(void)
{
	static const char *const starts[] = { "20161230T235900",
	    "20140131T101500", "20120229T093017" };
	static const char *const rules[] = {
		"FREQ=HOURLY;INTERVAL=5;BYHOUR=1,2,3,9,10,11",
		"FREQ=HOURLY;INTERVAL=11;BYMINUTE=0,30",
		"FREQ=HOURLY;BYDAY=MO;BYHOUR=8,9;BYMINUTE=5,10,15;BYSETPOS=1,-1",
		"FREQ=DAILY;INTERVAL=3;BYMONTH=2,3;BYDAY=MO,TH",
		"FREQ=DAILY;BYHOUR=9,17;BYMINUTE=15",
		"FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,WE,FR",
		"FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
		"FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
		"FREQ=MONTHLY;INTERVAL=5;BYDAY=-1FR", "FREQ=YEARLY;BYMONTH=3,7",
	};
	const struct recur_window w = { at(2024, 2, 15, 12),
	    at(2024, 8, 15, 12) };

	for (size_t i = 0; i < 30; i++) {
		const char *rule = rules[i % 10], *start = starts[i / 10];
		struct recur_instance *near, *walked;
		struct err err = { 0 };
		size_t n = 0, m = 0;
		bool same = recur_expand(pool, kit_event(pool, pool_printf(pool,
		    "DTSTART:%s\nRRULE:%s\n", start, rule)), &w, &near, &n,
		    &err) && recur_expand(pool, kit_event(pool, pool_printf(
		    pool, "DTSTART:%s\nRRULE:%s;COUNT=900000\n", start, rule)),
		    &w, &walked, &m, &err) && n == m;

		for (size_t k = 0; same && k < n; k++)
			same = near[k].starts == walked[k].starts &&
			    str_eq(near[k].recurrence_id,
			    walked[k].recurrence_id);
		ok(same && n > 0, "%s from %s: %zu and %zu dates %s", rule,
		    start, n, m, err.msg);
	}
}

static void plain_and_long_ago(void)
{
	static const struct { const char *rule; int secs; size_t count; }
	table[] = {
		{ "FREQ=HOURLY", 3600, 48 },
		{ "FREQ=HOURLY;COUNT=900000", 3600, 48 },
		{ "FREQ=HOURLY;INTERVAL=7", 7 * 3600, 7 },
		{ "FREQ=MINUTELY;INTERVAL=7", 7 * 60, 411 },
		{ "FREQ=MINUTELY;INTERVAL=11;UNTIL=20270101T000000Z", 660, 262 },
		{ "FREQ=DAILY", 86400, 2 }, { "FREQ=WEEKLY;COUNT=900", 604800, 1 },
		{ "FREQ=HOURLY;COUNT=82000", 3600, 48 },	/* ends 2026 */
		{ "FREQ=HOURLY;COUNT=81000", 1, 0 },		/* in March */
	};
	const struct recur_window w = { at(2026, 5, 1, 0), at(2026, 5, 3, 0) };

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		when_t first = at(2016, 12, 30, 23) + 59 * 60 * WHEN_SEC;
		struct event *e = kit_event(pool, pool_printf(pool,
		    "DTSTART:20161230T235900Z\nRRULE:%s\n", table[i].rule));
		struct recur_instance *list;
		struct err err = { 0 };
		int64_t began = cpu_ms(), took;
		size_t n = 0, wrong = 0;
		bool fine = recur_expand(pool, e, &w, &list, &n, &err);

		took = cpu_ms() - began;
		for (size_t k = 0; fine && k < n; k++)
			wrong += (list[k].starts - first) / WHEN_SEC %
			    table[i].secs != 0;
		ok(fine && wrong == 0 && n >= table[i].count &&
		    n <= table[i].count + (table[i].count > 0), "%s since 2016: %zu dates, %zu "
		    "wrong %s", table[i].rule, n, wrong, err.msg);
		ok(took <= 250, "in %lld ms", (long long)took);
	}
}

static void words(void)
{
	static const struct { const char *rule, *words; } table[] = {
		{ "FREQ=WEEKLY;BYDAY=MO,WE;COUNT=30",
		  "Every week on Monday and Wednesday, 30 times" },
		{ "FREQ=DAILY", "Every day" },
		{ "FREQ=DAILY;INTERVAL=3;UNTIL=20261224",
		  "Every 3 days, until 2026-12-24" },
		{ "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
		  "Every week on weekdays" },
		{ "FREQ=MONTHLY;BYDAY=2TU", "Every month on the second Tuesday" },
		{ "FREQ=MONTHLY;BYMONTHDAY=15,-1",
		  "Every month on day 15 and the last day" },
		{ "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
		  "Every year on the last Sunday in October" },
		{ "FREQ=DAILY;COUNT=1", "Every day, 1 time" },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		is_text(recur_words(pool, kit_event(pool, pool_printf(pool,
		    "DTSTART;VALUE=DATE:20260101\nRRULE:%s\n", table[i].rule))),
		    table[i].words, table[i].rule);
	is_text(recur_words(pool, kit_event(pool, "DTSTART:20260101T100000\n")),
	    NULL, "a single event has none");
}

int main(void)
{
	pool = pool_new(NULL);
	all = (struct recur_window){ at(1990, 1, 1, 0), at(2160, 1, 1, 0) };
	rfc_examples();
	exceptions();
	untils();
	summer_time();
	overrides();
	windows();
	rules_refused();
	bombs();
	far_from_the_start();
	plain_and_long_ago();
	words();
	pool_free(pool);
	return done();
}
