/*
 * Wall time: the proleptic Gregorian calendar without zones (when.h). Knows
 * nothing of clocks.
 */
#include "util/when.h"
#include "util/banned.h"

#define WALL_DAY_SECS INT64_C(86400)

int
wall_days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
	    31, 31, 30, 31, 30, 31 };

	if (month < 1 || month > 12)
		return 0;
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return 29;
	return days[month - 1];
}

bool
wall_valid(const struct wall *w)
{
	return w->year >= 1 && w->year <= 9999 && w->month >= 1 &&
	    w->month <= 12 && w->day >= 1 &&
	    w->day <= wall_days_in_month(w->year, w->month) &&
	    w->hour >= 0 && w->hour <= 23 && w->minute >= 0 &&
	    w->minute <= 59 && w->second >= 0 && w->second <= 59;
}

int
wall_cmp(const struct wall *a, const struct wall *b)
{
	const int x[] = { a->year, a->month, a->day,
	    a->hour, a->minute, a->second };
	const int y[] = { b->year, b->month, b->day,
	    b->hour, b->minute, b->second };
	int i;

	for (i = 0; i < 6; i++)
		if (x[i] != y[i])
			return x[i] < y[i] ? -1 : 1;
	return 0;
}

static int64_t
wall_floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970-01-01; the year is taken to begin in March. */
static int64_t
wall_days(int64_t year, int month, int day)
{
	int64_t y = year - (month <= 2), era = wall_floor_div(y, 400);
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 +
	    day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

static void
wall_set_date(struct wall *w, int64_t days)
{
	int64_t era, of_era, year, of_year, m;

	days += 719468;
	era = wall_floor_div(days, 146097);
	of_era = days - era * 146097;
	year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year = of_era - (365 * year + year / 4 - year / 100);
	m = (5 * of_year + 2) / 153;
	w->day = (int)(of_year - (153 * m + 2) / 5 + 1);
	w->month = (int)(m < 10 ? m + 3 : m - 9);
	w->year = (int)(year + era * 400 + (w->month <= 2));
}

static int64_t
wall_secs(const struct wall *w)
{
	return wall_days(w->year, w->month, w->day) * WALL_DAY_SECS +
	    w->hour * INT64_C(3600) + w->minute * INT64_C(60) + w->second;
}

static struct wall
wall_from_secs(int64_t secs)
{
	int64_t days = wall_floor_div(secs, WALL_DAY_SECS);
	int rest = (int)(secs - days * WALL_DAY_SECS);
	struct wall w;

	wall_set_date(&w, days);
	w.hour = rest / 3600;
	w.minute = rest / 60 % 60;
	w.second = rest % 60;
	return w;
}

when_t
wall_to_utc(const struct wall *w)
{
	int64_t secs = wall_secs(w), t;

	/* Years no calendar has stay at the ends of time. */
	if (__builtin_mul_overflow(secs, WHEN_SEC, &t))
		return secs < 0 ? WHEN_NONE + 1 : WHEN_NEVER - 1;
	return t;
}

struct wall
wall_from_utc(when_t t)
{
	return wall_from_secs(wall_floor_div(t, WHEN_SEC));
}

struct wall
wall_add_days(const struct wall *w, int days)
{
	return wall_from_secs(wall_secs(w) + days * WALL_DAY_SECS);
}

/* Beyond any calendar the sum stays at the calendar's end. */
struct wall
wall_add_secs(const struct wall *w, int64_t secs)
{
	const int64_t most = INT64_C(400000) * 366 * WALL_DAY_SECS;

	if (secs > most)
		secs = most;
	else if (secs < -most)
		secs = -most;
	return wall_from_secs(wall_secs(w) + secs);
}

int
wall_weekday(const struct wall *w)
{
	int64_t days = wall_days(w->year, w->month, w->day) + 3;

	return (int)(days - wall_floor_div(days, 7) * 7);
}
