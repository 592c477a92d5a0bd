/* The dates of series written ahead: they move on with the clock, a trap among
 * them costs only itself, and single events stay whole. */
#include "jobs/occurrences.h"
#include <stdio.h>
#include <unistd.h>
#include "jobs/retention.h"
#include "store/store_event.h"
#include "store/store_job.h"
#include "util/log.h"
#include "world.h"
#include "util/banned.h"

#define DAY (24 * 3600 * WHEN_SEC)

static uint64_t org, user, calendar;
static const char *clock_path;
static when_t today;

/* As the clock of a test is moved: swapped by rename. */
static void set_today(when_t t)
{
	const char *next = pool_printf(pool, "%s.new", clock_path);
	FILE *f = fopen(next, "we");

	if (!f || fprintf(f, "%s\n", when_format(pool, t)) < 0 ||
	    fclose(f) != 0 || rename(next, clock_path) != 0)
		die("no clock file");
	today = t;
}

static when_t instant(const char *text)
{
	when_t t = WHEN_NONE;

	if (!when_parse(text, &t))
		die("%s", text);
	return t;
}

static void start_clock(const char *at)
{
	char *path = pool_printf(pool, "/tmp/hawser-clock-XXXXXX");
	int fd = mkstemp(path);

	if (fd < 0)
		die("no clock file");
	(void)close(fd);
	clock_path = path;
	set_today(instant(at));
	when_use_clock_file(path);
	config->clock_file = path;
}

struct write { const char *uid, *rule; struct wall start; uint64_t id; };

static bool add_body(struct db *on, void *arg, struct err *err)
{
	struct write *w = arg;
	struct event e = { .kind = "event", .uid = w->uid, .has_master = true,
	    .zones = "" };

	e.master = (struct event_part){ .summary = w->uid, .start = w->start,
	    .end = wall_add_secs(&w->start, 1800),
	    .zone_kind = EVENT_ZONE_UTC, .recurrence = w->rule, .extra = "" };
	return store_event_add(on, org, calendar, &e, &w->id, NULL, err);
}

static uint64_t add(const char *uid, const char *rule, const char *start)
{
	struct write w = { uid, rule, wall_from_utc(instant(start)), 0 };

	must(db_tx(db, add_body, &w, NULL, &world_err));
	return w.id;
}

static bool work(void)
{
	bool more = true;

	must(occurrences_run(db, org, NULL, &more, &world_err));
	return more;
}

static uint64_t between(uint64_t id, int from_days, int until_days)
{
	static const char sql[] = "SELECT COUNT(*) FROM event_instance "
	    "WHERE org_id = ? AND event_id = ? AND starts_at >= ? "
	    "AND starts_at < ?";

	return world_number(sql, STMT_ARGS(STMT_U64(org), STMT_U64(id),
	    STMT_TIME(today + from_days * DAY),
	    STMT_TIME(today + until_days * DAY)));
}

static uint64_t count(const char *sql)
{
	return world_number(sql, STMT_ARGS(STMT_U64(org)));
}

static const char BEHIND[] = "SELECT COUNT(*) FROM event WHERE org_id = ? "
    "AND behind = 1";
static const char PENDING[] = "SELECT COUNT(*) FROM pending WHERE org_id = ?";
static const char REVS[] = "SELECT SUM(rev) FROM event WHERE org_id = ?";

static size_t due(void)
{
	struct event_behind *rows;
	size_t n;

	must(store_event_list_behind(db, pool, org, 500, &rows, &n,
	    &world_err));
	return n;
}

/* More than two years, as the daily clean-up does it. */
static void time_goes_on(void)
{
	uint64_t week = add("week", "RRULE:FREQ=WEEKLY", "2026-01-05T09:00:00Z");
	uint64_t daily = add("day", "RRULE:FREQ=DAILY", "2020-01-05T09:00:00Z");
	uint64_t hourly = add("hour", "RRULE:FREQ=HOURLY",
	    "2026-01-05T09:00:00Z");
	uint64_t old = add("old", NULL, "2019-03-01T09:00:00Z");
	uint64_t far = add("far", NULL, "2040-03-01T09:00:00Z");
	uint64_t revs = count(REVS);
	int short_week = 0, short_day = 0, short_hour = 0, renewals = 0;
	int kept_long = 0;
	struct job_row job;

	ok(!work(), "all of them in one go");
	ok(between(week, -400, 800) > 110, "a weekly series is there");
	is_int((intmax_t)due(), 0, "then nothing is due");
	for (int i = 0; i < 150; i++) {
		set_today(today + 5 * DAY);
		must(retention_run(db, org, 30, &world_err));
		renewals += (int)due();
		must(!work());
		short_week += between(week, OCCURRENCES_DAYS_SURE - 8,
		    OCCURRENCES_DAYS_SURE) == 0;
		short_day += between(daily, OCCURRENCES_DAYS_SURE - 2,
		    OCCURRENCES_DAYS_SURE) == 0;
		short_hour += between(hourly, 0, 29) < 29 * 24 - 24;
		kept_long += between(week, -4000, -OCCURRENCES_DAYS_BACK - 210)
		    > 0;
	}
	is_int(short_week, 0, "two years on, all the time: the weekly series");
	is_int(short_day, 0, "a daily one, of more dates than are kept");
	is_int(short_hour, 0, "the next weeks of an hourly one");
	is_int(kept_long, 0, "what lies far in the past goes");
	ok(renewals > 40 && renewals < 110, "seldom: %d renewals", renewals);
	ok(between(old, -40000, 0) == 1 && between(far, 0, 40000) == 1,
	    "single events are whole wherever they lie");
	is_int((intmax_t)count(REVS), (intmax_t)revs, "no event has changed");
	is_int((intmax_t)count(PENDING), 0, "and nothing waits to be sent");
	is_int(store_job_find(db, pool, org, 0, JOB_OCCURRENCES, &job,
	    &world_err), 1, "the daily clean-up asks for the work");
}

/* Single events are not looked at to find what is due. */
static void by_key(void)
{
	static const char explain[] = "SELECT COUNT(*) FROM event FORCE INDEX "
	    "(event_renew) WHERE org_id = ? AND renew_at IS NOT NULL";
	static const char all[] = "SELECT COUNT(*) FROM event WHERE org_id = ?";

	is_int((intmax_t)count(explain), 3, "only series stand in the key");
	is_int((intmax_t)count(all), 5, "of all events");
}

/* Written by other programs: nothing is there until the job has been. */
static void foreign(void)
{
	static const char insert[] = "INSERT INTO event (org_id, calendar_id, "
	    "uid, summary, start_wall, zone_kind) VALUES (?, ?, 'foreign', "
	    "'Foreign', '2011-05-05 10:00:00', 1)";
	uint64_t id;

	must(stmt_insert(db, insert, STMT_ARGS(STMT_U64(org),
	    STMT_U64(calendar)), &id, &world_err));
	is_int((intmax_t)between(id, -40000, 0), 0, "not there yet");
	must(!work());
	is_int((intmax_t)between(id, -40000, 0), 1, "a single event of long ago, "
	    "written by another program");
}

/* More than one child and transaction, a trap in the middle. */
static void many(void)
{
	static const char whole[] = "SELECT COUNT(*) FROM (SELECT e.id FROM "
	    "event e JOIN event_instance i ON i.org_id = e.org_id AND "
	    "i.event_id = e.id WHERE e.org_id = ? AND e.uid LIKE 'many%' "
	    "GROUP BY e.id HAVING COUNT(*) = 12) x";
	static const char when[] = "SELECT COUNT(DISTINCT renew_at) FROM event "
	    "WHERE org_id = ? AND uid LIKE 'many%'";
	const char *start = when_format(pool, today);
	uint64_t trap = 0;

	for (int i = 0; i < 120; i++) {
		add(pool_printf(pool, "many%d", i),
		    "RRULE:FREQ=WEEKLY;COUNT=12", start);
		if (i == 60)
			trap = add("trap", "RRULE:FREQ=HOURLY;BYMONTH=2;"
			    "BYMONTHDAY=30", start);
	}
	must(!work());
	is_int((intmax_t)count(whole), 120, "each has all its dates");
	is_int((intmax_t)between(trap, -1, 800), 1, "a trap its first one");
	is_int((intmax_t)count(BEHIND), 0, "and nothing is tried for ever");
	ok(count(when) >= 20, "what came together is renewed apart");
}

int main(void)
{
	log_open("t", NULL, LOG_LEVEL_ERROR);
	world_open();
	start_clock("2026-01-10T12:00:00Z");
	org = world_org("Occurrences");
	user = world_user(org, "o@example.org", ROLE_OWNER);
	must(store_calendar_add(db, org, user, "Work", "#336699", false,
	    &calendar, &world_err));
	time_goes_on();
	by_key();
	foreign();
	many();
	(void)unlink(clock_path);
	return world_close();
}
