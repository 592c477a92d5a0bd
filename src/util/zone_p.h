#ifndef HAWSER_UTIL_ZONE_P_H
#define HAWSER_UTIL_ZONE_P_H
/*
 * What zone.c (TZif files) and zone_rule.c (their POSIX footer) share. Times
 * here are seconds since 1970 UTC, offsets seconds east of it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/pool.h"

/* A day of the year, POSIX XBD 8.3 TZ: Jn, n or Mm.w.d, and a time of day. */
struct zone_day {
	enum { ZONE_DAY_JULIAN, ZONE_DAY_ZERO, ZONE_DAY_MONTH } type;
	int day;			/* 1..365, 0..365, or weekday 0 = Sunday */
	int week, month;		/* week 5 = the last */
	int secs;			/* after midnight; may be negative */
};

/* "IST-1GMT0,M10.5.0,M3.5.0/1": dst is whatever the second name says, also
 * when it lies before standard time, as in Dublin. */
struct zone_rule {
	int std_offset, dst_offset;
	bool has_dst;
	struct zone_day start, end;
};

bool zone_rule_parse(struct zone_rule *rule, const char *text);
/* Offset at t, and the stretch around t where it holds. */
int zone_rule_span(const struct zone_rule *rule, int64_t t,
    int64_t *start_out, int64_t *end_out);

struct zone {
	struct zone *next;
	const char *name;
	size_t count;
	int64_t *times;			/* ascending */
	int32_t *offsets;		/* from times[i] on */
	int32_t first_offset;		/* before times[0] */
	bool has_rule;			/* from the last transition on */
	struct zone_rule rule;
};

/* A whole TZif file; false = it is not one, or breaks its own rules. */
bool zone_parse(struct pool *pool, struct zone *z, const uint8_t *p,
    size_t len);
#endif
