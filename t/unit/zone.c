/* Zones agree with the C library over three centuries, local time that does
 * not or doubly exist is resolved as RFC 5545 says, and no name or file leads
 * astray. */
#include <time.h>

#include "t/tap.h"
#include "util/err.h"
#include "util/str.h"
#include "util/when.h"
#include "util/zone_p.h"
#include "util/banned.h"

static struct pool *pool;

/* The wall time text, in the zone, is this instant. */
static void
local_is(const char *name, const char *local, const char *want)
{
	const struct zone *z = zone_find(name);
	struct wall w;
	when_t t;

	if (z == NULL || !when_parse(pool_printf(pool, "%sZ", local), &t)) {
		ok(false, "%s %s", name, local);
		return;
	}
	w = wall_from_utc(t);
	is_text(when_format(pool, zone_to_utc(z, &w)), want,
	    pool_printf(pool, "%s %s", name, local));
}

static void
test_gaps_and_overlaps(void)
{
	local_is("Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z");
	local_is("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z");
	local_is("Europe/Berlin", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z");
	local_is("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z");
	local_is("Europe/Berlin", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z");
	local_is("America/New_York", "2027-03-14T02:30:00",
	    "2027-03-14T07:30:00Z");
	local_is("America/New_York", "2027-11-07T01:30:00",
	    "2027-11-07T05:30:00Z");
	/* Half an hour of summer time. */
	local_is("Australia/Lord_Howe", "2026-10-04T02:15:00",
	    "2026-10-03T15:45:00Z");
	local_is("Australia/Lord_Howe", "2026-04-05T01:45:00",
	    "2026-04-04T14:45:00Z");
	local_is("Australia/Lord_Howe", "2200-04-06T01:45:00",
	    "2200-04-05T14:45:00Z");
	/* Winter time is the exception there, one hour back. */
	local_is("Europe/Dublin", "2026-03-29T01:30:00", "2026-03-29T01:30:00Z");
	local_is("Europe/Dublin", "2026-10-25T01:30:00", "2026-10-25T00:30:00Z");
	local_is("Europe/Dublin", "2200-07-01T12:00:00", "2200-07-01T11:00:00Z");
	local_is("Europe/Dublin", "2200-01-01T12:00:00", "2200-01-01T12:00:00Z");
	local_is("Europe/Dublin", "1900-01-01T12:00:00", "1900-01-01T12:25:21Z");
	/* A whole day was left out. */
	local_is("Pacific/Apia", "2011-12-29T23:59:59", "2011-12-30T09:59:59Z");
	local_is("Pacific/Apia", "2011-12-30T10:00:00", "2011-12-30T20:00:00Z");
	local_is("Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00Z");
	local_is("America/New_York", "1850-01-01T00:00:00",
	    "1850-01-01T04:56:02Z");
	local_is("America/New_York", "9999-07-01T00:00:00",
	    "9999-07-01T04:00:00Z");
	local_is("Asia/Kathmandu", "2026-01-01T00:00:00", "2025-12-31T18:15:00Z");
	local_is("UTC", "2026-01-01T00:00:00", "2026-01-01T00:00:00Z");
	local_is("Etc/GMT+12", "2026-01-01T00:00:00", "2026-01-01T12:00:00Z");
}

static bool
agrees(const struct zone *z, time_t t)
{
	when_t at = (when_t)t * WHEN_SEC, back;
	struct wall w = zone_from_utc(z, at), again;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL || tm.tm_year + 1900 != w.year ||
	    tm.tm_mon + 1 != w.month || tm.tm_mday != w.day ||
	    tm.tm_hour != w.hour || tm.tm_min != w.minute ||
	    tm.tm_sec != w.second ||
	    tm.tm_gmtoff != zone_offset_secs(z, at + 999999))
		return false;
	back = zone_to_utc(z, &w);	/* the first time it was so late */
	again = zone_from_utc(z, back);
	return back <= at && back > at - 27 * 3600 * WHEN_SEC &&
	    wall_cmp(&again, &w) == 0;
}

/* From 1900 to 2200, in steps that meet every hour of the day. */
static void
test_against_libc(void)
{
	const time_t from = -2208988800, to = 7258118400, step = 13 * 86400 + 4321;
	size_t count, i, checked = 0;
	const char *const *names = zone_names(&count);
	time_t t;

	for (i = 0; i < count; i++) {
		const struct zone *z = zone_find(names[i]);
		bool good = z != NULL;

		setenv("TZ", names[i], 1);
		tzset();
		for (t = from; t < to && good; t += step, checked++)
			good = agrees(z, t);
		if (!good)
			ok(false, "%s differs at %lld", names[i], (long long)t);
	}
	unsetenv("TZ");
	ok(count > 250 && checked > 250 * 7000,
	    "%zu zones agree at %zu instants", count, checked);
	for (i = 1; i < count; i++)
		if (strcmp(names[i - 1], names[i]) >= 0)
			ok(false, "%s is out of order", names[i]);
}

/* Every second around a change, against a search over the instants. */
static void
test_around_changes(void)
{
	static const char *const names[] = { "Europe/Dublin", "Pacific/Apia",
	    "Australia/Lord_Howe", "Africa/Casablanca", "America/Havana" };
	bool good = true;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names) && good; i++) {
		const struct zone *z = zone_find(names[i]);
		int64_t t = 1293840000;	/* 2011 */
		int before = zone_offset_secs(z, t * WHEN_SEC), now;

		setenv("TZ", names[i], 1);
		tzset();
		for (; t < 2240611200 && good; t += 900) {
			now = zone_offset_secs(z, t * WHEN_SEC);
			if (now != before)
				good = agrees(z, t) && agrees(z, t - 1) &&
				    agrees(z, t + 1) && agrees(z, t + 1799) &&
				    agrees(z, t + 3600) && agrees(z, t - 3600);
			before = now;
		}
	}
	unsetenv("TZ");
	ok(good, "every change from 2011 to 2040");
}

static void
test_names(void)
{
	static const char *const bad[] = { "", "/etc/localtime", "Nowhere/City",
	    "../../../etc/passwd", "Europe/../Europe/Berlin", "Europe", "Europe/",
	    "Europe//Berlin", "europe/berlin", "right/UTC", "posix/UTC",
	    "UTC\n", "Europe/Berlin ", "W. Europe Standard Time",
	    "\xc3\xa9", "zone1970.tab", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(zone_find(bad[i]) == NULL, "no zone: '%.40s'", bad[i]);
	ok(zone_find(NULL) == NULL, "NULL is no zone");
	ok(zone_find("Europe/Berlin") == zone_find("Europe/Berlin"),
	    "a zone is read once");
}

static void
touch(const struct zone *z)
{
	struct wall w = { 2026, 3, 29, 2, 30, 0 };

	zone_to_utc(z, &w);
	w.year = 1;
	zone_to_utc(z, &w);
	w.year = 9999;
	zone_to_utc(z, &w);
	zone_offset_secs(z, WHEN_NEVER);
	zone_offset_secs(z, WHEN_NONE);
	zone_from_utc(z, WHEN_NEVER);
}

/* Cut anywhere and damaged anywhere: refused, or still usable. */
static void
test_damage(void)
{
	struct pool *p = pool_new(pool);
	FILE *f = fopen("/usr/share/zoneinfo/Europe/Dublin", "re");
	uint8_t *data = pool_alloc(pool, 8192), *copy;
	size_t len = f != NULL ? fread(data, 1, 8192, f) : 0, n, flip;
	struct zone *z;

	if (f != NULL)
		fclose(f);
	ok(len > 500, "the file is there");
	for (n = 0; n < len; n++, pool_reset(p)) {
		copy = pool_memdup(p, data, n);
		z = POOL_NEW(p, struct zone);
		if (zone_parse(p, z, copy, n) && n < len - 1)
			ok(false, "cut at %zu was accepted", n);
	}
	for (n = 0; n < len; n++)
		for (flip = 1; flip < 256; flip <<= 1, pool_reset(p)) {
			copy = pool_memdup(p, data, len);
			copy[n] ^= (uint8_t)flip;
			z = POOL_NEW(p, struct zone);
			if (zone_parse(p, z, copy, len))
				touch(z);
		}
	ok(true, "every cut and every flipped bit was survived");
	pool_free(p);
}

static int
rule_offset(const char *rule, const char *at)
{
	struct zone_rule r;
	int64_t from, to;
	when_t t;

	if (!zone_rule_parse(&r, rule) || !when_parse(at, &t))
		return 999999;
	return zone_rule_span(&r, t / WHEN_SEC, &from, &to);
}

static void
test_rules(void)
{
	static const char *const bad[] = { "", "E", "EST", "EST5EDT", "<-03",
	    "EST5EDT,M13.1.0,M11.1.0", "EST5EDT,M3.6.0,M11.1.0",
	    "EST5EDT,M3.2.7,M11.1.0", "EST5EDT,J0,J365", "EST5EDT,366,1",
	    "EST5EDT,M3.2.0", "EST5EDT,M3.2.0,M11.1.0x", "EST99", "EST5:60",
	    "EST5EDT,M3.2.0/168,M11.1.0", "EST5EDT,M3.2.0/,M11.1.0" };
	struct zone_rule r;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(!zone_rule_parse(&r, bad[i]), "no rule: '%s'", bad[i]);
	is_int(rule_offset("<-0330>3:30", "2026-01-01T00:00:00Z"), -12600,
	    "a quoted name");
	/* Summer time all the year round, RFC 8536 section 3.3.1. */
	is_int(rule_offset("XXX3EDT4,0/0,J365/23", "2026-01-01T03:00:00Z"),
	    -14400, "no gap at new year");
	is_int(rule_offset("XXX3EDT4,0/0,J365/23", "2026-07-01T00:00:00Z"),
	    -14400, "nor in summer");
	is_int(rule_offset("AAA0BBB,J60/0,J61/0", "2024-03-01T12:00:00Z"), 3600,
	    "J60 is the first of March in a leap year too");
	is_int(rule_offset("AAA0BBB,59/0,60/0", "2024-02-29T12:00:00Z"), 3600,
	    "59 is 29 February in a leap year");
	is_int(rule_offset("IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-27T00:00:00Z"),
	    10800, "hours past midnight");
	is_int(rule_offset("<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
	    "2026-03-29T01:00:00Z"), -3600, "hours before midnight");
}

int
main(void)
{
	pool = pool_new(NULL);
	test_names();
	test_gaps_and_overlaps();
	test_rules();
	test_against_libc();
	test_around_changes();
	test_damage();
	pool_free(pool);
	return done();
}
