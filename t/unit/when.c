/* The calendar holds for all years, RFC 3339 is read strictly, and the clock
 * is the one that was given. */
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "t/dies.h"
#include "t/tap.h"
#include "util/when.h"
#include "util/banned.h"

static struct pool *pool;
static char clock_file[] = "/tmp/hawser-clock-XXXXXX";

static void
read_clock(void)
{
	when_now();
}

static void
test_calendar(void)
{
	struct wall w = { 1, 1, 1, 0, 0, 0 }, next, back;
	int64_t days = wall_to_utc(&w) / WHEN_SEC / 86400;
	int weekday = wall_weekday(&w);
	bool good = true;

	ok(weekday == 0, "1 January 0001 was a Monday");
	for (; w.year <= 9999 && good; w = next, days++) {
		next = wall_add_days(&w, 1);
		back = wall_from_utc(wall_to_utc(&w));
		good = wall_valid(&w) && wall_cmp(&back, &w) == 0 &&
		    wall_to_utc(&w) == days * 86400 * WHEN_SEC &&
		    wall_weekday(&w) == weekday && wall_cmp(&w, &next) < 0 &&
		    (next.day == w.day + 1 || (next.day == 1 &&
		    w.day == wall_days_in_month(w.year, w.month)));
		weekday = (weekday + 1) % 7;
	}
	ok(good, "every day of the years 1 to 9999 (up to %d-%d-%d)", w.year,
	    w.month, w.day);
	w = (struct wall){ 1970, 1, 1, 0, 0, 0 };
	ok(wall_to_utc(&w) == 0 && wall_weekday(&w) == 3, "the epoch");
	w = wall_from_utc(-1);
	ok(w.year == 1969 && w.second == 59, "a microsecond before it");
}

static void
test_wall(void)
{
	static const struct wall bad[] = { { 0, 1, 1 }, { 10000, 1, 1 },
	    { 2026, 0, 1 }, { 2026, 13, 1 }, { 2026, 1, 0 }, { 2026, 2, 29 },
	    { 1900, 2, 29 }, { 2026, 4, 31 }, { 2026, 1, 1, 24 },
	    { 2026, 1, 1, -1 }, { 2026, 1, 1, 0, 60 }, { 2026, 1, 1, 0, 0, 60 } };
	struct wall w = { 2026, 1, 31, 23, 59, 59 }, far;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(!wall_valid(&bad[i]), "no date: %d-%d-%d %d:%d:%d",
		    bad[i].year, bad[i].month, bad[i].day, bad[i].hour,
		    bad[i].minute, bad[i].second);
	ok(wall_valid(&(struct wall){ 2000, 2, 29 }), "29 February 2000");
	w = wall_add_secs(&w, 1);
	ok(w.month == 2 && w.day == 1 && w.hour == 0, "into the next month");
	w = wall_add_days(&w, -397);
	ok(w.year == 2024 && w.month == 12 && w.day == 31, "and back");
	far = wall_add_secs(&w, INT64_MAX);
	ok(!wall_valid(&far) && wall_cmp(&far, &w) > 0, "endless sums stay late");
	far = wall_add_secs(&w, INT64_MIN);
	ok(!wall_valid(&far) && wall_cmp(&far, &w) < 0, "or early");
	far = (struct wall){ INT_MAX / 2, 1, 1 };
	ok(wall_to_utc(&far) < WHEN_NEVER && wall_to_utc(&far) > 0,
	    "a year nobody has is no overflow");
	is_int(wall_days_in_month(2026, 13), 0, "no month, no days");
}

static void
reads(const char *text, const char *want)
{
	when_t t = 1;

	ok(when_parse(text, &t), "reads %s", text);
	is_text(when_format(pool, t), want, "as");
}

static void
test_text(void)
{
	static const char *const bad[] = { "", "2026-11-20", "2026-11-20T10:38Z",
	    "2026-11-20T10:38:00", "2026-11-20T10:38:00Z ", " 2026-11-20T10:38:00Z",
	    "2026-02-29T10:38:00Z", "2026-11-20T24:00:00Z", "2026-11-20T10:38:61Z",
	    "2026-11-20T10:38:00.Z", "2026-11-20T10:38:00+0100",
	    "2026-11-20T10:38:00+24:00", "0000-01-01T00:00:00Z",
	    "12026-11-20T10:38:00Z", "2026-1-20T10:38:00Z", "-026-11-20T10:38:00Z",
	    "2026-11-20T10:38:00\xe2\x88\x92" "01:00" };
	when_t t = 1;
	size_t i;

	reads("2026-11-20T10:38:00Z", "2026-11-20T10:38:00Z");
	reads("2026-11-20t10:38:00.5z", "2026-11-20T10:38:00.500000Z");
	reads("2026-11-20 10:38:00.123456789Z", "2026-11-20T10:38:00.123456Z");
	reads("2026-11-20T00:30:00+01:00", "2026-11-19T23:30:00Z");
	reads("2026-12-31T23:30:00-05:30", "2027-01-01T05:00:00Z");
	reads("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z");
	reads("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z");
	reads("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z");
	reads("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z");
	t = 1;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(!when_parse(bad[i], &t) && t == 1, "refuses '%s'", bad[i]);
	ok(!when_parse(NULL, &t), "refuses NULL");
	ok(when_format(pool, WHEN_NEVER) != NULL &&
	    when_format(pool, WHEN_NONE) != NULL, "the ends of time print");
}

static void
set_clock(const char *text)
{
	FILE *f = fopen(clock_file, "we");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		exit(99);
}

static void
test_clock(void)
{
	when_t real = when_now();
	int64_t mono = when_mono_ms();

	ok(llabs(real / WHEN_SEC - (int64_t)time(NULL)) <= 2, "the real clock");
	when_use_clock_file(clock_file);
	set_clock("2030-05-06T07:08:09Z\n");
	is_text(when_format(pool, when_now()), "2030-05-06T07:08:09Z", "frozen");
	set_clock("+86400");
	ok(llabs(when_now() - real - 86400 * WHEN_SEC) < 5 * WHEN_SEC, "ahead");
	set_clock("-3600\n");
	ok(llabs(when_now() - real + 3600 * WHEN_SEC) < 5 * WHEN_SEC, "behind");
	set_clock("");
	ok(llabs(when_now() - real) < 5 * WHEN_SEC, "an empty file shifts nothing");
	set_clock("tomorrow");
	ok(dies(read_clock), "rubbish ends the process");
	set_clock("+99999999999999999999999");
	ok(dies(read_clock), "so does an endless shift");
	unlink(clock_file);
	ok(llabs(when_now() - real) < 5 * WHEN_SEC, "no file shifts nothing");
	when_use_clock_file(NULL);
	ok(when_mono_ms() >= mono && when_mono_ms() < mono + 60000,
	    "the monotonic clock is never shifted");
}

int
main(void)
{
	int fd = mkstemp(clock_file);

	pool = pool_new(NULL);
	close(fd);
	test_calendar();
	test_wall();
	test_text();
	test_clock();
	pool_free(pool);
	return done();
}
