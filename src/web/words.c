/* Times and numbers in words; knows nothing of pages. */
#include <inttypes.h>
#include "util/str.h"
#include "web/words.h"
#include "util/banned.h"

#define MINUTE (60 * WHEN_SEC)
#define HOUR (60 * MINUTE)

const char *
words_month(int month)
{
	static const char *const names[] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December" };

	return month >= 1 && month <= 12 ? names[month - 1] : "";
}

const char *
words_weekday(int weekday)
{
	static const char *const names[] = { "Monday", "Tuesday", "Wednesday",
		"Thursday", "Friday", "Saturday", "Sunday" };

	return weekday >= 0 && weekday <= 6 ? names[weekday] : "";
}

const struct zone *
words_zone(const char *name)
{
	const struct zone *zone = name ? zone_find(name) : NULL;

	return zone ? zone : zone_find("UTC");
}

static bool
same_day(const struct wall *a, const struct wall *b)
{
	return a->year == b->year && a->month == b->month && a->day == b->day;
}

static void
add_number(struct str *s, const char *before, int n)
{
	str_add(s, before);
	str_addu(s, (unsigned)n);
}

static void
add_two(struct str *s, const char *before, int n)
{
	str_add(s, before);
	str_addc(s, (char)('0' + n / 10 % 10));
	str_addc(s, (char)('0' + n % 10));
}

static char *
units(struct pool *pool, const char *before, int64_t n, const char *unit,
    const char *after)
{
	struct str s;

	str_init(&s, pool, 120);
	str_add(&s, before);
	str_addu(&s, (uint64_t)n);
	str_addc(&s, ' ');
	str_add(&s, unit);
	str_add(&s, n == 1 || unit[0] == 'm' ? "" : "s");
	str_add(&s, after);
	return s.data;
}

char *
words_ago(struct pool *pool, when_t now, when_t t, const struct zone *zone)
{
	struct wall day;

	if (t == WHEN_NONE)
		return pool_strdup(pool, "never");
	if (now - t < MINUTE)
		return pool_strdup(pool, "just now");
	if (now - t < HOUR)
		return units(pool, "", (now - t) / MINUTE, "min", " ago");
	if (now - t < 24 * HOUR)
		return units(pool, "", (now - t) / HOUR, "hour", " ago");
	day = zone_from_utc(zone, t);
	return pool_printf(pool, "on %d %s", day.day, words_month(day.month));
}

char *
words_until(struct pool *pool, when_t now, when_t t, const struct zone *zone)
{
	struct wall at, tomorrow;

	if (t == WHEN_NONE || t <= now)
		return pool_strdup(pool, "now");
	if (t - now < MINUTE)
		return pool_strdup(pool, "in a moment");
	if (t - now < HOUR)
		return units(pool, "in ", (t - now) / MINUTE, "min", "");
	at = zone_from_utc(zone, t);
	tomorrow = zone_from_utc(zone, now + 24 * HOUR);
	if (t - now < 12 * HOUR)
		return units(pool, "in ", (t - now) / HOUR, "hour", "");
	if (same_day(&at, &tomorrow))
		return pool_printf(pool, "tomorrow at %02d:%02d", at.hour,
		    at.minute);
	return pool_printf(pool, "on %d %s", at.day, words_month(at.month));
}

char *
words_exact(struct pool *pool, when_t t, const struct zone *zone,
    const char *zone_name)
{
	struct wall w;
	struct str s;

	if (t == WHEN_NONE)
		return pool_strdup(pool, "");
	w = zone_from_utc(zone, t);
	str_init(&s, pool, 200);
	str_addn(&s, words_weekday(wall_weekday(&w)), 3);
	add_number(&s, " ", w.day);
	str_addc(&s, ' ');
	str_add(&s, words_month(w.month));
	add_number(&s, " ", w.year);
	add_two(&s, ", ", w.hour);
	add_two(&s, ":", w.minute);
	add_two(&s, ":", w.second);
	str_addc(&s, ' ');
	str_add(&s, zone_name ? zone_name : "UTC");
	return s.data;
}

char *
words_clock(struct pool *pool, when_t now, when_t t, const struct zone *zone)
{
	struct wall w = zone_from_utc(zone, t), today = zone_from_utc(zone, now);

	if (same_day(&w, &today))
		return pool_printf(pool, "%02d:%02d", w.hour, w.minute);
	return pool_printf(pool, "%d %.3s, %02d:%02d", w.day,
	    words_month(w.month), w.hour, w.minute);
}

char *
words_took(struct pool *pool, when_t from, when_t to)
{
	int64_t tenths;

	if (from == WHEN_NONE || to == WHEN_NONE || to < from)
		return pool_strdup(pool, "");
	tenths = (to - from + WHEN_SEC / 20) / (WHEN_SEC / 10);
	if (tenths < 100)
		return pool_printf(pool, "%" PRId64 ".%" PRId64 " s",
		    tenths / 10, tenths % 10);
	if (tenths < 1200)
		return pool_printf(pool, "%" PRId64 " s", tenths / 10);
	return pool_printf(pool, "%" PRId64 " min", tenths / 600);
}

char *
words_count(struct pool *pool, uint64_t n, const char *one, const char *many)
{
	struct str s;

	str_init(&s, pool, 200);
	str_addu(&s, n);
	str_addc(&s, ' ');
	str_add(&s, n == 1 ? one : many);
	return s.data;
}
