/* VTIMEZONE of an IANA zone, made from its transitions: runs of years that
 * follow one rule ("last Sunday of March, 02:00") become one observance, the
 * last run stays open. Must not know events. */
#include <stdlib.h>
#include <string.h>
#include "model/event_time.h"
#include "providers/ical_p.h"
#include "util/banned.h"

#define DAY (86400 * WHEN_SEC)
#define LAST_YEAR 2037

struct change {			/* one transition of the zone */
	when_t at;
	int from, to;		/* offsets, seconds */
	struct wall wall;	/* in the offset before */
	bool used;
};

static size_t find_changes(const struct zone *zone, int first_year,
    struct change *out, size_t max)
{
	struct wall w = { first_year, 1, 1, 0, 0, 0 };
	struct wall stop = { LAST_YEAR + 1, 1, 1, 0, 0, 0 };
	when_t t = wall_to_utc(&w), end = wall_to_utc(&stop);
	size_t count = 0;

	while (count < max) {
		struct change *c = &out[count];

		c->from = zone_offset_secs(zone, t);
		t = zone_offset_end(zone, t);
		if (t >= end)
			break;
		c->to = zone_offset_secs(zone, t);
		if (c->from == c->to)
			continue;
		c->at = t;
		c->wall = wall_from_utc(t + c->from * WHEN_SEC);
		count++;
	}
	return count;
}

/* Which weekday of its month, from the start (1..4) or from the end (-1). */
struct nth { int weekday, nth; };

static bool falls(const struct change *c, struct nth n)
{
	const struct wall *w = &c->wall;

	if (wall_weekday(w) != n.weekday)
		return false;
	if (n.nth > 0)
		return (w->day - 1) / 7 + 1 == n.nth;
	return w->day + 7 > wall_days_in_month(w->year, w->month);
}

static bool alike(const struct change *a, const struct change *b)
{
	return a->from == b->from && a->to == b->to &&
	    a->wall.month == b->wall.month && a->wall.hour == b->wall.hour &&
	    a->wall.minute == b->wall.minute && a->wall.second == b->wall.second;
}

/* How many years from the i-th change on follow one rule; marks them. */
static size_t follow(struct change *list, size_t count, size_t i, struct nth n,
    size_t *last_out, bool mark)
{
	size_t years = 1, last = i;

	if (!falls(&list[i], n))
		return 0;
	for (size_t k = i + 1; k < count; k++) {
		int gap = list[k].wall.year - list[last].wall.year;

		if (gap > 1)
			break;
		if (gap < 1 || list[k].used || !alike(&list[i], &list[k]))
			continue;
		if (!falls(&list[k], n))
			break;
		if (mark)
			list[k].used = true;
		last = k;
		years++;
	}
	*last_out = last;
	return years;
}

static void add_offset(struct str *out, const char *name, int secs)
{
	int abs_secs = abs(secs);

	str_addf(out, "%s%c%02d%02d", name, secs < 0 ? '-' : '+',
	    abs_secs / 3600, abs_secs / 60 % 60);
	if (abs_secs % 60)
		str_addf(out, "%02d", abs_secs % 60);
	str_addc(out, '\n');
}

static void add_name(struct str *out, int secs)
{
	int abs_secs = abs(secs);

	str_addf(out, "TZNAME:%c%02d", secs < 0 ? '-' : '+', abs_secs / 3600);
	if (abs_secs / 60 % 60)
		str_addf(out, "%02d", abs_secs / 60 % 60);
	str_addc(out, '\n');
}

static void open_observance(struct str *out, const struct change *c, bool summer)
{
	struct event_stamp s = { c->wall, false, false };

	str_addf(out, "BEGIN:%s\n", summer ? "DAYLIGHT" : "STANDARD");
	add_offset(out, "TZOFFSETFROM:", c->from);
	add_offset(out, "TZOFFSETTO:", c->to);
	add_name(out, c->to);
	str_add(out, "DTSTART:");
	event_stamp_format(out, &s);
	str_addc(out, '\n');
}

static void add_rule(struct str *out, const struct change *c, struct nth n,
    const struct change *until)
{
	static const char *const days[] = { "MO", "TU", "WE", "TH", "FR", "SA",
	    "SU" };

	str_addf(out, "RRULE:FREQ=YEARLY;BYMONTH=%d;BYDAY=%d%s", c->wall.month,
	    n.nth, days[n.weekday]);
	if (until) {
		struct event_stamp s = { wall_from_utc(until->at), false, true };

		str_add(out, ";UNTIL=");
		event_stamp_format(out, &s);
	}
	str_addc(out, '\n');
}

static bool is_summer(const struct change *list, size_t count, size_t i)
{
	return list[i].to > list[i].from && i + 1 < count &&
	    list[i + 1].to < list[i + 1].from &&
	    list[i + 1].at - list[i].at < 330 * DAY;
}

static void add_observances(struct str *out, struct change *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct nth n = { wall_weekday(&list[i].wall), -1 }, m = n;
		size_t last = i, last_m = i, years, years_m;

		if (list[i].used)
			continue;
		m.nth = (list[i].wall.day - 1) / 7 + 1;
		years = follow(list, count, i, n, &last, false);
		years_m = follow(list, count, i, m, &last_m, false);
		if (m.nth < 5 && years_m > years) {
			n = m;
			years = years_m;
		}
		open_observance(out, &list[i], is_summer(list, count, i));
		if (years > 1) {
			(void)follow(list, count, i, n, &last, true);
			add_rule(out, &list[i], n,
			    list[last].wall.year >= LAST_YEAR ? NULL :
			    &list[last]);
		}
		str_addf(out, "END:%s\n", is_summer(list, count, i) ?
		    "DAYLIGHT" : "STANDARD");
	}
}

static char *make_text(struct pool *pool, const struct zone *zone,
    const char *tzid, int first_year, int this_year)
{
	const size_t max = 512;
	struct change *list = pool_array(pool, max, sizeof(*list));
	struct wall w = { 0 };
	struct str out;
	size_t count;

	if (first_year > this_year)
		first_year = this_year;
	w.year = first_year = first_year < 1901 ? 1900 : first_year - 1;
	w.month = w.day = 1;
	count = find_changes(zone, first_year, list, max);
	str_init(&out, pool, 65536);
	str_addf(&out, "BEGIN:VTIMEZONE\nTZID:%s\n", tzid);
	if (!count || list[0].wall.year > first_year) {
		struct change still = { .wall = w };

		still.from = still.to =
		    zone_offset_secs(zone, wall_to_utc(&w));
		open_observance(&out, &still, false);
		str_add(&out, "END:STANDARD\n");
	}
	add_observances(&out, list, count);
	str_add(&out, "END:VTIMEZONE");
	return out.data;
}

/* Many events in few zones: the texts made last are kept, to be copied. */
static struct kept {
	const struct zone *zone;
	int first_year, this_year;
	char tzid[64];
	char *text;
} kept[8];
static size_t kept_next;

static struct kept *find_kept(const struct zone *zone, const char *tzid,
    int first_year, int this_year)
{
	for (size_t i = 0; i < sizeof(kept) / sizeof(*kept); i++)
		if (kept[i].zone == zone && kept[i].first_year == first_year &&
		    kept[i].this_year == this_year &&
		    strcmp(kept[i].tzid, tzid) == 0)
			return &kept[i];
	return NULL;
}

char *ical_zone_text(struct pool *pool, const struct zone *zone,
    const char *tzid, int first_year, int this_year)
{
	struct kept *k = find_kept(zone, tzid, first_year, this_year);
	struct pool *scratch;

	if (k)
		return pool_strdup(pool, k->text);
	if (strlen(tzid) >= sizeof(k->tzid))
		return make_text(pool, zone, tzid, first_year, this_year);
	k = &kept[kept_next++ % (sizeof(kept) / sizeof(*kept))];
	free(k->text);
	scratch = pool_new(NULL);
	k->text = strdup(make_text(scratch, zone, tzid, first_year, this_year));
	pool_free(scratch);
	if (!k->text)
		die("out of memory: a zone");
	k->zone = zone;
	k->first_year = first_year;
	k->this_year = this_year;
	memcpy(k->tzid, tzid, strlen(tzid) + 1);
	return pool_strdup(pool, k->text);
}
