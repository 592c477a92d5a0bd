#ifndef HAWSER_MODEL_EVENT_H
#define HAWSER_MODEL_EVENT_H
/*
 * An event: a master and its overrides are ONE item with ONE hash.
 *
 *	struct event --- master (struct event_part)
 *	             \-- overrides[0..n) (struct event_part), by recurrence_id
 *
 * Times are wall time + zone + all-day flag, never "midnight UTC". What we do
 * not understand travels in extra, as unfolded iCalendar content lines joined
 * by \n (nested components verbatim, BEGIN:VALARM ... END:VALARM), so that it
 * is hashed, merged and written back untouched. Provider-neutral: no I/O.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "util/digest.h"
#include "util/err.h"
#include "util/pool.h"
#include "util/when.h"

enum event_zone_kind {
	EVENT_ZONE_FLOATING,	/* wall time wherever one is */
	EVENT_ZONE_UTC,
	EVENT_ZONE_NAMED,	/* tzid, resolved in zone where we know it */
};

struct event_part {
	/* RECURRENCE-ID as instance key, see event_instance_key; NULL = master */
	const char *recurrence_id;
	const char *summary, *location, *description;	/* NULL = absent */
	const char *status;	/* CONFIRMED TENTATIVE CANCELLED, NULL = absent */
	const char *transp;	/* OPAQUE TRANSPARENT, NULL = absent */
	struct wall start;	/* all-day: time part 0 */
	struct wall end;	/* exclusive; all-day: a date; year 0 = absent */
	const char *duration;	/* DURATION text when the object uses it, else NULL */
	bool all_day;
	enum event_zone_kind zone_kind;
	const char *tzid;	/* as written by the source; NULL unless NAMED */
	const char *end_tzid;	/* only when it differs from tzid */
	/* Master only: content-line values joined by \n, in canonical order.
	 * "RRULE:FREQ=..", "RDATE;VALUE=DATE:..", "EXDATE;TZID=..:.." */
	const char *recurrence;
	const char *extra;	/* never NULL; "" = nothing more */
};

struct event {
	const char *uid;
	const char *kind;	/* event appointment job task */
	struct event_part master;
	bool has_master;	/* false: overrides only (legal, RFC 5545) */
	struct event_part *overrides;	/* sorted by recurrence_id */
	size_t override_count;
	/* VTIMEZONE texts of zones we cannot name, verbatim; "" = none */
	const char *zones;
};

/* IANA zone of a part: exact name, known prefixes stripped, Windows names by
 * CLDR, X-LIC-LOCATION in zones. NULL: custom, floating or UTC. */
const char *event_zone_iana(struct pool *pool, const struct event *e,
    const char *tzid);

/* "20261120" all-day, "20261120T093000" floating or in the master's zone,
 * "20261120T093000Z" UTC: the original start in the master's own form. */
char *event_instance_key(struct pool *pool, const struct event_part *master,
    const struct wall *original_start);

/* Instants of a part (custom zones: as floating = UTC). */
when_t event_start_utc(struct pool *pool, const struct event *e,
    const struct event_part *part);
when_t event_end_utc(struct pool *pool, const struct event *e,
    const struct event_part *part);

/*
 * Canonical bytes, version 1: sorted, normalised, unknown properties included;
 * DTSTAMP, SEQUENCE, PRODID and the like left out (caldav.md section 10). Only
 * ever hashed and compared, never sent.
 */
#define EVENT_CANONICAL_VERSION 1
char *event_canonical(struct pool *pool, const struct event *e);
struct digest event_hash(struct pool *pool, const struct event *e);

/* What a person may be told: fields that differ, by label ("title", "start"). */
struct event_fields { const char **names; size_t count; };
struct event_fields event_diff(struct pool *pool, const struct event *a,
    const struct event *b);

/*
 * Three-way merge by field. Start, end, zone and all-day are one field, so is
 * the recurrence; every override is merged by itself, every unknown property by
 * name. A field changed on one side only takes that side; changed on both to
 * the same value is no clash; else it is listed in clashes and taken from
 * winner. base NULL = nothing in common: winner takes all.
 */
enum event_side { EVENT_LOCAL, EVENT_REMOTE };
struct event_merge {
	struct event *merged;
	struct event_fields clashes;	/* in words */
	struct event_fields from_local, from_remote;	/* changed on one side */
};
struct event_merge event_merge(struct pool *pool, const struct event *base,
    const struct event *local, const struct event *remote,
    enum event_side winner);

struct event *event_copy(struct pool *pool, const struct event *e);

/* Bounds for what people and providers send: uid and text lengths, years
 * 1900-2200, end after start, at most 500 overrides, a rule recur accepts.
 * ERR_INPUT names the field and the remedy. */
ERR_CHECKED bool event_check(struct pool *pool, const struct event *e,
    struct err *err);

/* Serialised whole (for base, before-images, conflicts): stable text that
 * event_parse reads back to an equal event. */
char *event_format(struct pool *pool, const struct event *e);
ERR_CHECKED bool event_parse(struct pool *pool, const char *text, size_t len,
    struct event **out, struct err *err);
#endif
