#ifndef HAWSER_UTIL_WHEN_H
#define HAWSER_UTIL_WHEN_H
/*
 * Time. An instant is microseconds since 1970-01-01 UTC (when_t); wall time is
 * a struct wall without a zone. The clock is injected: everything asks
 * when_now(), and [test] clock_file shifts it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/pool.h"

typedef int64_t when_t;			/* the one typedef: a scalar */
#define WHEN_SEC INT64_C(1000000)
#define WHEN_NEVER INT64_MAX
#define WHEN_NONE INT64_MIN		/* not set */

struct wall {				/* proleptic Gregorian, seconds 0..59 */
	int year, month, day;		/* month 1..12 */
	int hour, minute, second;
};

when_t when_now(void);
/* Tests: the file holds an RFC 3339 time ("frozen") or "+SECS" / "-SECS". */
void when_use_clock_file(const char *path);
/* Monotonic milliseconds, for timeouts and deadlines; never injected. */
int64_t when_mono_ms(void);

/* RFC 3339, "2026-11-20T10:38:00Z" or with ".123456" when not whole. */
char *when_format(struct pool *pool, when_t t);
bool when_parse(const char *text, when_t *out);

bool wall_valid(const struct wall *w);		/* years 1..9999 */
int wall_cmp(const struct wall *a, const struct wall *b);
/* Reads wall time as UTC and back. */
when_t wall_to_utc(const struct wall *w);
struct wall wall_from_utc(when_t t);
struct wall wall_add_days(const struct wall *w, int days);
struct wall wall_add_secs(const struct wall *w, int64_t secs);
int wall_weekday(const struct wall *w);		/* 0 = Monday */
int wall_days_in_month(int year, int month);

/*
 * IANA zones from /usr/share/zoneinfo (TZif, RFC 8536, with the POSIX footer
 * for years to come), cached per process. Non-existing local time takes the
 * offset before the gap, ambiguous time the first occurrence (RFC 5545 3.3.5).
 */
struct zone;
const struct zone *zone_find(const char *iana_name);	/* NULL: unknown */
when_t zone_to_utc(const struct zone *zone, const struct wall *w);
struct wall zone_from_utc(const struct zone *zone, when_t t);
int zone_offset_secs(const struct zone *zone, when_t t);
/* When the offset found at t ends; WHEN_NEVER = never. What comes then may be the
 * same offset under another name. */
when_t zone_offset_end(const struct zone *zone, when_t t);
/* Sorted names offered in forms (zone1970.tab and UTC). */
const char *const *zone_names(size_t *count_out);
#endif
