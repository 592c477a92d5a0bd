/*
 * The POSIX rule in a TZif footer: parsing, and the offset it gives at an
 * instant. Knows nothing of files.
 */
#include <string.h>

#include "util/when.h"
#include "util/zone_p.h"
#include "util/banned.h"

#define ZONE_RULE_YEARS 100000		/* beyond, arithmetic would end */

static bool
rule_name(const char **p)
{
	const char *from = *p;

	if (**p == '<') {
		while (**p != '\0' && **p != '>')
			(*p)++;
		return *(*p)++ == '>';
	}
	while ((**p >= 'a' && **p <= 'z') || (**p >= 'A' && **p <= 'Z'))
		(*p)++;
	return *p - from >= 3;
}

static bool
rule_number(const char **p, int least, int most, int *out)
{
	int n = 0;

	if (**p < '0' || **p > '9')
		return false;
	while (**p >= '0' && **p <= '9') {
		n = n * 10 + (*(*p)++ - '0');
		if (n > most)
			return false;
	}
	*out = n;
	return n >= least;
}

/* [+-]hh[:mm[:ss]]; hours to 167 by RFC 8536 section 3.3.1. */
static bool
rule_time(const char **p, int *secs_out)
{
	int sign = **p == '-' ? -1 : 1, part, secs, unit;

	if (**p == '-' || **p == '+')
		(*p)++;
	if (!rule_number(p, 0, 167, &part))
		return false;
	secs = part * 3600;
	for (unit = 60; unit > 0 && **p == ':'; unit /= 60) {
		(*p)++;
		if (!rule_number(p, 0, 59, &part))
			return false;
		secs += part * unit;
	}
	*secs_out = sign * secs;
	return true;
}

/* West is positive in POSIX, east is positive here. */
static bool
rule_offset(const char **p, int *offset_out)
{
	if (!rule_time(p, offset_out) || *offset_out > 90000 ||
	    *offset_out < -90000)
		return false;
	*offset_out = -*offset_out;
	return true;
}

static bool
rule_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static bool
rule_day(const char **p, struct zone_day *d)
{
	if (rule_char(p, 'J')) {
		d->type = ZONE_DAY_JULIAN;
		if (!rule_number(p, 1, 365, &d->day))
			return false;
	} else if (rule_char(p, 'M')) {
		d->type = ZONE_DAY_MONTH;
		if (!rule_number(p, 1, 12, &d->month) || !rule_char(p, '.') ||
		    !rule_number(p, 1, 5, &d->week) || !rule_char(p, '.') ||
		    !rule_number(p, 0, 6, &d->day))
			return false;
	} else {
		d->type = ZONE_DAY_ZERO;
		if (!rule_number(p, 0, 365, &d->day))
			return false;
	}
	d->secs = 2 * 3600;
	return !rule_char(p, '/') || rule_time(p, &d->secs);
}

bool
zone_rule_parse(struct zone_rule *rule, const char *text)
{
	const char *p = text;

	memset(rule, 0, sizeof(*rule));
	if (!rule_name(&p) || !rule_offset(&p, &rule->std_offset))
		return false;
	if (*p == '\0')
		return true;
	rule->has_dst = true;
	rule->dst_offset = rule->std_offset + 3600;
	if (!rule_name(&p) ||
	    (*p != ',' && !rule_offset(&p, &rule->dst_offset)))
		return false;
	return rule_char(&p, ',') && rule_day(&p, &rule->start) &&
	    rule_char(&p, ',') && rule_day(&p, &rule->end) && *p == '\0';
}

/* The day's local midnight plus its time of day, read as UTC. */
static int64_t
rule_day_secs(const struct zone_day *d, int year)
{
	struct wall w = { year, 1, 1, 0, 0, 0 };
	int leap = wall_days_in_month(year, 2) == 29, first, last;

	if (d->type == ZONE_DAY_MONTH) {
		w.month = d->month;
		first = (d->day + 6 - wall_weekday(&w) + 7) % 7;
		last = wall_days_in_month(year, d->month);
		w.day = 1 + first + 7 * (d->week - 1);
		if (w.day > last)
			w.day -= 7;
	} else if (d->type == ZONE_DAY_JULIAN)
		w = wall_add_days(&w, d->day - 1 + (leap && d->day >= 60));
	else
		w = wall_add_days(&w, d->day);
	return wall_to_utc(&w) / WHEN_SEC + d->secs;
}

int
zone_rule_span(const struct zone_rule *rule, int64_t t, int64_t *start_out,
    int64_t *end_out)
{
	int year = wall_from_utc(t * WHEN_SEC).year, y, offset;

	*start_out = INT64_MIN;
	*end_out = INT64_MAX;
	if (!rule->has_dst || year < -ZONE_RULE_YEARS || year > ZONE_RULE_YEARS)
		return rule->std_offset;
	offset = rule->std_offset;
	for (y = year - 1; y <= year + 1; y++) {
		int64_t on = rule_day_secs(&rule->start, y) - rule->std_offset;
		int64_t off = rule_day_secs(&rule->end, y) - rule->dst_offset;

		/* Where both fall together the start wins: that is how a rule
		 * spells summer time all the year round. */
		if (off <= t && off > *start_out) {
			*start_out = off;
			offset = rule->std_offset;
		}
		if (on <= t && on >= *start_out) {
			*start_out = on;
			offset = rule->dst_offset;
		}
		if (on > t && on < *end_out)
			*end_out = on;
		if (off > t && off < *end_out)
			*end_out = off;
	}
	return offset;
}
